//! The decision at a bar's close: a pure function of the row and of what is held.

use ballast_domain::evaluation::RuleRole;
use ballast_domain::strategy::DirectionRule;
use ballast_domain::{Decision, Direction, ExitReason, Hold, RuleOutcome, RuleState};

use super::plan::{Lane, Plan, RolePlan, RuleSeries, trades_both};
use crate::market::Row;

/// What a profile has in one instrument when its strategy is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The way of the open trade, if one is open.
    pub position: Option<Direction>,
    /// Whether an order of this instrument is working that the decision has to wait for.
    pub order_working: bool,
}

/// A decision, and why a position is left where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// What to do.
    pub decision: Decision,
    /// Why a position is left; the exit condition wins over the opposite entry.
    pub exit_reason: ExitReason,
}

impl Choice {
    /// The choice for a position that has been held for as long as it may: it is left, and an
    /// entry the other way still reverses it.
    #[must_use]
    pub const fn overdue(self) -> Self {
        let decision = match self.decision {
            Decision::Reverse(direction) => Decision::Reverse(direction),
            _ => Decision::Exit,
        };
        Self { decision, exit_reason: ExitReason::TimeStop }
    }
}

impl Plan {
    /// What the strategy decides at the close of `row`.
    #[must_use]
    pub fn decide(&self, lane: &Lane, row: &Row, standing: Standing) -> Choice {
        let hold =
            |hold| Choice { decision: Decision::Hold(hold), exit_reason: ExitReason::ExitSignal };
        if standing.order_working {
            return hold(Hold::OrderWorking);
        }
        match standing.position {
            None => match self.entry(lane, row) {
                Decision::Enter(_) if !self.can_enter(lane, row) => hold(Hold::RangeNotReady),
                decision => Choice { decision, exit_reason: ExitReason::ExitSignal },
            },
            Some(position) => self.exit(lane, row, position),
        }
    }

    fn entry(&self, lane: &Lane, row: &Row) -> Decision {
        let entry = self.state(RuleRole::Entry, lane, row);
        let (long, short) = match self.config.direction {
            DirectionRule::Long => (entry, RuleState::Fail),
            DirectionRule::Short => (RuleState::Fail, entry),
            DirectionRule::Both => (entry, self.state(RuleRole::EntryShort, lane, row)),
        };
        match (long, short) {
            (RuleState::Pass, RuleState::Pass) => Decision::Hold(Hold::Conflict),
            (RuleState::Pass, _) => Decision::Enter(Direction::Long),
            (_, RuleState::Pass) => Decision::Enter(Direction::Short),
            (RuleState::NotReady, _) | (_, RuleState::NotReady) => Decision::Hold(Hold::NotReady),
            (RuleState::Fail, RuleState::Fail) => Decision::Hold(Hold::NoEntry),
        }
    }

    fn exit(&self, lane: &Lane, row: &Row, position: Direction) -> Choice {
        let both = trades_both(&self.config);
        let opposite = match position {
            Direction::Long => RuleRole::EntryShort,
            Direction::Short => RuleRole::Entry,
        };
        let exit = self.state(self.exit_role(position), lane, row);
        let opposite = if both { self.state(opposite, lane, row) } else { RuleState::Fail };
        let decision = match (exit, opposite) {
            (_, RuleState::Pass) => Decision::Reverse(position.opposite()),
            (RuleState::Pass, _) => Decision::Exit,
            (RuleState::NotReady, _) | (_, RuleState::NotReady) => Decision::Hold(Hold::NotReady),
            (RuleState::Fail, RuleState::Fail) => Decision::Hold(Hold::NoExit),
        };
        let exit_reason = match exit {
            RuleState::Pass => ExitReason::ExitSignal,
            RuleState::Fail | RuleState::NotReady => ExitReason::OppositeSignal,
        };
        Choice { decision, exit_reason }
    }

    /// The condition that leaves a position of this direction.
    pub(super) fn exit_role(&self, position: Direction) -> RuleRole {
        match (position, self.config.direction) {
            (Direction::Short, DirectionRule::Both) => RuleRole::ExitShort,
            _ => RuleRole::Exit,
        }
    }

    /// How a whole condition came out; one that the config does not have fails.
    fn state(&self, role: RuleRole, lane: &Lane, row: &Row) -> RuleState {
        let mut roles = self.roles.iter().zip(&lane.roles);
        match roles.find(|(plan, _)| plan.role == role) {
            Some((plan, rules)) => plan.combine(rules.iter().map(|rule| state_of(rule, row))),
            None => RuleState::Fail,
        }
    }

    /// Each rule's outcome with its numbers, in the order of the config.
    #[must_use]
    pub fn outcomes(&self, lane: &Lane, row: &Row) -> Vec<RuleOutcome> {
        let number = |value: f64| value.is_finite().then_some(value);
        let mut outcomes = Vec::new();
        for (plan, rules) in self.roles.iter().zip(&lane.roles) {
            for (index, rule) in rules.iter().enumerate() {
                let operands = rule
                    .operands
                    .iter()
                    .map(|(left, right)| (number(row.value(*left)), number(row.value(*right))));
                outcomes.push(RuleOutcome {
                    role: plan.role,
                    index: index as u16,
                    state: state_of(rule, row),
                    operands: operands.collect(),
                });
            }
        }
        outcomes
    }
}

fn state_of(rule: &RuleSeries, row: &Row) -> RuleState {
    match row.holds(rule.condition) {
        Some(true) => RuleState::Pass,
        Some(false) => RuleState::Fail,
        None => RuleState::NotReady,
    }
}

impl RolePlan {
    /// Passes when every required rule does and enough do altogether; not ready while rules that
    /// are not ready could still make it pass. `states` are in the order of the rules.
    pub(super) fn combine(&self, states: impl Iterator<Item = RuleState>) -> RuleState {
        let (mut passed, mut open) = (0, 0);
        let (mut missing, mut failed) = (false, false);
        for (rule, state) in self.rules.iter().zip(states) {
            match state {
                RuleState::Pass => passed += 1,
                RuleState::NotReady => {
                    open += 1;
                    missing |= rule.required;
                }
                RuleState::Fail => failed |= rule.required,
            }
        }
        if failed || passed + open < self.min_pass {
            RuleState::Fail
        } else if missing || passed < self.min_pass {
            RuleState::NotReady
        } else {
            RuleState::Pass
        }
    }
}
