//! `cargo xtask simulate`: plays seeds, and makes the first one that fails small.

#![expect(clippy::print_stdout, reason = "a command line talks to people")]
#![expect(
    clippy::disallowed_types,
    reason = "how long to go on, and which seeds are new, is asked of a real clock"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use ballast_simulator::{Outcome, Scenario, Tally, minimise, play};
use clap::Parser;

/// Plays seeded worlds in which everything around the engine fails, and checks what must hold.
#[derive(Debug, Parser)]
struct Options {
    /// Play only this seed, and print every line of what happens
    #[arg(long, conflicts_with_all = ["seeds", "minutes"])]
    seed: Option<u64>,
    /// Play so many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Play new seeds for so many minutes instead
    #[arg(long, conflicts_with = "seeds")]
    minutes: Option<u64>,
    /// Begin with this seed; without it with 1, or with one that is new where --minutes is given
    #[arg(long)]
    from: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        return one(seed);
    }
    let begun = Instant::now();
    let until = options.minutes.map(|minutes| begun + Duration::from_secs(minutes * 60));
    let goes_on = |played: u64| match until {
        Some(until) => Instant::now() < until,
        None => played < options.seeds,
    };
    let from = options.from.unwrap_or_else(|| first_seed(until.is_some()));
    let mut tally = Tally::default();
    let mut played = 0;
    while goes_on(played) {
        let seed = from + played;
        let scenario = Scenario::of_seed(seed);
        let outcome = play(&scenario, false)?;
        if !outcome.violations.is_empty() {
            return failed(seed, &scenario, &outcome);
        }
        tally.add(&outcome.tally);
        played += 1;
    }
    println!("{tally}");
    let last = from + played.saturating_sub(1);
    let seconds = begun.elapsed().as_secs();
    println!("{played} seeds ({from} to {last}) in {seconds} s: every invariant held");
    Ok(ExitCode::SUCCESS)
}

fn first_seed(new: bool) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if new { since.as_secs() * 1_000 } else { 1 }
}

fn one(seed: u64) -> Result<ExitCode> {
    let scenario = Scenario::of_seed(seed);
    let outcome = play(&scenario, true)?;
    if !outcome.violations.is_empty() {
        return failed(seed, &scenario, &outcome);
    }
    for line in &outcome.trace {
        println!("{line}");
    }
    println!("{}", outcome.tally);
    println!("seed {seed}: every invariant held");
    Ok(ExitCode::SUCCESS)
}

/// Says what did not hold, then the least that shows it.
fn failed(seed: u64, scenario: &Scenario, outcome: &Outcome) -> Result<ExitCode> {
    println!("seed {seed} fails:");
    for violation in &outcome.violations {
        println!("  {violation}");
    }
    let Some(first) = outcome.violations.first() else { return Ok(ExitCode::FAILURE) };
    let small = minimise(scenario, first.invariant)?;
    let (left, all) = (small.scenario.steps(), scenario.steps());
    println!("\n{left} of its {all} steps are enough (found in {} plays):\n", small.plays);
    println!("{}", small.scenario);
    for line in &small.outcome.trace {
        println!("{line}");
    }
    for violation in &small.outcome.violations {
        println!("{violation}");
    }
    println!("\nPlay it again: cargo xtask simulate --seed {seed}");
    Ok(ExitCode::FAILURE)
}
