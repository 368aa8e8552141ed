use serde_json::json;

use super::*;

fn request() -> Value {
    json!({
        "timeframe": "1d",
        "strategyConfig": {
            "version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["A", "B"],
            "entry": "close > 0", "sizing": {"type": "fixedQuantity", "quantity": "1"}
        },
        "data": {"source": "upload"}
    })
}

/// The request with `value` at this JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut request = request();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    request.pointer_mut(parent).unwrap()[name] = value;
    request
}

fn faults(request: &Value) -> Vec<String> {
    let faults = RunRequest::read(&request.to_string()).err().unwrap_or_default();
    faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect()
}

#[test]
fn what_is_absent_is_as_on_the_command_line() {
    let read = RunRequest::read(&request().to_string()).unwrap();
    let Backtest { request, stamped, range, .. } = read.checked().unwrap();
    assert_eq!(request.cash, Decimal::from(10_000));
    assert_eq!(request.currency.as_str(), "USD");
    assert_eq!((stamped, range), (Stamped::Open, TimeRange::default()));
    assert_eq!(request.rules.slippage_bps, Decimal::ZERO);
    let free = FeeSchedule::Percent { maker: Decimal::ZERO, taker: Decimal::ZERO };
    assert_eq!(request.rules.fees, free);
    assert_eq!((request.periods_per_year, request.instruments.len()), (None, 2));
    assert_eq!(request.instruments[0].lot_size, None);
    assert_eq!(request.instruments[0].asset_class, AssetClass::Stock);
}

#[test]
fn what_it_says_nothing_of_costs_what_the_venue_takes() {
    let percent = |maker, taker| FeeSchedule::Percent {
        maker: Decimal::new(maker, 2),
        taker: Decimal::new(taker, 2),
    };
    let venue = FillRules {
        fees: percent(2, 5),
        slippage_bps: Decimal::ONE,
        volume_share: Some(Decimal::new(1, 1)),
    };
    let rules = |asked: &Value| {
        let read = RunRequest::read(&asked.to_string()).unwrap().at_venue(&venue);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(RunRequest::read(&written).unwrap(), read);
        read.checked().unwrap().request.rules
    };
    assert_eq!(rules(&request()), venue);
    // Whoever names one fee means all of them.
    let own = rules(&with("/takerFeePct", json!("0.3")));
    assert_eq!((own.fees, own.slippage_bps), (percent(30, 30), Decimal::ONE));
    let free = rules(&with("/feePct", json!(0)));
    assert_eq!(free.fees, percent(0, 0));
    let own = rules(&with("/slippageBps", json!(0)));
    assert_eq!((own.fees, own.slippage_bps), (venue.fees, Decimal::ZERO));
    let own = rules(&with("/volumeShare", json!("0.5")));
    assert_eq!(own.volume_share, Some(Decimal::new(5, 1)));
}

#[test]
fn the_timeframe_is_the_strategys_when_the_request_names_none() {
    let mut asked = with("/strategyConfig/timeframe", json!("1h"));
    asked.as_object_mut().unwrap().remove("timeframe");
    let read = RunRequest::read(&asked.to_string()).unwrap();
    assert_eq!(read.checked().unwrap().request.timeframe, Timeframe::H1);
    asked["cash"] = json!([]);
    let found = faults(&asked);
    assert_eq!(found.len(), 1, "{found:?}");
    asked["strategyConfig"]["timeframe"] = Value::Null;
    let found = faults(&asked);
    assert!(found.iter().any(|fault| fault.starts_with("timeframe: is missing")), "{found:?}");
}

#[test]
fn everything_that_can_be_said_is_heard() {
    let mut asked = request();
    for (field, value) in [
        ("name", json!("Mine")),
        ("symbols", json!(["B", "A"])),
        ("cash", json!("250.5")),
        ("currency", json!("EUR")),
        ("makerFeePct", json!(0.1)),
        ("takerFeePct", json!("0.2")),
        ("slippageBps", json!(5)),
        ("volumeShare", json!("0.25")),
        ("range", json!({"from": "2024-01-01", "to": "2024-02-01T00:00:00Z"})),
        ("stamped", json!("close")),
        ("lot", json!("0.5")),
        ("asset", json!("crypto")),
        ("periodsPerYear", json!(100)),
    ] {
        asked[field] = value;
    }
    let read = RunRequest::read(&asked.to_string()).unwrap();
    // What is stored and shown reads as the same request.
    let written = serde_json::to_string(&read).unwrap();
    assert_eq!(RunRequest::read(&written).unwrap(), read);
    let Backtest { request, strategy, stamped, range } = read.checked().unwrap();
    let fees = FeeSchedule::Percent { maker: Decimal::new(1, 1), taker: Decimal::new(2, 1) };
    assert_eq!((request.rules.fees, request.rules.slippage_bps), (fees, Decimal::from(5)));
    assert_eq!(request.rules.volume_share, Some(Decimal::new(25, 2)));
    assert_eq!((request.cash, request.currency.as_str()), (Decimal::new(2505, 1), "EUR"));
    assert_eq!((strategy.name.as_str(), stamped), ("Mine", Stamped::Close));
    assert_eq!(range.to.unwrap().to_string(), "2024-02-01T00:00:00Z");
    assert_eq!(request.periods_per_year, Some(100.0));
    let lots = request.instruments.iter().map(|instrument| instrument.lot_size.unwrap());
    assert!(lots.into_iter().all(|lot| lot.get() == Decimal::new(5, 1)));
    assert_eq!(request.instruments[1].asset_class, AssetClass::Crypto);
}

#[test]
fn a_bad_value_names_its_field() {
    let cases = [
        ("/cash", json!(0), "cash: it must be at least 0.000001"),
        ("/cash", json!("x"), "cash: 'x' is not a decimal number"),
        ("/cash", json!("1e16"), "cash: it must be at least"),
        ("/feePct", json!(100), "feePct: it must be 0 or more and below 100"),
        ("/makerFeePct", json!("-1"), "makerFeePct: it must be 0 or more"),
        ("/takerFeePct", json!(true), "takerFeePct: invalid type: boolean"),
        ("/slippageBps", json!(10_000), "slippageBps: it must be 0 or more and below 10000"),
        ("/lot", json!(0), "lot: it must be above zero"),
        ("/timeframe", json!("2d"), "timeframe: '2d' is not a timeframe; use one of"),
        ("/data", json!({"source": "file"}), "data.source: unknown variant `file`"),
        ("/data", json!({"source": "upload", "x": 1}), "data.x: unknown field `x`"),
        ("/data", json!({}), "data.source: is missing"),
        ("/data", json!(["upload"]), "data: is a list; give an object"),
        ("/data", Value::Null, "data: is missing"),
        ("/bogus", json!(1), "bogus: unknown field `bogus`"),
        ("/stamped", json!("end"), "stamped: unknown variant `end`"),
        ("/asset", json!("bond"), "asset: unknown variant `bond`"),
        (
            "/periodsPerYear",
            json!(0),
            "periodsPerYear: invalid value: integer `0`, expected a whole",
        ),
        ("/currency", json!("?"), "currency: '?' is not a currency"),
        ("/symbols", json!(["A"]), "symbols: must be those that the strategy trades: A, B"),
        ("/symbols", json!(["A", "B", "B"]), "symbols: must be those"),
        ("/symbols", json!(["A B"]), "symbols[0]: 'A B' is not a symbol"),
        ("/range", json!({"from": "2024-02-01", "to": "2024-01-01"}), "range.to: must be later"),
        ("/range", json!({"from": "soon"}), "range.from: 'soon' is not a time"),
        ("/name", json!("x".repeat(101)), "name: has 101 characters"),
        ("/name", json!("a\nb"), "name: has a line break"),
        ("/strategyConfig", Value::Null, "strategyConfig: is missing"),
        ("/strategyConfig", json!([]), "strategyConfig: is a list"),
        ("/strategyConfig/entry", json!("clos"), "strategyConfig.entry: unknown name 'clos'"),
        ("/strategyConfig/bogus", json!(1), "strategyConfig.bogus: unknown field"),
        ("/strategyConfig/timeframe", json!("1h"), "strategyConfig.timeframe: "),
    ];
    for (pointer, value, expected) in cases {
        let found = faults(&with(pointer, value.clone()));
        assert_eq!(found.len(), 1, "{pointer} {value}: {found:?}");
        assert!(found[0].starts_with(expected), "{pointer} {value}: {found:?}");
    }
    let both = with("/feePct", json!(1));
    let both = both.to_string().replacen('{', "{\"takerFeePct\": 1,", 1);
    let faults = RunRequest::read(&both).unwrap_err();
    assert_eq!(faults[0].message, "says what feePct says too; give one of both");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut asked = request();
    for (field, value) in [
        ("bogus", json!(1)),
        ("cash", json!([])),
        ("feePct", json!(-1)),
        ("periodsPerYear", json!(1.5)),
        ("timeframe", json!("x")),
        ("data", json!({"source": 5})),
    ] {
        asked[field] = value;
    }
    asked["strategyConfig"]["entry"] = json!("close >");
    let mut fields: Vec<_> = RunRequest::read(&asked.to_string()).unwrap_err();
    fields.sort_by(|one, other| one.field.cmp(&other.field));
    let column = fields.iter().find_map(|fault| fault.column);
    let fields: Vec<_> = fields.into_iter().map(|fault| fault.field).collect();
    let expected = [
        "bogus",
        "cash",
        "data.source",
        "feePct",
        "periodsPerYear",
        "strategyConfig.entry",
        "timeframe",
    ];
    assert_eq!(fields, expected);
    assert_eq!(column, Some(8));
}

#[test]
fn a_text_that_is_no_request_is_refused() {
    let twice = request().to_string().replacen('{', "{\"timeframe\": \"1d\",", 1);
    for (text, expected) in [
        ("", "is not JSON: EOF"),
        ("{", "is not JSON: EOF"),
        ("[]", "is a list; send a JSON object"),
        ("null", "is null; send"),
        ("7", "is a number; send"),
        (&twice, "is there twice"),
    ] {
        let found = RunRequest::read(text).unwrap_err();
        assert!(found[0].message.contains(expected), "{text}: {found:?}");
    }
    assert!(RunRequest::read("{}").unwrap_err().len() >= 3);
    let many: String = (0..5_000).map(|n| format!("\"f{n}\": 1,")).collect();
    let many = request().to_string().replacen('{', &format!("{{{many}"), 1);
    assert_eq!(RunRequest::read(&many).unwrap_err().len(), 100);
}

/// A generator of its own, so that a failure is the same every time.
#[test]
fn no_request_whatever_ends_the_server() {
    let mut seed = 3_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let values = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("1e9"),
        json!([]),
        json!({}),
        json!("9999999999999999999999999999999"),
        json!({"source": {}}),
        json!([null]),
        json!("\u{0}"),
        json!(true),
        json!({"from": 9e18}),
        json!(i64::MIN),
    ];
    let names = [
        "name",
        "symbols",
        "timeframe",
        "strategyConfig",
        "cash",
        "currency",
        "feePct",
        "makerFeePct",
        "takerFeePct",
        "slippageBps",
        "volumeShare",
        "range",
        "stamped",
        "lot",
        "asset",
        "periodsPerYear",
        "data",
        "other",
    ];
    for _ in 0..3_000 {
        let mut asked = request();
        for _ in 0..=random(4) {
            asked[names[random(names.len())]] = values[random(values.len())].clone();
        }
        if let Err(faults) = RunRequest::read(&asked.to_string()) {
            assert!(!faults.is_empty(), "{asked}");
            assert!(faults.iter().all(|fault| !fault.message.is_empty()), "{asked}");
        }
    }
}

/// The description that clients are generated from, of everything that a route can take or give.
#[test]
fn the_description_says_what_is_read_and_written() {
    use crate::research::{BacktestResult, JobDetail, JobPage, Progress};
    use crate::strategy_text::TextFault;

    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(
        RunRequest,
        FieldFault,
        JobDetail,
        JobPage,
        Progress,
        BacktestResult,
        TextFault
    )))]
    struct Description;
    let description = serde_json::to_value(<Description as utoipa::OpenApi>::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let asked = &schemas["RunRequest"];
    let mut required: Vec<_> = asked["required"].as_array().unwrap().clone();
    required.sort_by_key(ToString::to_string);
    assert_eq!(required, ["data", "strategyConfig"]);
    let mut everything = serde_json::to_value(RunRequest::read(&request().to_string()).unwrap());
    for field in [
        "name",
        "symbols",
        "timeframe",
        "currency",
        "feePct",
        "makerFeePct",
        "takerFeePct",
        "slippageBps",
        "volumeShare",
        "range",
        "lot",
        "periodsPerYear",
    ] {
        everything.as_mut().unwrap()[field] = Value::Null;
    }
    let fields = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&asked["properties"]), fields(&everything.unwrap()));
    assert_eq!(asked["additionalProperties"], false);
    // Whatever is referred to is there.
    let text = description.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.get(name).is_some(), "{name}");
    }
}
