//! `ballast explain`: why profiles do or do not trade, from the node itself.

use std::fmt::Write as _;

use clap::Args;

use super::place::Place;
use super::{CliError, output};
use crate::explanation::{Explanation, MOST_LINES};
use crate::serve::local::{self, Explained, LocalError, Question};
use crate::views::rows::EvaluationRow;
use crate::views::word;
use crate::views::words::RuleWord;

/// Lines of the timeline of a profile that is named.
const DEFAULT_LINES: usize = 10;

/// Which profiles, and how much of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ballast explain
  ballast explain Trend
  ballast explain prf_0000000000001 --symbol BTCUSD --lines 50
  ballast explain Trend --json | jq '.[0].obstacles'

Asks the server that runs on the data directory, as its owner: it needs no password, and sees every
tenant. A profile's own page and GET /api/profiles/{id}/explanation say the same.")]
pub(super) struct Arguments {
    /// A profile, by its name or its id; every one that there is when absent
    profile: Option<String>,
    /// Only of this instrument
    #[arg(long)]
    symbol: Option<String>,
    /// Lines of its timeline at most, the newest first; 10 of a profile that is named
    #[arg(long, value_name = "N", value_parser = lines)]
    lines: Option<usize>,
    #[command(flatten)]
    place: Place,
}

fn lines(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count <= MOST_LINES);
    count.ok_or_else(|| format!("give a number from 0 to {MOST_LINES}"))
}

/// Runs `ballast explain`.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let Arguments { profile, symbol, lines, place } = arguments;
    let settings = place.settings()?;
    let lines = lines.unwrap_or(if profile.is_some() { DEFAULT_LINES } else { 0 });
    let question = Question::Explain { profile, symbol, lines };
    let runtime = tokio::runtime::Runtime::new()?;
    let asked = runtime.block_on(local::ask::<Vec<Explained>>(&settings.data_dir, &question));
    let explained = match asked {
        Ok(answer) => answer.map_err(CliError::failed)?,
        Err(LocalError::NoServer) => {
            let place = settings.data_dir.display();
            return Err(CliError::failed(format!(
                "no server runs on {place}; start it with `ballast serve`, or name its directory \
                 with --data-dir"
            )));
        }
        Err(error @ LocalError::Broken(_)) => return Err(CliError::failed(error)),
    };
    if place.json {
        return output::json(&explained);
    }
    let texts: Vec<String> = explained.iter().map(text).collect();
    output::write_all(texts.join("\n").as_bytes())
}

/// One profile, for people. Writing to a string cannot fail.
fn text(explained: &Explained) -> String {
    let Explained { tenant, email, explanation } = explained;
    let Explanation { profile_id, name, mode, state, obstacles, evaluations, timeline, .. } =
        explanation;
    let whose = email.as_ref().unwrap_or(tenant);
    let (mode, state) = (word(mode), word(state));
    let mut text = format!("{name} ({profile_id}) of {whose}: {mode}, {state}\n");
    match obstacles.is_empty() {
        true => text.push_str("  Nothing keeps it from entering: its rules decide.\n"),
        false => text.push_str("  Every entry would be refused now:\n"),
    }
    for obstacle in obstacles {
        let of = obstacle.symbol.iter().map(|symbol| format!("{symbol}: ")).collect::<String>();
        let (said, code) = (&obstacle.refusal.text, word(&obstacle.refusal.code));
        let _ = writeln!(text, "  - {of}{said} ({code})");
    }
    if evaluations.is_empty() {
        text.push_str("  Not evaluated yet: no bar of it has closed since the start.\n");
    }
    evaluations.iter().for_each(|row| evaluation(row, &mut text));
    for line in timeline {
        let of = line.symbol.iter().map(|symbol| format!("{symbol}: ")).collect::<String>();
        let _ = writeln!(text, "  {}  {of}{}", line.at.whole_second(), line.text);
    }
    text
}

fn evaluation(row: &EvaluationRow, text: &mut String) {
    let _ = writeln!(text, "  {} at {}: {}", row.symbol, row.at.whole_second(), row.text);
    for rule in row.rules.iter().filter(|rule| !rule.name.is_empty()) {
        let state = match rule.state {
            RuleWord::Pass => "passed",
            RuleWord::Fail => "waiting",
            RuleWord::NotReady => "not ready",
        };
        let _ = writeln!(text, "    {state:9}  {}: {}", rule.name, rule.text);
    }
}
