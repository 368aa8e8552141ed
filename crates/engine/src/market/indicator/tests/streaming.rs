//! One way to compute: whole, chunked, cloned, shifted and nested feeding give the same bits.

use proptest::prelude::*;

use super::{Bars, CALLS, bits, indicator, run, run_series, walk};

#[test]
fn the_warm_up_is_the_number_of_bars_before_the_first_value() {
    let samples = Bars::around(walk(31, 200, 100.0), 32).samples();
    for (name, params) in CALLS {
        let mut ours = indicator(name, params);
        let warm_up = ours.warm_up_bars() as usize;
        let rows = run(&mut ours, &samples);
        let first = rows.iter().position(|row| row.iter().all(|value| value.is_finite()));
        assert_eq!(first, Some(warm_up), "{name}");
        assert!(rows[..warm_up].iter().flatten().all(|value| value.is_nan()), "{name}");
    }
}

#[test]
fn an_update_writes_its_own_places_only() {
    let samples = Bars::around(walk(33, 60, 100.0), 34).samples();
    for (name, params) in CALLS {
        let mut ours = indicator(name, params);
        let count = ours.output_count();
        let mut outputs = [7.0; 5];
        for sample in &samples {
            ours.update(sample, &mut outputs);
            assert!(outputs[..count].iter().all(|value| *value != 7.0), "{name}");
            assert!(outputs[count..].iter().all(|value| *value == 7.0), "{name}");
        }
    }
}

/// What the average of an oscillator must be: its own warm-up comes after the oscillator's.
#[test]
fn nested_indicators_add_their_warm_ups() {
    let values = walk(35, 100, 100.0);
    let rsi = run_series(&mut indicator("rsi", &[14.0]), &values);
    let smoothed = run_series(&mut indicator("sma", &[10.0]), &rsi);
    assert_eq!(smoothed.iter().position(|value| value.is_finite()), Some(14 + 9));
    let direct = rsi[14..24].iter().sum::<f64>() / 10.0;
    assert!((smoothed[23] - direct).abs() < 1e-12);
}

proptest! {
    #[test]
    fn chunked_feeding_equals_whole_feeding(
        seed: u64,
        length in 0_usize..300,
        cuts in prop::collection::vec(0_usize..300, 0..6),
    ) {
        let samples = Bars::around(walk(seed, length, 100.0), seed ^ 1).samples();
        for (name, params) in CALLS {
            let whole = run(&mut indicator(name, params), &samples);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (length + 1)).collect();
            cuts.extend([0, length]);
            cuts.sort_unstable();
            let mut ours = indicator(name, params);
            let mut chunked = Vec::new();
            for pair in cuts.windows(2) {
                // A chunk may go on with a copy: the memory is all in the value.
                ours = ours.clone();
                chunked.extend(run(&mut ours, &samples[pair[0]..pair[1]]));
            }
            prop_assert_eq!(bits(&whole), bits(&chunked), "{}", name);
        }
    }

    #[test]
    fn leading_undefined_values_only_shift_the_result(
        seed: u64,
        lead in 0_usize..60,
        length in 0_usize..120,
    ) {
        let samples = Bars::around(walk(seed, length, 100.0), seed ^ 1).samples();
        let nothing = super::Sample::bar(f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        let mut late = vec![nothing; lead];
        late.extend_from_slice(&samples);
        for (name, params) in CALLS {
            let ours = run(&mut indicator(name, params), &late);
            let shifted = run(&mut indicator(name, params), &samples);
            prop_assert!(ours[..lead].iter().flatten().all(|value| value.is_nan()));
            prop_assert_eq!(bits(&ours[lead..]), bits(&shifted), "{}", name);
        }
    }

    #[test]
    fn windows_equal_the_plain_definition(
        values in prop::collection::vec(-1e6_f64..1e6, 1..120),
        period in 1_usize..40,
    ) {
        for name in ["sma", "wma", "highest", "lowest", "change"] {
            let ours = run_series(&mut indicator(name, &[period as f64]), &values);
            for (bar, &ours) in ours.iter().enumerate() {
                let ready = if name == "change" { period } else { period - 1 };
                prop_assert_eq!(ours.is_nan(), bar < ready);
                if bar >= ready {
                    let direct = super::robustness::direct(name, &values[..=bar], period);
                    // Values of both signs cancel: the bound is the values' rounding.
                    prop_assert!((ours - direct).abs() <= 1e-8, "{} {} {}", name, ours, direct);
                }
            }
        }
    }
}
