//! An evaluation in words, for people.
//!
//! First what was decided, then each condition that the decision looked at: how many of its rules
//! passed, and what each rule saw, as `facts.rs` says it.

use ballast_domain::evaluation::RuleRole;
use ballast_domain::strategy::DirectionRule;
use ballast_domain::{Decision, Direction, Evaluation, Hold, RuleOutcome, RuleState};

use super::facts::facts;
use super::plan::{Plan, RolePlan, trades_both};

impl Plan {
    /// The evaluation in full sentences.
    #[must_use]
    pub fn explain(&self, evaluation: &Evaluation) -> String {
        let (decision, held) = (evaluation.decision, evaluation.held);
        let concerned = |plan: &&RolePlan| self.concerns(decision, held, plan.role);
        let roles: Vec<&RolePlan> = self.roles.iter().filter(concerned).collect();
        // What is waited for says all where it is one condition.
        if let (Decision::Hold(hold @ (Hold::NoEntry | Hold::NoExit)), [role]) =
            (decision, &roles[..])
        {
            let begin = if hold == Hold::NoEntry { "Waiting" } else { "Holding the position" };
            return role_sentences(begin, role, &outcomes(role, evaluation)).join(" ");
        }
        let mut sentences = vec![self.decision_sentence(evaluation, roles.is_empty())];
        for role in roles {
            let begin = role_name(role.role);
            sentences.extend(role_sentences(begin, role, &outcomes(role, evaluation)));
        }
        sentences.join(" ")
    }

    /// A rule's name, empty for a condition that is a single expression, and what it saw; `None`
    /// when the plan has no such rule.
    #[must_use]
    pub fn explain_rule(&self, outcome: &RuleOutcome) -> Option<(String, String)> {
        let role = self.roles.iter().find(|plan| plan.role == outcome.role)?;
        let rule = role.rules.get(usize::from(outcome.index))?;
        Some((rule.name.clone(), facts(rule, outcome)))
    }

    /// Whether a condition had a part in a decision: exits have none while nothing is held, and
    /// entries none while something is, unless they reverse it.
    fn concerns(&self, decision: Decision, held: Option<Direction>, role: RuleRole) -> bool {
        let leaves = |held: Option<Direction>| {
            held.map_or(is_exit(role), |held| role == self.exit_role(held))
        };
        match (decision, held) {
            (Decision::Enter(direction), _) => role == self.entry_role(direction),
            (Decision::Exit, held) => leaves(held),
            (Decision::Reverse(to), _) => {
                role == self.entry_role(to) || leaves(Some(to.opposite()))
            }
            (Decision::Hold(_), None) => !is_exit(role),
            (Decision::Hold(_), Some(held)) => {
                let reverses =
                    trades_both(&self.config) && role == self.entry_role(held.opposite());
                reverses || leaves(Some(held))
            }
        }
    }

    /// The condition that enters in this direction.
    fn entry_role(&self, direction: Direction) -> RuleRole {
        match (direction, self.config.direction) {
            (Direction::Short, DirectionRule::Both) => RuleRole::EntryShort,
            _ => RuleRole::Entry,
        }
    }

    fn decision_sentence(&self, evaluation: &Evaluation, no_rules: bool) -> String {
        let leaves = |held| self.exit_is_true(evaluation, held);
        match evaluation.decision {
            Decision::Hold(Hold::NoExit) if no_rules => {
                "Holding the position: no rule of the strategy leaves it; a stop, a target or a \
                 limit on bars does, where it has one."
                    .to_owned()
            }
            Decision::Enter(direction) => {
                format!("Signal to enter {direction}: the condition to enter {direction} is true.")
            }
            Decision::Exit if evaluation.held.is_some_and(leaves) => {
                "Signal to leave the position: the exit condition is true.".to_owned()
            }
            Decision::Exit => {
                "Signal to leave the position: it was held for as many bars as allowed.".to_owned()
            }
            Decision::Reverse(direction) => {
                format!(
                    "Signal to reverse to {direction}: the condition to enter {direction} is true."
                )
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

/// A condition in sentences that begin with `begin`: the condition, or how many of its rules
/// passed, which are missing, and what each saw.
fn role_sentences(begin: &str, plan: &RolePlan, outcomes: &[&RuleOutcome]) -> Vec<String> {
    let rules: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| Some((plan.rules.get(usize::from(outcome.index))?, *outcome)))
        .collect();
    if let [rule] = plan.rules.as_slice()
        && rule.name.is_empty()
    {
        return rules.iter().map(|(rule, of)| format!("{begin}: {}.", facts(rule, of))).collect();
    }
    let passed = outcomes.iter().filter(|outcome| outcome.state == RuleState::Pass).count();
    let count = plan.rules.len();
    let needed = if plan.min_pass < count { plan.min_pass.to_string() } else { "all".to_owned() };
    let required = rules.iter().filter(|(rule, of)| rule.required && of.state != RuleState::Pass);
    let required: Vec<&str> = required.map(|(rule, _)| rule.name.as_str()).collect();
    let missing = match (required.is_empty(), plan.min_pass < count) {
        (false, true) => format!(" and {} among them", required.join(" and ")),
        _ => String::new(),
    };
    let are = if needed == "1" { "is" } else { "are" };
    let head =
        format!("{begin}: {passed} of {count} rules passed, {needed} {are} needed{missing}.");
    let named = rules.iter().map(|(rule, outcome)| {
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

const fn role_name(role: RuleRole) -> &'static str {
    match role {
        RuleRole::Entry => "Entry",
        RuleRole::Exit => "Exit",
        RuleRole::EntryShort => "Short entry",
        RuleRole::ExitShort => "Short exit",
    }
}

/// Why nothing was decided, and what would change that.
const fn hold_sentence(hold: Hold) -> &'static str {
    match hold {
        Hold::NotReady => {
            "Waiting: some values need more bars before they can be computed; it decides by itself \
             once they have them."
        }
        Hold::RangeNotReady => {
            "Waiting: the entry is true, but the average true range that its size or exits read \
             needs more bars."
        }
        Hold::NoEntry => "Waiting: no entry condition is true.",
        Hold::NoExit => "Holding the position: no exit condition is true.",
        Hold::Conflict => {
            "Waiting: the conditions to enter long and short are both true; it enters once only \
             one is."
        }
        Hold::OrderWorking => {
            "Waiting: an order of this instrument is still working; it decides again once that has \
             filled or ended."
        }
        Hold::SessionClosed => {
            "Waiting: the session is closed; it decides again once that has opened."
        }
        Hold::Stopped => {
            "Waiting: the profile is not running, so it makes no entries until somebody starts it."
        }
        Hold::UnderReview => {
            "Waiting: the profile is under review, so it makes no entries until somebody has \
             looked at its last events and starts it."
        }
        Hold::CatchingUp => {
            "Catching up: this bar closed while the server was down, so it makes no signal; it \
             decides again at the next one."
        }
    }
}
