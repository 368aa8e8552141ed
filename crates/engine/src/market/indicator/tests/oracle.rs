//! Every indicator against TA-Lib's own Rust port, bar by bar.

use ta_lib::{Core, MAType, OutRange, RetCode};

use super::{Bars, Random, indicator, run, walk};

const PERIODS: &[i32] = &[1, 2, 3, 5, 10, 14, 20, 50, 199, 399, 400, 401, 5000];
const LENGTH: usize = 400;

/// TA-Lib's answer in the shape of ours: NaN before its first value.
type Answer = Vec<[f64; 3]>;

type Run<'a> = dyn FnMut(&mut [f64]) -> Result<OutRange, RetCode> + 'a;

#[test]
fn averages_equal_ta_lib() {
    let core = Core::new();
    for_each_series_and_period(1, |bars, n| {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        compare("sma", bars, &[n], &single(close, &mut |out| core.sma(0, last, close, n, out)));
        compare("ema", bars, &[n], &single(close, &mut |out| core.ema(0, last, close, n, out)));
        compare("wma", bars, &[n], &single(close, &mut |out| core.wma(0, last, close, n, out)));
        compare("rma", bars, &[n], &single(close, &mut |out| core.rma(0, last, close, n, out)));
    });
}

#[test]
fn ranges_equal_ta_lib() {
    let core = Core::new();
    for_each_series_and_period(1, |bars, n| {
        let (high, low, close) = (&bars.high[..], &bars.low[..], &bars.close[..]);
        let last = close.len() - 1;
        let atr = single(close, &mut |out| core.atr(0, last, high, low, close, n, out));
        compare("atr", bars, &[n], &atr);
        let range = single(close, &mut |out| core.trange(0, last, high, low, close, out));
        compare("tr", bars, &[], &range);
    });
}

#[test]
fn momentum_equals_ta_lib() {
    let core = Core::new();
    for_each_series_and_period(1, |bars, n| {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        compare("roc", bars, &[n], &single(close, &mut |out| core.roc(0, last, close, n, out)));
        let change = single(close, &mut |out| core.mom(0, last, close, n, out));
        compare("change", bars, &[n], &change);
        compare("mom", bars, &[n], &change);
    });
    for_each_series_and_period(2, |bars, n| {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        let mut rsi = single(close, &mut |out| core.rsi(0, last, close, n, out));
        // Where nothing has moved since the first bar, the port answers 50 and TA-Lib's C library
        // (to 0.8.1) answers 0. We follow the C library.
        let first_move = close.iter().position(|value| *value != close[0]);
        for value in &mut rsi[..first_move.unwrap_or(close.len())] {
            value[0] = if value[0] == 50.0 { 0.0 } else { value[0] };
        }
        compare("rsi", bars, &[n], &rsi);
    });
}

#[test]
fn windows_equal_ta_lib() {
    let core = Core::new();
    for_each_series_and_period(2, |bars, n| {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        let highest = single(close, &mut |out| core.max(0, last, close, n, out));
        compare("highest", bars, &[n], &highest);
        let lowest = single(close, &mut |out| core.min(0, last, close, n, out));
        compare("lowest", bars, &[n], &lowest);
        let deviation = single(close, &mut |out| core.stddev(0, last, close, n, 1.0, out));
        compare("stdev", bars, &[n], &deviation);
    });
}

#[test]
fn bands_equal_ta_lib() {
    let core = Core::new();
    for_each_series_and_period(2, |bars, n| {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        for multiplier in [0.5, 2.0, 3.0] {
            let [mut upper, mut middle, mut lower] = [(); 3].map(|()| vec![0.0; close.len()]);
            let range = core
                .bbands(
                    0,
                    last,
                    close,
                    n,
                    multiplier,
                    multiplier,
                    MAType::SMA,
                    &mut upper,
                    &mut middle,
                    &mut lower,
                )
                .unwrap();
            let theirs = align(range, close.len(), [&upper, &middle, &lower]);
            compare_values("bb", bars, &[f64::from(n), multiplier], &theirs);
        }
    });
}

#[test]
fn macd_equals_ta_lib() {
    let core = Core::new();
    let cases = [
        (12, 26, 9),
        (26, 12, 9),
        (2, 3, 1),
        (5, 5, 5),
        (2, 200, 50),
        (3, 390, 10),
        (3, 390, 11),
        (10, 5000, 9),
    ];
    for bars in all_series() {
        let (close, last) = (&bars.close[..], bars.close.len() - 1);
        for (fast, slow, signal) in cases {
            let [mut line, mut smoothed, mut histogram] = [(); 3].map(|()| vec![0.0; close.len()]);
            let range = core
                .macd(0, last, close, fast, slow, signal, &mut line, &mut smoothed, &mut histogram)
                .unwrap();
            let theirs = align(range, close.len(), [&line, &smoothed, &histogram]);
            compare("macd", &bars, &[fast, slow, signal], &theirs);
        }
    }
}

#[test]
fn extremes_and_averages_of_one_bar_are_the_bar() {
    for name in ["sma", "ema", "wma", "rma", "highest", "lowest"] {
        for mut bars in all_series() {
            // The values after a spike must not be rounded to its scale.
            bars.close[0] = 1e15;
            let ours = run(&mut indicator(name, &[1.0]), &bars.samples());
            assert!(ours.iter().map(|row| row[0]).eq(bars.close.iter().copied()), "{name}");
        }
    }
}

#[test]
fn a_flat_series_has_no_movement_at_all() {
    let bars = Bars { high: vec![0.1; 99], low: vec![0.1; 99], close: vec![0.1; 99] };
    for (name, params) in [("rsi", &[14.0][..]), ("stdev", &[20.0]), ("atr", &[5.0])] {
        let ours = run(&mut indicator(name, params), &bars.samples());
        assert_eq!(ours[98], [0.0], "{name}");
    }
    let bands = run(&mut indicator("bb", &[20.0, 2.0]), &bars.samples());
    assert_eq!(bands[98], [0.1, 0.1, 0.1]);
}

#[test]
fn rate_of_change_from_zero_is_zero_as_in_ta_lib() {
    let close = vec![0.0, 1.0, 2.0, 0.0, 5.0, 6.0];
    let bars = Bars::around(close.clone(), 1);
    let core = Core::new();
    compare("roc", &bars, &[1], &single(&close, &mut |out| core.roc(0, 5, &close, 1, out)));
}

fn for_each_series_and_period(least: i32, mut check: impl FnMut(&Bars, i32)) {
    for bars in all_series() {
        for &period in PERIODS.iter().filter(|period| **period >= least) {
            check(&bars, period);
        }
    }
}

/// Walks at several price levels, ties, flat stretches, steps, and nothing but one price.
fn all_series() -> Vec<Bars> {
    let ticked = |seed: u64, tick: f64| -> Vec<f64> {
        walk(seed, LENGTH, 100.0).iter().map(|value| (value / tick).round() * tick).collect()
    };
    let mut random = Random(17);
    let mut level = 250.0;
    let stretches = (0..LENGTH)
        .map(|_| {
            if random.next() < 0.03 {
                level = 200.0 + (random.next() * 100.0).round();
            }
            level
        })
        .collect();
    let late_start =
        (0..LENGTH).map(|i| if i < 60 { 100.0 } else { 100.0 + (i % 7) as f64 }).collect();
    [
        walk(1, LENGTH, 100.0),
        walk(2, LENGTH, 46_000.0),
        walk(3, LENGTH, 1e-8),
        walk(4, LENGTH, 1e9),
        ticked(5, 0.25),
        ticked(6, 2.0),
        stretches,
        late_start,
        vec![46_377.5; LENGTH],
        vec![1.0],
    ]
    .into_iter()
    .zip(50..)
    .map(|(close, seed)| Bars::around(close, seed))
    .collect()
}

fn single(close: &[f64], run: &mut Run<'_>) -> Answer {
    let mut output = vec![0.0; close.len()];
    let range = run(&mut output).unwrap();
    align(range, close.len(), [&output, &output, &output])
}

fn align(range: OutRange, length: usize, outputs: [&[f64]; 3]) -> Answer {
    let first = if range.count == 0 { length } else { range.beg_idx };
    (0..length)
        .map(|i| outputs.map(|output| if i < first { f64::NAN } else { output[i - first] }))
        .collect()
}

fn compare(name: &str, bars: &Bars, params: &[i32], theirs: &Answer) {
    let params: Vec<_> = params.iter().map(|&param| f64::from(param)).collect();
    compare_values(name, bars, &params, theirs);
}

/// Equal to 1e-9 relative. A difference of two prices is known only to the rounding of the prices
/// it comes from, so near zero 1e-13 of the price is allowed as well.
fn compare_values(name: &str, bars: &Bars, params: &[f64], theirs: &Answer) {
    let mut ours = indicator(name, params);
    let warm_up = ours.warm_up_bars() as usize;
    let rounding = match name {
        "macd" => 1e-13 * bars.close[0],
        _ => 0.0,
    };
    for (bar, row) in run(&mut ours, &bars.samples()).iter().enumerate() {
        for (output, (&ours, &theirs)) in row.iter().zip(&theirs[bar]).enumerate() {
            let place = || format!("{name}{params:?} output {output} bar {bar}: {ours} {theirs}");
            assert_eq!(ours.is_nan(), bar < warm_up, "{}", place());
            assert_eq!(theirs.is_nan(), bar < warm_up, "{}", place());
            let allowed = 1e-9 * ours.abs().max(theirs.abs()) + rounding;
            assert!(ours.is_nan() || (ours - theirs).abs() <= allowed, "{}", place());
        }
    }
}
