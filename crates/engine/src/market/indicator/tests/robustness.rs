//! Gaps, spikes, drift and extreme values: nothing may spoil an indicator for longer than it must.

use super::super::{Sample, VALUE_MAX};
use super::{Bars, CALLS, Random, bits, indicator, run, run_series, walk};

const BAD: [f64; 5] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e38, -1e300];

#[test]
fn after_a_bad_value_everything_is_as_if_newly_made() {
    let bars = Bars::around(walk(21, 200, 100.0), 22);
    let samples = bars.samples();
    for (name, params) in CALLS {
        for bad in BAD {
            for gap_at in [0, 1, 7, 33, 100] {
                let place = format!("{name} {bad} at {gap_at}");
                let mut broken = samples.clone();
                broken[gap_at] = Sample { series: bad, high: bad, ..samples[gap_at] };
                let ours = run(&mut indicator(name, params), &broken);
                assert!(ours[gap_at].iter().all(|value| value.is_nan()), "{place}");
                let before = run(&mut indicator(name, params), &samples[..gap_at]);
                assert_eq!(bits(&ours[..gap_at]), bits(&before), "{place}");
                let after = run(&mut indicator(name, params), &samples[gap_at + 1..]);
                assert_eq!(bits(&ours[gap_at + 1..]), bits(&after), "{place}");
            }
        }
    }
}

#[test]
fn a_bar_with_any_bad_price_is_bad() {
    let samples = Bars::around(walk(23, 60, 100.0), 24).samples();
    for spoil in [
        |sample: &mut Sample| sample.high = f64::NAN,
        |sample: &mut Sample| sample.low = f64::NAN,
        |sample: &mut Sample| sample.close = f64::NAN,
    ] {
        let mut broken = samples.clone();
        spoil(&mut broken[30]);
        let ours = run(&mut indicator("atr", &[5.0]), &broken);
        let after = run(&mut indicator("atr", &[5.0]), &samples[31..]);
        assert!(ours[30][0].is_nan());
        assert_eq!(bits(&ours[31..]), bits(&after));
    }
}

#[test]
fn volume_may_be_missing_and_the_wrong_kind_of_sample_is_undefined() {
    let bar = Sample::bar(11.0, 9.0, 10.0, f64::NAN);
    assert_eq!(run(&mut indicator("tr", &[]), &[bar, bar])[1], [2.0]);
    assert!(run(&mut indicator("sma", &[1.0]), &[bar])[0][0].is_nan());
    assert!(run(&mut indicator("tr", &[]), &[Sample::series(1.0); 3])[2][0].is_nan());
}

#[test]
fn windows_hold_a_bad_value_exactly_as_long_as_they_are() {
    let mut values = walk(25, 60, 100.0);
    values[30] = f64::NAN;
    for (name, extra) in [("sma", 0), ("wma", 0), ("stdev", 0), ("highest", 0), ("change", 1)] {
        let ours = run_series(&mut indicator(name, &[5.0]), &values);
        let undefined: Vec<_> = (10..60).filter(|&bar| ours[bar].is_nan()).collect();
        assert_eq!(undefined, (30..35 + extra).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_spike_leaves_no_trace_once_it_has_left_the_window() {
    for spike in [1e15, -1e15, 1e30, VALUE_MAX] {
        for spike_at in 100..110 {
            let mut values = walk(26, 300, 100.0);
            values[spike_at] = spike;
            for name in ["sma", "wma", "stdev", "highest", "lowest", "roc", "change"] {
                let ours = run_series(&mut indicator(name, &[10.0]), &values);
                for bar in (10..spike_at).chain(spike_at + 11..300) {
                    let direct = direct(name, &values[..=bar], 10);
                    assert_close(ours[bar], direct, 1e-12, &format!("{name} {spike_at} {bar}"));
                }
            }
        }
    }
}

#[test]
fn a_window_that_holds_a_spike_is_right_too() {
    let mut values = walk(27, 60, 100.0);
    values[30] = 1e15;
    for name in ["sma", "wma", "stdev"] {
        let ours = run_series(&mut indicator(name, &[10.0]), &values);
        for bar in 30..40 {
            assert_close(ours[bar], direct(name, &values[..=bar], 10), 1e-12, name);
        }
    }
}

#[test]
fn two_million_updates_do_not_drift() {
    let mut values = walk(28, 2_000_000, 100.0);
    for spike_at in (50_000..1_950_000).step_by(130_003) {
        values[spike_at] = 1e15;
    }
    for (name, period) in [("sma", 20), ("sma", 200), ("wma", 50), ("stdev", 20), ("stdev", 500)] {
        let mut ours = indicator(name, &[f64::from(period)]);
        let period = period as usize;
        let mut output = [0.0];
        for (bar, &value) in values.iter().enumerate() {
            ours.update(&Sample::series(value), &mut output);
            if bar % 7_919 == 7_918 || bar + 1 == values.len() {
                let direct = direct(name, &values[..=bar], period);
                assert_close(output[0], direct, 1e-12, &format!("{name} {period} {bar}"));
            }
        }
    }
}

#[test]
fn recursive_averages_forget_a_spike_as_their_definition_says() {
    let mut values = walk(29, 5_000, 100.0);
    let clean = values.clone();
    values[100] = 1e15;
    for name in ["ema", "rma", "rsi"] {
        let ours = run_series(&mut indicator(name, &[10.0]), &values);
        let expected = run_series(&mut indicator(name, &[10.0]), &clean);
        assert_close(ours[4_999], expected[4_999], 1e-12, name);
    }
}

#[test]
fn a_deviation_is_never_negative_or_nan_on_almost_flat_values() {
    for base in [0.1, 46_377.5, 1e-170, 3e36] {
        let values: Vec<_> =
            (0..500).map(|i| base * (1.0 + f64::from(i % 3) * f64::EPSILON)).collect();
        for period in [2.0, 3.0, 17.0, 100.0] {
            let ours = run_series(&mut indicator("stdev", &[period]), &values);
            let undefined = ours.iter().filter(|value| value.is_nan()).count();
            assert_eq!(undefined, period as usize - 1);
            assert!(ours.iter().all(|value| value.is_nan() || (0.0..=base).contains(value)));
        }
    }
}

#[test]
fn a_deviation_is_never_nan_on_values_whose_squares_are_too_small_for_a_float() {
    let mut random = Random(30);
    for scale in [4e-164, 9.5e-163, 1.1e-162, 2.3e-162] {
        let values: Vec<_> = (0..20_000)
            .map(|_| if random.next() < 0.8 { scale } else { (random.next() - 0.5) * scale })
            .collect();
        for period in [3.0, 12.0, 25.0] {
            let ours = run_series(&mut indicator("stdev", &[period]), &values);
            assert_eq!(ours.iter().filter(|value| value.is_nan()).count(), period as usize - 1);
        }
    }
}

#[test]
fn a_quotient_beyond_all_floats_is_undefined_for_that_bar_only() {
    let ours = run_series(&mut indicator("roc", &[1.0]), &[1e-300, 1e30, 2e30]);
    assert!(ours[0].is_nan() && ours[1].is_nan());
    assert_close(ours[2], 100.0, 1e-12, "roc");
}

#[test]
fn a_flat_series_keeps_its_level_for_ever() {
    let values = vec![46_377.3; 200_000];
    for name in ["ema", "rma"] {
        let ours = run_series(&mut indicator(name, &[14.0]), &values);
        assert_close(ours[199_999], 46_377.3, 1e-15, name);
    }
}

fn assert_close(ours: f64, expected: f64, relative: f64, place: &str) {
    let allowed = relative * ours.abs().max(expected.abs());
    assert!((ours - expected).abs() <= allowed, "{place}: {ours} is not {expected}");
}

/// The definition written down as plainly as possible, over the end of `values`.
pub(super) fn direct(name: &str, values: &[f64], period: usize) -> f64 {
    let last = values[values.len() - 1];
    let window = &values[values.len() - period..];
    let mean = window.iter().sum::<f64>() / period as f64;
    match name {
        "sma" => mean,
        "wma" => {
            let weights = (1..=period).map(|weight| weight as f64);
            let total: f64 = window.iter().zip(weights).map(|(value, weight)| value * weight).sum();
            total / (period * (period + 1) / 2) as f64
        }
        "stdev" => {
            let squares: f64 = window.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / period as f64).sqrt()
        }
        "highest" => window.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "lowest" => window.iter().copied().fold(f64::INFINITY, f64::min),
        "roc" | "change" if values.len() <= period => f64::NAN,
        "roc" => (last / values[values.len() - 1 - period] - 1.0) * 100.0,
        "change" => last - values[values.len() - 1 - period],
        _ => unreachable!("no direct form of {name}"),
    }
}
