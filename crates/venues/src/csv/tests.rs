//! The reader as its callers see it: whole files in, bars or one exact complaint out.

use proptest::prelude::*;

use super::*;

const HEADER: &str = "time,open,high,low,close,volume\n";

fn read(text: &str, timeframe: Timeframe, stamped: Stamped) -> Result<Vec<Bar>, String> {
    let options = CsvOptions { timeframe, stamped };
    let bars = read_bars(text.as_bytes(), options).collect::<Result<_, _>>();
    bars.map_err(|error| error.to_string())
}

fn daily(text: &str) -> Result<Vec<Bar>, String> {
    read(text, Timeframe::D1, Stamped::Open)
}

#[test]
fn the_same_bars_come_out_of_every_spelling() {
    let plain = "time,open,high,low,close,volume\n\
                 2024-05-16,100,104.06,95.96,100.34,22351900\n\
                 2024-05-17,101.01,109.08,100.5,108.31,11428600\n";
    let expected = daily(plain).unwrap();
    assert_eq!(expected.len(), 2);
    assert_eq!(expected[0].close_time.to_string(), "2024-05-17T00:00:00Z");
    assert_eq!(expected[1].low.to_string(), "100.5");
    let spellings = [
        plain.replace('\n', "\r\n"),
        plain.replace(',', ";"),
        plain.replace(',', "\t"),
        plain.replace("time", ""),
        plain.replace("time,", ""),
        plain.replace("time", "index"),
        plain.replace("time", "Unnamed: 0"),
        plain.replace("time", "Date").to_uppercase(),
        plain.replacen("time,open,high,low,close,volume\n", "", 1),
        format!("\u{FEFF}{plain}\n\n"),
        plain.trim_end().to_owned(),
        plain.replace("2024-05-16", "1715817600").replace("2024-05-17", "1715904000"),
        plain.replace("2024-05-16", "1715817600.0").replace("2024-05-17", "1715904000.0"),
        plain.replace("2024-05-16", "1715817600000").replace("2024-05-17", "1715904000000"),
        plain.replace("-16", "-16T00:00:00Z").replace("-17", "-17 02:00:00+02:00"),
        plain.replace("100,", "\"100\",").replace("2024-05-17", "\"2024-05-17\""),
        "volume,close,LOW,High,open,name,timestamp\n\
         22351900,100.34,95.96,104.06,100,x,2024-05-16\n\
         11428600,108.31,100.5,109.08,101.01,\"y, z\",2024-05-17\n"
            .to_owned(),
    ];
    for text in spellings {
        assert_eq!(daily(&text), Ok(expected.clone()), "{text}");
    }
}

#[test]
fn volume_is_zero_when_unknown() {
    for text in [
        "time,open,high,low,close\n2024-05-16,1,1,1,1\n",
        "time,open,high,low,close,volume\n2024-05-16,1,1,1,1,\n",
    ] {
        assert!(daily(text).unwrap()[0].volume.is_zero(), "{text}");
    }
}

#[test]
fn times_name_the_open_or_the_close() {
    let text = format!("{HEADER}2024-01-31 10:00:00,1,1,1,1,0\n");
    let cases = [
        (Timeframe::M15, Stamped::Open, "2024-01-31T10:15:00Z"),
        (Timeframe::M15, Stamped::Close, "2024-01-31T10:00:00Z"),
        (Timeframe::Mo1, Stamped::Open, "2024-02-29T10:00:00Z"),
    ];
    for (timeframe, stamped, close) in cases {
        let bars = read(&text, timeframe, stamped).unwrap();
        assert_eq!(bars[0].close_time.to_string(), close);
    }
}

#[test]
fn errors_name_line_column_and_remedy() {
    let good = "2024-05-16,10,12,9,11,5\n";
    let cases = [
        ("2024-05-17,x,12,9,11,5", "line 3, column 'open': 'x' is not a number; write it like"),
        ("2024-05-17,10,NaN,9,11,5", "line 3, column 'high': 'NaN' is not a number; remove"),
        ("2024-05-17,10,12,-9,11,5", "line 3, column 'low': a price must be above zero, got -9"),
        ("2024-05-17,10,12,9,0,5", "line 3, column 'close': a price must be above zero, got 0"),
        ("2024-05-17,10,12,9,inf,5", "line 3, column 'close': 'inf' is not a number"),
        ("2024-05-17,10,12,9,11,-5", "line 3, column 'volume': volume must not be negative"),
        ("2024-05-17,10,12,9,11,much", "line 3, column 'volume': 'much' is not a number"),
        ("2024-05-17,10,12,9,,5", "line 3, column 'close': the value is missing"),
        ("2024-05-17,10,9,12,11,5", "line 3, column 'high': high 9 is below low 12"),
        ("2024-05-17,8,12,9,11,5", "line 3, column 'open': 8 is not between low 9 and high 12"),
        ("2024-05-17,10,12,9,13,5", "line 3, column 'close': 13 is not between low 9"),
        ("17.05.2024,10,12,9,11,5", "line 3, column 'time': '17.05.2024' is not a time; write"),
        ("2024-05-15,10,12,9,11,5", "line 3, column 'time': 2024-05-15T00:00:00Z comes after"),
        ("2024-05-16,10,12,9,11,5", "line 3, column 'time': 2024-05-16T00:00:00Z is also on"),
        ("2024-05-16 01:00:00,10,12,9,11,5", "line 3, column 'time': 2024-05-16T01:00:00Z is l"),
        ("9999-01-01,10,12,9,11,5", "line 3, column 'time': the time 9999-01-01 is outside"),
        ("2262-04-11,10,12,9,11,5", "line 3, column 'time': the time 2262-04-11T00:00:00Z is"),
        ("2024-05-17,10,12,9", "line 3: the line has 4 fields, the first line has 6; repair"),
        ("2024-05-17,1,000,10,9,11,5", "line 3: the line has 7 fields"),
        ("\"2024-05-17,10,12,9,11,5", "line 3: a quoted field is not closed"),
        (
            "2024-05-17,1.2345678901234567890123456789,12,1,11,5",
            "line 3, column 'open': '1.2345678901234567890123456789' has more than 28",
        ),
    ];
    for (row, expected) in cases {
        let text = format!("{HEADER}{good}{row}\n");
        let error = daily(&text).unwrap_err();
        assert!(error.starts_with(expected), "{row}: {error}");
        assert!(error.contains(';'), "says what to do: {error}");
    }
    let error = daily("\n\nDate,Open,High,Low,Close\n\n2024-05-16,1,1,1,x\n").unwrap_err();
    assert!(error.starts_with("line 5, column 'Close'"), "{error}");
}

#[test]
fn files_without_bars_are_errors() {
    let cases = [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (HEADER, "the file has a header but no bars"),
        ("hello world", "no column 'time' in the first line (hello world)"),
        ("{\"open\":1}", "no column 'time'"),
    ];
    for (text, expected) in cases {
        let error = daily(text).unwrap_err();
        assert!(error.starts_with(expected) || error.contains("no column"), "{error}");
    }
}

#[test]
fn nothing_follows_an_error() {
    let text = format!("{HEADER}x,1,1,1,1,1\n2024-05-16,1,1,1,1,1\n");
    let options = CsvOptions { timeframe: Timeframe::D1, stamped: Stamped::Open };
    let mut reader = read_bars(text.as_bytes(), options);
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn a_file_is_loaded_with_what_is_known_about_it() {
    let path = std::env::temp_dir().join(format!("ballast-csv-{}.csv", std::process::id()));
    let rows = "2024-05-16 00:00,1,1,1,1,1\n2024-05-16 00:05,1,1,1,1,1\n";
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    let series = load_bars(&path, Timeframe::M1, Stamped::Open).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((series.bars.len(), series.missing_bars), (2, 4));
    assert_eq!(series.likely_timeframe, Some(Timeframe::M5));
    assert!(series.has_volume);
    let error = load_bars(&path, Timeframe::M1, Stamped::Open).unwrap_err();
    assert!(error.to_string().starts_with("there is no such file; "), "{error}");
}

/// Bars with prices of any size and any number of decimals.
fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let prices = prop::array::uniform4(1_i64..1_000_000_000_000);
    let row = (prices, 0_u32..12, 0_i64..1_000_000_000, 0_u32..6, 1_i64..10);
    prop::collection::vec(row, 1..50).prop_map(|rows| {
        let mut minute = 28_000_000;
        let mut bars = Vec::new();
        for (mut prices, scale, volume, volume_scale, gap) in rows {
            minute += gap;
            prices.sort_unstable();
            let [low, open, close, high] = prices.map(|p| Price::new(Decimal::new(p, scale)));
            bars.push(Bar {
                close_time: Timestamp::from_nanos((minute + 1) * 60_000_000_000),
                open: open.unwrap(),
                high: high.unwrap(),
                low: low.unwrap(),
                close: close.unwrap(),
                volume: Quantity::new(Decimal::new(volume, volume_scale)).unwrap(),
            });
        }
        bars
    })
}

fn written(bars: &[Bar]) -> String {
    let mut text = HEADER.to_owned();
    for bar in bars {
        let time = Timeframe::M1.open_of(bar.close_time);
        let Bar { open, high, low, close, volume, .. } = bar;
        text += &format!("{time},{open},{high},{low},{close},{volume}\n");
    }
    text
}

proptest! {
    #[test]
    fn bars_come_back_as_they_were_written(bars in bars()) {
        let text = written(&bars);
        let back = read(&text, Timeframe::M1, Stamped::Open).unwrap();
        prop_assert_eq!(written(&back), text);
        prop_assert_eq!(back, bars);
    }

    #[test]
    fn any_bytes_are_bars_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let options = CsvOptions { timeframe: Timeframe::M1, stamped: Stamped::Open };
        let read = read_bars(&bytes[..], options).collect::<Vec<_>>();
        prop_assert!(!read.is_empty());
    }

    #[test]
    fn any_damage_is_an_error_or_leaves_true_bars(
        bars in bars(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = written(&bars).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let options = CsvOptions { timeframe: Timeframe::M1, stamped: Stamped::Open };
        let read = read_bars(&bytes[..], options).filter_map(Result::ok).collect::<Vec<_>>();
        for bar in &read {
            prop_assert!(bar.checked().is_ok());
        }
        prop_assert!(read.windows(2).all(|pair| pair[0].close_time < pair[1].close_time));
    }
}

#[test]
fn files_of_others_are_read_whole() {
    let Some(folder) = std::env::var_os("BALLAST_TEST_DATA") else {
        eprintln!("not run: no test data (BALLAST_TEST_DATA is not set)");
        return;
    };
    let cases = [
        ("goog-1d-2004-2013.csv", Timeframe::D1, 2_148, "2013-03-02T00:00:00Z", "2175400"),
        (
            "btcusd-perp-1m-2022-01.csv",
            Timeframe::M1,
            45_031,
            "2022-02-01T05:32:00Z",
            "685906.9735",
        ),
    ];
    for (name, timeframe, count, close, volume) in cases {
        let path = Path::new(&folder).join("ohlcv").join(name);
        let series = load_bars(&path, timeframe, Stamped::Open).unwrap();
        let last = series.bars[series.bars.len() - 1];
        assert_eq!((series.bars.len(), series.missing_bars), (count, 0), "{name}");
        assert_eq!(last.close_time.to_string(), close, "{name}");
        assert_eq!(last.volume.to_string(), volume, "{name}");
        assert_eq!(series.likely_timeframe, Some(timeframe), "{name}");
    }
}
