//! Limits of sums: what a tenant or the product sets counts all profiles of the tenant, amounts
//! those of one currency.

use ballast_domain::{
    Event, IntentId, LimitScope, Lock, LockReason, Money, OrderId, ProfileDocument, ProfileId,
    ProfileStatus, Signal, SignalTerms, Timestamp,
};
use rust_decimal::Decimal;

use super::entries::in_slot;
use super::scene::{Scene, scene};
use crate::fixture::{PROFILE, config, document, entry, exit, fill, goog, hour, read, usd};

const OTHER: ProfileId = ProfileId::from_bits(2);
const EURO: ProfileId = ProfileId::from_bits(3);

fn open(scene: &mut Scene, profile: ProfileId, edit: impl FnOnce(&mut ProfileDocument)) {
    let mut document = document(config("{}"));
    edit(&mut document);
    let (document, by) = (Box::new(document), "alice".to_owned());
    let made = Event::ProfileChanged { profile, version: 1, document, by };
    scene.fold.apply(made).unwrap();
    let (status, reason) = (ProfileStatus::Running, String::new());
    let started = Event::ProfileStatusChanged { profile, status, reason, by: None };
    scene.fold.apply(started).unwrap();
}

/// Beside the scene's profile one of the same currency and one of another, each with an entry of 5
/// at 100 that was accepted just now.
fn family() -> Scene {
    let mut scene = scene("");
    open(&mut scene, OTHER, |_| ());
    open(&mut scene, EURO, |document| {
        document.capital.currency = read("EUR");
        document.instruments[0].quote = read("EUR");
    });
    for profile in [OTHER, EURO] {
        scene.accept(&Signal { profile, ..entry("5") }, hour(1000));
    }
    scene
}

#[test]
fn a_wide_limit_counts_all_profiles_and_a_narrow_one_its_own() {
    let cases = [
        (r#"{"maxExposure": 1000}"#, "5", "5.01", "10", "10.01", "exposureAboveLimit"),
        (r#"{"maxOpenOrderNotional": 900}"#, "4", "4.01", "9", "9.01", "openOrdersAboveLimit"),
    ];
    for (limits, wide, above, narrow, above_narrow, code) in cases {
        for scope in [LimitScope::Product, LimitScope::Tenant] {
            let mut scene = family();
            scene.set(scope, limits);
            assert_eq!(scene.code(&entry(wide)), "accepted", "{scope} {limits}");
            assert_eq!(scene.code(&entry(above)), code, "{scope} {limits}");
        }
        for scope in [LimitScope::Profile, LimitScope::Strategy] {
            let mut scene = family();
            scene.set(scope, limits);
            assert_eq!(scene.code(&entry(narrow)), "accepted", "{scope} {limits}");
            assert_eq!(scene.code(&entry(above_narrow)), code, "{scope} {limits}");
        }
    }
}

#[test]
fn counts_of_a_tenant_go_over_every_currency() {
    for (name, code) in
        [("maxOpenPositions", "tooManyPositions"), ("maxOrdersPerMinute", "orderRateAboveLimit")]
    {
        for (scope, most, expected) in [
            (LimitScope::Tenant, 3, "accepted"),
            (LimitScope::Tenant, 2, code),
            (LimitScope::Product, 2, code),
            (LimitScope::Profile, 1, "accepted"),
        ] {
            let mut scene = family();
            scene.set(scope, &format!(r#"{{"{name}": {most}}}"#));
            assert_eq!(scene.code(&entry("1")), expected, "{scope} {name} {most}");
        }
    }
}

/// Of a pair one entry takes the place of the other, but of nothing that is held already.
#[test]
fn the_other_of_a_pair_is_no_second_position() {
    for (history, expected) in [
        ("intent 1 long 2 for 200", "accepted"),
        ("intent 1 long 2 for 200\n fill 1 a 1@100", "tooManyPositions"),
    ] {
        let mut scene = scene(history);
        scene.set(LimitScope::Profile, r#"{"maxOpenPositions": 1}"#);
        let mut signal = in_slot("b", entry("1"));
        assert_eq!(scene.code(&signal), "tooManyPositions", "{history}");
        if let SignalTerms::Enter { cancels, .. } = &mut signal.terms {
            *cancels = Some(OrderId::main(IntentId { profile: PROFILE, number: 1 }));
        }
        assert_eq!(scene.code(&signal), expected, "{history}");
    }
}

#[test]
fn entries_of_the_last_minute_are_counted_to_the_nanosecond() {
    let before = |nanos: i64| hour(1000).saturating_add_nanos(-nanos);
    const MINUTE: i64 = 60_000_000_000;
    let cases = [
        (vec![0, 1], "orderRateAboveLimit"),
        (vec![MINUTE - 1, MINUTE - 2], "orderRateAboveLimit"),
        (vec![MINUTE, MINUTE - 1], "accepted"),
        (vec![5], "accepted"),
        // A frame is stamped with its close, also when a person was quicker.
        (vec![-5, 10], "orderRateAboveLimit"),
    ];
    for (ages, expected) in cases {
        let mut scene = scene("");
        for (number, age) in ages.iter().enumerate() {
            scene.accept(&in_slot(&number.to_string(), entry("1")), before(*age));
        }
        scene.set(LimitScope::Profile, r#"{"maxOrdersPerMinute": 2}"#);
        assert_eq!(scene.code(&entry("1")), expected, "{ages:?}");
    }
}

fn opened(scene: &mut Scene, profile: ProfileId, equity: Money) {
    let day = serde_json::from_str("\"2024-06-23\"").unwrap();
    scene.fold.apply(Event::DayOpened { profile, day, equity }).unwrap();
}

#[test]
fn a_day_that_has_lost_enough_enters_nothing_more() {
    let cases = [
        (r#"{"maxDailyLoss": 100}"#, "-99.99", "accepted"),
        (r#"{"maxDailyLoss": 100}"#, "-100", "dailyLossReached"),
        (r#"{"maxDailyLossPercent": 1}"#, "-99.99", "accepted"),
        (r#"{"maxDailyLossPercent": 1}"#, "-100", "dailyLossPercentReached"),
        (r#"{"maxDailyLoss": 100}"#, "500", "accepted"),
    ];
    for scope in [LimitScope::Product, LimitScope::Tenant, LimitScope::Profile] {
        for (limits, open_profit, expected) in cases {
            let mut scene = scene("intent 1 long 1 for 100\n fill 1 a 1@100");
            opened(&mut scene, PROFILE, usd("10000"));
            scene.set(scope, limits);
            scene.open_profit.insert(PROFILE, read(open_profit));
            let signal = in_slot("b", entry("1"));
            assert_eq!(scene.code(&signal), expected, "{scope} {limits} {open_profit}");
            assert_eq!(scene.code(&exit(1, None)), "accepted", "{scope} {limits}");
        }
    }
}

/// What nobody can tell is no loss of nothing: an entry waits for it, where it would count.
#[test]
fn a_loss_that_cannot_be_told_enters_nothing() {
    let limits = [
        (r#"{"maxDailyLoss": 100}"#, true),
        (r#"{"maxDailyLossPercent": 1}"#, true),
        (r#"{"maxDrawdownPercent": 20}"#, false),
        (r#"{"maxExposure": 100000}"#, false),
    ];
    for scope in [LimitScope::Product, LimitScope::Tenant, LimitScope::Profile] {
        for (limits, of_all) in limits {
            let is_loss = !limits.contains("Exposure");
            let mut own = scene("intent 1 long 1 for 100\n fill 1 a 1@100");
            own.set(scope, limits);
            let expected = if is_loss { "equityUnknown" } else { "accepted" };
            assert_eq!(own.code(&in_slot("b", entry("1"))), expected, "{scope} {limits}");
            assert_eq!(own.code(&exit(1, None)), "accepted", "{scope} {limits}");

            // What another profile holds counts where the limit is not the profile's alone.
            let mut scene = family();
            let first = IntentId { profile: OTHER, number: 1 };
            let fill = Box::new(fill("a", "5@100", "0", hour(1000)));
            scene.fold.apply(Event::OrderFilled { order: OrderId::main(first), fill }).unwrap();
            scene.set(scope, limits);
            let counts = of_all && scope != LimitScope::Profile;
            let expected = if counts { "equityUnknown" } else { "accepted" };
            assert_eq!(scene.code(&entry("1")), expected, "{scope} {limits}");
            scene.open_profit.insert(OTHER, read("0"));
            assert_eq!(scene.code(&entry("1")), "accepted", "{scope} {limits}");
        }
    }
}

/// Realised losses and fees count as open ones do, and money that is paid in or out does not.
#[test]
fn a_loss_of_the_day_is_of_equity_and_not_of_capital() {
    let mut scene = scene("");
    opened(&mut scene, PROFILE, usd("10000"));
    scene.fold.play("intent 1 long 1 for 100\n fill 1 a 1@100 10\n fill 1s b 1@50 5");
    scene.set(LimitScope::Profile, r#"{"maxDailyLoss": 66}"#);
    assert_eq!(scene.code(&entry("1")), "accepted");
    scene.set(LimitScope::Profile, r#"{"maxDailyLoss": 65}"#);
    assert_eq!(scene.code(&entry("1")), "dailyLossReached");
    let mut paid = super::scene::scene("");
    opened(&mut paid, PROFILE, usd("10000"));
    paid.fold.apply(Event::PeakEquity { profile: PROFILE, equity: usd("10000") }).unwrap();
    paid.document(|document| {
        document.capital.allocated = read("4000");
        document.limits.max_daily_loss = Some(read("1"));
        document.limits.max_drawdown_percent = Some(read("1"));
    });
    assert_eq!(paid.code(&entry("1")), "accepted", "6000 were taken out");
}

#[test]
fn a_tenants_day_is_the_sum_of_its_profiles_of_one_currency() {
    for (other, expected) in [("-49.99", "accepted"), ("-50", "dailyLossReached")] {
        let mut scene = family();
        opened(&mut scene, PROFILE, usd("10000"));
        opened(&mut scene, OTHER, usd("10000"));
        opened(&mut scene, EURO, Money::new(read("10000"), read("EUR")));
        scene.set(LimitScope::Tenant, r#"{"maxDailyLoss": 100}"#);
        let lost = [(PROFILE, read::<Decimal>("-50")), (OTHER, read(other)), (EURO, read("-900"))];
        scene.open_profit.extend(lost);
        assert_eq!(scene.code(&entry("1")), expected, "{other}");
    }
}

/// What a profile had lost by the time it was removed counts on that day, and on no other.
#[test]
fn a_removed_profile_counts_on_the_day_on_which_it_lost() {
    for (day, expected) in [("2024-06-22", "accepted"), ("2024-06-23", "dailyLossReached")] {
        let mut scene = family();
        let day = serde_json::from_str(&format!("{day:?}")).unwrap();
        let today = serde_json::from_str("\"2024-06-23\"").unwrap();
        for (profile, day, equity) in [(PROFILE, today, "10000"), (OTHER, day, "10500")] {
            scene.fold.apply(Event::DayOpened { profile, day, equity: usd(equity) }).unwrap();
        }
        scene.set(LimitScope::Tenant, r#"{"maxDailyLoss": 400}"#);
        assert_eq!(scene.code(&entry("1")), expected, "{day:?}, while it is there");
        let by = "alice".to_owned();
        scene.fold.apply(Event::ProfileRemoved { profile: OTHER, by }).unwrap();
        assert_eq!(scene.code(&entry("1")), expected, "{day:?}");
        // What it is told of afterwards has no price here.
        let order = OrderId::main(IntentId { profile: OTHER, number: 1 });
        let fill = Box::new(fill("a", "5@100", "0", hour(1000)));
        scene.fold.apply(Event::OrderFilled { order, fill }).unwrap();
        let expected = if expected == "accepted" { expected } else { "equityUnknown" };
        assert_eq!(scene.code(&entry("1")), expected, "{day:?}");
    }
}

/// A clock that was ahead for one entry hides none of those after it.
#[test]
fn entries_are_counted_while_the_clock_is_set_back() {
    let mut scene = scene("");
    scene.accept(&in_slot("ahead", entry("1")), hour(1001));
    for slot in ["a", "b"] {
        scene.accept(&in_slot(slot, entry("1")), hour(1000));
    }
    scene.set(LimitScope::Profile, r#"{"maxOrdersPerMinute": 3}"#);
    assert_eq!(scene.code(&entry("1")), "orderRateAboveLimit");
}

#[test]
fn equity_far_below_its_peak_enters_nothing_more() {
    for scope in [LimitScope::Product, LimitScope::Tenant, LimitScope::Profile] {
        for (open_profit, expected) in
            [("0", "accepted"), ("-999.9", "accepted"), ("-1000", "drawdownReached")]
        {
            let mut scene = scene("");
            scene.set(scope, r#"{"maxDrawdownPercent": 20}"#);
            scene.open_profit.insert(PROFILE, read(open_profit));
            assert_eq!(scene.code(&entry("1")), "accepted", "no peak is known");
            let peak = Event::PeakEquity { profile: PROFILE, equity: usd("11250") };
            scene.fold.apply(peak).unwrap();
            assert_eq!(scene.code(&entry("1")), expected, "{scope} {open_profit}");
        }
    }
}

#[test]
fn a_lock_holds_until_its_end_for_what_it_covers() {
    let why = LockReason::Cooldown { minutes: 5, scope: LimitScope::Profile };
    let until = hour(1000);
    let second = |seconds: i64| until.saturating_add_nanos(seconds * 1_000_000_000);
    let cases: [(Option<&str>, Timestamp, &str); 5] = [
        (None, second(-1), "entriesLocked"),
        (Some("GOOG"), second(-1), "entriesLocked"),
        (Some("MSFT"), second(-1), "accepted"),
        (None, until, "accepted"),
        (Some("GOOG"), second(1), "accepted"),
    ];
    for (symbol, at, expected) in cases {
        let mut scene = scene("intent 1 long 1 for 100\n fill 1 a 1@100");
        let lock = Lock { symbol: symbol.map(read), until, why };
        scene.fold.apply(Event::EntriesLocked { profile: PROFILE, lock }).unwrap();
        scene.now = at;
        assert_eq!(scene.code(&in_slot("b", entry("1"))), expected, "{symbol:?} {at}");
        assert_eq!(scene.code(&exit(1, None)), "accepted");
        let (symbol, by) = (Some(goog()), "alice".to_owned());
        scene.fold.apply(Event::EntriesUnlocked { profile: PROFILE, symbol, by }).unwrap();
        let left = scene.fold.profile().counters.locks.len();
        assert_eq!(left, usize::from(lock.symbol != Some(goog())), "{lock:?}");
    }
}
