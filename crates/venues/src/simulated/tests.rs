//! The market as its callers see it.

use std::collections::BTreeMap;

use super::*;

const MARCH: &str = "2020-03-02T00:00:00Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn market(seed: u64) -> SimulatedMarket {
    SimulatedMarket::new(seed, &sim_instruments()).unwrap()
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn shown(bars: &[Bar]) -> Vec<String> {
    let show = |bar: &Bar| {
        let Bar { close_time, open, high, low, close, volume } = bar;
        format!("{close_time} {open} {high} {low} {close} {volume}")
    };
    bars.iter().map(show).collect()
}

/// Whoever changes these lines changes the market under everybody's running paper accounts.
#[test]
fn the_market_is_the_same_on_every_machine_and_in_every_release() {
    let hours =
        market(1).history(symbol("REEF/USD"), Timeframe::H1, at(MARCH), at("2020-03-02 02:00"));
    let expected = [
        "2020-03-02T01:00:00Z 51200.3 51365.6 51065.1 51356.6 134.2969",
        "2020-03-02T02:00:00Z 51356.6 51399.1 51165.8 51178.0 140.7429",
    ];
    assert_eq!(shown(&hours), expected);
    let seconds =
        market(1).history(symbol("ACME"), BASE, at("2026-11-22"), at("2026-11-22 00:00:15"));
    let expected = [
        "2026-11-22T00:00:05Z 178.50 178.50 178.47 178.47 98",
        "2026-11-22T00:00:10Z 178.47 178.48 178.46 178.46 82",
        "2026-11-22T00:00:15Z 178.45 178.47 178.45 178.46 77",
    ];
    assert_eq!(shown(&seconds), expected);
}

#[test]
fn markets_differ_by_seed_and_instrument_and_by_nothing_else() {
    let bars = |market: &SimulatedMarket, text: &str| {
        market.history(symbol(text), Timeframe::M1, at(MARCH), at("2020-03-02 01:00"))
    };
    let first = bars(&market(1), "ACME");
    assert_eq!(first.len(), 60);
    assert_eq!(bars(&market(1), "ACME"), first);
    assert_ne!(bars(&market(2), "ACME"), first);
    let mut fewer = sim_instruments();
    fewer.reverse();
    fewer.retain(|each| each.instrument.symbol == symbol("ACME"));
    assert_eq!(bars(&SimulatedMarket::new(1, &fewer).unwrap(), "ACME"), first);
}

#[test]
fn a_bar_is_the_same_in_every_window() {
    let (acme, day) = (symbol("ACME"), 86_400_000_000_000);
    let whole = market(3).history(acme, Timeframe::M5, at(MARCH), at("2020-03-03"));
    assert_eq!(whole.len(), 288);
    let fresh = market(3);
    for (place, bar) in whole.iter().enumerate().rev().step_by(37) {
        let before = bar.close_time.saturating_add_nanos(-1);
        let single = fresh.history(acme, Timeframe::M5, before, bar.close_time);
        assert_eq!(single, [*bar], "bar {place}");
        let later = bar.close_time.saturating_add_nanos(day);
        assert_eq!(fresh.history(acme, Timeframe::M5, before, later)[0], *bar);
    }
    let split = at("2020-03-02T11:11:11Z");
    let mut halves = fresh.history(acme, Timeframe::M5, at(MARCH), split);
    halves.extend(fresh.history(acme, Timeframe::M5, split, at("2020-03-03")));
    assert_eq!(halves, whole);
}

#[test]
fn longer_bars_are_made_of_shorter_ones() {
    let market = market(4);
    let from = at("2020-01-29");
    for (timeframe, part, to) in [
        (Timeframe::S15, BASE, "2020-01-29 00:01"),
        (Timeframe::M30, BASE, "2020-01-29 02:00"),
        (Timeframe::D1, Timeframe::S15, "2020-01-30"),
        (Timeframe::W1, Timeframe::D1, "2020-02-03"),
        (Timeframe::Mo1, Timeframe::D1, "2020-02-01"),
    ] {
        let longer = market.history(symbol("KELP/USD"), timeframe, from, at(to));
        assert!(!longer.is_empty(), "{timeframe}");
        for bar in &longer {
            let open = timeframe.open_of(bar.close_time);
            let parts = market.history(symbol("KELP/USD"), part, open, bar.close_time);
            let volume = parts.iter().map(|bar| bar.volume.get()).sum::<Decimal>();
            assert_eq!(parts[0].open, bar.open, "{timeframe}");
            assert_eq!(parts.iter().map(|bar| bar.high).max(), Some(bar.high), "{timeframe}");
            assert_eq!(parts.iter().map(|bar| bar.low).min(), Some(bar.low), "{timeframe}");
            assert_eq!(parts[parts.len() - 1].close, bar.close, "{timeframe}");
            assert_eq!(volume, bar.volume.get(), "{timeframe}");
        }
        let contiguous =
            |pair: &[Bar]| timeframe.close_of(pair[0].close_time) == pair[1].close_time;
        assert!(longer.windows(2).all(contiguous), "{timeframe}");
    }
}

#[test]
fn bars_are_possible_on_the_grid_and_without_gaps() {
    let market = market(5);
    for instrument in market.instruments() {
        let bars = market.history(instrument.symbol, BASE, at(MARCH), at("2020-03-02 06:00"));
        assert_eq!(bars.len(), 6 * 720);
        assert_eq!(BASE.open_of(bars[0].close_time), at(MARCH));
        for bar in &bars {
            bar.checked().unwrap();
            for price in [bar.open, bar.high, bar.low, bar.close] {
                assert_eq!(instrument.round_price(price, true), price);
            }
            assert_eq!(instrument.round_down(bar.volume.get()), bar.volume);
        }
        let contiguous = |pair: &[Bar]| BASE.close_of(pair[0].close_time) == pair[1].close_time;
        assert!(bars.windows(2).all(contiguous));
    }
}

#[test]
fn there_is_nothing_before_the_beginning_or_of_other_symbols() {
    let market = market(6);
    let acme = symbol("ACME");
    let first = market.history(acme, Timeframe::H1, Timestamp::MIN, at("2020-01-01 03:00"));
    assert_eq!(first.len(), 3);
    assert_eq!(Timeframe::H1.open_of(first[0].close_time), BEGINNING);
    let weeks = market.history(acme, Timeframe::W1, Timestamp::MIN, at("2020-01-13"));
    assert_eq!(weeks.len(), 1, "the first week began before the market");
    assert_eq!(market.history(acme, BASE, at(MARCH), at("2020-01-01")), []);
    assert_eq!(market.history(symbol("NONE"), BASE, at(MARCH), at("2020-03-03")), []);
    assert_eq!(market.regime(acme, at("2019-06-01")), None);
    assert!(market.regime(acme, at(MARCH)).is_some());
}

#[test]
fn hourly_closes_are_about_as_volatile_as_set() {
    let market = market(7);
    for simulated in &sim_instruments()[..2] {
        let symbol = simulated.instrument.symbol;
        let bars = market.history(symbol, Timeframe::H1, at("2020-02-01"), at("2020-03-01"));
        let close = |bar: &Bar| bar.close.get().to_f64().unwrap();
        let returns = bars.windows(2).map(|pair| close(&pair[1]) / close(&pair[0]) - 1.0);
        let mean_square = returns.map(|r| r * r).sum::<f64>() / (bars.len() - 1) as f64;
        // Hours trend less than days, so they move less than the square root of time says.
        let volatility_pct = (mean_square * 365.0 * 24.0).sqrt() * 100.0;
        let ratio = volatility_pct / simulated.volatility_pct;
        assert!((0.65..1.15).contains(&ratio), "{symbol}: {volatility_pct} %");
    }
}

#[test]
fn settings_that_cannot_be_simulated_are_refused() {
    let good = sim_instruments()[0];
    let changed = |change: fn(&mut SimulatedInstrument)| {
        let mut simulated = good;
        change(&mut simulated);
        SimulatedMarket::new(1, &[simulated]).unwrap_err().to_string()
    };
    let cases = [
        (SimulatedMarket::new(1, &[]).unwrap_err().to_string(), "no instruments"),
        (
            SimulatedMarket::new(1, &[good, good]).unwrap_err().to_string(),
            "ACME is simulated twice",
        ),
        (changed(|each| each.instrument.tick_size = None), "ACME needs a tick size"),
        (changed(|each| each.instrument.lot_size = Some(Quantity::ZERO)), "and a lot size"),
        (
            changed(|each| each.volatility_pct = f64::NAN),
            "has volatilityPct NaN; give a percentage",
        ),
        (
            changed(|each| each.drift_pct = 51.0),
            "has driftPct 51; give a percentage from -50 to 50",
        ),
        (changed(|each| each.start_price = "0.001".parse().unwrap()), "starts at 0.001"),
        (
            changed(|each| each.daily_volume = "1e13".parse().unwrap()),
            "trades 10000000000000 units",
        ),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected), "{message}");
    }
}

/// The market with so many halts of each instrument in a day.
fn halting(halts_per_day: u32) -> SimulatedMarket {
    let instruments = sim_instruments().into_iter();
    let instruments: Vec<_> =
        instruments.map(|listed| SimulatedInstrument { halts_per_day, ..listed }).collect();
    SimulatedMarket::new(1, &instruments).unwrap()
}

#[test]
fn halts_are_gaps_in_an_otherwise_equal_market() {
    let (acme, month) = (symbol("ACME"), (at(MARCH), at("2020-04-01T00:00:00Z")));
    let bars =
        |market: &SimulatedMarket, timeframe| market.history(acme, timeframe, month.0, month.1);
    let (whole, halted) = (market(1), halting(24));
    let (all, traded) = (bars(&whole, BASE), bars(&halted, BASE));
    let kept: BTreeMap<_, _> = traded.iter().map(|bar| (bar.close_time, bar)).collect();
    let (missing, days) = (all.iter().filter(|bar| !kept.contains_key(&bar.close_time)), 30.0);
    let missing: Vec<_> = missing.collect();
    let same = all.iter().filter(|bar| kept.get(&bar.close_time) == Some(bar)).count();
    assert_eq!(same, traded.len(), "what trades, trades as ever");
    let per_day = missing.len() as f64 / 60.0 / days;
    assert!((20.0..28.0).contains(&per_day), "{per_day} halts a day");
    let begins = missing.iter().step_by(60).map(|bar| BASE.open_of(bar.close_time));
    assert!(begins.into_iter().all(|open| Timeframe::M5.bucket_open(open) == open));
    let (five, hours) = (bars(&halted, Timeframe::M5), bars(&halted, Timeframe::H1));
    assert_eq!(five.len() * 60, traded.len(), "a bar of nothing but a halt is missing");
    assert_eq!(hours.len(), bars(&whole, Timeframe::H1).len());
    assert_eq!(bars(&halting(0), Timeframe::H1), bars(&whole, Timeframe::H1));
}
