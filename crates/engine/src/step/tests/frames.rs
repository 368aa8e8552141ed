//! What the close of a bar brings: trails and counters first, then the strategy.

use ballast_domain::{Decision, Hold, ProfileId};

use super::script::play;
use crate::fixture::{PROFILE, bar, config, document, fill, goog, hour, order, read};
use crate::step::{Answer, Input};
use crate::world::World;

/// Enters above 105 and leaves below 100, changed by `edit`.
fn above_105(edit: &str) -> World {
    let rules = r#""entry": "close > 105", "exit": "close < 100""#;
    let separator = if edit.is_empty() { "" } else { "," };
    World::running(&format!("{{{rules}{separator}{edit}}}"))
}

#[test]
fn a_strategy_enters_holds_and_leaves() {
    let mut world = above_105("");
    play(
        &mut world,
        "
        bar 100 101 99 100 -> evaluated Hold(NoEntry)
        bar 100 101 99 100 ->
        bar 100 106 99 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        bar 106 106 106 106 -> evaluated Hold(OrderWorking)
        filled 1 a 10@106 -> filled 1 10@106
        bar 106 107 106 107 -> evaluated Hold(NoExit)
        bar 107 107 104 104 ->
        bar 104 104 99 99 -> evaluated Exit; intent 2 exit 1 10 exit_signal | submit 2
        bar 99 99 99 99   -> evaluated Hold(OrderWorking)
        filled 2 b 10@99
        closed 1: -70
        bar 99 99 99 99   -> evaluated Hold(NoEntry)
        ",
    );
    assert_eq!(world.engine.mark(PROFILE, goog()), Some((read("99"), hour(9))));
    let evaluation = world.engine.evaluation(PROFILE, goog()).unwrap();
    assert_eq!(evaluation.decision, Decision::Hold(Hold::NoEntry));
    assert_eq!(evaluation.rules.len(), 2);
}

/// A refusal that repeats itself at every bar is journaled once; so is what the strategy saw.
#[test]
fn repeated_refusals_are_journaled_once() {
    let mut world = above_105("");
    play(
        &mut world,
        "
        control Paused
        bar 106 106 106 106 -> evaluated Enter(Long); refused control
        bar 106 106 106 106 ->
        enter 1             -> refused control
        bar 106 106 106 106 ->
        control unknown
        bar 106 106 106 106 -> evaluated Enter(Long); refused controlUnknown
        control Paused
        bar 106 106 106 106 -> evaluated Enter(Long); refused control
        bar 100 100 100 100 -> evaluated Hold(NoEntry)
        bar 106 106 106 106 -> evaluated Enter(Long); refused control
        control Running
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        ",
    );
}

#[test]
fn a_persons_refusal_does_not_hide_the_strategys() {
    let mut world = above_105("");
    play(
        &mut world,
        "
        bar 100 100 100 100
        control Paused
        enter 1             -> refused control
        enter 1             -> refused control
        bar 106 106 106 106 -> evaluated Enter(Long); refused control
        ",
    );
}

#[test]
fn an_opposite_entry_closes_and_reverses() {
    let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95",
        "sizing": {"type": "percentOfEquity", "value": 50}}"#;
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 125 125 125 125 -> evaluated Enter(Long); intent 1 long 40 | submit 1
        filled 1 a 40@100
        bar 100 100 80 80
        -> evaluated Reverse(Short); intent 2 exit 1 40 opposite_signal then | submit 2
        bar 80 80 80 80 -> evaluated Hold(OrderWorking)
        filled 2 b 30@80 -> filled 2 30@80
        filled 2 c 10@80 -> filled 2 10@80; intent 3 short 57.5 | submit 3
        filled 3 d 57.5@80 -> filled 3 57.5@80; protected 3 160
        open: 1
        filled 2 e 1@80 -> filled 2 1@80; status UnderReview
        ",
    );
}

#[test]
fn the_second_half_of_a_reversal_passes_the_gate_too() {
    let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95"}"#;
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@106
        bar 94 94 94 94
        -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal then | submit 2
        control Halted ->
        filled 2 b 10@94 -> filled 2 10@94; refused control
        trade 1: none
        ",
    );
}

/// A limit on the order looks at the close at which it was decided, as for every entry.
#[test]
fn the_second_half_of_a_reversal_is_measured_at_the_close() {
    let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95",
        "limits": {"maxOrderNotional": "1070"}}"#;
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@106
        bar 94 94 94 94
        filled 2 b 10@120 -> filled 2 10@120; intent 3 short 10 | submit 3
        ",
    );
}

/// Both halves were decided on one close, and the venue's price is newer: neither the night between
/// nor a restart, after which no price is known yet, takes the second half away.
#[test]
fn the_second_half_of_a_reversal_needs_no_data_of_its_own() {
    for between in ["wait 172800", "restart"] {
        let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95",
            "limits": {"maxDataAgeMs": 1000}}"#;
        let mut world = World::running(both);
        play(
            &mut world,
            "
            bar 106 106 106 106
            filled 1 a 10@106
            bar 94 94 94 94
            -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal then | submit 2
            accepted 2
            ",
        );
        play(&mut world, between);
        play(&mut world, "filled 2 b 10@93 -> filled 2 10@93; intent 3 short 10 | submit 3");
    }
}

#[test]
fn a_trail_follows_the_extreme_of_each_close() {
    let mut world = above_105(r#""exits": {"trailing": {"type": "percent", "value": 5}}"#);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@100 -> filled 1 10@100; protected 1 95
        bar 100 103 96 100 -> stop 1 98 Trailing; evaluated Hold(NoExit) | move 1 98
        bar 100 102 99 101 ->
        bar 101 120 101 119 -> stop 1 115 Trailing | move 1 115
        stop 1: Some(Trailing)
        filled 1s b 10@115
        bar 115 200 101 101 -> evaluated Hold(NoEntry)
        ",
    );
    let closed = world.profile().closed.back().unwrap();
    assert_eq!(closed.exit_reason, Some(ballast_domain::ExitReason::TrailingStop));
}

#[test]
fn break_even_arms_once() {
    let exits = r#""exits": {"stopLoss": {"type": "percent", "value": 5},
        "breakEvenAt": {"type": "percent", "value": 2}}"#;
    let mut world = above_105(exits);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@100 -> filled 1 10@100; protected 1 95
        bar 100 101.99 100 101 -> evaluated Hold(NoExit)
        bar 101 102 101 101 -> stop 1 100 BreakEven | move 1 100
        bar 101 110 101 101 ->
        stop 1: Some(BreakEven)
        ",
    );
}

#[test]
fn the_entry_bars_close_is_the_first_of_max_bars() {
    let mut world = above_105(r#""exits": {"maxBars": 2}"#);
    play(
        &mut world,
        "
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        filled 1 a 10@106
        bar 106 106 106 106 -> held 1 1; evaluated Hold(NoExit)
        bar 106 106 106 106
        -> held 1 2; evaluated Exit; intent 2 exit 1 10 time_stop | submit 2
        bar 106 106 106 106 -> evaluated Hold(OrderWorking)
        rejected 2
        bar 106 106 106 106 -> evaluated Exit; intent 3 exit 1 10 time_stop | submit 3
        filled 3 b 10@106
        bar 106 106 106 106 -> evaluated Enter(Long); intent 4 long 10 | submit 4
        ",
    );
}

#[test]
fn when_time_is_up_an_opposite_entry_still_reverses() {
    let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95",
        "exits": {"maxBars": 1}}"#;
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@106
        bar 94 94 94 94
        -> held 1 1; evaluated Reverse(Short); intent 2 exit 1 10 time_stop then | submit 2
        ",
    );
}

#[test]
fn the_time_of_a_trade_beside_the_strategys_is_up_too() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 1
        filled 1 a 1@100
        enter 2 slot b bars 1
        filled 2 b 2@100
        bar 100 100 100 100
        -> held 2 1; intent 3 exit 2 2 time_stop; evaluated Hold(NoExit) | submit 3
        bar 100 100 100 100 ->
        ",
    );
}

#[test]
fn bars_held_survive_a_restart_and_a_new_document() {
    for disturb in [
        |world: &mut World| world.restart(),
        |world: &mut World| {
            let strategy = world.profile().document.strategy.clone();
            assert_eq!(world.put(PROFILE, document(strategy)), Answer::Done);
        },
    ] {
        let mut world = above_105(r#""exits": {"maxBars": 3}"#);
        play(&mut world, "bar 106 106 106 106\n filled 1 a 10@106\n bar 106 106 106 106");
        disturb(&mut world);
        play(
            &mut world,
            "
            bar 106 106 106 106 -> held 1 2
            bar 106 106 106 106
            -> held 1 3; evaluated Exit; intent 2 exit 1 10 time_stop | submit 2
            ",
        );
    }
}

#[test]
fn a_restart_repeats_nothing_of_what_is_journaled() {
    let exits = r#""exits": {"trailing": {"type": "percent", "value": 5}}"#;
    let mut world = above_105(exits);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@106
        bar 106 120 106 110 -> stop 1 114.7 Trailing; evaluated Hold(NoExit) | move 1 114.7
        restart -> | move 1 114.7; query 1s
        bar 110 110 110 110 ->
        ",
    );
}

/// A stop that was passed while nobody was there is acted on at once, also when the price has come
/// back since; what was seen before, and the bar in which the trade began, say nothing.
#[test]
fn a_stop_that_a_missed_bar_has_passed_exits_at_once() {
    let exits = r#""exits": {"stopLoss": {"type": "percent", "value": 5}}"#;
    for (since, last) in [(2, "intent 2 exit 1 10 stop_loss | submit 2"), (4, "")] {
        let mut world = above_105(exits);
        play(&mut world, "bar 106 106 106 106\n filled 1 a 10@100");
        world.engine.missed_since(hour(since));
        play(
            &mut world,
            &format!(
                "
                missed 100 100 96 100 ->
                missed 100 100 95.01 100 ->
                missed 100 100 95 100 -> {last}
                missed 100 100 90 100 -> {}
                ",
                if since == 4 { "intent 2 exit 1 10 stop_loss | submit 2" } else { "" }
            ),
        );
    }
    let mut world = above_105(exits);
    play(&mut world, "bar 106 106 106 106\n wait 60\n filled 1 a 10@100");
    world.engine.missed_since(hour(0));
    play(&mut world, "missed 100 100 90 100 ->");
}

/// It is looked for on the shortest bars: the strategy's own may span the whole downtime.
#[test]
fn a_stop_that_was_passed_within_a_bar_of_the_strategy_exits_too() {
    let exits = r#"{"timeframe": "4h", "entry": "close > 105", "exit": "close < 50",
        "exits": {"stopLoss": {"type": "percent", "value": 5}}}"#;
    let mut world = World::running(exits);
    play(
        &mut world,
        "
        bar 106 106 106 106 ->
        bar 106 106 106 106 ->
        bar 106 106 106 106 ->
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        filled 1 a 10@100
        bar 100 100 96 100 ->
        ",
    );
    world.engine.missed_since(hour(5));
    play(&mut world, "missed 100 100 95 100 -> intent 2 exit 1 10 stop_loss | submit 2");
}

/// A profile that is wound up leaves by its exits and enters nothing, also not by a reversal.
#[test]
fn who_only_leaves_enters_nothing() {
    let both = r#"{"direction": "both", "entry": "close > 105", "entryShort": "close < 95"}"#;
    let mut world = World::running(both);
    play(&mut world, "bar 106 106 106 106\n filled 1 a 10@106");
    let plan = world.engine.plan(PROFILE).unwrap().clone();
    world.engine.attach_to_leave(PROFILE, plan);
    play(
        &mut world,
        "
        bar 94 94 94 94 -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal | submit 2
        filled 2 b 10@94 -> filled 2 10@94
        bar 94 94 94 94 -> evaluated Hold(Stopped)
        ",
    );
    // Nor by one that was decided before.
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 106 106 106 106
        filled 1 a 10@106
        bar 94 94 94 94
        -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal then | submit 2
        ",
    );
    let plan = world.engine.plan(PROFILE).unwrap().clone();
    world.engine.attach_to_leave(PROFILE, plan);
    play(&mut world, "filled 2 b 10@94 -> filled 2 10@94");
}

/// What was acted on before a restart is weighed at its last price, and nothing else comes of it.
#[test]
fn a_frame_that_was_seen_before_tells_its_prices_alone() {
    let mut world = above_105("");
    play(&mut world, "bar 100 100 100 100");
    let mut frames = Vec::new();
    world
        .board
        .push(goog(), &bar(hour(2), "106 106 106 106"), |frame| frames.push(frame.clone()))
        .unwrap();
    world.restart();
    assert_ne!(world.engine.mark(PROFILE, goog()), Some((read("106"), hour(2))));
    world.take(Input::Seen(&frames[0]));
    assert_eq!(
        (world.words().as_str(), world.engine.mark(PROFILE, goog())),
        ("", Some((read("106"), hour(2))))
    );
}

/// After downtime, missed frames update trails and counters but make no signals.
#[test]
fn missed_frames_update_what_is_held_and_signal_nothing() {
    let exits = r#""exits": {"maxBars": 3, "trailing": {"type": "percent", "value": 5}}"#;
    let mut world = above_105(exits);
    play(
        &mut world,
        "
        missed 106 106 106 106 ->
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        filled 1 a 10@106
        missed 106 120 106 106 -> stop 1 114.7 Trailing; held 1 1 | move 1 114.7
        missed 106 106 99 99 -> held 1 2
        missed 99 99 99 99 -> held 1 3
        ",
    );
    let evaluation = world.engine.evaluation(PROFILE, goog()).unwrap();
    assert_eq!(evaluation.decision, Decision::Hold(Hold::CatchingUp));
    play(
        &mut world,
        "
        bar 101 101 101 101
        -> evaluated Exit; intent 2 exit 1 10 time_stop | submit 2
        ",
    );
}

#[test]
fn a_bar_from_before_the_entry_says_nothing_about_the_trade() {
    let mut world =
        above_105(r#""exits": {"maxBars": 1, "trailing": {"type": "percent", "value": 5}}"#);
    play(&mut world, "bar 106 106 106 106");
    let filled = fill("a", "10@106", "0", hour(3));
    world.say(ballast_domain::BrokerEvent::Filled { order: order("1"), fill: filled });
    for (close, expected) in [
        (2, "evaluated Hold(NoExit)"),
        (3, ""),
        (
            4,
            "stop 1 494.7 Trailing; held 1 1; evaluated Exit; intent 2 exit 1 10 time_stop \
             | move 1 494.7; submit 2",
        ),
    ] {
        world.bar(goog(), &bar(hour(close), "106 500 106 106"));
        assert_eq!(world.words(), expected, "{close}");
    }
}

/// What a frame tells is as old as the clock says, not as old as its own close.
#[test]
fn a_frame_that_comes_late_lets_nobody_enter() {
    let mut world = above_105(r#""limits": {"maxDataAgeMs": 1000}"#);
    let late = |world: &mut World, close: i64, millis: i64| {
        world.now = hour(close).saturating_add_nanos(millis * 1_000_000);
        world.bar(goog(), &bar(hour(close), "106 106 106 106"));
        world.words()
    };
    assert_eq!(late(&mut world, 1, 1_001), "evaluated Enter(Long); refused marketDataStale");
    let accepted = "evaluated Enter(Long); intent 1 long 10 | submit 1";
    assert_eq!(late(&mut world, 2, 1_000), accepted);
    assert_eq!(world.profile().working[&order("1")].terms.accepted_at, hour(2));
}

/// Invariant: exits keep working whatever stops entries.
#[test]
fn a_strategy_leaves_although_its_profile_may_not_enter() {
    for stop in ["status Stopped", "status UnderReview", "control Halted", "control unknown"] {
        let mut world = above_105("");
        play(&mut world, "bar 106 106 106 106\n filled 1 a 10@106\n bar 106 106 106 106");
        play(&mut world, stop);
        play(
            &mut world,
            "
            bar 99 99 99 99 -> evaluated Exit; intent 2 exit 1 10 exit_signal | submit 2
            filled 2 b 10@99
            ",
        );
        world.bar(goog(), &bar(hour(4), "106 106 106 106"));
        assert!(!world.words().contains("intent"), "{stop}: {}", world.words());
    }
}

/// Four hours that close after three silent ones are no news of the price.
#[test]
fn a_longer_bar_makes_no_price_younger() {
    let config = r#"{"symbols": ["GOOG", "MSFT"], "entry": "tf(\"4h\", close > 1000)"}"#;
    let mut world = World::running(config);
    play(&mut world, r#"limits {"maxDataAgeMs": 5400000}"#);
    let msft = read("MSFT");
    world.bar(msft, &bar(hour(1), "50 50 50 50"));
    world.bar(goog(), &bar(hour(1), "100 100 100 100"));
    // Its hour closes with the next bar of the other, for which it is silent.
    for close in 2..=5 {
        world.bar(msft, &bar(hour(close), "50 50 50 50"));
    }
    let mark = world.engine.mark(PROFILE, goog()).unwrap();
    assert_eq!(mark, (read("100"), hour(1)));
    play(&mut world, "enter 1 -> refused marketDataStale");
    world.bar(goog(), &bar(hour(5), "101 101 101 101"));
    play(&mut world, "enter 1 -> intent 1 long 1 | submit 1");
}

#[test]
fn a_stopped_profile_says_so() {
    let mut world = above_105("");
    play(
        &mut world,
        "
        status Stopped
        bar 106 106 106 106 -> evaluated Hold(Stopped)
        filled 9 a 1@100 -> unmatched 9; status UnderReview
        bar 106 106 106 106 -> evaluated Hold(UnderReview)
        status Running
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        ",
    );
}

/// Invariant: a step books its events as it goes, so that what comes later in it sees them.
#[test]
fn entries_of_one_frame_see_each_other() {
    let two = r#""symbols": ["GOOG", "MSFT"], "limits": {"maxOpenPositions": 1}"#;
    let mut world = above_105(two);
    world.bar(read("MSFT"), &bar(hour(1), "106 106 106 106"));
    assert_eq!(world.words(), "", "the frame waits for the other instrument");
    world.bar(goog(), &bar(hour(1), "106 106 106 106"));
    let expected = "evaluated Enter(Long); intent 1 long 10; \
        evaluated Enter(Long); refused tooManyPositions | submit 1";
    assert_eq!(world.words(), expected);
    let sized =
        r#""symbols": ["GOOG", "MSFT"], "sizing": {"type": "percentOfAvailable", "value": 50}"#;
    let mut world = above_105(sized);
    for symbol in [goog(), read("MSFT")] {
        world.bar(symbol, &bar(hour(1), "200 200 200 200"));
    }
    let quantities: Vec<_> = world.profile().working.values().collect();
    let quantities: Vec<_> = quantities.iter().map(|order| order.terms.quantity.get()).collect();
    assert_eq!(quantities, [read("25"), read("12.5")]);
}

#[test]
fn profiles_of_one_tenant_are_stepped_in_order_and_apart() {
    let mut world = above_105("");
    let other = ProfileId::from_bits(2);
    world.put(other, document(config(r#"{"entry": "close < 105", "timeframe": "4h"}"#)));
    world.set(other, ballast_domain::ProfileStatus::Running);
    let mut decisions = Vec::new();
    for close in 1..=4 {
        world.bar(goog(), &bar(hour(close), "100 100 100 100"));
        decisions.push(world.words());
    }
    let last = "evaluated Enter(Long); intent 1 long 10 | submit 1";
    assert_eq!(decisions, ["evaluated Hold(NoEntry)", "", "", last]);
    assert_eq!(world.engine.state().profile(other).unwrap().last_intent, 1);
    assert_eq!(world.profile().last_intent, 0);
}

#[test]
fn what_cannot_be_sized_says_so() {
    let risk = r#""sizing": {"type": "riskPercent", "value": 1},
        "exits": {"stopLoss": {"type": "price", "value": 110}}"#;
    let mut world = above_105(risk);
    play(
        &mut world,
        "
        bar 106 106 106 106 -> evaluated Enter(Long); refused quantityBelowLot
        bar 106 106 106 106 ->
        bar 120 120 120 120 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        ",
    );
    let range = r#""sizing": {"type": "volatilityTarget", "value": 1}"#;
    let mut world = above_105(range);
    play(&mut world, "bar 106 106 106 106 -> evaluated Hold(RangeNotReady)");
}

/// While a venue has halted trading, what is held is still left: the order waits there.
#[test]
fn a_market_that_is_halted_is_left_and_not_entered() {
    let rules = r#"{"entry": "close > 105", "exit": "close < 100"}"#;
    let mut world = World::running(rules);
    play(
        &mut world,
        "
        market halted       ->
        bar 100 106 99 106  -> evaluated Enter(Long); refused marketClosed
        restart
        bar 106 106 106 106 -> evaluated Enter(Long); refused marketClosed
        market open         ->
        bar 106 106 106 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        filled 1 a 10@106
        market halted       ->
        bar 104 104 99 99   -> evaluated Exit; intent 2 exit 1 10 exit_signal | submit 2
        ",
    );
}
