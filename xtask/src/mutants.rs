//! `mutants`: changes the code that money depends on, one place at a time, and lists which changes
//! no test notices. Each of those is explained in `docs/mutants.md`, or is a test that is missing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{process, tools, workspace};

const CONFIG: &str = ".cargo/mutants.toml";
const EXPLAINED: &str = "docs/mutants.md";

/// How `cargo mutants` ends when it has tried all: everything caught, something missed, something
/// that ran too long.
const DONE: [i32; 3] = [0, 2, 3];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only in these files, as globs; all of `.cargo/mutants.toml` when absent
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
    /// Only a part of them, such as 0/4
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Try again only what an earlier run has not caught
    #[arg(long)]
    iterate: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let target = workspace::metadata(&root)?.target_directory;
    let mut command = Command::new(tools::MUTANTS.find_or_install(&target)?);
    command.arg("mutants").arg("--output").arg(&target).current_dir(&root);
    let config = tempfile::NamedTempFile::new().context("no room for a configuration")?;
    let known = std::fs::read_to_string(root.join(CONFIG))
        .with_context(|| format!("cannot read {CONFIG}"))?;
    std::fs::write(&config, only(&known, &options.file)?)?;
    command.arg("--config").arg(config.path());
    command.args(options.shard.iter().flat_map(|shard| ["--shard", shard]));
    command.args(options.iterate.then_some("--iterate"));
    let status = command.status().context("cannot start cargo-mutants")?;
    if !status.code().is_some_and(|code| DONE.contains(&code)) {
        bail!("`{}` failed ({status})", process::command_line(&command));
    }
    let explained = std::fs::read_to_string(root.join(EXPLAINED))
        .with_context(|| format!("cannot read {EXPLAINED}"))?;
    report(&target.join("mutants.out"), &explained)
}

/// The configuration for some files alone; for all of its own when none are named. The tool's own
/// option would add them to those that the configuration names.
fn only(config: &str, files: &[String]) -> Result<String> {
    let mut config: toml::Table = config.parse().with_context(|| format!("in {CONFIG}"))?;
    if !files.is_empty() {
        config.insert("examine_globs".to_owned(), files.to_vec().into());
    }
    Ok(config.to_string())
}

/// Says what became of each, and fails where a survivor is explained nowhere.
fn report(out: &Path, explained: &str) -> Result<()> {
    let [caught, slow, unviable, missed] = ["caught", "timeout", "unviable", "missed"]
        .map(|kind| std::fs::read_to_string(out.join(format!("{kind}.txt"))).unwrap_or_default());
    let count = |text: &String| text.lines().count();
    let survivors: BTreeSet<String> = missed.lines().map(place_free).collect();
    let known = explained_in(explained);
    let open: Vec<&String> = survivors.difference(&known).collect();
    let [caught, slow, unviable, missed] = [&caught, &slow, &unviable, &missed].map(count);
    println!("caught {caught}, ended by their deadline {slow}, not compiled {unviable}");
    println!("survived {missed}, of them unexplained {}", open.len());
    if open.is_empty() {
        return Ok(());
    }
    open.iter().for_each(|mutant| println!("  {mutant}"));
    bail!("no test notices these; test them, or explain in {EXPLAINED} why nobody could")
}

/// A mutant without line and column, which move.
fn place_free(line: &str) -> String {
    let mut parts = line.splitn(4, ':');
    match (parts.next(), parts.nth(2)) {
        (Some(path), Some(what)) => format!("{path}:{what}"),
        _ => line.to_owned(),
    }
}

/// The first cells of the table's rows.
fn explained_in(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once("` |")?.0.replace("\\|", "|"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Mutants

| survivor | why nobody can notice |
|---|---|
| `a.rs: replace \\|\\| with && in f` | both are the same there |
";

    fn out(missed: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("missed.txt"), missed).unwrap();
        folder
    }

    #[test]
    fn an_explained_survivor_may_have_moved() {
        let known = out("a.rs:7:30: replace || with && in f\n");
        assert!(report(known.path(), PAGE).is_ok());
        let other = out("a.rs:7:30: replace || with && in f\na.rs:9:1: delete ! in g\n");
        let error = report(other.path(), PAGE).unwrap_err().to_string();
        assert!(error.contains(EXPLAINED), "{error}");
    }

    #[test]
    fn files_that_are_named_are_the_only_ones() {
        let config = "examine_globs = [\"a.rs\"]\ncap_lints = true\n";
        assert_eq!(only(config, &[]).unwrap().parse::<toml::Table>(), config.parse());
        let some = only(config, &["b.rs".to_owned()]).unwrap();
        assert_eq!(some.parse::<toml::Table>(), config.replace("a.rs", "b.rs").parse());
    }

    #[test]
    fn names_have_no_place() {
        assert_eq!(
            place_free("a.rs:75:39: replace < with == in A::b"),
            "a.rs: replace < with == in A::b"
        );
        assert_eq!(place_free("a.rs:1:2: delete X::Y{z} in f"), "a.rs: delete X::Y{z} in f");
    }
}
