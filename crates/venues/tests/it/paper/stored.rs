//! Records are for ever, as the journal's events are: a stream that an earlier version stored
//! rebuilds the accounts that it had.
//!
//! `fixtures/paper-v3.jsonl` is what [`history`] left, a record a line, and
//! `paper-v3-accounts.json` what it rebuilds. A file that was merged is never written again. When
//! the venue writes something new, the test below says so: then the history gets it, and its stream
//! is stored as the next.

use std::collections::{BTreeMap, BTreeSet};

use ballast_domain::exits::{Distance, Levels, TargetTerms};
use ballast_domain::{
    CorporateAction, Direction, Money, OrderId, OrderType, Origin, Protection, Signal, SignalTerms,
    Slot, TimeInForce,
};
use ballast_engine::ports::Broker;
use ballast_engine::risk::Change;
use ballast_engine::step::{Answer, Command};
use ballast_venues::paper::{PAPER_VERSION, PaperError, PaperRecord, PaperSettings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rig::{Disk, Process, Start, Stream};
use super::world;

/// Each stored stream with the accounts that it rebuilds.
const STORED: [(&str, &str); 3] = [
    (
        include_str!("../../fixtures/paper-v1.jsonl"),
        include_str!("../../fixtures/paper-v1-accounts.json"),
    ),
    (
        include_str!("../../fixtures/paper-v2.jsonl"),
        include_str!("../../fixtures/paper-v2-accounts.json"),
    ),
    (
        include_str!("../../fixtures/paper-v3.jsonl"),
        include_str!("../../fixtures/paper-v3-accounts.json"),
    ),
];

/// Two profiles trade by rules, a person's order waits and is cancelled, capital and instruments
/// are added, and at last an engine without its journal asks for everything again.
async fn history() -> Vec<String> {
    let bars = world::together(&[("AAA", world::walk(33, 60))]);
    let exits = json!({
        "stopLoss": {"type": "percent", "value": "1"},
        "takeProfit": [{"type": "percent", "value": "1", "portion": "0.5"},
                       {"type": "percent", "value": "8", "portion": "0.5"}],
        "trailing": {"type": "percent", "value": "2"}});
    let configs = [
        world::config(&["AAA"], json!({"exits": exits})),
        world::config(&["AAA"], json!({"direction": "short"})),
    ];
    let (plans, closes) = world::closes(&configs, &bars);
    let fees = json!({"fees": {"type": "percent", "maker": "0.1", "taker": "0.2"},
                      "slippageBps": "5", "volumeShare": "0.2"});
    let settings = PaperSettings { rules: world::rules(fees), ..PaperSettings::default() };
    let disk = Disk::new();
    let process = Process::start(&disk, Start::new(settings.clone()), &plans).await;
    process.set_up(&configs, &plans, &settings).await.unwrap();
    for close in &closes[..30] {
        process.play(close).await.unwrap();
    }
    let waiting = buy_far_below(&process).await;
    for close in &closes[30..32] {
        process.play(close).await.unwrap();
    }
    let change = Change { quantity: Some(Decimal::TWO), ..Change::default() };
    let amend = Command::Amend { order: waiting, change, by: "someone".to_owned() };
    process.command(amend).await.unwrap();
    process.play(&closes[32]).await.unwrap();
    let cash = Money::new(Decimal::from(world::CASH + 500), world::currency());
    let list = vec![world::instrument("AAA"), world::instrument("BBB")];
    process.broker.open_account(world::profile(2), cash, list).await.unwrap();
    let cancel = Command::Cancel { order: waiting, reason: "changed my mind".to_owned() };
    process.command(cancel).await.unwrap();
    for close in &closes[33..] {
        process.play(close).await.unwrap();
    }
    set_targets(&disk, &process).await;
    issuer_acts(&process).await;
    process.kill().await;
    let forgetful = Disk { paper: disk.paper, ..Disk::new() };
    let process = Process::start(&forgetful, Start::new(settings.clone()), &plans).await;
    process.set_up(&configs, &plans, &settings).await.unwrap();
    for close in &closes[..30] {
        process.play(close).await.unwrap();
    }
    process.kill().await;
    forgetful.paper.lines()
}

/// A person's targets for what the first profile holds.
async fn set_targets(disk: &Disk, process: &Process) {
    let state = disk.state();
    let held = state.profile(world::profile(1)).unwrap().trades.keys().next().copied();
    let distance = Distance::At(world::price(20_000));
    let targets = Some(vec![TargetTerms { distance, portion: Decimal::new(5, 1) }]);
    process.broker.protect(held.unwrap(), Levels { stop: None, targets }).await;
}

/// A dividend and a split of what the first profile holds.
async fn issuer_acts(process: &Process) {
    let per_unit = Money::new(Decimal::new(5, 1), world::currency());
    let split = CorporateAction::Split {
        numerator: "3".parse().unwrap(),
        denominator: "2".parse().unwrap(),
        cash_price: world::price(10_000),
    };
    let dividend = CorporateAction::CashDividend { per_unit };
    for (id, action) in [("d1", dividend), ("s1", split.clone()), ("s1", split)] {
        let (profile, symbol) = (world::profile(1), world::symbol("AAA"));
        process.broker.act(profile, id.parse().unwrap(), symbol, action).await.unwrap();
    }
}

async fn buy_far_below(process: &Process) -> OrderId {
    let limit_price = world::price(1_000);
    let terms = SignalTerms::Enter {
        direction: Direction::Long,
        slot: serde_json::from_value::<Slot>(json!("by hand")).unwrap(),
        quantity: Decimal::ONE,
        order_type: OrderType::Limit { limit_price },
        time_in_force: TimeInForce::Gtc,
        protection: Protection::default(),
        cut_to_available: false,
        cancels: None,
    };
    let origin = Origin::Manual { by: "someone".to_owned() };
    let (profile, symbol) = (world::profile(1), world::symbol("AAA"));
    let signal = Command::Signal(Box::new(Signal { origin, profile, symbol, terms }));
    match process.command(signal).await {
        Some(Answer::Accepted(order)) => order,
        other => panic!("{other:?}"),
    }
}

async fn accounts(lines: &str) -> Value {
    let disk = Disk { paper: Stream::of_lines(lines), ..Disk::new() };
    let venue = disk.venue(PaperSettings::default()).await;
    let account = |number| (number, venue.account(world::profile(number)).unwrap());
    serde_json::to_value([1, 2].map(account).into_iter().collect::<BTreeMap<_, _>>()).unwrap()
}

#[tokio::test]
async fn a_stored_stream_rebuilds_the_stored_accounts() {
    for (stream, stored) in STORED {
        for line in stream.lines() {
            let record: PaperRecord = serde_json::from_str(line).unwrap();
            // What cannot be written again was not understood.
            let stored: Value = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_value(&record).unwrap(), stored);
        }
        let stored: Value = serde_json::from_str(stored).unwrap();
        assert_eq!(accounts(stream).await, stored);
    }
}

#[tokio::test]
async fn what_the_venue_writes_has_a_stored_form() {
    let forms = |lines: &mut dyn Iterator<Item = &str>| {
        let mut forms = BTreeSet::new();
        lines.for_each(|line| form(&serde_json::from_str(line).unwrap(), "", &mut forms));
        forms
    };
    let written = history().await;
    let stored = forms(&mut STORED.iter().flat_map(|(stream, _)| stream.lines()));
    let lacking = &forms(&mut written.iter().map(String::as_str)) - &stored;
    let lines = written.join("\n");
    if !lacking.is_empty() {
        let folder = env!("CARGO_TARGET_TMPDIR");
        std::fs::write(format!("{folder}/paper.jsonl"), &lines).unwrap();
        let accounts = serde_json::to_string_pretty(&accounts(&lines).await).unwrap();
        std::fs::write(format!("{folder}/paper-accounts.json"), accounts).unwrap();
        panic!("no stored stream holds {lacking:?}; store the files in {folder} as the next one");
    }
    for entry in every_entry() {
        assert!(lines.contains(&format!("\"type\":\"{entry}\"")), "the history has no {entry}");
    }
}

/// Every field by its path; what is told apart by a type is told apart here.
fn form(value: &Value, path: &str, forms: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            for (name, value) in fields {
                // The keys of a map of accounts are no names of fields.
                let name = if name.starts_with("prf_") { "account" } else { name };
                form(value, &format!("{path}.{kind}/{name}"), forms);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| form(value, path, forms)),
        _ => drop(forms.insert(path.to_owned())),
    }
}

/// The entries that there are, as serde lists them where it knows none of the name.
fn every_entry() -> BTreeSet<String> {
    let record = r#"{"version": 1, "what": [{"type": ""}], "settled": 0, "accounts": {}}"#;
    let error = serde_json::from_str::<PaperRecord>(record).unwrap_err().to_string();
    let (_, listed) = error.split_once("expected one of").unwrap();
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_a_later_release_wrote_is_refused() {
    let line = STORED[0].0.lines().next().unwrap();
    let with = |name: &str, value: Value| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record[name] = value;
        record.to_string()
    };
    assert!(serde_json::from_str::<PaperRecord>(&with("later", Value::Null)).is_err());
    let later = with("version", json!(PAPER_VERSION + 1));
    let disk = Disk { paper: Stream::of_lines(&later), ..Disk::new() };
    let error = disk.try_venue(PaperSettings::default()).await.unwrap_err();
    assert!(matches!(error, PaperError::UnknownVersion { seq: 1, .. }), "{error}");
    assert!(error.to_string().ends_with("upgrade"), "{error}");
}
