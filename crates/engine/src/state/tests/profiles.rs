//! Documents, their versions, and what they allocate.

use ballast_domain::{Event, ProfileDocument, ProfileId};

use super::script::{Fold, fold};
use crate::fixture::{PROFILE, config, document, read};

fn change(fold: &mut Fold, version: u64, document: ProfileDocument) -> Result<(), String> {
    let (document, by) = (Box::new(document), "alice".to_owned());
    let event = Event::ProfileChanged { profile: PROFILE, version, document, by };
    fold.apply(event).map_err(|error| error.to_string())
}

#[test]
fn allocations_follow_the_document() {
    fold(
        "
        available: 10000
        Outside: -10000
        profile 12000
        available: 12000
        profile 12000
        available: 12000
        profile 500.5
        available: 500.5
        Capital: 500.5
        Outside: -500.5
        ",
    );
}

#[test]
fn an_allocation_leaves_what_is_in_use_alone() {
    fold(
        "
        intent 1 long 10 for 1000
        fill 1 a 4@100
        profile 3000
        available: 2000
        ReservedOrders: 600
        ReservedPositions: 400
        ",
    );
}

#[test]
fn versions_are_contiguous() {
    let mut fold = fold("");
    let same = || document(config("{}"));
    let error = change(&mut fold, 1, same()).unwrap_err();
    assert!(error.contains("version 1 of prf_0000000000001 follows version 1"), "{error}");
    assert!(change(&mut fold, 3, same()).is_err());
    assert_eq!(change(&mut fold, 2, same()), Ok(()));
    assert_eq!(fold.profile().version, 2);
    assert_eq!(fold.profile().changed_by, "alice");
}

#[test]
fn a_new_profile_begins_with_version_one_and_stopped() {
    let mut fold = fold("");
    let profile = ProfileId::from_bits(2);
    let make = |version| {
        let (document, by) = (Box::new(document(config("{}"))), "bob".to_owned());
        Event::ProfileChanged { profile, version, document, by }
    };
    assert!(fold.apply(make(2)).is_err());
    assert!(fold.state.profile(profile).is_none(), "what is refused leaves nothing behind");
    assert_eq!(fold.apply(make(1)), Ok(()));
    let made = fold.state.profile(profile).unwrap();
    assert_eq!(made.status, ballast_domain::ProfileStatus::Stopped);
    assert_eq!(fold.profile().book.available(), made.book.available());
}

/// What starts profiles by itself, such as a configuration, starts none that people have stopped.
#[test]
fn that_a_profile_was_ever_started_stays_known() {
    use ballast_domain::ProfileStatus::{Running, Stopped, UnderReview};
    let mut fold = fold("");
    let profile = ProfileId::from_bits(2);
    let (document, by) = (Box::new(document(config("{}"))), "bob".to_owned());
    let make = Event::ProfileChanged { profile, version: 1, document, by };
    assert_eq!(fold.apply(make), Ok(()));
    let steps = [(Stopped, false), (UnderReview, false), (Running, true), (Stopped, true)];
    for (status, started) in steps {
        let (reason, by) = (String::new(), None);
        let event = Event::ProfileStatusChanged { profile, status, reason, by };
        assert_eq!(fold.apply(event), Ok(()));
        assert_eq!(fold.state.profile(profile).unwrap().started, started, "{status:?}");
    }
}

#[test]
fn books_are_kept_in_one_currency() {
    let mut fold = fold("");
    let mut euros = document(config("{}"));
    euros.capital.currency = read("EUR");
    let error = change(&mut fold, 2, euros).unwrap_err();
    assert!(error.contains("keeps its books in USD"), "{error}");
}

#[test]
fn events_of_a_profile_that_was_never_made_are_refused() {
    let mut fold = fold("");
    let profile = ProfileId::from_bits(9);
    let status = ballast_domain::ProfileStatus::Running;
    let (reason, by) = (String::new(), None);
    let event = Event::ProfileStatusChanged { profile, status, reason, by };
    let error = fold.apply(event).unwrap_err().to_string();
    assert!(error.contains("there is no profile prf_0000000000009"), "{error}");
}
