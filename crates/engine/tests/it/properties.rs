//! What must hold in every history. Balanced books, contiguous intents, one submit for each, no
//! entry against control, and the live state as a fold of the journal are checked by the world
//! itself at every step.

use ballast_domain::control::{ControlEntry, Scope};
use ballast_domain::{
    Account, ActiveState, ControlMode, Direction, Event, OrderState, ProfileId, Signal,
    SignalTerms, Trade,
};
use ballast_engine::state::{Profile, State};
use ballast_engine::step::Answer;
use proptest::prelude::*;

use crate::auditor::{Auditor, narrow_limits, wide_limits};
use crate::fixture::{exit, hour};
use crate::rehearsal::Rehearsal;
use crate::scenario::{Act, BARS, calm_scenarios, scenarios};
use crate::world::World;

/// Fills never exceed what the gate accepted, and exits never what was entered.
fn nothing_overfills(rehearsal: &Rehearsal) {
    for profile in rehearsal.world.engine.state().profiles() {
        for order in profile.working.values().chain(profile.ended.iter()) {
            assert!(order.filled <= order.terms.quantity, "{order:?}");
        }
        for trade in profile.trades.values().chain(&profile.closed) {
            assert!(trade.exit_quantity <= trade.entry_quantity, "{trade:?}");
        }
    }
}

/// The engine holds what the venue holds, works what it works, and has as much money.
fn engine_and_venue_agree(rehearsal: &Rehearsal) {
    for profile in rehearsal.world.engine.state().profiles() {
        let held = rehearsal.held(profile.id);
        let mut known = profile.trades.clone();
        for trade in known.values_mut() {
            // Only the engine knows why the stop stands where it does.
            trade.break_even_armed = false;
            trade.amendments = 0;
            (trade.bars_held, trade.counted_to) = (0, None);
            // Only the engine hears of a fill twice.
            trade.fills.clear();
            trade.executions.clear();
            trade.changes = 0;
        }
        assert_eq!(known, held);
        let working: Vec<_> = profile.working.values().map(|order| order.terms.intent).collect();
        assert_eq!(working, rehearsal.working(profile.id));
        for order in profile.working.values() {
            assert!(matches!(order.state, OrderState::Active(_)));
        }
        let cash = rehearsal.venues[&profile.id].cash().amount();
        let ours = profile.book.available() + profile.book.balance(Account::ReservedOrders);
        assert_eq!(ours, cash);
    }
}

/// What was traded, and what protects it: everything but what the engine saw and said.
fn dealings(rehearsal: &Rehearsal) -> Vec<Event> {
    let events = rehearsal.world.journal.iter().map(|envelope| envelope.event.clone());
    let told =
        |event: &Event| matches!(event, Event::Evaluated { .. } | Event::SignalRefused { .. });
    events.filter(|event| !told(event)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// On a wire on which everything arrives at once they agree at every moment about every unit
    /// and every cent.
    #[test]
    fn engine_and_venue_always_agree_on_a_perfect_wire(scenario in scenarios()) {
        scenario.play(BARS, |rehearsal| {
            rehearsal.world.check_snapshot();
            nothing_overfills(rehearsal);
            engine_and_venue_agree(rehearsal);
        });
    }

    /// No sequence of signals, fills, restarts and stops breaches a limit of anybody, reckoned from
    /// what the venue has and not from what the engine says.
    #[test]
    fn no_limit_is_breached(
        mut scenario in scenarios(),
        wide in wide_limits(),
        narrow in narrow_limits(),
    ) {
        for account in &mut scenario.accounts {
            account.limits = narrow.clone();
        }
        // A market that goes on in the units from before is none that limits are made for.
        scenario.acts.retain(|(_, act)| !matches!(act, Act::Issuer { .. }));
        // What people do at once works side by side.
        scenario.acts.iter_mut().for_each(|(turn, _)| *turn -= *turn % 8);
        scenario.acts.extend((0..BARS as u8).step_by(8).flat_map(crossing));
        scenario.acts.sort_by_key(|(turn, _)| *turn);
        let auditor = Auditor::new(wide, narrow);
        let mut rehearsal = scenario.play_audited(BARS, Some(auditor), |_| ());
        rehearsal.world.check_snapshot();
        let audited = rehearsal.auditor.take().unwrap();
        let entries = rehearsal.world.journal.iter().filter(|envelope| is_entry(&envelope.event));
        prop_assert_eq!(audited.entries(), entries.count());
    }

    /// A snapshot is a cache: with the rest of the journal it gives what the whole journal gives.
    #[test]
    fn a_snapshot_and_the_rest_give_the_whole(scenario in scenarios(), place: prop::sample::Index) {
        let world = scenario.play(BARS, |_| ()).world;
        let place = place.index(world.journal.len());
        let mut state = State::new(world.fold.tenant().clone());
        for envelope in &world.journal[..place] {
            state.apply(envelope).unwrap();
        }
        let snapshot = serde_json::to_string(&state).unwrap();
        let mut state: State = serde_json::from_str(&snapshot).unwrap();
        for envelope in &world.journal[place..] {
            state.apply(envelope).unwrap();
        }
        prop_assert_eq!(&state, world.engine.state());
    }

    /// No look-ahead: whatever comes later, a prefix of the data gives a prefix of the journal.
    #[test]
    fn a_prefix_of_the_data_gives_a_prefix_of_the_journal(
        scenario in scenarios(),
        bars in 0..BARS,
    ) {
        let all = scenario.play(BARS, |_| ()).world.journal;
        let some = scenario.play(bars, |_| ()).world.journal;
        prop_assert_eq!(&all[..some.len()], &some[..]);
    }

    /// The end of a process and its start from the journal change nothing of what is traded. (A
    /// strategy that joins later warms up on less of the market, and so is left out.)
    #[test]
    fn restarts_change_no_dealings(
        mut scenario in calm_scenarios(),
        turns in prop::collection::vec(0..BARS as u8, 1..4),
    ) {
        // How far prices went before a split is not seen again after a restart.
        let stays =
            |act: &Act| !matches!(act, Act::Change { .. } | Act::Issuer { kind: 0..3, .. });
        scenario.acts.retain(|(_, act)| stays(act));
        let mut restarted = scenario.clone();
        restarted.acts.extend(turns.into_iter().map(|turn| (turn, Act::Restart)));
        restarted.acts.sort_by_key(|(turn, act)| (*turn, !matches!(act, Act::Restart)));
        let calm = scenario.play(BARS, |_| ());
        let restarted = restarted.play(BARS, |_| ());
        prop_assert_eq!(dealings(&calm), dealings(&restarted));
    }

    /// From a flattening on everything that is held is being left, nothing is left twice, and
    /// nothing enters until the profile is started again.
    #[test]
    fn a_flattening_leaves_everything(scenario in calm_scenarios(), turn in 0..BARS as u8) {
        let mut flattened = scenario;
        flattened.acts.retain(|(at, _)| *at <= turn);
        flattened.acts.extend((0..2).map(|profile| (turn, Act::Flatten(profile))));
        flattened.acts.sort_by_key(|(turn, act)| (*turn, matches!(act, Act::Flatten(_))));
        let mut bars = 0;
        let last = flattened.play(BARS, |rehearsal| {
            let state = rehearsal.world.engine.state();
            let asked = |profile: &Profile| profile.flattening.is_some() || profile.removed;
            if rehearsal.world.now < hour(i64::from(turn)) || !state.profiles().all(asked) {
                return;
            }
            bars += 1;
            for profile in state.profiles() {
                assert!(profile.working.values().all(|order| order.terms.is_reducing()));
                for trade in profile.trades.values() {
                    assert!(profile.claimed(trade.id) >= trade.open_quantity(), "{trade:?}");
                }
            }
        });
        prop_assert!(bars > 0);
        for profile in last.world.engine.state().profiles() {
            prop_assert!(usize::from(turn) + 8 > BARS || profile.is_idle(), "{:?}", profile.trades);
        }
    }

    /// Once a halt is acknowledged nothing enters, what works to enter is being cancelled, and
    /// exits go on.
    #[test]
    fn nothing_enters_under_a_halt(scenario in scenarios(), turn in 0..BARS as u8) {
        let mut halted = scenario;
        halted.acts.retain(|(at, act)| {
            *at <= turn || !matches!(act, Act::Control(..) | Act::ControlUnknown)
        });
        halted.acts.push((turn, Act::Control(ControlMode::Halted, 0)));
        halted.acts.sort_by_key(|(turn, _)| *turn);
        let mut acknowledged = None;
        let mut rehearsal = halted.play(BARS, |rehearsal| {
            let world = &rehearsal.world;
            if world.now < hour(i64::from(turn)) || !is_halted(world) {
                return;
            }
            let since = *acknowledged.get_or_insert(world.journal.len());
            for envelope in &world.journal[since..] {
                assert!(!is_entry(&envelope.event), "{envelope:?}");
            }
            for profile in world.engine.state().profiles() {
                for order in profile.working.values().filter(|order| !order.terms.is_reducing()) {
                    assert_eq!(order.state, OrderState::Active(ActiveState::PendingCancel));
                }
            }
        });
        for profile in rehearsal.world.engine.state().profiles() {
            assert!(profile.working.values().all(|order| order.terms.is_reducing()));
        }
        let held: Vec<_> = rehearsal.world.engine.state().profiles().map(|p| p.id).collect();
        for profile in held {
            flatten(&mut rehearsal, profile);
        }
    }
}

/// A person's entries both ways in two profiles, where there are two, at limits that would meet.
fn crossing(turn: u8) -> [(u8, Act); 2] {
    let enter = |profile, direction, kind| Act::Enter {
        profile,
        symbol: 0,
        direction,
        units: 2,
        kind,
        extras: 7,
    };
    [(turn, enter(0, Direction::Long, 2)), (turn, enter(1, Direction::Short, 1))]
}

fn is_halted(world: &World) -> bool {
    let halts =
        |entry: &ControlEntry| entry.scope == Scope::Global && entry.mode == ControlMode::Halted;
    world.control.as_ref().is_some_and(|control| control.entries.iter().any(halts))
}

fn is_entry(event: &Event) -> bool {
    matches!(event, Event::IntentAccepted { terms, .. } if !terms.is_reducing())
}

/// Leaves everything that a profile holds.
fn flatten(rehearsal: &mut Rehearsal, profile: ProfileId) {
    let known = rehearsal.world.engine.state().profile(profile).unwrap();
    let free = |trade: &&Trade| trade.open_quantity() > known.claimed(trade.id);
    let free: Vec<_> = known.trades.values().filter(free).cloned().collect();
    for trade in free {
        let mut signal = Signal { profile, symbol: trade.symbol, ..exit(1, None) };
        if let SignalTerms::Exit { trade: left, .. } = &mut signal.terms {
            *left = trade.id;
        }
        rehearsal.act(|world| {
            let answer = world.signal(signal);
            assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
        });
    }
}
