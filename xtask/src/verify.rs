//! `verify` and its parts. Every step runs, also after one that failed, so that one run shows all
//! there is to mend; a table at the end says what passed, what failed, what was skipped and why.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::report::Table;
use crate::workspace::Metadata;
use crate::{process, tidy, tools, web, workspace};

const REMARK_CHARACTERS_MAX: usize = 100;

/// Which steps to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything,
    Lint,
    Typecheck,
    Test,
    Build,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    WebChecks,
    WebBuild,
    Browser,
    Format,
    Clippy,
    Tidy,
    Typecheck,
    Tests,
    DocTests,
    Documentation,
    Dependencies,
    Advisories,
    WebAdvisories,
    Build,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// Passed, with something the reader should know.
    PassedWith(String),
    Skipped(String),
    Failed(String),
}

#[derive(Debug)]
struct Finished {
    step: Step,
    outcome: Outcome,
    seconds: f64,
}

/// Runs the scope's steps and prints their table; an error when one failed.
pub(crate) fn run(scope: Scope) -> Result<()> {
    let metadata = workspace::metadata(&workspace::root()?)?;
    let mut finished = Vec::new();
    for &step in scope.steps() {
        eprintln!("\n=== {}", step.title());
        let start = Instant::now();
        let outcome = step.run(&metadata).unwrap_or_else(|error| Outcome::Failed(say(&error)));
        finished.push(Finished { step, outcome, seconds: start.elapsed().as_secs_f64() });
    }
    eprintln!();
    println!("{}", table(&finished).to_text());
    match failures(&finished) {
        0 => Ok(()),
        1 => bail!("1 step failed"),
        count => bail!("{count} steps failed"),
    }
}

impl Scope {
    fn steps(self) -> &'static [Step] {
        use Step::*;
        match self {
            // Clippy checks all types and the tests build all programs: no step repeats that.
            // The server embeds what the web application's build has made.
            Self::Everything => &[
                WebChecks,
                WebBuild,
                Format,
                Clippy,
                Tidy,
                Tests,
                DocTests,
                Browser,
                Documentation,
                Dependencies,
                Advisories,
                WebAdvisories,
            ],
            Self::Lint => &[WebChecks, Format, Clippy, Tidy],
            Self::Typecheck => &[WebChecks, Typecheck],
            Self::Test => &[WebBuild, Tests, DocTests, Browser],
            Self::Build => &[WebBuild, Build],
        }
    }
}

impl Step {
    fn title(self) -> &'static str {
        match self {
            Self::WebChecks => "web checks",
            Self::WebBuild => "web build",
            Self::Browser => "browser tests",
            Self::Format => "format",
            Self::Clippy => "clippy",
            Self::Tidy => "house rules",
            Self::Typecheck => "types",
            Self::Tests => "tests",
            Self::DocTests => "doc tests",
            Self::Documentation => "documentation",
            Self::Dependencies => "dependencies",
            Self::Advisories => "advisories",
            Self::WebAdvisories => "web advisories",
            Self::Build => "release build",
        }
    }

    fn run(self, metadata: &Metadata) -> Result<Outcome> {
        match self {
            Self::WebChecks => web_checks(&metadata.workspace_root),
            Self::WebBuild => web_build(&metadata.workspace_root),
            Self::Browser => browser(metadata),
            Self::Format => cargo(metadata, &["fmt", "--all", "--check"]),
            Self::Clippy => {
                cargo(metadata, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
            }
            Self::Tidy => tidy::run().map(|()| Outcome::Passed),
            Self::Typecheck => cargo(metadata, &["check", "--workspace", "--all-targets"]),
            Self::Tests => tests(metadata),
            Self::DocTests => cargo(metadata, &["test", "--workspace", "--doc"]),
            Self::Documentation => {
                let mut command = in_root(metadata, &["doc", "--workspace", "--no-deps"]);
                process::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
                Ok(Outcome::Passed)
            }
            Self::Dependencies => dependencies(metadata),
            Self::Advisories => advisories(metadata),
            Self::WebAdvisories => web_advisories(&metadata.workspace_root),
            Self::Build => cargo(metadata, &["build", "--release", "--package", "ballast"]),
        }
    }
}

/// Formatting, lints, types, unit tests and fresh API types of the web application.
fn web_checks(root: &Path) -> Result<Outcome> {
    require_node()?;
    web::install(root)?;
    for script in ["lint", "typecheck", "check:api", "test"] {
        web::script(root, script)?;
    }
    Ok(Outcome::Passed)
}

fn web_build(root: &Path) -> Result<Outcome> {
    require_node()?;
    web::install(root)?;
    web::build(root)?;
    Ok(Outcome::Passed)
}

/// The whole of it as people meet it: a server, and a browser that looks at it.
fn browser(metadata: &Metadata) -> Result<Outcome> {
    cargo(metadata, &["build", "--package", "ballast"])?;
    let server = metadata.target_directory.join("debug/ballast");
    for script in ["e2e", "smoke"] {
        web::in_browser(&metadata.workspace_root, script, &server)?;
    }
    Ok(Outcome::Passed)
}

fn require_node() -> Result<()> {
    match web::missing() {
        Some(missing) => bail!("{missing}"),
        None => Ok(()),
    }
}

fn cargo(metadata: &Metadata, arguments: &[&str]) -> Result<Outcome> {
    process::run(&mut in_root(metadata, arguments)).map(|()| Outcome::Passed)
}

fn in_root(metadata: &Metadata, arguments: &[&str]) -> Command {
    let mut command = process::cargo();
    command.current_dir(&metadata.workspace_root).args(arguments);
    command
}

fn tests(metadata: &Metadata) -> Result<Outcome> {
    let installs = std::env::var("CI").is_ok_and(|value| value == "true");
    match tools::NEXTEST.find(&metadata.target_directory) {
        Some(nextest) => run_nextest(&nextest, metadata),
        None if installs => {
            run_nextest(&tools::NEXTEST.install(&metadata.target_directory)?, metadata)
        }
        None => {
            cargo(metadata, &["test", "--workspace", "--lib", "--bins", "--tests"])?;
            let note = "ran with `cargo test`; `cargo install --locked cargo-nextest` is faster";
            Ok(Outcome::PassedWith(note.to_owned()))
        }
    }
}

fn run_nextest(nextest: &Path, metadata: &Metadata) -> Result<Outcome> {
    let mut command = Command::new(nextest);
    command.current_dir(&metadata.workspace_root).args(["nextest", "run", "--workspace"]);
    process::run(&mut command).map(|()| Outcome::Passed)
}

fn dependencies(metadata: &Metadata) -> Result<Outcome> {
    let mut command = deny(metadata)?;
    process::run(command.args(["check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

/// The database of known weaknesses lives on GitHub. Without it nothing can be said, and that is
/// not a fault of this tree.
fn advisories(metadata: &Metadata) -> Result<Outcome> {
    if let Err(error) = process::capture(deny(metadata)?.args(["fetch", "db"])) {
        let reason = format!("the advisory database cannot be fetched: {}", say(&error));
        eprintln!("{reason}");
        return Ok(Outcome::Skipped(reason));
    }
    process::run(deny(metadata)?.args(["check", "--disable-fetch", "advisories"]))?;
    Ok(Outcome::Passed)
}

/// The registry keeps them; one that is only a mirror of packages cannot say.
fn web_advisories(root: &Path) -> Result<Outcome> {
    require_node()?;
    match web::audit(root)? {
        web::Audit::Clean => Ok(Outcome::Passed),
        web::Audit::Found(found) => bail!("{found}: see `npm audit` in the folder web"),
        web::Audit::Unasked(why) => {
            let reason = format!("the registry does not say: {why}");
            eprintln!("{reason}");
            Ok(Outcome::Skipped(reason))
        }
    }
}

fn deny(metadata: &Metadata) -> Result<Command> {
    let mut command = Command::new(tools::DENY.find_or_install(&metadata.target_directory)?);
    command.current_dir(&metadata.workspace_root);
    Ok(command)
}

fn failures(finished: &[Finished]) -> usize {
    finished.iter().filter(|step| matches!(step.outcome, Outcome::Failed(_))).count()
}

fn table(finished: &[Finished]) -> Table {
    let mut table = Table::new(&["step", "result", "seconds", "remark"]);
    for Finished { step, outcome, seconds } in finished {
        let (result, remark) = match outcome {
            Outcome::Passed => ("passed", ""),
            Outcome::PassedWith(note) => ("passed", note.as_str()),
            Outcome::Skipped(reason) => ("skipped", reason.as_str()),
            Outcome::Failed(reason) => ("FAILED", reason.as_str()),
        };
        let seconds = format!("{seconds:7.1}");
        table.row(vec![step.title().to_owned(), result.to_owned(), seconds, shortened(remark)]);
    }
    table
}

/// An error and its causes on one line.
fn say(error: &anyhow::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What fits a table; the whole text stands further up.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(REMARK_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(outcome: Outcome) -> Finished {
        Finished { step: Step::Clippy, outcome, seconds: 12.34 }
    }

    #[test]
    fn the_table_shows_every_outcome() {
        let steps = [
            finished(Outcome::Passed),
            finished(Outcome::PassedWith("note".to_owned())),
            finished(Outcome::Skipped("no network".to_owned())),
            finished(Outcome::Failed("`cargo clippy` failed".to_owned())),
        ];
        let text = table(&steps).to_text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "step    result   seconds  remark");
        assert_eq!(lines[2], "clippy  passed      12.3");
        assert_eq!(lines[3], "clippy  passed      12.3  note");
        assert_eq!(lines[4], "clippy  skipped     12.3  no network");
        assert_eq!(lines[5], "clippy  FAILED      12.3  `cargo clippy` failed");
    }

    #[test]
    fn only_a_failure_fails() {
        let fine = [finished(Outcome::Passed), finished(Outcome::Skipped(String::new()))];
        assert_eq!(failures(&fine), 0);
        assert_eq!(failures(&[finished(Outcome::Failed(String::new()))]), 1);
    }

    #[test]
    fn everything_holds_the_lints_and_the_tests() {
        let all = Scope::Everything.steps();
        for scope in [Scope::Lint, Scope::Test] {
            assert!(scope.steps().iter().all(|step| all.contains(step)), "{scope:?}");
        }
    }

    #[test]
    fn an_error_fits_one_line_with_its_causes() {
        let error = anyhow::anyhow!("cause\n  of it").context("outer");
        assert_eq!(say(&error), "outer: cause of it");
    }

    #[test]
    fn a_long_remark_is_shortened_between_characters() {
        let fits = "é".repeat(REMARK_CHARACTERS_MAX);
        assert_eq!(shortened(&fits), fits);
        assert_eq!(shortened(&format!("{fits}é")), format!("{fits}…"));
    }
}
