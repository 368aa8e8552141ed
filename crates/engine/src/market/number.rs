//! The door between exact decimals and the floats of indicators.
#![expect(clippy::float_arithmetic, reason = "indicators are computed in floats")]

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Powers of ten that a float holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
const EXACT_MANTISSA: u128 = 1 << 53;

/// The float nearest to `decimal`.
#[must_use]
pub fn float_of(decimal: Decimal) -> f64 {
    let mantissa = decimal.mantissa();
    // Both numbers are exact here, so that the one division rounds correctly (Clinger 1990).
    if mantissa.unsigned_abs() <= EXACT_MANTISSA
        && let Ok(mantissa) = i64::try_from(mantissa)
        && let Some(power) = EXACT_POWERS.get(decimal.scale() as usize)
    {
        return mantissa as f64 / power;
    }
    decimal.to_string().parse().ok().or_else(|| decimal.to_f64()).unwrap_or(f64::NAN)
}

/// The decimal with the fewest digits that reads as `float`, to the nearest of 28 decimals: in a
/// flat market an average true range has more. `None` when it is not finite or too large.
#[must_use]
pub fn decimal_of(float: f64) -> Option<Decimal> {
    if !float.is_finite() {
        return None;
    }
    float.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn floats_are_the_nearest(mantissa: i64, scale in 0u32..=28) {
            let decimal = Decimal::from_i128_with_scale(i128::from(mantissa), scale);
            let expected: f64 = decimal.to_string().parse().unwrap();
            prop_assert_eq!(float_of(decimal), expected);
        }

        #[test]
        fn decimals_read_back(float in -1e12f64..1e12) {
            prop_assert_eq!(float_of(decimal_of(float).unwrap()), float);
        }
    }

    #[test]
    fn what_has_too_many_decimals_is_rounded() {
        let range = decimal_of(1.6074721776807366e-13);
        assert_eq!(range, Some(Decimal::from_i128_with_scale(1_607_472_177_680_737, 28)));
        assert_eq!(decimal_of(1e-40), Some(Decimal::ZERO));
    }

    #[test]
    fn what_is_no_number_is_none() {
        assert_eq!(decimal_of(f64::NAN), None);
        assert_eq!(decimal_of(f64::INFINITY), None);
        assert_eq!(decimal_of(1e300), None);
    }
}
