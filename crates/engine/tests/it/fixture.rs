//! Values that tests of the engine start from: instants, bars, a profile's document, orders, fills.
//!
//! Everything is written as the text that people read; unit tests and the integration tests share
//! this file.

use std::fmt::Debug;
use std::str::FromStr;

use ballast_domain::id::Leg;
use ballast_domain::{
    AssetClass, Bar, Capital, ExitReason, Fill, FillId, Instrument, IntentId, Limits, Mode, Money,
    OrderId, OrderType, Origin, ProfileDocument, ProfileId, Protection, Side, Signal, SignalTerms,
    Slot, StrategyConfig, Symbol, TimeInForce, Timestamp, TradeId,
};
use ballast_engine::step::ManualOrder;
use serde_json::Value;

/// The profile that tests are about when they do not say.
pub(crate) const PROFILE: ProfileId = ProfileId::from_bits(1);

/// What `text` says.
pub(crate) fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("'{text}': {error:?}"))
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::new(read(amount), read("USD"))
}

pub(crate) fn goog() -> Symbol {
    read("GOOG")
}

/// So many hours after a Monday's midnight.
pub(crate) fn hour(hours: i64) -> Timestamp {
    let monday: Timestamp = read("2024-05-13T00:00:00Z");
    monday.saturating_add_nanos(hours * 3_600_000_000_000)
}

/// A bar of open, high, low and close that closes at `close_time`.
pub(crate) fn bar(close_time: Timestamp, prices: &str) -> Bar {
    let prices: Vec<&str> = prices.split_whitespace().collect();
    let [open, high, low, close] = prices[..] else { panic!("four prices, got {prices:?}") };
    let [open, high, low, close] = [open, high, low, close].map(read);
    let bar = Bar { close_time, open, high, low, close, volume: read("1000") };
    bar.checked().unwrap()
}

pub(crate) fn intent(number: u64) -> IntentId {
    IntentId { profile: PROFILE, number }
}

pub(crate) fn trade(number: u64) -> TradeId {
    TradeId(intent(number))
}

/// An order of the profile: `3`, or a leg of it, `3s` for the stop and `3t0` for the first target.
pub(crate) fn order(text: &str) -> OrderId {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, leg) = text.split_at(digits);
    let leg = match leg {
        "" => Leg::Main,
        "s" => Leg::Stop,
        target => Leg::Target(read(target.trim_start_matches('t'))),
    };
    OrderId { intent: intent(read(number)), leg }
}

/// An order in the notation of [`order`].
pub(crate) fn order_text(order: OrderId) -> String {
    let leg = match order.leg {
        Leg::Main => String::new(),
        Leg::Stop => "s".to_owned(),
        Leg::Target(place) => format!("t{place}"),
    };
    format!("{}{leg}", order.intent.number)
}

/// A fill written as `10@100`.
pub(crate) fn fill(id: &str, text: &str, fee: &str, at: Timestamp) -> Fill {
    let (quantity, price) = text.split_once('@').expect("a fill is quantity@price");
    let id: FillId = read(id);
    Fill { id, at, price: read(price), quantity: read(quantity), fee: usd(fee) }
}

/// A strategy that never trades by itself, changed by the fields of `edit`.
pub(crate) fn config(edit: &str) -> StrategyConfig {
    let base = r#"{"version": 1, "kind": "rules", "timeframe": "1h", "symbols": ["GOOG"],
        "entry": "false", "sizing": {"type": "fixedQuantity", "quantity": "10"}}"#;
    let mut config: Value = serde_json::from_str(base).unwrap();
    let edit: Value = serde_json::from_str(edit).unwrap();
    for (field, value) in edit.as_object().expect("an edit is an object") {
        config[field] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

/// A document with 10,000 USD at the venue `paper` that trades what `strategy` names.
pub(crate) fn document(strategy: StrategyConfig) -> ProfileDocument {
    let instrument =
        |symbol| Instrument::unrestricted(symbol, AssetClass::Stock, usd("0").currency());
    ProfileDocument {
        name: "test".to_owned(),
        venue: read("paper"),
        mode: Mode::Paper,
        capital: Capital { currency: read("USD"), allocated: read("10000") },
        instruments: strategy.symbols.iter().copied().map(instrument).collect(),
        fees: Default::default(),
        limits: Limits::default(),
        time_zone: Default::default(),
        preset: None,
        strategy,
    }
}

/// What a person writes: to buy or sell so many units at the market.
pub(crate) fn manual(side: Side, quantity: &str) -> ManualOrder {
    ManualOrder {
        profile: PROFILE,
        symbol: goog(),
        side,
        quantity: read(quantity),
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        protection: Protection::default(),
        trade: None,
        reduce_only: false,
        partner: None,
        by: "alice".to_owned(),
    }
}

/// What a person asks for: to buy so many units at the market.
pub(crate) fn entry(quantity: &str) -> Signal {
    Signal {
        origin: Origin::Manual { by: "alice".to_owned() },
        profile: PROFILE,
        symbol: goog(),
        terms: SignalTerms::Enter {
            direction: ballast_domain::Direction::Long,
            slot: Slot::default(),
            quantity: read(quantity),
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            protection: Protection::default(),
            cut_to_available: false,
            cancels: None,
        },
    }
}

/// What a person asks for: to leave a trade at the market, all of it without a `quantity`.
pub(crate) fn exit(number: u64, quantity: Option<&str>) -> Signal {
    Signal {
        terms: SignalTerms::Exit {
            trade: trade(number),
            quantity: quantity.map(read),
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            reason: ExitReason::Manual,
            then: None,
        },
        ..entry("1")
    }
}
