//! `bench engine`: what the engine takes of memory for each profile, and of allocations and time
//! for one step. The measuring is an example of the engine, because only there nothing else is in
//! the way.

use anyhow::{Context, Result, bail};

use super::example::{self, Options};
use super::machine::Machine;
use crate::process;
use crate::report::Table;

pub(super) fn run(options: &Options) -> Result<()> {
    example::run("engine_cost", "bench engine", options, section)
}

fn section(told: &str, machine: &Machine) -> Result<String> {
    let rustc = process::capture(std::process::Command::new("rustc").arg("--version"))?;
    let (memory, steps) = tables(told)?;
    Ok(format!(
        "## Engine\n\nMemory of one profile in a tenant of ten, the market apart, which all share. \
         Of closed trades and\nended orders the last 64 are kept, so that it does not grow with \
         history.\n\n{}\n\
         One step, from the input to its events and actions, without the store. A bar brings an \
         evaluation for\neach profile.\n\n{}\n\
         - Machine: {machine}\n- Versions: {}\n- Command: `cargo xtask bench engine`\n",
        memory.to_markdown(),
        steps.to_markdown(),
        rustc.trim(),
    ))
}

/// Lines of `memory` with bytes, and of `step` with allocations, bytes and nanoseconds.
fn tables(told: &str) -> Result<(Table, Table)> {
    let mut memory = Table::new(&["profile", "KiB"]);
    let mut steps =
        Table::new(&["step", "allocations", "KiB allocated", "median µs", "99th percentile µs"]);
    for line in told.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let scaled = |text: &str, by: f64| -> Result<String> {
            let figure: f64 = text.parse().with_context(|| format!("no figure: {line}"))?;
            Ok(format!("{:.1}", figure / by))
        };
        match cells[..] {
            ["memory", what, bytes] => memory.row(vec![what.to_owned(), scaled(bytes, 1_024.0)?]),
            ["step", what, allocations, bytes, median, most] => steps.row(vec![
                what.to_owned(),
                allocations.to_owned(),
                scaled(bytes, 1_024.0)?,
                scaled(median, 1_000.0)?,
                scaled(most, 1_000.0)?,
            ]),
            _ => bail!("neither memory nor a step: {line}"),
        }
    }
    Ok((memory, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_two_tables() {
        let (memory, steps) =
            tables("memory\tnew\t2048\nstep\ta bar\t12\t1024\t911\t1743\n").unwrap();
        assert!(memory.to_markdown().contains("| new     | 2.0 |"), "{}", memory.to_markdown());
        assert!(steps.to_markdown().contains("| 12 "), "{}", steps.to_markdown());
        assert!(tables("memory\tnew\tmuch\n").is_err());
        assert!(tables("time\t1\n").is_err());
    }
}
