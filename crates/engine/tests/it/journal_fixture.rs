//! Events are for ever: journals as earlier versions stored them fold to the state that they had.
//!
//! `examples/journal_fixture` says where the stored files come from, and when to add others.

use std::collections::BTreeSet;

use ballast_domain::{
    ActiveState, Envelope, Event, ExitReason, OrderState, Purpose, Refusal, Target,
};
use ballast_engine::state::{Profile, STATE_FORMAT, State};
use rust_decimal::Decimal;
use serde_json::Value;

/// Each stored journal with the state that it folds to.
const STORED: [(&str, &str); 10] = [
    (
        include_str!("../fixtures/journal-v1.jsonl"),
        include_str!("../fixtures/journal-v1-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v2.jsonl"),
        include_str!("../fixtures/journal-v2-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v3.jsonl"),
        include_str!("../fixtures/journal-v3-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v4.jsonl"),
        include_str!("../fixtures/journal-v4-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v5.jsonl"),
        include_str!("../fixtures/journal-v5-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v6.jsonl"),
        include_str!("../fixtures/journal-v6-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v7.jsonl"),
        include_str!("../fixtures/journal-v7-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v8.jsonl"),
        include_str!("../fixtures/journal-v8-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v9.jsonl"),
        include_str!("../fixtures/journal-v9-state.json"),
    ),
    (
        include_str!("../fixtures/journal-v10.jsonl"),
        include_str!("../fixtures/journal-v10-state.json"),
    ),
];

fn read(journal: &str) -> impl Iterator<Item = Envelope> {
    journal.lines().map(|line| {
        let envelope: Envelope = serde_json::from_str(line).unwrap();
        // What cannot be written again was not understood.
        let stored: Value = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_value(&envelope).unwrap(), stored);
        envelope
    })
}

/// Folds a journal; `before` looks at the state before each event is applied.
fn fold(journal: &str, mut before: impl FnMut(&State, &Event)) -> State {
    let mut state = State::new("alice@example.com".parse().unwrap());
    for envelope in read(journal) {
        before(&state, &envelope.event);
        state.apply(&envelope).unwrap();
    }
    state
}

/// Invariant: state is a fold of the journal, and every version folds a stored journal alike.
#[test]
fn a_stored_journal_folds_to_the_stored_state() {
    for (journal, stored) in STORED {
        let folded = serde_json::to_value(fold(journal, |_, _| {})).unwrap();
        holds(&serde_json::from_str(stored).unwrap(), &folded, "state");
    }
}

/// A snapshot of another release must not be read as if this one had written it: what was added to
/// the state since would have its default.
#[test]
fn the_state_has_the_form_of_the_newest_stored_one() {
    let (journal, stored) = STORED[STORED.len() - 1];
    let stored: Value = serde_json::from_str(stored).unwrap();
    let folded = serde_json::to_value(fold(journal, |_, _| {})).unwrap();
    assert!(
        usize::from(STATE_FORMAT) == STORED.len() && folded == stored,
        "the state has another form: raise STATE_FORMAT, and store the next journal with its state"
    );
}

/// All that was stored is folded to the same values; what a later version knows beyond it is new.
/// `1.50` and `1.5` are the same amount. An index follows from the rest, and other tests count it.
fn holds(stored: &Value, folded: &Value, place: &str) {
    match (stored, folded) {
        (Value::Object(stored), Value::Object(folded)) => {
            for (name, value) in stored.iter().filter(|(name, _)| *name != "index") {
                holds(value, folded.get(name).unwrap_or(&Value::Null), &format!("{place}.{name}"));
            }
        }
        (Value::Array(stored), Value::Array(folded)) => {
            assert_eq!(stored.len(), folded.len(), "{place}");
            for (index, (stored, folded)) in stored.iter().zip(folded).enumerate() {
                holds(stored, folded, &format!("{place}[{index}]"));
            }
        }
        (Value::String(stored), Value::String(folded)) => {
            let number = |text: &str| text.parse::<Decimal>().ok();
            let same = number(stored).is_some() && number(stored) == number(folded);
            assert!(same || stored == folded, "{place}: stored {stored}, folded {folded}");
        }
        _ => assert_eq!(stored, folded, "{place}"),
    }
}

/// Invariant: events are for ever.
///
/// What a later release has added is never left out without a word: it refuses the tenant.
#[test]
fn an_unknown_event_or_field_is_refused() {
    for (journal, _) in STORED {
        for line in journal.lines() {
            for place in ["", "/event", "/event/fill", "/event/stop", "/event/evaluation"] {
                let mut envelope: Value = serde_json::from_str(line).unwrap();
                let Some(Value::Object(fields)) = envelope.pointer_mut(place) else { continue };
                fields.insert("later".to_owned(), Value::Null);
                let read = serde_json::from_value::<Envelope>(envelope);
                assert!(read.is_err(), "{place} of {line}");
            }
        }
    }
    let line = STORED[0].0.lines().next().unwrap();
    let unknown = line.replace("\"type\":\"profileChanged\"", "\"type\":\"later\"");
    assert!(line != unknown && serde_json::from_str::<Envelope>(&unknown).is_err());
}

/// A new event needs a stored journal that holds it before it is released.
#[test]
fn the_stored_journals_hold_every_event() {
    let type_of = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["event"]["type"].as_str().unwrap().to_owned()
    };
    let journals = STORED.iter().flat_map(|(journal, _)| journal.lines());
    let held: BTreeSet<String> = journals.map(type_of).collect();
    assert_eq!(held, every_event());
}

/// The types of all events, as serde lists them where it knows none of the name.
fn every_event() -> BTreeSet<String> {
    let error = serde_json::from_str::<Event>(r#"{"type": ""}"#).unwrap_err().to_string();
    let (_, listed) = error.split_once("expected one of").unwrap();
    let names = listed.split('`').skip(1).step_by(2).map(str::to_owned);
    let names: BTreeSet<String> = names.collect();
    assert!(names.contains("profileChanged") && names.contains("brokerEventUnmatched"), "{error}");
    names
}

/// What may go wrong or happen rarely is in the stored journals too.
#[test]
fn the_stored_journals_hold_what_is_rare() {
    let mut seen = BTreeSet::new();
    for (journal, _) in STORED {
        let state = fold(journal, |state, event| {
            seen.extend(state.profiles().flat_map(standing));
            seen.extend(happening(state, event).map(str::to_owned));
        });
        assert!(state.profiles().count() > 2, "several profiles");
    }
    let rare = [
        "Active(PendingSubmit)",
        "Active(Accepted)",
        "Active(PartiallyFilled)",
        "Active(PendingCancel)",
        "Active(Unknown)",
        "Done(Filled)",
        "Done(Cancelled)",
        "Done(Rejected)",
        "Done(Expired)",
        "Done(Voided)",
        "Long held",
        "Short held",
        "stop StopLoss",
        "stop BreakEven",
        "stop Trailing",
        "stop Liquidation",
        "target filled in part",
        "reversal",
        "filled after its end",
        "filled after its trade had closed",
        "told of although it is to be cancelled",
        "fee paid back",
        "fee of the coin itself",
        "fee in another currency",
        "capital taken away",
        "available is negative",
        "stop moved by a person",
        "refused by a stop with its scope",
        "exit of a flattening",
        "fill of a removed profile",
        "locked by maxConsecutiveLosses",
        "locked by cooldownMinutes",
        "locked by stopGuard",
        "locked by lowProfitLock",
        "locks lifted",
    ];
    let missing: Vec<_> = rare.into_iter().filter(|what| !seen.contains(*what)).collect();
    assert!(missing.is_empty(), "{missing:?} not among {seen:?}");
}

/// What can be seen of a profile at one moment.
fn standing(profile: &Profile) -> Vec<String> {
    let mut seen = Vec::new();
    for order in profile.working.values().chain(profile.ended.iter()) {
        seen.push(format!("{:?}", order.state));
    }
    for trade in profile.trades.values() {
        seen.push(format!("{:?} held", trade.direction));
        seen.extend(trade.stop.map(|stop| format!("stop {:?}", stop.kind)));
        let part = |target: &&Target| !target.filled.is_zero() && !target.open_quantity().is_zero();
        let fees = trade.has_fees_in_kind().then(|| "fee of the coin itself".to_owned());
        seen.extend(fees);
        let other = trade.other_fees.first().map(|_| "fee in another currency".to_owned());
        seen.extend(other);
        seen.extend(trade.targets.iter().find(part).map(|_| "target filled in part".to_owned()));
    }
    if profile.book.available().is_sign_negative() {
        seen.push("available is negative".to_owned());
    }
    seen
}

/// What can be seen of an event that comes to `state`.
fn happening(state: &State, event: &Event) -> Option<&'static str> {
    match event {
        Event::IntentAccepted { terms, .. } => match &terms.purpose {
            Purpose::Exit { then: Some(_), .. } => Some("reversal"),
            Purpose::Exit { reason: ExitReason::Flatten, .. } => Some("exit of a flattening"),
            _ => None,
        },
        Event::OrderFilled { fill, .. } if fill.fee.amount().is_sign_negative() => {
            Some("fee paid back")
        }
        Event::StopMoved { by: Some(_), .. } => Some("stop moved by a person"),
        Event::SignalRefused { refusal, .. } => match &**refusal {
            Refusal::Control { scope: Some(_), at: Some(_), .. } => {
                Some("refused by a stop with its scope")
            }
            _ => None,
        },
        Event::OrderFilled { order, .. } if state.profile(order.intent.profile)?.removed => {
            Some("fill of a removed profile")
        }
        Event::OrderFilled { order, .. } => {
            let profile = state.profile(order.intent.profile)?;
            match profile.order(*order) {
                Some(known) => (!known.state.is_active()).then_some("filled after its end"),
                None => {
                    let closed = !profile.trades.contains_key(&profile.trade_of(*order));
                    closed.then_some("filled after its trade had closed")
                }
            }
        }
        Event::OrderAccepted { order } => {
            let known = state.profile(order.intent.profile)?.order(*order)?;
            let leaves = known.state == OrderState::Active(ActiveState::PendingCancel);
            leaves.then_some("told of although it is to be cancelled")
        }
        Event::EntriesLocked { lock, .. } => match lock.why.limit() {
            "maxConsecutiveLosses" => Some("locked by maxConsecutiveLosses"),
            "cooldownMinutes" => Some("locked by cooldownMinutes"),
            "stopGuard" => Some("locked by stopGuard"),
            _ => Some("locked by lowProfitLock"),
        },
        Event::EntriesUnlocked { symbol: Some(_), .. } => Some("locks lifted"),
        Event::ProfileChanged { profile, document, .. } => {
            let before = state.profile(*profile)?.document.capital.allocated;
            (document.capital.allocated < before).then_some("capital taken away")
        }
        _ => None,
    }
}
