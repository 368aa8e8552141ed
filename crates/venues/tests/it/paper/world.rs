//! Markets, configs and documents to play with; the same seed gives the same world.

use std::sync::Arc;

use ballast_domain::{
    Bar, Capital, Currency, FrameId, Instrument, Limits, Mode, Price, ProfileDocument, ProfileId,
    Quantity, StrategyConfig, Symbol, Timeframe, Timestamp, VenueId, Zone,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::matching::{FillRules, PlayedBar};
use ballast_engine::strategy::Plan;
use ballast_venues::paper::MarketClose;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(super) const BASE: Timeframe = Timeframe::H1;
pub(super) const HOUR: i64 = 3_600_000_000_000;
pub(super) const CASH: i64 = 10_000;

/// The instant `hours` after the start of the world.
pub(super) fn hour(hours: i64) -> Timestamp {
    Timestamp::from_nanos(1_700_006_400_000_000_000 + hours * HOUR)
}

pub(super) fn venue() -> VenueId {
    "paper".parse().unwrap()
}

pub(super) fn currency() -> Currency {
    "USD".parse().unwrap()
}

pub(super) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(super) fn instrument(text: &str) -> Instrument {
    let value = json!({"symbol": text, "assetClass": "crypto", "quote": "USD", "lotSize": "0.01"});
    serde_json::from_value(value).unwrap()
}

pub(super) fn profile(number: u64) -> ProfileId {
    ProfileId::from_bits(number)
}

/// A rules config that trades `symbols`, with `more` put over it; null takes a setting out.
pub(super) fn config(symbols: &[&str], more: Value) -> Arc<StrategyConfig> {
    let mut value = json!({
        "version": 1, "kind": "rules", "timeframe": "1h", "symbols": symbols, "direction": "long",
        "entry": "crossover(close, sma(close, 5))", "exit": "crossunder(close, sma(close, 5))",
        "sizing": {"type": "fixedQuantity", "quantity": "10"},
    });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, setting) in more {
        value[name] = setting;
    }
    let named = value.as_object_mut().unwrap();
    named.retain(|_, setting| !setting.is_null());
    Arc::new(serde_json::from_value(value).unwrap())
}

pub(super) fn rules(value: Value) -> FillRules {
    serde_json::from_value(value).unwrap()
}

pub(super) fn document(config: &Arc<StrategyConfig>, rules: &FillRules) -> ProfileDocument {
    let symbols = config.symbols.iter();
    ProfileDocument {
        name: "test".to_owned(),
        venue: venue(),
        mode: Mode::Paper,
        capital: Capital { currency: currency(), allocated: Decimal::from(CASH) },
        instruments: symbols.map(|symbol| instrument(symbol.as_str())).collect(),
        fees: rules.fees,
        limits: Limits::default(),
        time_zone: Zone::default(),
        preset: None,
        strategy: (**config).clone(),
    }
}

/// SplitMix64.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % sides).unwrap()
    }
}

pub(super) fn price(cents: i64) -> Price {
    Price::new(Decimal::new(cents, 2)).unwrap()
}

/// A bar of the hour that begins `at`, from prices in cents.
pub(super) fn bar(at: i64, cents: [i64; 4], volume: u32) -> Bar {
    let [open, high, low, close] = cents.map(price);
    let volume = Quantity::new(Decimal::from(volume)).unwrap();
    Bar { close_time: hour(at + 1), open, high, low, close, volume }.checked().unwrap()
}

/// A random walk with gaps between bars and hours without a bar.
pub(super) fn walk(seed: u64, hours: i64) -> Vec<Bar> {
    let mut dice = Dice(seed);
    let mut last = 10_000;
    let mut bars = Vec::new();
    for at in 0..hours {
        if dice.below(40) == 0 {
            continue;
        }
        let gap = if dice.below(8) == 0 { 400 } else { 20 };
        let open = (last + dice.below(2 * gap + 1) - i64::try_from(gap).unwrap()).max(2_000);
        let close = (open + dice.below(301) - 150).max(2_000);
        let high = open.max(close) + dice.below(80);
        let low = open.min(close) - dice.below(80);
        last = close;
        let volume = u32::try_from(dice.below(60)).unwrap();
        bars.push(bar(at, [open, high, low, close], volume));
    }
    bars
}

/// The bars of several instruments in the order of their closes.
pub(super) fn together(series: &[(&str, Vec<Bar>)]) -> Vec<(Symbol, Bar)> {
    let named = series.iter().flat_map(|(name, bars)| bars.iter().map(|bar| (symbol(name), *bar)));
    let mut bars: Vec<_> = named.collect();
    bars.sort_by_key(|(_, bar)| bar.close_time);
    bars
}

pub(super) fn played(symbol: Symbol, bar: Bar) -> PlayedBar {
    PlayedBar { symbol, open_time: BASE.open_of(bar.close_time), bar }
}

/// A board that knows the instruments of `bars`, and a plan for each config.
pub(super) fn board(configs: &[Arc<StrategyConfig>], bars: &[(Symbol, Bar)]) -> (Board, Vec<Plan>) {
    let mut board = Board::new(venue(), BASE);
    for (symbol, _) in bars {
        board.subscribe(*symbol);
    }
    let plans = configs.iter().map(|config| Plan::compile(Arc::clone(config), &mut board).unwrap());
    let plans = plans.collect();
    (board, plans)
}

/// What the market tells the venue about `bars`, and a plan for each config.
pub(super) fn closes(
    configs: &[Arc<StrategyConfig>],
    bars: &[(Symbol, Bar)],
) -> (Vec<Plan>, Vec<MarketClose>) {
    let (mut board, plans) = board(configs, bars);
    let mut closes = Vec::new();
    for group in bars.chunk_by(|(_, one), (_, other)| one.close_time == other.close_time) {
        let close_time = group[0].1.close_time;
        let mut due: Vec<Arc<Frame>> = Vec::new();
        let before = close_time.saturating_add_nanos(-1);
        board.expire(before, |frame| due.push(Arc::new(frame.clone())));
        if let Some(FrameId { close, .. }) = due.last().map(|frame| frame.id) {
            closes.push(MarketClose {
                close_time: close,
                bars: Vec::new(),
                frames: std::mem::take(&mut due),
                seen: Vec::new(),
                session_ends: false,
            });
        }
        let mut frames = Vec::new();
        for (symbol, bar) in group {
            board.push(*symbol, bar, |frame| frames.push(Arc::new(frame.clone()))).unwrap();
        }
        board.expire(close_time, |frame| frames.push(Arc::new(frame.clone())));
        closes.push(MarketClose {
            close_time,
            bars: group.iter().map(|(symbol, bar)| played(*symbol, *bar)).collect(),
            frames,
            seen: Vec::new(),
            session_ends: session_ends(close_time),
        });
    }
    (plans, closes)
}

/// Sessions are days in UTC here.
pub(super) fn session_ends(close_time: Timestamp) -> bool {
    BASE.open_of(close_time).utc_day() != close_time.utc_day()
}
