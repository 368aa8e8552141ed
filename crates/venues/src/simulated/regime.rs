//! The moods of the simulated market, how they follow each other, and the hours of its day.
//!
//! The numbers are chosen to look like a market on a chart of minutes to hours, not fitted to one.

use super::random::unit;

/// What the market is doing for some hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Regime {
    /// Rising more than its noise explains.
    TrendUp,
    /// Falling more than its noise explains.
    TrendDown,
    /// Pulled back to where the range began.
    Range,
    /// Moving more than twice as far as usual, without direction.
    Volatile,
    /// Hardly moving.
    Calm,
}

/// A regime in numbers. Moves are in standard deviations of an average block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Character {
    /// How far the price moves, beside an average block.
    pub(super) volatility: f64,
    /// How far it is carried per block.
    pub(super) drift: f64,
    /// Which part of the way back to the regime's first price it goes per block.
    pub(super) pull: f64,
    /// Which part of a bar's noise is left in the next bar: 1 for a random walk.
    pub(super) memory: f64,
    /// How many blocks it lasts on average.
    blocks: f64,
}

impl Regime {
    /// Every regime.
    pub const ALL: [Self; 5] =
        [Self::TrendUp, Self::TrendDown, Self::Range, Self::Volatile, Self::Calm];

    pub(super) const fn character(self) -> Character {
        let (volatility, drift, pull, memory, blocks) = match self {
            Self::TrendUp => (0.9, 0.25, 0.0, 1.0, 24.0),
            Self::TrendDown => (1.0, -0.25, 0.0, 1.0, 24.0),
            Self::Range => (0.9, 0.0, 0.15, 0.97, 32.0),
            Self::Volatile => (2.2, 0.0, 0.0, 1.0, 8.0),
            Self::Calm => (0.4, 0.0, 0.05, 0.99, 20.0),
        };
        Character { volatility, drift, pull, memory, blocks }
    }

    /// The regime of the next block: a Markov chain that leaves for each other regime alike.
    pub(super) fn next(self, bits: u64) -> Self {
        if unit(bits) * self.character().blocks >= 1.0 {
            return self;
        }
        // The lowest bits have no part in the choice above.
        let place = self as usize + 1 + (bits & 3) as usize;
        Self::ALL[place % Self::ALL.len()]
    }
}

/// How far prices move in each hour of the UTC day, beside an average hour: quiet while it is
/// night in Europe and America, most when both are awake. The mean of the squares is 1.
pub(super) const fn season(hour: usize) -> f64 {
    const SEASON: [f64; 24] = [
        0.70, 0.72, 0.74, 0.70, 0.66, 0.66, 0.78, 1.00, 1.12, 1.08, 1.00, 0.98, //
        1.08, 1.34, 1.48, 1.40, 1.26, 1.14, 1.06, 1.08, 0.96, 0.80, 0.72, 0.70,
    ];
    SEASON[hour % 24] / 0.995_121_433
}

#[cfg(test)]
mod tests {
    use super::super::random::Stream;
    use super::*;

    #[test]
    fn regimes_last_as_long_as_they_say_and_all_come_up() {
        let stream = Stream::new(3, "regimes", 0);
        let mut regime = Regime::Calm;
        let (mut blocks, mut visits) = ([0.0; 5], [0.0; 5]);
        for index in 0..1_000_000 {
            let next = regime.next(stream.bits(index));
            visits[next as usize] += f64::from(u8::from(next != regime));
            blocks[next as usize] += 1.0;
            regime = next;
        }
        for regime in Regime::ALL {
            let mean = blocks[regime as usize] / visits[regime as usize];
            let expected = regime.character().blocks;
            assert!((mean / expected - 1.0).abs() < 0.05, "{regime:?} lasts {mean}");
        }
    }

    #[test]
    fn the_day_is_of_average_movement() {
        let squares: f64 = (0..24).map(|hour| season(hour) * season(hour)).sum();
        assert!((squares / 24.0 - 1.0).abs() < 1e-5, "{squares}");
    }
}
