//! Tests of the indicators, and the seeded series they run on.

mod catalogue;
mod oracle;
mod robustness;
mod streaming;

use super::{Indicator, Sample, find};

/// All bars of a series; indicators over a series read the closes.
struct Bars {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
}

impl Bars {
    /// Highs and lows at a seeded distance around the closes.
    fn around(close: Vec<f64>, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut distance = || (random.next() * 4.0).floor() / 4.0;
        let high = close.iter().map(|value| value * (1.0 + 0.01 * distance())).collect();
        let low = close.iter().map(|value| value * (1.0 - 0.01 * distance())).collect();
        Self { high, low, close }
    }

    fn samples(&self) -> Vec<Sample> {
        (0..self.close.len())
            .map(|i| Sample {
                series: self.close[i],
                high: self.high[i],
                low: self.low[i],
                close: self.close[i],
                volume: f64::NAN,
            })
            .collect()
    }
}

/// Steele, Lea and Flood's SplitMix64: enough for test data, and the same on every machine.
struct Random(u64);

impl Random {
    /// Uniform in 0 (included) to 1 (excluded).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A random walk of `length` values around `start`, one step about 1 % of it.
fn walk(seed: u64, length: usize, start: f64) -> Vec<f64> {
    let mut random = Random(seed);
    let mut value = start;
    (0..length)
        .map(|_| {
            value *= 1.0 + 0.02 * (random.next() - 0.5);
            value
        })
        .collect()
}

fn indicator(name: &str, params: &[f64]) -> Indicator {
    Indicator::new(find(name).unwrap(), params).unwrap()
}

/// Feeds all samples; one row of outputs per sample.
fn run(indicator: &mut Indicator, samples: &[Sample]) -> Vec<Vec<f64>> {
    samples
        .iter()
        .map(|sample| {
            let mut outputs = vec![7.0; indicator.output_count()];
            indicator.update(sample, &mut outputs);
            outputs
        })
        .collect()
}

/// Feeds a series; the first output per value.
fn run_series(indicator: &mut Indicator, values: &[f64]) -> Vec<f64> {
    let samples: Vec<_> = values.iter().map(|&value| Sample::series(value)).collect();
    run(indicator, &samples).into_iter().map(|outputs| outputs[0]).collect()
}

/// Bit patterns, so that NaN equals NaN and nothing else equals but the same value.
fn bits(rows: &[Vec<f64>]) -> Vec<Vec<u64>> {
    rows.iter().map(|row| row.iter().map(|value| value.to_bits()).collect()).collect()
}

/// One call of every indicator, with ordinary parameters.
const CALLS: &[(&str, &[f64])] = &[
    ("sma", &[10.0]),
    ("ema", &[10.0]),
    ("wma", &[10.0]),
    ("rma", &[10.0]),
    ("rsi", &[14.0]),
    ("atr", &[14.0]),
    ("tr", &[]),
    ("macd", &[12.0, 26.0, 9.0]),
    ("bb", &[20.0, 2.0]),
    ("highest", &[20.0]),
    ("lowest", &[20.0]),
    ("stdev", &[20.0]),
    ("roc", &[10.0]),
    ("change", &[10.0]),
];

#[test]
fn every_indicator_has_a_test_call() {
    let called: Vec<_> = CALLS.iter().map(|(name, _)| *name).collect();
    let listed: Vec<_> = super::CATALOGUE.iter().map(|definition| definition.name).collect();
    assert_eq!(called, listed);
}
