//! Makes a failing scenario small: leaves out steps for as long as the same invariant fails.

use anyhow::Result;

use crate::invariants::Invariant;
use crate::scenario::Scenario;
use crate::{Outcome, play};

/// A scenario that cannot lose a step without losing its violation, or could not in the time.
#[derive(Debug)]
pub struct Small {
    /// What is left.
    pub scenario: Scenario,
    /// What comes of it, with every line of what happened.
    pub outcome: Outcome,
    /// How many times it was played.
    pub plays: usize,
}

/// The most times that a scenario is played to make it small.
const PLAYS_MAX: usize = 1_500;

/// Leaves out of `scenario` what the violation of `invariant` does not need: first large parts,
/// then smaller ones, down to single steps (delta debugging, after Zeller).
///
/// # Errors
/// When the world itself is at fault.
pub fn minimise(scenario: &Scenario, invariant: Invariant) -> Result<Small> {
    let mut small = scenario.clone();
    let mut plays = 0;
    let mut fails = |candidate: &Scenario| -> Result<bool> {
        if plays >= PLAYS_MAX {
            return Ok(false);
        }
        plays += 1;
        // What the world cannot play is not what failed.
        let Ok(outcome) = play(candidate, false) else { return Ok(false) };
        Ok(outcome.violations.first().is_some_and(|first| first.invariant == invariant))
    };
    let mut part = (small.steps.len() / 2).max(1);
    loop {
        let before = small.steps.len();
        let mut from = 0;
        while from < small.steps.len() {
            let to = (from + part).min(small.steps.len());
            let mut candidate = small.clone();
            candidate.steps.drain(from..to);
            match fails(&candidate)? {
                true => small = candidate,
                false => from = to,
            }
        }
        match part {
            1 if small.steps.len() == before => break,
            1 => {}
            _ => part = part.div_ceil(2),
        }
    }
    while small.tenants.len() > 1 {
        let mut candidate = small.clone();
        candidate.tenants.pop();
        if !fails(&candidate)? {
            break;
        }
        small = candidate;
    }
    for tenant in 0..small.tenants.len() {
        while small.tenants[tenant].len() > 1 {
            let mut candidate = small.clone();
            candidate.tenants[tenant].pop();
            if !fails(&candidate)? {
                break;
            }
            small = candidate;
        }
    }
    let outcome = play(&small, true)?;
    Ok(Small { scenario: small, outcome, plays })
}
