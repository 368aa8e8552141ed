//! What limits look back on becomes facts of the journal: days, peaks and locks. None of it is
//! forgotten when the process ends.

use ballast_domain::exits::Distance;
use ballast_domain::{
    Availability, Bar, LimitScope, LockReason, Price, Product, ProfileId, ProfileStatus, Refusal,
    Signal, SignalTerms, Slot, Symbol,
};

use super::script::play;
use crate::fixture::{PROFILE, bar, config, document, entry, goog, hour, read};
use crate::step::{Answer, Command, Engine, Input};
use crate::strategy::Plan;
use crate::world::World;

fn limited(limits: &str) -> World {
    let mut world = World::running("{}");
    set(&mut world, "limits", limits);
    play(&mut world, "bar 100 100 100 100");
    world
}

/// Sets limits, in JSON on any number of lines, of the profile or of the tenant.
fn set(world: &mut World, whose: &str, limits: &str) {
    play(world, &format!("{whose} {}", limits.replace('\n', " ")));
}

/// The code of the refusal of a person's entry, or `accepted`.
fn enters(world: &mut World) -> &'static str {
    match world.signal(entry("1")) {
        Answer::Accepted(order) => {
            let reason = "only asked".to_owned();
            world.command(Command::Cancel { order, reason });
            world.say(ballast_domain::BrokerEvent::Cancelled { order });
            "accepted"
        }
        Answer::Refused(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

/// Trade `number`: ten units entered at 100, and left at `price` by its stop or by a person.
fn trade(world: &mut World, number: u32, price: &str, by_stop: bool) -> String {
    play(world, &format!("enter 10 stop 5\n filled {number} e{number} 10@100"));
    match by_stop {
        true => play(world, &format!("filled {number}s x{number} 10@{price}")),
        false => {
            let exit = number + 1;
            play(world, &format!("exit {number}\n filled {exit} x{number} 10@{price}"));
        }
    }
    world.words()
}

#[test]
fn days_and_peaks_are_facts() {
    let mut world = World::running("{}");
    play(
        &mut world,
        r#"
        limits {"maxDailyLoss": 100, "maxDrawdownPercent": 5}
        -> profile 2; day 2024-05-12 10000; peak 10000
        bar 100 100 100 100 -> day 2024-05-13 10000; evaluated Hold(NoEntry)
        enter 10
        filled 1 a 10@100 1 -> filled 1 10@100
        bar 100 100 95 95 -> evaluated Hold(NoExit)
        bar 95 110 95 100.1 ->
        bar 100 110 100 110 -> peak 10099
        bar 110 110.09 110 110.09 ->
        bar 110 112 110 112 -> peak 10119
        "#,
    );
    world.now = read("2024-05-14T00:00:00Z");
    play(
        &mut world,
        "
        clock ->
        wait 1
        clock -> day 2024-05-14 10119
        clock ->
        restart
        clock ->
        ",
    );
}

/// After a restart what is held may have lost anything until its price is known again.
#[test]
fn nothing_enters_on_a_loss_that_nobody_can_tell() {
    let mut world = World::running(r#"{"symbols": ["GOOG", "MSFT"]}"#);
    set(&mut world, "limits", r#"{"maxDailyLoss": 60}"#);
    let (msft, held): (Symbol, Symbol) = (read("MSFT"), goog());
    world.bar(msft, &bar(hour(1), "50 50 50 50"));
    world.bar(held, &bar(hour(1), "100 100 100 100"));
    play(&mut world, "enter 10\n filled 1 a 10@100");
    world.bars.clear();
    world.restart();
    // The held one is silent: the next bar of the other closes the frame without it.
    for close in [2, 3] {
        world.bar(msft, &bar(hour(close), "50 50 50 50"));
    }
    let other = || Signal { symbol: msft, ..entry("1") };
    let refusal = |answer| match answer {
        Answer::Refused(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(world.signal(other())), "equityUnknown");
    world.bar(held, &bar(hour(3), "100 100 94 94"));
    assert_eq!(refusal(world.signal(other())), "dailyLossReached");
    world.bar(held, &bar(hour(4), "94 95 94 95"));
    world.bar(msft, &bar(hour(4), "50 50 50 50"));
    assert!(matches!(world.signal(other()), Answer::Accepted(_)));
}

/// What was sold beyond what was held is owed: it is no gain that would hide the loss of others,
/// and no peak from which what it really came to would be a fall.
#[test]
fn what_is_owed_is_no_gain() {
    let mut world = limited(r#"{"maxDailyLoss": 500, "maxDrawdownPercent": 5}"#);
    play(
        &mut world,
        "
        enter 10 stop 5
        filled 1 a 10@100
        exit 1
        filled 2 b 10@101 -> filled 2 10@101; peak 10010
        filled 1s c 10@95 -> filled 1s 10@95; status UnderReview | query 1
        available: 10960
        filled 1 d 10@96 -> filled 1 10@96
        available: 10000
        status Running
        ",
    );
    assert_eq!(enters(&mut world), "accepted");
    // A short that was bought back twice has paid for units that are there.
    let mut short = limited(r#"{"maxDailyLoss": 500, "maxDrawdownPercent": 5}"#);
    play(
        &mut short,
        "
        enter 10 way Short stop 5
        filled 1 a 10@100
        exit 1
        filled 2 b 10@99
        filled 1s c 10@99
        status Running
        ",
    );
    assert_eq!(short.profile().equity_at_cost(), Some(read("10010")));
    assert_eq!(enters(&mut short), "accepted");
    let mut busted = limited(r#"{"maxDailyLoss": 500}"#);
    play(
        &mut busted,
        "
        enter 10
        filled 1 a 10@100
        exit 1
        filled 2 b 10@101
        filled 1s c 10@95
        busted 1s c
        ",
    );
    assert_eq!(busted.profile().equity_at_cost(), Some(read("10010")));
}

/// A profile whose strategy does not run here has no price to wait for: nobody else waits for it.
#[test]
fn what_a_profile_without_a_strategy_holds_counts_at_cost() {
    let mut world = limited(r#"{"maxExposure": 5000}"#);
    let other = ProfileId::from_bits(2);
    world.put(other, document(config("{}")));
    world.set(other, ProfileStatus::Running);
    play(&mut world, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100");
    let plan = world.engine.plan(other).unwrap().clone();
    world.engine = Engine::new(world.fold.clone(), world.settings);
    world.engine.attach(other, plan);
    world.control(&[]);
    play(&mut world, "tenant {\"maxDailyLoss\": 60}\n bar 100 100 94 94");
    let entered = world.signal(Signal { profile: other, ..entry("1") });
    assert!(matches!(entered, Answer::Accepted(_)), "{entered:?}");
    // What fills late of it counts at cost too.
    play(&mut world, "filled 1s b 10@94\n filled 1 c 5@100");
    let mut signal = Signal { profile: other, ..entry("1") };
    if let SignalTerms::Enter { slot, .. } = &mut signal.terms {
        *slot = Slot("b".parse().unwrap());
    }
    let entered = world.signal(signal);
    assert!(matches!(entered, Answer::Accepted(_)), "{entered:?}");
}

/// Equity at the day's opening is that of the last prices before it, also when the first thing that
/// happens that day is a person's order.
#[test]
fn the_day_begins_where_the_profile_is_with_what_was_known_before() {
    let mut world = World::running("{}");
    let mut document = world.profile().document.clone();
    document.time_zone = "America/New_York".parse().unwrap();
    document.limits.max_daily_loss = Some(read("50"));
    world.put(PROFILE, *document);
    assert_eq!(world.words(), "profile 2; day 2024-05-12 10000");
    play(&mut world, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100\n bar 100 100 98 98");
    world.now = read("2024-05-13T04:00:01Z");
    play(&mut world, "exit 1 1 -> day 2024-05-13 9980; intent 2 exit 1 1 manual | submit 2");
    play(&mut world, "bar 98 98 93.1 93.1");
    assert_eq!(enters(&mut world), "duplicateEntry");
    play(&mut world, "exit 1\n filled 2 b 1@93\n filled 3 c 9@93");
    assert_eq!(enters(&mut world), "dailyLossReached");
    world.now = read("2024-05-14T04:00:01Z");
    assert_eq!(enters(&mut world), "accepted");
}

/// A profile whose open trades have no price yet would begin its day with what they cost.
#[test]
fn a_day_waits_after_a_restart_until_what_is_held_has_a_price() {
    let mut world = limited(r#"{"maxDailyLoss": 100}"#);
    play(&mut world, "enter 10\n filled 1 a 10@100\n bar 100 100 92 92");
    world.engine = Engine::new(world.fold.clone(), world.settings);
    let strategy = std::sync::Arc::new(world.profile().document.strategy.clone());
    let plan = Plan::compile(strategy, &mut world.board).unwrap();
    world.engine.attach(PROFILE, plan);
    world.now = read("2024-05-14T00:30:00Z");
    play(&mut world, "clock ->\n bar 92 92 91 91 -> day 2024-05-14 9910\n clock ->");
}

#[test]
fn a_day_that_began_while_nobody_was_there_is_opened_by_its_frames() {
    let mut world = limited(r#"{"maxDailyLoss": 100, "maxDrawdownPercent": 10}"#);
    play(&mut world, "enter 10\n filled 1 a 10@100\n bar 100 100 100 100");
    world.restart();
    assert_eq!(world.words(), "", "frames that are told again open nothing");
    world.engine.missed_since(world.now);
    world.now = read("2024-05-13T23:00:00Z");
    play(
        &mut world,
        "
        missed 100 104 100 104 -> peak 10040
        missed 104 104 104 104 -> day 2024-05-14 10040
        ",
    );
}

#[test]
fn protections_lock_entries_when_a_trade_closes() {
    let per_symbol = r#"{"stopGuard": {"stops": 2, "lookbackMinutes": 60, "lockMinutes": 30,
        "perSymbol": true}}"#;
    let guard = r#"{"stopGuard": {"stops": 2, "lookbackMinutes": 60, "lockMinutes": 30}}"#;
    let low = r#"{"lowProfitLock": {"trades": 2, "lookbackMinutes": 60, "lockMinutes": 30,
        "minProfitPercent": 1}}"#;
    let losses = r#"{"maxConsecutiveLosses": 2, "lossCooldownMinutes": 15}"#;
    let [stop, stop_won, lost, won] = [("95", true), ("106", true), ("95", false), ("106", false)];
    let [even, one_percent, stop_even] = [("100", false), ("101", false), ("100", true)];
    // Trades one after another, minutes between them, and the lock that the last one brings.
    let cases = [
        (guard, vec![stop, stop], 1, Some("until 01:31 by stopGuard")),
        (per_symbol, vec![stop, stop], 1, Some("GOOG until 01:31 by stopGuard")),
        (guard, vec![stop, stop], 59, Some("until 02:29 by stopGuard")),
        (guard, vec![stop, stop], 60, None),
        (guard, vec![stop, lost], 1, None),
        (guard, vec![stop, stop_won], 1, None),
        (guard, vec![stop, stop_even], 1, None),
        (guard, vec![stop, lost, stop], 1, Some("until 01:32 by stopGuard")),
        (losses, vec![lost, stop], 1, Some("until 01:16 by maxConsecutiveLosses")),
        (losses, vec![lost, lost], 500, Some("until 09:35 by maxConsecutiveLosses")),
        (losses, vec![lost, won], 1, None),
        (losses, vec![lost, even], 1, None),
        (losses, vec![lost, won, lost], 1, None),
        (losses, vec![won, lost, lost], 1, Some("until 01:17 by maxConsecutiveLosses")),
        (r#"{"cooldownMinutes": 5}"#, vec![won], 1, Some("GOOG until 01:05 by cooldownMinutes")),
        (low, vec![won], 1, None),
        (low, vec![won, lost], 1, Some("GOOG until 01:31 by lowProfitLock")),
        (low, vec![won, won], 1, None),
        (low, vec![one_percent, one_percent], 1, None),
        (low, vec![won, lost], 60, None),
    ];
    for (limits, trades, minutes, expected) in cases {
        let mut world = limited(limits);
        let (mut number, mut told) = (1, String::new());
        for (count, (price, by_stop)) in trades.iter().enumerate() {
            if count > 0 {
                world.now = world.now.saturating_add_nanos(minutes * 60_000_000_000);
            }
            told = trade(&mut world, number, price, *by_stop);
            number += if *by_stop { 1 } else { 2 };
        }
        let lock = told.split("; ").find(|event| event.starts_with("locked"));
        let lock = lock
            .map(|lock| lock.replace("locked ", "").replace("2024-05-13T", "").replace(":00Z", ""));
        assert_eq!(lock.as_deref(), expected, "{limits} {trades:?} {minutes}");
        let code = if expected.is_some() { "entriesLocked" } else { "accepted" };
        assert_eq!(enters(&mut world), code, "{limits} {trades:?} {minutes}");
    }
}

#[test]
fn a_guard_counts_the_stops_of_all_instruments_or_of_each() {
    for (per_symbol, locks) in [(false, 1), (true, 0)] {
        let mut world = World::running(r#"{"symbols": ["GOOG", "MSFT"]}"#);
        let guard = format!(
            r#"{{"stopGuard": {{"stops": 2, "lookbackMinutes": 60, "lockMinutes": 30,
            "perSymbol": {per_symbol}}}}}"#
        );
        set(&mut world, "limits", &guard);
        let price: Price = read("100");
        let bar = Bar {
            close_time: world.now.saturating_add_nanos(3_600_000_000_000),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: read("1"),
        };
        let symbols: [Symbol; 2] = ["GOOG", "MSFT"].map(read);
        symbols.iter().for_each(|symbol| world.bar(*symbol, &bar));
        for (number, symbol) in (1..).zip(symbols) {
            let mut enters = Signal { symbol, ..entry("10") };
            if let SignalTerms::Enter { protection, .. } = &mut enters.terms {
                protection.stop_loss = Some(Distance::Percent(read("5")));
            }
            let answer = world.signal(enters);
            assert!(matches!(answer, Answer::Accepted(_)), "{answer}");
            play(&mut world, &format!("filled {number} e{number} 10@100"));
            play(&mut world, &format!("filled {number}s x{number} 10@95"));
        }
        assert_eq!(world.words().matches("locked").count(), locks, "{}", world.words());
    }
}

/// A lock that ended by a clock that was ahead holds again once that is set back.
#[test]
fn a_clock_that_was_ahead_ends_no_lock() {
    let mut world = World::running(r#"{"symbols": ["GOOG", "MSFT"]}"#);
    set(&mut world, "limits", r#"{"cooldownMinutes": 5}"#);
    let msft: Symbol = read("MSFT");
    world.bar(goog(), &bar(hour(1), "100 100 100 100"));
    world.bar(msft, &bar(hour(1), "100 100 100 100"));
    let before = world.now;
    play(&mut world, "enter 10\n filled 1 a 10@100\n exit 1\n filled 2 b 10@101");
    world.now = before.saturating_add_nanos(27 * 60_000_000_000);
    let mut other = Signal { symbol: msft, ..entry("10") };
    if let SignalTerms::Enter { protection, .. } = &mut other.terms {
        protection.stop_loss = Some(Distance::Percent(read("5")));
    }
    let answer = world.signal(other);
    assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
    play(&mut world, "filled 3 c 10@100\n filled 3s d 10@101");
    world.now = before;
    assert_eq!(enters(&mut world), "entriesLocked");
}

/// Neither does it take out of the count what was entered just before.
#[test]
fn a_clock_that_was_ahead_hides_no_entry() {
    let mut world = limited(r#"{"maxOrdersPerMinute": 2}"#);
    let before = world.now;
    play(&mut world, "enter 1 slot a\n enter 1 slot b");
    world.now = before.saturating_add_nanos(27 * 60_000_000_000);
    play(&mut world, "enter 1 slot c -> intent 3 long 1 | submit 3");
    world.now = before.saturating_add_nanos(30_000_000_000);
    assert_eq!(enters(&mut world), "orderRateAboveLimit");
}

/// Of equal ones the widest scope is told.
#[test]
fn the_longest_lock_of_all_scopes_is_told_once() {
    let (tenant, profile) = (LimitScope::Tenant, LimitScope::Profile);
    for (own, wide, minutes, scope) in
        [(5, 10, 10, tenant), (10, 5, 10, profile), (10, 10, 10, tenant)]
    {
        let mut world = limited(&format!(r#"{{"cooldownMinutes": {own}}}"#));
        play(&mut world, &format!(r#"tenant {{"cooldownMinutes": {wide}}} -> limits 1"#));
        let told = trade(&mut world, 1, "101", false);
        assert_eq!(told.matches("locked").count(), 1, "{told}");
        let Answer::Refused(Refusal::EntriesLocked { until, why, .. }) = world.signal(entry("1"))
        else {
            panic!("{:?}", world.answer);
        };
        let ends = world.now.saturating_add_nanos(minutes * 60_000_000_000);
        assert_eq!((until, why), (ends, LockReason::Cooldown { minutes: 10, scope }));
    }
}

/// Two trades that are open at once close one after the other.
#[test]
fn a_lock_that_holds_is_told_again_only_where_it_becomes_longer() {
    let second = |minutes: i64, limits: &str| {
        let mut world = limited(limits);
        for slot in ["", "b"] {
            let mut enters = entry("10");
            if let SignalTerms::Enter { slot: own, .. } = &mut enters.terms {
                *own = Slot(slot.parse().unwrap());
            }
            world.signal(enters);
        }
        play(&mut world, "filled 1 a 10@100\n filled 2 b 10@100\n exit 1\n filled 3 c 10@99");
        world.now = world.now.saturating_add_nanos(minutes * 60_000_000_000);
        play(&mut world, "exit 2\n filled 4 d 10@99");
        world.words()
    };
    let cooldown = r#"{"cooldownMinutes": 5}"#;
    assert_eq!(second(0, cooldown).matches("locked").count(), 0, "it holds as long already");
    assert!(second(1, cooldown).contains("locked GOOG until 2024-05-13T01:06:00Z"));
    let low = r#"{"cooldownMinutes": 90, "lowProfitLock":
        {"trades": 2, "lookbackMinutes": 60, "lockMinutes": 30, "minProfitPercent": 1}}"#;
    let told = second(0, low);
    assert!(told.contains("locked GOOG until 2024-05-13T01:30:00Z by lowProfitLock"), "{told}");
    assert!(!told.contains("cooldownMinutes"), "{told}");
}

#[test]
fn a_person_lifts_locks() {
    let mut world = limited(r#"{"cooldownMinutes": 5, "maxConsecutiveLosses": 1}"#);
    trade(&mut world, 1, "95", false);
    play(
        &mut world,
        "
        unlock MSFT ->
        unlock GOOG -> unlocked GOOG
        unlock GOOG ->
        ",
    );
    assert_eq!(enters(&mut world), "entriesLocked", "of all instruments");
    play(&mut world, "unlock -> unlocked");
    assert_eq!(enters(&mut world), "accepted");
}

/// The second half of a reversal is an entry like any other.
#[test]
fn a_reversal_is_left_and_not_entered_in_a_cooldown() {
    let mut world = World::running(
        r#"{"direction": "both", "entry": "close > open", "entryShort": "close < open",
            "limits": {"cooldownMinutes": 90}}"#,
    );
    play(
        &mut world,
        "
        bar 100 101 100 101
        filled 1 a 10@101
        bar 101 101 99 99
        -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal then | submit 2
        filled 2 b 10@99
        ",
    );
    let lock = "locked GOOG until 2024-05-13T03:30:00Z by cooldownMinutes";
    assert_eq!(world.words(), format!("filled 2 10@99; {lock}; refused entriesLocked"));
    play(
        &mut world,
        "
        bar 99 99 98 98 -> evaluated Enter(Short)
        bar 98 98 97 97 -> evaluated Enter(Short); intent 3 short 10 | submit 3
        ",
    );
}

/// Invariant: counters are folds of the journal, so that no restart sets them back.
#[test]
fn a_restart_resets_no_counter() {
    type Trades = &'static [(&'static str, bool)];
    let cases: [(&str, Trades, &str); 8] = [
        (r#"{"maxOrdersPerMinute": 1}"#, &[("101", true)], "orderRateAboveLimit"),
        (r#"{"minEntryIntervalMs": 1000}"#, &[("101", true)], "entryTooSoon"),
        (r#"{"maxDailyLoss": 50}"#, &[("95", true)], "dailyLossReached"),
        (r#"{"maxDailyLossPercent": "0.5"}"#, &[("95", true)], "dailyLossPercentReached"),
        (r#"{"maxDrawdownPercent": "0.5"}"#, &[("130", true), ("90", true)], "drawdownReached"),
        (r#"{"maxConsecutiveLosses": 2}"#, &[("95", true), ("95", true)], "entriesLocked"),
        (
            r#"{"stopGuard": {"stops": 2, "lookbackMinutes": 60, "lockMinutes": 30}}"#,
            &[("95", true), ("95", true)],
            "entriesLocked",
        ),
        (
            r#"{"lowProfitLock": {"trades": 2, "lookbackMinutes": 60, "lockMinutes": 30,
                "minProfitPercent": 1}}"#,
            &[("95", true), ("95", true)],
            "entriesLocked",
        ),
    ];
    for (limits, trades, code) in cases {
        // As the tenant's limits and as the profile's; with a new process at every step.
        for setter in ["tenant", "limits"] {
            let mut world = World::running("{}");
            play(&mut world, "bar 100 100 100 100");
            set(&mut world, setter, limits);
            for (number, (price, by_stop)) in (1..).zip(trades) {
                assert_eq!(preview(&mut world), "accepted", "{setter} {limits}");
                trade(&mut world, number, price, *by_stop);
                world.restart();
            }
            assert_eq!(preview(&mut world), code, "{setter} {limits}");
            world.restart();
            assert_eq!(preview(&mut world), code, "{setter} {limits}");
        }
    }
}

/// What an entry would be answered.
fn preview(world: &mut World) -> &'static str {
    let order = crate::fixture::manual(ballast_domain::Side::Buy, "1");
    match world.command(Command::Preview(Box::new(order))) {
        Answer::WouldAccept { .. } => "accepted",
        Answer::Refused(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tenants_limits_have_versions_and_make_sense() {
    let mut world = limited("{}");
    let mut set = |limits: &str, expected_version| {
        let (limits, by) = (Box::new(serde_json::from_str(limits).unwrap()), "alice".to_owned());
        world.command(Command::SetLimits { limits, expected_version, by })
    };
    assert_eq!(set(r#"{"maxOpenPositions": 3}"#, Some(0)), Answer::Done);
    assert_eq!(set(r#"{"maxOpenPositions": 4}"#, Some(0)), Answer::Conflict { version: 1 });
    let Answer::Invalid(why) = set(r#"{"maxExposure": 0}"#, Some(1)) else { panic!("no sense") };
    assert_eq!(why, "maxExposure must be above zero; remove it to switch it off");
    assert_eq!(set("{}", None), Answer::Done);
    let known = world.engine.state().limits().unwrap();
    assert_eq!((known.version, known.changed_by.as_str()), (2, "alice"));
}

#[test]
fn what_the_product_says_holds_at_once_and_leaves_no_event() {
    let mut world = limited("{}");
    let mut product = Product::default();
    product.limits.max_order_quantity = Some(read("0.5"));
    world.let_by(product.clone());
    assert_eq!(world.words(), "");
    assert_eq!(enters(&mut world), "orderQuantityAboveLimit");
    let message = "new disks".to_owned();
    product.availability = Availability::Maintenance { message, until: None };
    world.let_by(product);
    assert_eq!(enters(&mut world), "productUnavailable");
    world.restart();
    assert_eq!(enters(&mut world), "productUnavailable");
    world.take(Input::Product(Default::default()));
    assert_eq!(enters(&mut world), "accepted");
}
