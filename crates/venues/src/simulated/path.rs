//! The price of one simulated instrument through time, in ticks.
//!
//! Two levels keep any moment within reach. Blocks of 15 minutes follow each other in a chain of
//! a few multiplications each: regime, drift, pull, jump. The chain's state at the beginning of
//! every day is kept, so that no block is more than 95 steps away. The 180 bars inside a block
//! are a random walk tied to the block's two ends, made only when somebody looks.
//!
//! Logarithms of prices are what moves; they return slowly to a line that rises with the drift,
//! so that a market left alone for years keeps prices of the same order.

use std::sync::{Mutex, PoisonError};

use super::random::{Stream, exp, exponential, normal, unit};
use super::regime::{Regime, season};

/// Bars of five seconds in a block.
pub(super) const BLOCK_BARS: usize = 180;
const DAY_BLOCKS: i64 = 96;
const YEAR_BLOCKS: f64 = 365.0 * 96.0;

/// A bar has at most this many ticks, and so at least as many lots.
pub(super) const TICKS_MAX: u64 = 10;

/// Regimes, jumps and pulls make daily closes move this much more than the blocks' own noise
/// alone: measured over 2,000 simulated years, and held to by a test.
const EXCESS: f64 = 1.308;

/// Which part of the way back to its long-run line the price goes in a year.
const REVERSION_PER_YEAR: f64 = 1.5;

/// One jump in three days on average, of 3 to 7 standard deviations of a block.
const JUMP_PROBABILITY: f64 = 1.0 / 288.0;

/// A five-second bar: prices in ticks, volume in lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawBar {
    pub(super) open: i64,
    pub(super) high: i64,
    pub(super) low: i64,
    pub(super) close: i64,
    pub(super) volume: i64,
}

impl RawBar {
    /// This bar and the one after it as one.
    pub(super) fn merge(self, later: Self) -> Self {
        Self {
            open: self.open,
            high: self.high.max(later.high),
            low: self.low.min(later.low),
            close: later.close,
            volume: self.volume + later.volume,
        }
    }
}

/// What makes one instrument's path, in units of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The price at the beginning, in ticks.
    pub(super) start_ticks: f64,
    /// Standard deviation of a year's logarithmic return.
    pub(super) volatility: f64,
    /// Mean logarithmic return of a year.
    pub(super) drift: f64,
    /// Mean volume of a bar, in lots.
    pub(super) lots_per_bar: f64,
}

/// The path.
#[derive(Debug)]
pub(super) struct Path {
    settings: Settings,
    /// Standard deviation of an average block's logarithmic return.
    block_deviation: f64,
    chain: Stream,
    noise: Stream,
    range: Stream,
    trade: Stream,
    /// The chain's state at the beginning of each day that was needed so far.
    days: Mutex<Vec<State>>,
}

/// Where the chain stands before a block.
#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    /// Logarithm of the price beside the start's.
    level: f64,
    /// The level at which the regime began.
    anchor: f64,
    regime: Regime,
}

/// A block, before its bars are made.
#[derive(Debug, Clone, Copy)]
struct Move {
    regime: Regime,
    from: f64,
    /// How far the level goes without the jump.
    distance: f64,
    jump: f64,
    /// In which bar it jumps.
    jump_bar: usize,
    /// Standard deviation of the block's noise.
    deviation: f64,
}

impl Path {
    pub(super) fn new(seed: u64, name: &str, settings: Settings) -> Self {
        let start = State { level: 0.0, anchor: 0.0, regime: Regime::Calm };
        Self {
            settings,
            block_deviation: settings.volatility / YEAR_BLOCKS.sqrt() / EXCESS,
            chain: Stream::new(seed, name, 0),
            noise: Stream::new(seed, name, 1),
            range: Stream::new(seed, name, 2),
            trade: Stream::new(seed, name, 3),
            days: Mutex::new(vec![start]),
        }
    }

    /// The regime of a block, counted from the path's beginning.
    pub(super) fn regime(&self, block: i64) -> Regime {
        self.step(block, self.state(block)).0.regime
    }

    /// Random bits that belong to a bar and to nothing of its prices.
    pub(super) const fn trade_bits(&self, bar: i64, index: i64) -> u64 {
        self.trade.bits(bar.wrapping_mul(2 * TICKS_MAX as i64).wrapping_add(index))
    }

    fn state(&self, block: i64) -> State {
        let day = block.div_euclid(DAY_BLOCKS).max(0);
        let mut state = self.day_state(day);
        for earlier in day * DAY_BLOCKS..block {
            state = self.step(earlier, state).1;
        }
        state
    }

    fn day_state(&self, day: i64) -> State {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = days.len() as i64 - 1;
        let mut state = days[days.len() - 1];
        while known < day {
            for block in known * DAY_BLOCKS..(known + 1) * DAY_BLOCKS {
                state = self.step(block, state).1;
            }
            known += 1;
            days.push(state);
        }
        days[day as usize]
    }

    fn step(&self, block: i64, state: State) -> (Move, State) {
        let bits = |index| self.chain.bits(block * 4 + index);
        let regime = state.regime.next(bits(0));
        let anchor = if regime == state.regime { state.anchor } else { state.level };
        let character = regime.character();
        let hour = block.rem_euclid(DAY_BLOCKS) / 4;
        let average = self.block_deviation * season(hour as usize);
        let deviation = average * character.volatility;
        let line = self.settings.drift * block as f64 / YEAR_BLOCKS;
        let distance = deviation * normal(bits(1))
            + average * character.drift
            + character.pull * (anchor - state.level)
            + REVERSION_PER_YEAR / YEAR_BLOCKS * (line - state.level);
        let (jump, jump_bar) = self.jump(bits(2), bits(3));
        let from = state.level;
        let moved = Move { regime, from, distance, jump, jump_bar, deviation };
        (moved, State { level: from + distance + jump, anchor, regime })
    }

    fn jump(&self, chance: u64, bits: u64) -> (f64, usize) {
        if unit(chance) >= JUMP_PROBABILITY {
            return (0.0, 0);
        }
        let size = self.block_deviation * (3.0 + 4.0 * unit(bits));
        let bar = (bits & 0xFF) as usize % BLOCK_BARS;
        (if bits & 0x100 == 0 { size } else { -size }, bar)
    }

    /// The logarithmic price at the beginning of each bar of a block, and at the end of the last.
    fn levels(&self, block: i64, moved: &Move) -> [f64; BLOCK_BARS + 1] {
        let memory = moved.regime.character().memory;
        let first = block * BLOCK_BARS as i64;
        let mut levels = [0.0; BLOCK_BARS + 1];
        let mut noise = 0.0;
        for (bar, level) in levels.iter_mut().enumerate().skip(1) {
            noise = memory * noise + normal(self.noise.bits(first + bar as i64));
            *level = noise;
        }
        let spread = moved.deviation / (BLOCK_BARS as f64).sqrt();
        for (bar, level) in levels.iter_mut().enumerate() {
            let part = bar as f64 / BLOCK_BARS as f64;
            let jumped = if bar > moved.jump_bar { moved.jump } else { 0.0 };
            *level = moved.from + moved.distance * part + spread * (*level - noise * part) + jumped;
        }
        levels
    }

    fn bars(&self, block: i64, moved: &Move) -> Vec<RawBar> {
        let prices = self.levels(block, moved).map(|level| self.settings.start_ticks * exp(level));
        let spread = moved.deviation / (BLOCK_BARS as f64).sqrt();
        let first = block * BLOCK_BARS as i64;
        let hour = block.rem_euclid(DAY_BLOCKS) / 4;
        let mut bars = Vec::with_capacity(BLOCK_BARS);
        for (place, pair) in prices.windows(2).enumerate() {
            if let &[from, to] = pair {
                let bar = self.bar(first + place as i64, [from, to], spread, hour as usize);
                bars.push(bar);
            }
        }
        bars
    }

    /// A bar from where its walk begins and ends. Its extremes are those of a random walk between
    /// these two: the maximum of a Brownian bridge has the distribution of
    /// (d + √(d² + 2s²E)) / 2 above its start, with its move d, its deviation s and an
    /// exponential deviate E.
    fn bar(&self, index: i64, [from, to]: [f64; 2], spread: f64, hour: usize) -> RawBar {
        let bits = self.range.bits(index * 3);
        let (moved, deviation) = (to - from, from * spread);
        let reach = |direction: f64, bits: u64| {
            let moved = direction * moved;
            let excess = 2.0 * deviation * deviation * exponential(bits);
            (moved + (moved * moved + excess).sqrt()) / 2.0
        };
        // The first trade may be a tick beside the last one of the bar before.
        let beside = [-1, 0, 0, 1][(bits & 3) as usize];
        let open = (ticks(from) + beside).max(1);
        let close = ticks(to);
        let high = ticks(from + reach(1.0, self.range.bits(index * 3 + 1)));
        let low = ticks(from - reach(-1.0, self.range.bits(index * 3 + 2)));
        let high = high.max(open).max(close);
        let low = low.min(open).min(close);
        let volume = self.volume(bits, (high - low) as f64, from, hour);
        RawBar { open, high, low, close, volume }
    }

    /// More is traded when the range is wide and when the hour is busy.
    fn volume(&self, bits: u64, range: f64, price: f64, hour: usize) -> i64 {
        // A random walk's mean range is 1.6 times its deviation.
        let average_range = 1.6 * price * self.block_deviation / (BLOCK_BARS as f64).sqrt();
        let busy = season(hour) * season(hour);
        let lively = 0.2 + 0.8 * range / average_range;
        let lots = self.settings.lots_per_bar * busy * lively * (0.5 + unit(bits));
        (lots as i64).max(TICKS_MAX as i64)
    }
}

/// The nearest tick, and never less than one.
fn ticks(price: f64) -> i64 {
    ((price + 0.5) as i64).max(1)
}

/// Walks along a path bar by bar.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The block after the bars at hand, and the chain's state before it.
    block: i64,
    state: State,
    bars: Vec<RawBar>,
    place: usize,
}

impl Cursor {
    /// Before the bar with this index, counted from the path's beginning.
    pub(super) fn new(path: &Path, bar: i64) -> Self {
        let block = bar.div_euclid(BLOCK_BARS as i64);
        let state = path.state(block);
        let mut cursor = Self { block, state, bars: Vec::new(), place: 0 };
        cursor.fill(path);
        cursor.place = bar.rem_euclid(BLOCK_BARS as i64) as usize;
        cursor
    }

    pub(super) fn next(&mut self, path: &Path) -> RawBar {
        if self.place == self.bars.len() {
            self.fill(path);
        }
        self.place += 1;
        self.bars[self.place - 1]
    }

    fn fill(&mut self, path: &Path) {
        let (moved, state) = path.step(self.block, self.state);
        self.bars = path.bars(self.block, &moved);
        self.block += 1;
        self.state = state;
        self.place = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { start_ticks: 10_000.0, volatility: 0.6, drift: 0.05, lots_per_bar: 500.0 };

    fn path(seed: u64) -> Path {
        Path::new(seed, "KELP/USD", SETTINGS)
    }

    fn daily_levels(path: &Path, days: i64) -> Vec<f64> {
        (0..=days).map(|day| path.day_state(day).level).collect()
    }

    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        let (sum, count) =
            values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    }

    #[test]
    fn daily_closes_are_as_volatile_as_set() {
        let squares = (0..40).map(|seed| {
            let levels = daily_levels(&path(seed), 1_825);
            mean(levels.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])))
        });
        let volatility = (mean(squares) * 365.0).sqrt();
        assert!((volatility / SETTINGS.volatility - 1.0).abs() < 0.02, "{volatility}");
    }

    #[test]
    fn the_price_keeps_to_its_line_over_the_years() {
        let ends = (0..60).map(|seed| path(seed).day_state(1_825).level);
        let drift = mean(ends) / 5.0;
        assert!((drift - SETTINGS.drift).abs() < 0.03, "{drift} a year");
        for seed in 0..8 {
            let levels = daily_levels(&path(seed), 3_650);
            let furthest = levels.iter().fold(0.0_f64, |most, level| most.max(level.abs()));
            assert!((0.3..2.5).contains(&furthest), "seed {seed} goes {furthest} away");
        }
    }

    #[test]
    fn regimes_look_as_they_are_called() {
        let path = path(5);
        let mut state = path.state(0);
        let mut moves: [Vec<f64>; 5] = Default::default();
        for block in 0..200_000 {
            let (moved, after) = path.step(block, state);
            let hour = (block % DAY_BLOCKS / 4) as usize;
            moves[moved.regime as usize].push(moved.distance / path.block_deviation / season(hour));
            state = after;
        }
        let carried = |regime: Regime| mean(moves[regime as usize].iter().copied());
        let size = |regime: Regime| mean(moves[regime as usize].iter().map(|moved| moved.abs()));
        assert!(carried(Regime::TrendUp) > 0.2 && carried(Regime::TrendDown) < -0.2);
        assert!(carried(Regime::Range).abs() < 0.1 && carried(Regime::Volatile).abs() < 0.1);
        assert!(size(Regime::Volatile) > 2.0 * size(Regime::TrendUp));
        assert!(size(Regime::Calm) < 0.6 * size(Regime::Range));
    }

    #[test]
    fn bars_are_whole_and_follow_each_other() {
        for (seed, start_ticks) in [(1, 10_000.0), (2, 3.0), (3, 1e9)] {
            let path = Path::new(seed, "X", Settings { start_ticks, ..SETTINGS });
            let mut cursor = Cursor::new(&path, 17_280 * 20);
            let mut last = None;
            for _ in 0..20_000 {
                let bar = cursor.next(&path);
                let RawBar { open, high, low, close, volume } = bar;
                assert!(1 <= low && low <= open.min(close) && open.max(close) <= high, "{bar:?}");
                assert!(volume >= TICKS_MAX as i64);
                let beside = last.map_or(0, |last: i64| (open - last).abs());
                assert!(beside <= 1, "opens {beside} ticks from the last close");
                last = Some(close);
            }
        }
    }

    #[test]
    fn a_bar_is_the_same_from_wherever_one_starts() {
        let (near, far) = (path(9), path(9));
        let mut walked = Cursor::new(&near, 0);
        for bar in 0..40_000 {
            let expected = walked.next(&near);
            if bar % 1_371 == 0 {
                assert_eq!(Cursor::new(&far, bar).next(&far), expected, "bar {bar}");
            }
        }
    }

    #[test]
    fn volume_goes_with_the_range_and_the_hour() {
        let path = path(4);
        let mut cursor = Cursor::new(&path, 0);
        let bars: Vec<_> = (0..17_280 * 5).map(|_| cursor.next(&path)).collect();
        let volume = |bars: &[&RawBar]| mean(bars.iter().map(|bar| bar.volume as f64));
        let (wide, narrow): (Vec<_>, Vec<_>) = bars.iter().partition(|bar| bar.high - bar.low > 3);
        assert!(volume(&wide) > 1.5 * volume(&narrow));
        let hour = |hour: usize| {
            let of_hour = bars.iter().enumerate().filter(|(bar, _)| bar / 720 % 24 == hour);
            volume(&of_hour.map(|(_, bar)| bar).collect::<Vec<_>>())
        };
        assert!(hour(14) > 2.0 * hour(4));
        let all = volume(&bars.iter().collect::<Vec<_>>()) / SETTINGS.lots_per_bar;
        assert!((0.6..1.6).contains(&all), "{all} of the mean volume");
    }

    #[test]
    fn jumps_come_about_every_third_day() {
        let path = path(8);
        let jumps = (0..200_000_i64).filter(|block| {
            let bits = |index| path.chain.bits(block * 4 + index);
            path.jump(bits(2), bits(3)).0 != 0.0
        });
        let days_apart = 200_000.0 / 96.0 / jumps.count() as f64;
        assert!((2.7..3.4).contains(&days_apart), "{days_apart}");
    }
}
