//! Starting other programs. Output goes straight to the terminal, because a developer wants to see
//! the compiler's own words; only `capture` keeps it. A failure names the whole command line.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that runs this program, so that a pinned toolchain stays the same in nested calls.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with the terminal's input and output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command.status().with_context(|| cannot_start(&line))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end and gives what the program wrote to its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(&line))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed ({}): {}", output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote no valid UTF-8"))
}

/// Whether the program can be started and answers `--version` with success.
pub(crate) fn exists(program: &str) -> bool {
    capture(Command::new(program).arg("--version")).is_ok()
}

/// The command as a person would type it.
pub(crate) fn command_line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once(program.into_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{argument}'")
    }
}

fn cannot_start(line: &str) -> String {
    format!("cannot start `{line}`: is the program installed and on PATH?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_reads_as_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["doc", "--no-deps", "two words", ""]);
        assert_eq!(command_line(&command), "cargo doc --no-deps 'two words' ''");
    }

    #[test]
    fn captures_output_and_reports_failure_with_what_the_program_said() {
        let shell = |script: &str| capture(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo good").unwrap(), "good\n");
        let error = shell("echo lost >&2; exit 3").unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("lost"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err().to_string();
        assert!(error.starts_with("cannot start `no-such-program-here`"), "{error}");
        assert!(!exists("no-such-program-here"));
    }
}
