//! Histories that a seed would have to be lucky to bring about.

use ballast_domain::control::ControlMode;
use ballast_engine::ports::Gap;

use crate::market::Move;
use crate::scenario::{Account, Act, Fees, Scenario, Step};
use crate::{Outcome, play};

/// One profile that does nothing by itself.
fn idle(steps: Vec<Step>) -> Outcome {
    let account = Account {
        strategy: 0,
        lot: Some("1"),
        fees: Fees::None,
        slippage_bps: 0,
        volume_share: None,
        allocated: 10_000,
        limits: 0,
        in_kind: false,
    };
    play(&Scenario { tenants: vec![vec![account]], steps }, true).unwrap()
}

const BAR: Step = Step::Bar([Move::still(), Move::still()]);

/// The market opens far below every order that rests.
const FALL: Step = {
    let mut fallen = Move::still();
    fallen.jump = -2_500;
    Step::Bar([fallen, fallen])
};

/// An order that rests far below the market, made larger by a process that ends before it has asked
/// the venue.
fn amended_unasked(then: Vec<Step>) -> Outcome {
    let amend = |units| Act::Amend { profile: 0, order: 0, units, percent: -4 };
    let mut steps = vec![BAR, Step::Person(0, amend(2)), BAR];
    steps.push(Step::Crash { tenant: 0, at: Some(Gap::Appended), down: 0, snapshot: false });
    steps.push(Step::Person(0, amend(100)));
    steps.extend(then);
    steps.push(LAST);
    idle(steps)
}

/// What follows it is the end of the world, in which every stop is lifted.
const LAST: Step = Step::ClockJump(0);

/// How often the venue was asked for the amendment within the scenario.
fn asked(outcome: &Outcome) -> usize {
    let last = outcome.trace.iter().position(|line| *line == format!("{LAST:?}")).unwrap();
    let lines = outcome.trace[..last].iter();
    lines.filter(|line| line.contains("asked to amend")).count()
}

#[test]
fn what_was_accepted_before_a_crash_is_asked_for_after_it() {
    let outcome = amended_unasked(vec![BAR, BAR]);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert_eq!(asked(&outcome), 1, "{}", outcome.trace.join("\n"));
}

/// Invariant: whatever raises risk is compared with control last, also when it is asked for again.
#[test]
fn an_amendment_that_raises_risk_does_not_outlive_a_stop() {
    let outcome = amended_unasked(vec![Step::Control(ControlMode::Paused, 0), BAR, BAR]);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert_eq!(asked(&outcome), 0, "{}", outcome.trace.join("\n"));
}

/// It waits for the stop to be lifted, and is decided then.
#[test]
fn an_amendment_that_a_stop_held_back_is_asked_for_once_it_is_lifted() {
    let stop = |mode| Step::Control(mode, 0);
    let (paused, running) = (stop(ControlMode::Paused), stop(ControlMode::Running));
    let steps = vec![paused, BAR, running, BAR, Step::Tick(0)];
    let outcome = amended_unasked(steps);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert_eq!(asked(&outcome), 1, "{}", outcome.trace.join("\n"));
}

/// The venue can only refuse it, so that no stop keeps the order waiting.
#[test]
fn an_amendment_of_what_has_filled_meanwhile_is_decided_under_a_stop() {
    let paused = Step::Control(ControlMode::Paused, 0);
    let outcome = amended_unasked(vec![paused, FALL, BAR, Step::Quiet]);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert_eq!(asked(&outcome), 1, "{}", outcome.trace.join("\n"));
}
