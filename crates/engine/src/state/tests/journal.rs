//! The fold itself: sequence, format versions, and snapshots as a cache of it.

use ballast_domain::event::EVENT_VERSION;
use ballast_domain::{Cause, Envelope, Event, ProfileStatus};

use super::script::fold;
use crate::fixture::{PROFILE, hour};
use crate::state::{ApplyError, State};

fn stop(seq: u64, version: u16) -> Envelope {
    let (status, reason) = (ProfileStatus::Stopped, String::new());
    let event = Event::ProfileStatusChanged { profile: PROFILE, status, reason, by: None };
    Envelope { version, seq, at: hour(0), request_id: None, cause: Cause::Clock, event }
}

#[test]
fn the_sequence_has_no_gap_and_no_repetition() {
    let mut state = fold("").state;
    assert_eq!(state.last_seq(), 2);
    for found in [0, 1, 2, 4] {
        let error = ApplyError::OutOfSequence { last: 2, found };
        assert_eq!(state.apply(&stop(found, EVENT_VERSION)), Err(error));
    }
    assert_eq!(state.apply(&stop(3, EVENT_VERSION)), Ok(()));
    assert_eq!(state.last_seq(), 3);
}

#[test]
fn what_a_newer_release_wrote_is_refused_not_skipped() {
    let mut state = fold("").state;
    let (seq, version) = (3, EVENT_VERSION + 1);
    let refused = state.apply(&stop(seq, version));
    assert_eq!(refused, Err(ApplyError::UnknownVersion { seq, version }));
    assert!(refused.unwrap_err().to_string().ends_with("upgrade"));
    let unknown = r#"{"type": "moonPhaseChanged", "phase": "full"}"#;
    let error = serde_json::from_str::<Event>(unknown).unwrap_err().to_string();
    assert!(error.contains("unknown variant `moonPhaseChanged`"), "{error}");
}

#[test]
fn a_refused_event_names_its_place() {
    let mut fold = fold("");
    let error = fold.apply(stop(0, 1).event).err();
    assert_eq!(error, None);
    let gone = Event::OrderAccepted { order: crate::fixture::order("7") };
    let error = fold.apply(gone).unwrap_err().to_string();
    assert!(error.starts_with("event 4 cannot be booked: no order ord_"), "{error}");
}

/// Invariant: state is a fold of the journal, and a snapshot is only a cache of that fold.
#[test]
fn a_snapshot_reads_back_as_the_same_state() {
    let history = "
        intent 1 long 10 for 1001.50
        accepted 1
        fill 1 a 4@100.25 0.10
        cancel 1
        fill 1 b 1@100.30 -0.05
        done 1 Cancelled
        protect 1 95.125 2@110 3@120
        fill 1t0 c 2@110 0.1
        stop 1 101 Trailing
        intent 2 short 3 for 299.99
        unknown 2
        intent 3 exit 1 3
        fill 3 d 1@111
        fill 1s e 2@101
        done 3 Cancelled
        status UnderReview
        profile 9999.999
        intent 4 long 1 for 0.000000000000000001
        ";
    let mut fold = fold("");
    for line in history.lines() {
        fold.play(line);
        let snapshot = serde_json::to_string(&fold.state).unwrap();
        let read: State = serde_json::from_str(&snapshot).unwrap();
        assert_eq!(read, fold.state, "after {line}");
        assert_eq!(serde_json::to_string(&read).unwrap(), snapshot, "after {line}");
    }
}
