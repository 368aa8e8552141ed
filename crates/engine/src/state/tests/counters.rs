//! What limits look back on: which entries, outcomes and locks are kept, and in what order.

use ballast_domain::limits::MAX_TRADES;
use ballast_domain::{
    Event, ExitReason, LimitScope, Lock, LockReason, Symbol, Timestamp, Trade, TradeId,
};

use super::script::{Fold, fold};
use crate::fixture::{PROFILE, goog, hour, read, trade};
use crate::state::Counters;

/// A long trade of one unit that was bought at 100 and left at `price`.
fn left_at(number: u64, price: &str, reason: ExitReason) -> Trade {
    let script = "intent 1 long 1 for 100\n fill 1 a 1@100\n intent 2 exit 1 1\n fill 2 b 1@P";
    let fold = fold(&script.replace('P', price));
    let mut left = fold.profile().closed.back().unwrap().clone();
    left.id = TradeId(crate::fixture::intent(number));
    (left.exit_reason, left.close_number) = (Some(reason), None);
    left
}

fn numbers(counters: &Counters, stopped_out: bool) -> Vec<(TradeId, u64)> {
    let Some(outcomes) = counters.outcomes_of(goog()) else { return Vec::new() };
    let latest = if stopped_out { &outcomes.stopped_out } else { &outcomes.trades };
    latest.iter().map(|outcome| (outcome.trade, outcome.number)).collect()
}

/// However many there were, no more entries are kept than a limit may ask for.
#[test]
fn entries_are_counted_up_to_the_highest_limit() {
    let fold = fold("intent 1 long 1 for 100");
    let terms = &fold.profile().working.values().next().unwrap().terms;
    let mut counters = Counters::default();
    for (made, counted) in [(999, 999), (1, 1_000), (1, 1_000), (5, 1_000)] {
        (0..made).for_each(|_| counters.entered(terms));
        assert_eq!(counters.entries_of_minute(terms.accepted_at), counted);
    }
}

#[test]
fn outcomes_are_numbered_as_trades_close_and_only_the_latest_are_kept() {
    let mut counters = Counters::default();
    let most = u64::from(MAX_TRADES);
    for number in 1..=most {
        counters.closed(&mut left_at(number, "95", ExitReason::StopLoss));
        assert_eq!(numbers(&counters, false).last(), Some(&(trade(number), number)));
    }
    for stopped_out in [false, true] {
        assert_eq!(numbers(&counters, stopped_out).len() as u64, most);
        assert_eq!(numbers(&counters, stopped_out)[0], (trade(1), 1));
    }
    counters.closed(&mut left_at(most + 1, "105", ExitReason::ExitSignal));
    assert_eq!(numbers(&counters, false)[0], (trade(2), 2), "the oldest goes");
    assert_eq!(numbers(&counters, false).len() as u64, most);
    assert_eq!(numbers(&counters, true)[0], (trade(1), 1), "of those that a stop left none came");
}

/// A correction changes what a trade came to, and not which it was to close.
#[test]
fn a_trade_that_is_closed_again_keeps_its_place() {
    let mut counters = Counters::default();
    let mut all: Vec<Trade> =
        (1..=3).map(|number| left_at(number, "95", ExitReason::StopLoss)).collect();
    all.iter_mut().for_each(|left| counters.closed(left));
    for number in [2, 1, 3] {
        let left = &mut all[number as usize - 1];
        counters.reopened(left);
        for stopped_out in [false, true] {
            let known = numbers(&counters, stopped_out);
            assert!(known.len() == 2 && known.iter().all(|(id, _)| *id != trade(number)));
        }
        counters.closed(left);
        let expected: Vec<_> = (1..=3).map(|number| (trade(number), number)).collect();
        assert_eq!(numbers(&counters, false), expected, "{number}");
        assert_eq!(numbers(&counters, true), expected, "{number}");
    }
    counters.closed(&mut left_at(4, "95", ExitReason::StopLoss));
    assert_eq!(numbers(&counters, false).last(), Some(&(trade(4), 4)), "none was counted twice");
}

/// In the fold: the trade of which a fill is corrected was the first to close, and stays it.
#[test]
fn a_late_fill_does_not_make_an_old_trade_the_latest() {
    let mut fold = fold("");
    for number in 1..=2 {
        let script = "intent N long 1 for 10\n fill N aN 1@10\n fill Ns bN 1@9";
        fold.play(&script.replace('N', &number.to_string()));
    }
    let before = numbers(&fold.profile().counters, false);
    assert_eq!(before, [(trade(1), 1), (trade(2), 2)]);
    fold.play("fill 1s c 1@9");
    assert_eq!(numbers(&fold.profile().counters, false), before);
    fold.play("fill 1 d 5@10");
    assert_eq!(numbers(&fold.profile().counters, false), [(trade(2), 2)], "it is open again");
    fold.play("fill 1s e 4@9");
    assert_eq!(numbers(&fold.profile().counters, false), [(trade(2), 2), (trade(1), 3)]);
}

fn lock(fold: &mut Fold, symbol: Option<&str>, until: Timestamp, why: LockReason) {
    let lock = Lock { symbol: symbol.map(read), until, why };
    fold.apply(Event::EntriesLocked { profile: PROFILE, lock }).unwrap();
}

/// The instruments that a lock covers, and until when, in order.
fn locks(fold: &Fold) -> Vec<(Option<Symbol>, Timestamp)> {
    let locks = &fold.profile().counters.locks;
    locks.iter().map(|lock| (lock.symbol, lock.until)).collect()
}

#[test]
fn a_lock_takes_the_place_of_its_own_kind_and_of_what_has_ended() {
    let cooldown = || LockReason::Cooldown { minutes: 1, scope: LimitScope::Profile };
    let losses =
        || LockReason::ConsecutiveLosses { losses: 2, limit: 2, scope: LimitScope::Profile };
    let mut fold = fold("");
    lock(&mut fold, Some("GOOG"), hour(100), cooldown());
    lock(&mut fold, Some("MSFT"), hour(100), cooldown());
    lock(&mut fold, None, hour(100), losses());
    lock(&mut fold, Some("GOOG"), hour(100), losses());
    assert_eq!(locks(&fold).len(), 4, "another instrument or another kind");
    lock(&mut fold, Some("GOOG"), hour(200), cooldown());
    let of = |symbol: &str, until| (Some(read(symbol)), hour(until));
    let kept = vec![of("MSFT", 100), (None, hour(100)), of("GOOG", 100), of("GOOG", 200)];
    assert_eq!(locks(&fold), kept);
    let now = |fold: &Fold, hours| fold.profile().counters.locks_at(goog(), hour(hours)).count();
    assert_eq!([now(&fold, 99), now(&fold, 100), now(&fold, 200)], [3, 1, 0]);
}
