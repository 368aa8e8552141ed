//! An evaluation in words, for people.
//!
//! First what was decided, then each condition that the decision looked at: how many of its rules
//! passed, and for each rule the numbers that it compared.

use ballast_domain::evaluation::RuleRole;
use ballast_domain::{Decision, Direction, Evaluation, Hold, RuleOutcome, RuleState};

use super::expression::{Comparison, Condition, CrossDirection, Numeric};
use super::plan::{Compared, Plan, Relation, RolePlan, RulePlan};

/// The two sides of a comparison; nothing while one is not ready.
type Values = (Option<f64>, Option<f64>);

impl Plan {
    /// The evaluation in full sentences; `held` is the position that it was made for.
    #[must_use]
    pub fn explain(&self, evaluation: &Evaluation, held: Option<Direction>) -> String {
        let mut sentences = vec![self.decision_sentence(evaluation, held)];
        for plan in self.roles.iter().filter(|plan| concerns(evaluation.decision, plan.role)) {
            sentences.extend(role_sentences(plan, &outcomes(plan, evaluation)));
        }
        sentences.join(" ")
    }

    /// A rule's name, empty for a condition that is a single expression, and what it saw; `None` when
    /// the plan has no such rule.
    #[must_use]
    pub fn explain_rule(&self, outcome: &RuleOutcome) -> Option<(String, String)> {
        let role = self.roles.iter().find(|plan| plan.role == outcome.role)?;
        let rule = role.rules.get(usize::from(outcome.index))?;
        Some((rule.name.clone(), facts(rule, outcome)))
    }

    fn decision_sentence(&self, evaluation: &Evaluation, held: Option<Direction>) -> String {
        match evaluation.decision {
            Decision::Enter(direction) => {
                format!("Entering {direction}: the condition to enter {direction} is true.")
            }
            Decision::Exit if held.is_some_and(|held| self.exit_is_true(evaluation, held)) => {
                "Leaving the position: the exit condition is true.".to_owned()
            }
            Decision::Exit => {
                "Leaving the position: it was held for as many bars as allowed.".to_owned()
            }
            Decision::Reverse(direction) => {
                format!("Reversing to {direction}: the condition to enter {direction} is true.")
            }
            Decision::Hold(hold) => hold_sentence(hold).to_owned(),
        }
    }

    fn exit_is_true(&self, evaluation: &Evaluation, held: Direction) -> bool {
        let role = self.exit_role(held);
        self.roles.iter().filter(|plan| plan.role == role).any(|plan| {
            let states = outcomes(plan, evaluation).into_iter().map(|outcome| outcome.state);
            plan.combine(states) == RuleState::Pass
        })
    }
}

fn outcomes<'a>(plan: &RolePlan, evaluation: &'a Evaluation) -> Vec<&'a RuleOutcome> {
    evaluation.rules.iter().filter(|outcome| outcome.role == plan.role).collect()
}

const fn is_exit(role: RuleRole) -> bool {
    matches!(role, RuleRole::Exit | RuleRole::ExitShort)
}

/// Whether a condition had a part in a decision: exits have none while nothing is held.
const fn concerns(decision: Decision, role: RuleRole) -> bool {
    let flat = matches!(
        decision,
        Decision::Enter(_)
            | Decision::Hold(Hold::RangeNotReady | Hold::NoEntry | Hold::Conflict | Hold::Stopped)
    );
    !(flat && is_exit(role))
}

fn role_sentences(plan: &RolePlan, outcomes: &[&RuleOutcome]) -> Vec<String> {
    let name = role_name(plan.role);
    let rules = outcomes.iter().filter_map(|outcome| {
        let rule = plan.rules.get(usize::from(outcome.index))?;
        Some((rule, *outcome))
    });
    if let [rule] = plan.rules.as_slice()
        && rule.name.is_empty()
    {
        return rules.map(|(rule, outcome)| format!("{name}: {}.", facts(rule, outcome))).collect();
    }
    let passed = outcomes.iter().filter(|outcome| outcome.state == RuleState::Pass).count();
    let count = plan.rules.len();
    let needed = if plan.min_pass < count { plan.min_pass.to_string() } else { "all".to_owned() };
    let head = format!("{name}: {passed} of {count} rules passed, {needed} are needed.");
    let named = rules.map(|(rule, outcome)| {
        let required = if rule.required { " (required)" } else { "" };
        let verdict = match outcome.state {
            RuleState::Pass => "passed",
            RuleState::Fail => "failed",
            RuleState::NotReady => "is not ready",
        };
        format!("{}{required} {verdict}: {}.", rule.name, facts(rule, outcome))
    });
    std::iter::once(head).chain(named).collect()
}

/// What a rule saw, such as `rsi(close, 14) is 71.2, not below 70`.
fn facts(rule: &RulePlan, outcome: &RuleOutcome) -> String {
    let compared = rule.comparisons.iter().zip(&outcome.operands);
    let facts: Vec<_> = match (&rule.condition, outcome.state) {
        (Condition::Cross { direction, .. }, RuleState::Pass | RuleState::Fail) => {
            let crossed = outcome.state == RuleState::Pass;
            compared.map(|(of, values)| cross_fact(of, *values, *direction, crossed)).collect()
        }
        _ => compared.map(|(of, values)| fact(of, *values)).collect(),
    };
    let single = matches!(rule.condition, Condition::Compare { .. } | Condition::Cross { .. });
    if single && !facts.is_empty() {
        return facts.join("; ");
    }
    let state = match outcome.state {
        RuleState::Pass => "is true",
        RuleState::Fail => "is false",
        RuleState::NotReady => "has no value yet",
    };
    let whole = format!("{} {state}", rule.condition);
    std::iter::once(whole).chain(facts).collect::<Vec<_>>().join("; ")
}

fn fact(of: &Compared, values: Values) -> String {
    let (left, right) = match both(of, values) {
        Ok(values) => values,
        Err(missing) => return missing,
    };
    // Where two series stand now is not yet whether they have crossed.
    let comparison = match of.relation {
        Relation::Compare(comparison) => comparison,
        Relation::Cross(CrossDirection::Over) => Comparison::Greater,
        Relation::Cross(CrossDirection::Under) => Comparison::Less,
    };
    let relation = relation_words(comparison, comparison.holds(left, right));
    format!("{} {relation} {}", subject(&of.left, left), object(&of.right, right))
}

fn cross_fact(of: &Compared, values: Values, direction: CrossDirection, crossed: bool) -> String {
    let (left, right) = match both(of, values) {
        Ok(values) => values,
        Err(missing) => return missing,
    };
    let verb = match (direction, crossed) {
        (CrossDirection::Over, true) => "crossed above",
        (CrossDirection::Over, false) => "did not cross above",
        (CrossDirection::Under, true) => "crossed below",
        (CrossDirection::Under, false) => "did not cross below",
    };
    format!("{} {verb} {}", object(&of.left, left), object(&of.right, right))
}

/// Both values, or which side has none.
fn both(of: &Compared, values: Values) -> Result<(f64, f64), String> {
    match values {
        (Some(left), Some(right)) => Ok((left, right)),
        (None, Some(_)) => Err(format!("{} has no value yet", of.left)),
        (Some(_), None) => Err(format!("{} has no value yet", of.right)),
        (None, None) => Err(format!("{} and {} have no value yet", of.left, of.right)),
    }
}

fn subject(number: &Numeric, value: f64) -> String {
    match number {
        Numeric::Constant(_) => format!("{number} is"),
        _ => format!("{number} is {},", shorten(value)),
    }
}

fn object(number: &Numeric, value: f64) -> String {
    match number {
        Numeric::Constant(_) => number.to_string(),
        _ => format!("{number} at {}", shorten(value)),
    }
}

const fn relation_words(comparison: Comparison, holds: bool) -> &'static str {
    match (comparison, holds) {
        (Comparison::Less, true) | (Comparison::GreaterOrEqual, false) => "below",
        (Comparison::Less, false) => "not below",
        (Comparison::Greater, true) | (Comparison::LessOrEqual, false) => "above",
        (Comparison::Greater, false) => "not above",
        (Comparison::LessOrEqual, true) => "at or below",
        (Comparison::GreaterOrEqual, true) => "at or above",
        (Comparison::Equal, true) | (Comparison::NotEqual, false) => "equal to",
        (Comparison::Equal, false) | (Comparison::NotEqual, true) => "different from",
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

const fn role_name(role: RuleRole) -> &'static str {
    match role {
        RuleRole::Entry => "Entry",
        RuleRole::Exit => "Exit",
        RuleRole::EntryShort => "Short entry",
        RuleRole::ExitShort => "Short exit",
    }
}

const fn hold_sentence(hold: Hold) -> &'static str {
    match hold {
        Hold::NotReady => "Waiting: some values need more bars before they can be computed.",
        Hold::RangeNotReady => {
            "Waiting: the entry is true, but the average true range that its size or exits read \
             needs more bars."
        }
        Hold::NoEntry => "Waiting: no entry condition is true.",
        Hold::NoExit => "Holding the position: no exit condition is true.",
        Hold::Conflict => "Waiting: the conditions to enter long and short are both true.",
        Hold::OrderWorking => "Waiting: an order of this instrument is still working.",
        Hold::SessionClosed => "Waiting: the session is closed.",
        Hold::Stopped => "Waiting: the profile is not running, so it makes no entries.",
        Hold::CatchingUp => {
            "Catching up: this bar closed while the server was down, so it makes no signal."
        }
    }
}
