//! The trades inside a five-second bar: made from the bar, so that together they are that bar.
//!
//! The first trade is at the open, the last at the close, two between them at high and low, the
//! others anywhere in the range. Volumes are whole lots and add up to the bar's.

use super::path::{Path, RawBar, TICKS_MAX};

/// A trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawTick {
    /// Milliseconds after the bar's open; before its close.
    pub(super) millis: i64,
    /// Price in ticks.
    pub(super) price: i64,
    /// Volume in lots.
    pub(super) lots: i64,
}

const BAR_MILLIS: i64 = 5_000;
const TICKS_MIN: u64 = 4;

/// The trades of the bar with this index, in order of time.
pub(super) fn ticks(path: &Path, index: i64, bar: &RawBar) -> Vec<RawTick> {
    let bits = path.trade_bits(index, 0);
    let count = (TICKS_MIN + bits % (TICKS_MAX - TICKS_MIN + 1)) as i64;
    let (high, low) = extremes(bits >> 8, count);
    let mut weights = [0; TICKS_MAX as usize];
    for (place, weight) in weights.iter_mut().enumerate().take(count as usize) {
        *weight = path.trade_bits(index, 1 + place as i64);
    }
    // Every trade has a lot; the rest is shared out by the lowest 16 bits.
    let shared = bar.volume - count;
    let total: u64 = weights.iter().map(|weight| weight & 0xFFFF).sum::<u64>().max(1);
    let mut left = shared;
    let mut ticks = Vec::with_capacity(count as usize);
    for place in 0..count {
        let bits = weights[place as usize];
        let price = match place {
            0 => bar.open,
            last if last == count - 1 => bar.close,
            place if place == high => bar.high,
            place if place == low => bar.low,
            _ => bar.low + (bits >> 32) as i64 % (bar.high - bar.low + 1),
        };
        let share = i128::from(shared) * i128::from(bits & 0xFFFF) / i128::from(total);
        let share = if place == count - 1 { left } else { (share as i64).min(left) };
        left -= share;
        let slot = BAR_MILLIS / count;
        let millis = place * slot + 1 + (bits >> 16 & 0xFFFF) as i64 % (slot - 1);
        ticks.push(RawTick { millis, price, lots: 1 + share });
    }
    ticks
}

/// Two different places between the first and the last of `count` trades.
const fn extremes(bits: u64, count: i64) -> (i64, i64) {
    let between = count - 2;
    let high = (bits & 0xFF) as i64 % between;
    let apart = 1 + (bits >> 8 & 0xFF) as i64 % (between - 1);
    (1 + high, 1 + (high + apart) % between)
}

#[cfg(test)]
mod tests {
    use super::super::path::{Cursor, Settings};
    use super::*;

    #[test]
    fn ticks_add_up_to_their_bar() {
        for (seed, start_ticks, lots_per_bar) in [(1, 10_000.0, 500.0), (2, 2.0, 0.0)] {
            let settings = Settings { start_ticks, volatility: 0.9, drift: 0.0, lots_per_bar };
            let path = Path::new(seed, "X", settings);
            let mut cursor = Cursor::new(&path, 0);
            for index in 0..20_000 {
                let bar = cursor.next(&path);
                let ticks = ticks(&path, index, &bar);
                let prices: Vec<_> = ticks.iter().map(|tick| tick.price).collect();
                let made = RawBar {
                    open: prices[0],
                    high: *prices.iter().max().unwrap(),
                    low: *prices.iter().min().unwrap(),
                    close: prices[prices.len() - 1],
                    volume: ticks.iter().map(|tick| tick.lots).sum(),
                };
                assert_eq!(made, bar);
                assert!(ticks.iter().all(|tick| tick.lots >= 1));
                assert!(ticks.windows(2).all(|pair| pair[0].millis < pair[1].millis));
                assert!(ticks[0].millis > 0 && ticks[ticks.len() - 1].millis < BAR_MILLIS);
            }
        }
    }

    #[test]
    fn high_and_low_never_share_a_place() {
        for count in TICKS_MIN as i64..=TICKS_MAX as i64 {
            for bits in 0..=0xFFFF {
                let (high, low) = extremes(bits, count);
                assert!(
                    high != low && (1..count - 1).contains(&high) && (1..count - 1).contains(&low)
                );
            }
        }
    }
}
