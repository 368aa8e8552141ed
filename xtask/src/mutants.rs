//! `mutants`: changes the code that money depends on, one place at a time, and lists which changes
//! no test notices. Each of those is explained in `docs/mutants.md`, or is a test that is missing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{process, tools, workspace};

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
    command.args(options.file.iter().flat_map(|glob| ["--file", glob]));
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
    fn names_have_no_place() {
        assert_eq!(
            place_free("a.rs:75:39: replace < with == in A::b"),
            "a.rs: replace < with == in A::b"
        );
        assert_eq!(place_free("a.rs:1:2: delete X::Y{z} in f"), "a.rs: delete X::Y{z} in f");
    }
}
