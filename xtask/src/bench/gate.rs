//! `bench gate`: how long the risk gate takes for one signal with every check on, beside 200
//! positions and 1,000 working orders. The measuring is an example of the engine, because only
//! there nothing else is in the way.

use anyhow::{Context, Result, ensure};

use super::example::{self, Options};
use super::machine::Machine;
use crate::process;
use crate::report::Table;

pub(super) fn run(options: &Options) -> Result<()> {
    example::run("gate_speed", "bench gate", options, section)
}

fn section(told: &str, machine: &Machine) -> Result<String> {
    let rustc = process::capture(std::process::Command::new("rustc").arg("--version"))?;
    Ok(format!(
        "## Risk gate\n\nMicroseconds for one signal with every check on, in a tenant of 20 \
         profiles with 200 positions and\n1,000 working orders. The highest one is as a rule the \
         system's: it gave the core to somebody else.\n\n{}\n\
         - Machine: {machine}\n- Versions: {}\n- Command: `cargo xtask bench gate`\n",
        table(told)?.to_markdown(),
        rustc.trim(),
    ))
}

/// Lines of a name and nanoseconds at the median, the 99th percentile and at most.
fn table(told: &str) -> Result<Table> {
    let mut table = Table::new(&["signal", "median µs", "99th percentile µs", "highest µs"]);
    for line in told.lines() {
        let mut cells = line.split('\t');
        let what = cells.next().unwrap_or_default().to_owned();
        let figures = cells.map(|nanos| {
            let nanos: f64 = nanos.parse().with_context(|| format!("no figure: {line}"))?;
            Ok(format!("{:.2}", nanos / 1_000.0))
        });
        let figures: Vec<String> = figures.collect::<Result<_>>()?;
        ensure!(figures.len() == 3, "not three figures: {line}");
        table.row([vec![what], figures].concat());
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_become_a_table_of_microseconds() {
        let text = table("exits\t250\t1234\t99999\n").unwrap().to_markdown();
        assert!(
            text.contains("| exits  | 0.25      | 1.23               | 100.00     |"),
            "{text}"
        );
        assert!(table("exits\t250\t1234\n").is_err());
        assert!(table("exits\t250\tfast\t1\n").is_err());
    }
}
