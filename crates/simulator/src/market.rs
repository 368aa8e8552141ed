//! The market: how prices move, as data that the scenario holds.

use ballast_domain::{Bar, Price, Quantity, Timestamp};
use fastrand::Rng;
use rust_decimal::Decimal;

/// How one instrument moves in one bar, in cents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    /// Whether nothing is traded in it.
    gap: bool,
    /// From the last close to the open.
    pub(crate) jump: i32,
    /// From the body to the high, and to the low.
    up: u16,
    down: u16,
    /// From the open to the close.
    drift: i32,
    volume: u32,
}

/// Nothing trades below that, in cents.
const FLOOR: i64 = 200;

impl Move {
    pub(crate) fn of(rng: &mut Rng) -> Self {
        // Now and then the market jumps through every stop.
        let jump = if rng.usize(0..40) == 0 { 2_500 } else { 150 };
        Self {
            gap: rng.usize(0..12) == 0,
            jump: rng.i32(-jump..=jump),
            up: rng.u16(0..200),
            down: rng.u16(0..200),
            drift: rng.i32(-200..=200),
            volume: rng.u32(0..2_000),
        }
    }

    /// A bar in which nothing moves and everything can be had.
    pub(crate) const fn still() -> Self {
        Self { gap: false, jump: 0, up: 1, down: 1, drift: 0, volume: 1_000_000_000 }
    }

    /// The bar, or nothing in a gap. `cents` goes on to its close.
    pub(crate) fn bar(&self, close_time: Timestamp, cents: &mut i64) -> Option<Bar> {
        let open = (*cents + i64::from(self.jump)).max(FLOOR);
        let close = (open + i64::from(self.drift)).max(FLOOR);
        *cents = close;
        let price = |cents: i64| Price::new(Decimal::new(cents, 2)).ok();
        let bar = Bar {
            close_time,
            open: price(open)?,
            high: price(open.max(close) + i64::from(self.up))?,
            low: price(open.min(close) - i64::from(self.down).min(FLOOR / 2))?,
            close: price(close)?,
            volume: Quantity::new(Decimal::from(self.volume)).ok()?,
        };
        (!self.gap).then_some(bar)
    }
}
