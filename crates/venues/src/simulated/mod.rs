//! A market that never was: the default for paper trading, so that a fresh installation has
//! something to trade without a key, a network or a bill.
//!
//! Every bar is a function of the seed, the instrument's symbol and the bar's place in time. So
//! the past is the same whatever window is asked for, at whatever moment and on whatever machine,
//! and a restart goes on in the same market. It began on 2020-01-01 and never closes.
//!
//! Prices walk at random through regimes (trends, range, volatile, calm) that follow each other
//! by chance, jump now and then, and return slowly to a line; ranges and volume follow the hours
//! of the day. Where it is asked for, trading is halted now and then. It is a place to practise in,
//! not a model of any real market: a strategy that earns here has proved nothing. Fills are the
//! business of the paper venue.

mod feed;
mod halts;
mod instruments;
mod path;
mod random;
mod regime;
mod ticks;

use ballast_domain::{Bar, Instrument, Price, Quantity, Symbol, Timeframe, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use thiserror::Error;

pub use feed::{SimulatedFeed, Speed};
use halts::Halts;
pub use instruments::{SimulatedInstrument, sim_instruments};
use path::{BLOCK_BARS, Cursor, Path, RawBar, Settings};
pub use regime::Regime;

/// The timeframe of the bars that the simulated market makes; all others are made from these.
pub const BASE: Timeframe = Timeframe::S5;
const BASE_NS: i64 = 5_000_000_000;
const DAY_BARS: f64 = 86_400.0 / 5.0;

/// When the market began, 2020-01-01T00:00:00Z; there is nothing before.
pub const BEGINNING: Timestamp = Timestamp::from_nanos(1_577_836_800_000_000_000);

/// Beyond this many ticks a float no longer holds every one of them.
const TICKS_LIMIT: f64 = 1e12;

/// Why a market cannot be simulated.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SimulatedError {
    /// Nothing to simulate.
    #[error("the simulated market has no instruments; name at least one")]
    NoInstrument,
    /// An instrument is there twice.
    #[error("{0} is simulated twice; keep one of them")]
    Repeated(Symbol),
    /// Prices and volumes are whole multiples of something.
    #[error("{0} needs a tick size and a lot size above zero to be simulated")]
    NoStep(Symbol),
    /// The start price is not of use.
    #[error("{symbol} starts at {price}, which is not between 1 and 10^12 ticks")]
    StartPrice {
        /// The instrument.
        symbol: Symbol,
        /// Its start price.
        price: Price,
    },
    /// A rate is no number, or one at which the market would run away.
    #[error("{symbol} has {name} {value}; give a percentage from {least} to {most}")]
    Rate {
        /// The instrument.
        symbol: Symbol,
        /// Which setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The least that is allowed.
        least: f64,
        /// The most that is allowed.
        most: f64,
    },
    /// The volume cannot be counted in lots.
    #[error("{symbol} trades {volume} units a day, which is more than 10^12 lots")]
    DailyVolume {
        /// The instrument.
        symbol: Symbol,
        /// Its mean volume.
        volume: Quantity,
    },
    /// The market had not begun.
    #[error("the simulated market began on 2020-01-01 and cannot be followed from {0}")]
    BeforeBeginning(Timestamp),
}

/// The market.
#[derive(Debug)]
pub struct SimulatedMarket {
    listings: Vec<Listing>,
}

#[derive(Debug)]
struct Listing {
    instrument: Instrument,
    tick: Price,
    lot: Quantity,
    path: Path,
    halts: Halts,
}

impl SimulatedMarket {
    /// The market of `seed` with these instruments. An instrument behaves the same whatever
    /// others there are.
    ///
    /// # Errors
    /// [`SimulatedError`] when an instrument cannot be simulated.
    pub fn new(seed: u64, instruments: &[SimulatedInstrument]) -> Result<Self, SimulatedError> {
        if instruments.is_empty() {
            return Err(SimulatedError::NoInstrument);
        }
        let mut listings: Vec<Listing> = Vec::new();
        for simulated in instruments {
            let symbol = simulated.instrument.symbol;
            if listings.iter().any(|listing| listing.instrument.symbol == symbol) {
                return Err(SimulatedError::Repeated(symbol));
            }
            listings.push(Listing::new(seed, simulated)?);
        }
        Ok(Self { listings })
    }

    /// What is traded.
    pub fn instruments(&self) -> impl Iterator<Item = Instrument> {
        self.listings.iter().map(|listing| listing.instrument)
    }

    /// Bars with `from < close_time <= to`, in order; none of a symbol that is not traded, nor of
    /// what was halted all the while. The
    /// future can be computed like the past: whoever must not know it asks no further than now.
    /// The time this takes grows with the window alone, whatever the timeframe: about 40 ns for
    /// each five seconds of it.
    #[must_use]
    pub fn history(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Bar> {
        let Some(listing) = self.listing(symbol) else {
            return Vec::new();
        };
        let mut open = timeframe.bucket_open(from.max(BEGINNING));
        if open < BEGINNING {
            open = timeframe.close_of(open);
        }
        let mut bars = Vec::new();
        let mut close = timeframe.close_of(open);
        if close > to {
            return bars;
        }
        let mut cursor = Cursor::new(&listing.path, base_index(open));
        while open < close && close <= to {
            let mut traded: Option<RawBar> = None;
            for index in base_index(open)..base_index(close) {
                let bar = cursor.next(&listing.path);
                if !listing.halts.covers(index) {
                    traded = Some(traded.map_or(bar, |before| before.merge(bar)));
                }
            }
            bars.extend(traded.map(|bar| listing.bar(close, &bar)));
            open = close;
            close = timeframe.close_of(open);
        }
        bars
    }

    /// What the market is doing at an instant; `None` before it began and for other symbols.
    #[must_use]
    pub fn regime(&self, symbol: Symbol, at: Timestamp) -> Option<Regime> {
        let listing = self.listing(symbol).filter(|_| at >= BEGINNING)?;
        Some(listing.path.regime(base_index(at) / BLOCK_BARS as i64))
    }

    fn listing(&self, symbol: Symbol) -> Option<&Listing> {
        self.listings.iter().find(|listing| listing.instrument.symbol == symbol)
    }
}

impl Listing {
    fn new(seed: u64, simulated: &SimulatedInstrument) -> Result<Self, SimulatedError> {
        let SimulatedInstrument { instrument, start_price, daily_volume, .. } = *simulated;
        let symbol = instrument.symbol;
        let lot = instrument.lot_size.filter(|lot| !lot.is_zero());
        let (Some(tick), Some(lot)) = (instrument.tick_size, lot) else {
            return Err(SimulatedError::NoStep(symbol));
        };
        let ratio = |value: Decimal, step| value.checked_div(step)?.to_f64();
        let start_ticks = ratio(start_price.get(), tick.get())
            .filter(|ticks| (1.0..=TICKS_LIMIT).contains(ticks))
            .ok_or(SimulatedError::StartPrice { symbol, price: start_price })?;
        let daily_lots = ratio(daily_volume.get(), lot.get())
            .filter(|lots| *lots <= TICKS_LIMIT)
            .ok_or(SimulatedError::DailyVolume { symbol, volume: daily_volume })?;
        let rate = |name, value: f64, least: f64, most: f64| {
            let fits = (least..=most).contains(&value);
            let refusal = SimulatedError::Rate { symbol, name, value, least, most };
            if fits { Ok(value / 100.0) } else { Err(refusal) }
        };
        let settings = Settings {
            start_ticks,
            volatility: rate("volatilityPct", simulated.volatility_pct, 0.0, 300.0)?,
            drift: rate("driftPct", simulated.drift_pct, -50.0, 50.0)?,
            lots_per_bar: daily_lots / DAY_BARS,
        };
        let path = Path::new(seed, symbol.as_str(), settings);
        let halts = Halts::new(seed, symbol.as_str(), simulated.halts_per_day);
        Ok(Self { instrument, tick, lot, path, halts })
    }

    fn bar(&self, close_time: Timestamp, raw: &RawBar) -> Bar {
        Bar {
            close_time,
            open: self.price(raw.open),
            high: self.price(raw.high),
            low: self.price(raw.low),
            close: self.price(raw.close),
            volume: self.quantity(raw.volume),
        }
    }

    fn price(&self, ticks: i64) -> Price {
        // The path stays far inside of what a decimal holds; the tick is never given instead.
        let price = self.tick.get().checked_mul(Decimal::from(ticks)).map(Price::new);
        price.and_then(Result::ok).unwrap_or(self.tick)
    }

    fn quantity(&self, lots: i64) -> Quantity {
        let quantity = self.lot.get().checked_mul(Decimal::from(lots)).map(Quantity::new);
        quantity.and_then(Result::ok).unwrap_or(self.lot)
    }
}

/// How many base bars opened between the market's beginning and `at`.
const fn base_index(at: Timestamp) -> i64 {
    at.nanos_since(BEGINNING).div_euclid(BASE_NS)
}

#[cfg(test)]
mod tests;
