//! A seeded random walk as minute bars in CSV. Its own small generator (splitmix64) makes a seed
//! give the same bytes on every machine and in every year, which no library promises.

use std::io::{self, Write};

/// 2020-01-01T00:00:00Z, the opening time of the first bar.
const FIRST_OPEN_SECONDS: u64 = 1_577_836_800;
const FIRST_PRICE_CENTS: i64 = 100_000;
/// Far from zero, so that a long walk never meets it by its usual steps.
const LOWEST_PRICE_CENTS: i64 = 1_000;

/// Writes a heading and `bars` rows: `time` in epoch seconds of the bar's open, prices with two
/// decimals, a whole volume.
pub(super) fn write(out: &mut impl Write, bars: u64, seed: u64) -> io::Result<()> {
    let mut random = SplitMix64 { state: seed };
    let mut close = FIRST_PRICE_CENTS;
    writeln!(out, "time,open,high,low,close,volume")?;
    for bar in 0..bars {
        let open = (close + random.between(-3, 3)).max(LOWEST_PRICE_CENTS);
        close = (open + random.between(-12, 12)).max(LOWEST_PRICE_CENTS);
        let high = open.max(close) + random.between(0, 5);
        let low = open.min(close) - random.between(0, 5);
        let time = FIRST_OPEN_SECONDS + 60 * bar;
        write!(out, "{time}")?;
        for cents in [open, high, low, close] {
            write!(out, ",{}.{:02}", cents / 100, cents % 100)?;
        }
        writeln!(out, ",{}", random.between(1, 999))?;
    }
    Ok(())
}

/// Vigna's splitmix64 (public domain reference at <https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug)]
struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included. The remainder's bias is below 1e-15.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1).unsigned_abs()) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(bars: u64, seed: u64) -> String {
        let mut out = Vec::new();
        write(&mut out, bars, seed).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_generator_gives_the_reference_sequence() {
        let mut random = SplitMix64 { state: 1_234_567 };
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected.map(|_| random.next()), expected);
    }

    #[test]
    fn a_seed_fixes_the_file_and_another_changes_it() {
        assert_eq!(csv(1_000, 1), csv(1_000, 1));
        assert_ne!(csv(1_000, 1), csv(1_000, 2));
        assert!(csv(1_000, 1).starts_with(&csv(10, 1)), "a longer file begins like a shorter one");
    }

    #[test]
    fn every_bar_is_possible() {
        let text = csv(20_000, 7);
        assert_eq!(text.lines().count(), 20_001);
        for (index, line) in text.lines().skip(1).enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), 6, "{line}");
            assert_eq!(cells[0], (1_577_836_800 + 60 * index).to_string());
            let cents = |cell: &str| cell.replace('.', "").parse::<i64>().unwrap();
            assert!(cells[1..5].iter().all(|cell| cell.split('.').nth(1).unwrap().len() == 2));
            let [open, high, low, close] = [1, 2, 3, 4].map(|column| cents(cells[column]));
            assert!(low > 0 && low <= open.min(close) && open.max(close) <= high, "{line}");
            assert!(cells[5].parse::<u32>().unwrap() >= 1);
        }
    }
}
