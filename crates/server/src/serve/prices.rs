//! The last price of every instrument of the market, for everybody who watches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ballast_domain::{Price, Symbol, Timestamp};
use ballast_engine::ports::MarketEvent;
use rust_decimal::Decimal;

/// What is known of an instrument's price.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastPrice {
    pub(crate) price: Price,
    /// When it was made, by the market's clock.
    pub(crate) at: Timestamp,
    /// The first price of the day, UTC, that was heard.
    day_open: Price,
    day: i64,
    /// Counts up with each price of any instrument.
    change: u64,
}

impl LastPrice {
    /// How far it is from the first price of the day, in percent; `None` on overflow.
    pub(crate) fn day_change_pct(&self) -> Option<Decimal> {
        let change = self.price.get().checked_sub(self.day_open.get())?;
        let share = change.checked_mul(Decimal::ONE_HUNDRED)?;
        Some(share.checked_div(self.day_open.get())?.round_dp(4))
    }
}

/// The last prices; a handle that is cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prices(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    prices: BTreeMap<Symbol, LastPrice>,
    changes: u64,
    last_heard: Option<Instant>,
}

impl Prices {
    /// Takes over what the market has told.
    pub(super) fn heard(&self, event: &MarketEvent) {
        let (symbol, price, at) = match event {
            MarketEvent::Bar { symbol, bar, .. } => (*symbol, bar.close, bar.close_time),
            MarketEvent::Tick { symbol, at, price, .. } => (*symbol, *price, *at),
            MarketEvent::Status { .. } => return,
        };
        let mut heard = self.lock();
        heard.changes += 1;
        heard.last_heard = Some(Instant::now());
        let (change, day) = (heard.changes, at.utc_day());
        let known = heard.prices.get(&symbol).filter(|known| known.day == day);
        let day_open = known.map_or(price, |known| known.day_open);
        heard.prices.insert(symbol, LastPrice { price, at, day_open, day, change });
    }

    /// The last price of an instrument.
    pub(crate) fn of(&self, symbol: Symbol) -> Option<LastPrice> {
        self.lock().prices.get(&symbol).copied()
    }

    /// Prices that have changed after the `seen`th change, and how many changes there were.
    pub(crate) fn since(&self, seen: u64) -> (u64, Vec<(Symbol, LastPrice)>) {
        let heard = self.lock();
        let news = heard.prices.iter().filter(|(_, last)| last.change > seen);
        (heard.changes, news.map(|(symbol, last)| (*symbol, *last)).collect())
    }

    /// How long ago anything was heard; `None` before the first price.
    pub(crate) fn silent_for(&self) -> Option<std::time::Duration> {
        self.lock().last_heard.map(|heard| heard.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watcher_hears_each_instrument_once_with_its_newest_price() {
        let prices = Prices::default();
        let (one, other) = ("ONE".parse().unwrap(), "TWO".parse().unwrap());
        let tick = |symbol, seconds: i64, price: &str| MarketEvent::Tick {
            symbol,
            at: Timestamp::from_nanos(seconds * 1_000_000_000),
            price: price.parse().unwrap(),
            quantity: ballast_domain::Quantity::ZERO,
        };
        prices.heard(&tick(one, 1, "100"));
        prices.heard(&tick(other, 2, "50"));
        prices.heard(&tick(one, 3, "101"));
        let (seen, news) = prices.since(0);
        assert_eq!(news.len(), 2);
        assert_eq!(news[0].1.day_change_pct(), Some(Decimal::ONE));
        prices.heard(&tick(other, 4, "49"));
        let (_, news) = prices.since(seen);
        assert_eq!(news.iter().map(|(symbol, _)| *symbol).collect::<Vec<_>>(), [other]);
        prices.heard(&tick(one, 86_401, "200"));
        assert_eq!(prices.of(one).unwrap().day_change_pct(), Some(Decimal::ZERO), "a new day");
    }
}
