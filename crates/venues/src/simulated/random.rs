//! Randomness by place instead of by turn: the n-th number of a stream is computed, not waited
//! for, so that any bar of the simulated market can be made without those before it.
//!
//! This is splitmix64, whose n-th output is a mix of its seed plus n times a constant. A
//! cryptographic generator such as ChaCha would cost ten times as much for a single number and
//! gives nothing here: nobody is to be kept from guessing a simulated price.
//!
//! The same seed gives the same market on every platform. Rust's float addition, multiplication,
//! division and square root round alike everywhere, to the last bit; logarithm, exponential and
//! trigonometric functions do not, so they are not used: [`exp`] is a polynomial, and normal
//! deviates are sums.

/// A stream of random bits, for one purpose of one instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Stream {
    pub(super) fn new(seed: u64, name: &str, purpose: u64) -> Self {
        let named = name.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)));
        Self(mix(named ^ mix(purpose)))
    }

    pub(super) const fn bits(self, index: i64) -> u64 {
        mix(self.0.wrapping_add(GOLDEN.wrapping_mul(index.cast_unsigned())))
    }
}

const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(GOLDEN);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Evenly from 0 (included) to 1 (excluded), from the upper 53 bits.
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Mean 0, standard deviation 1, close to normal within ±3.46, beyond which it never goes: the
/// sum of four even deviates. The market's fat tails come from its regimes and jumps.
pub(super) fn normal(bits: u64) -> f64 {
    const MEAN: f64 = 2.0 * 65_535.0;
    // Four times the variance of an even integer below 65,536, (65,536² - 1) / 12, square root.
    const DEVIATION: f64 = 37_837.227_2;
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
    (sum as f64 - MEAN) / DEVIATION
}

/// Mean 1, close to exponential: half the sum of two squared, nearly normal deviates.
pub(super) fn exponential(bits: u64) -> f64 {
    let triangular = |bits: u64| {
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF);
        (sum as f64 - 65_535.0) / 26_754.960_4
    };
    let (a, b) = (triangular(bits), triangular(bits >> 32));
    (a * a + b * b) / 2.0
}

/// 1 / n!, the coefficients of the exponential's power series; twelve leave an error of 1e-15.
const COEFFICIENTS: [f64; 13] = {
    let mut coefficients = [1.0; 13];
    let mut term = 1;
    while term < coefficients.len() {
        coefficients[term] = coefficients[term - 1] / term as f64;
        term += 1;
    }
    coefficients
};

/// e to the power of `x`, to 15 digits; arguments are kept within ±40.
pub(super) fn exp(x: f64) -> f64 {
    use std::f64::consts::{LN_2, LOG2_E};
    let x = x.clamp(-40.0, 40.0);
    let power = (x * LOG2_E + 0.5).floor();
    let rest = x - power * LN_2;
    let sum = COEFFICIENTS.iter().rev().fold(0.0, |sum, coefficient| sum * rest + coefficient);
    // The power is within ±58, so that the exponent's bits are in range.
    let exponent = (power as i64 + 1023).cast_unsigned();
    sum * f64::from_bits(exponent << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(count: i64, deviate: impl Fn(u64) -> f64) -> (f64, f64) {
        let stream = Stream::new(1, "moments", 0);
        let values: Vec<_> = (0..count).map(|index| deviate(stream.bits(index))).collect();
        let mean = values.iter().sum::<f64>() / count as f64;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count as f64;
        (mean, variance)
    }

    #[test]
    fn deviates_have_the_moments_they_say() {
        let near = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            assert!((mean - expected.0).abs() < 0.01, "mean {mean}, not {}", expected.0);
            assert!((variance - expected.1).abs() < 0.02, "variance {variance}");
        };
        near(moments(200_000, unit), (0.5, 1.0 / 12.0));
        near(moments(200_000, normal), (0.0, 1.0));
        // Triangular squares have a kurtosis of 2.4, so less than the true 1.
        near(moments(200_000, exponential), (1.0, 0.7));
    }

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for step in -4_000..=4_000 {
            let x = f64::from(step) / 100.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::MAX).is_finite() && exp(f64::MIN) > 0.0);
    }

    #[test]
    fn streams_differ_by_seed_name_and_purpose() {
        let first = |seed, name, purpose| Stream::new(seed, name, purpose).bits(0);
        let all = [
            first(1, "ACME", 0),
            first(2, "ACME", 0),
            first(1, "ACMF", 0),
            first(1, "ACM", 0),
            first(1, "ACME", 1),
            Stream::new(1, "ACME", 0).bits(1),
            Stream::new(1, "ACME", 0).bits(-1),
        ];
        for (place, bits) in all.iter().enumerate() {
            assert!(!all[..place].contains(bits), "{place}");
        }
        assert_eq!(first(1, "ACME", 0), Stream::new(1, "ACME", 0).bits(0));
    }
}
