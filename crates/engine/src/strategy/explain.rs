//! An evaluation in words, for people.

use std::fmt::Write as _;

use ballast_domain::evaluation::RuleRole;
use ballast_domain::{Decision, Evaluation, Hold, RuleOutcome, RuleState};

use super::plan::{Plan, RulePlan};

impl Plan {
    /// One sentence for the decision and one clause for each rule, with its numbers.
    #[must_use]
    pub fn explain(&self, evaluation: &Evaluation) -> String {
        let mut words = decision_words(evaluation.decision);
        for plan in &self.roles {
            let of_role = |outcome: &&RuleOutcome| outcome.role == plan.role;
            let outcomes: Vec<_> = evaluation.rules.iter().filter(of_role).collect();
            let passed = outcomes.iter().filter(|outcome| outcome.state == RuleState::Pass).count();
            // Writing to a string cannot fail.
            let _ = match plan.rules.len() {
                0 | 1 => write!(words, "; {}: ", role_words(plan.role)),
                count => {
                    write!(words, "; {}: {passed} of {count} rules passed: ", role_words(plan.role))
                }
            };
            let clauses = outcomes.iter().filter_map(|outcome| {
                Some(clause(plan.rules.get(usize::from(outcome.index))?, outcome))
            });
            words.push_str(&clauses.collect::<Vec<_>>().join(", "));
        }
        words
    }
}

fn clause(rule: &RulePlan, outcome: &RuleOutcome) -> String {
    let name = if rule.name.is_empty() { rule.condition.to_string() } else { rule.name.clone() };
    let state = match outcome.state {
        RuleState::Pass => "passed",
        RuleState::Fail => "waiting",
        RuleState::NotReady => "not ready",
    };
    let numbers = rule.operands.iter().zip(&outcome.operands).map(|((left, right), values)| {
        format!(
            "{} against {}",
            side(&left.to_string(), values.0),
            side(&right.to_string(), values.1)
        )
    });
    let numbers = numbers.collect::<Vec<_>>().join("; ");
    if numbers.is_empty() {
        format!("{name} {state}")
    } else {
        format!("{name} {state} ({numbers})")
    }
}

fn side(text: &str, value: Option<f64>) -> String {
    match value {
        Some(value) if text.parse::<f64>() == Ok(value) => text.to_owned(),
        Some(value) => format!("{text} {}", shorten(value)),
        None => format!("{text} not ready"),
    }
}

/// Six significant digits, enough to see by how much a rule failed.
fn shorten(value: f64) -> String {
    let magnitude = value.abs().max(1e-12).log10().floor() as i32;
    let decimals = (5 - magnitude).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

const fn role_words(role: RuleRole) -> &'static str {
    match role {
        RuleRole::Entry => "entry",
        RuleRole::Exit => "exit",
        RuleRole::EntryShort => "short entry",
        RuleRole::ExitShort => "short exit",
    }
}

fn decision_words(decision: Decision) -> String {
    match decision {
        Decision::Enter(direction) => format!("Entering {direction}"),
        Decision::Exit => "Leaving the position".to_owned(),
        Decision::Reverse(direction) => format!("Reversing to {direction}"),
        Decision::Hold(hold) => hold_words(hold).to_owned(),
    }
}

const fn hold_words(hold: Hold) -> &'static str {
    match hold {
        Hold::NotReady => "Waiting: indicators are warming up",
        Hold::NoEntry => "Waiting: no entry condition is true",
        Hold::NoExit => "Holding: no exit condition is true",
        Hold::Conflict => "Waiting: long and short entry are true together",
        Hold::OrderWorking => "Waiting for an order that is working",
        Hold::SessionClosed => "Waiting: the session is closed",
        Hold::Stopped => "Stopped: the profile makes no entries",
        Hold::CatchingUp => "Catching up on bars that closed while the server was down",
    }
}
