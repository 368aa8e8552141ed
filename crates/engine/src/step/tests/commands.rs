//! Profiles made, changed and stopped.

use ballast_domain::{ProfileDocument, ProfileId, ProfileStatus, Refusal};

use super::script::play;
use crate::fixture::{PROFILE, config, document, entry, exit, goog, order, read};
use crate::step::{Answer, Command};
use crate::world::World;

fn changed(world: &World, edit: impl FnOnce(&mut ProfileDocument)) -> ProfileDocument {
    let mut document = ProfileDocument::clone(&world.profile().document);
    edit(&mut document);
    document
}

/// A world in which ten units of GOOG are held at 100.
fn holding() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100");
    world
}

#[test]
fn a_profile_is_made_stopped_and_changed_by_versions() {
    let mut world = World::new();
    assert_eq!(world.put(PROFILE, document(config("{}"))), Answer::Done);
    assert_eq!(world.words(), "profile 1");
    assert_eq!(world.profile().status, ProfileStatus::Stopped);
    assert_eq!(world.set(PROFILE, ProfileStatus::Running), Answer::Done);
    assert_eq!(world.words(), "status Running");
    assert_eq!(world.set(PROFILE, ProfileStatus::Running), Answer::Done);
    assert_eq!(world.words(), "", "it runs already");
    let richer = changed(&world, |document| document.capital.allocated = read("12000"));
    assert_eq!(world.put(PROFILE, richer), Answer::Done);
    assert_eq!(world.words(), "profile 2");
    play(&mut world, "available: 12000\n status: Running");
    let profile = world.profile();
    assert_eq!((profile.changed_by.as_str(), profile.changed_at), ("alice", world.now));
}

#[test]
fn answers_name_what_was_accepted_or_refused() {
    let mut world = World::running("{}");
    assert_eq!(world.signal(entry("10")), Answer::Refused(Refusal::MarketDataMissing));
    play(&mut world, "bar 100 100 100 100");
    assert_eq!(world.signal(entry("10")), Answer::Accepted(order("1")));
    let cancel = Command::Cancel { order: order("1"), reason: "test".to_owned() };
    assert_eq!(world.command(cancel), Answer::Done);
}

#[test]
fn what_asks_for_an_unknown_profile_changes_nothing() {
    let mut world = World::new();
    let nobody = ProfileId::from_bits(5);
    assert_eq!(world.set(nobody, ProfileStatus::Running), Answer::NoSuchProfile);
    for mut signal in [entry("1"), exit(1, None)] {
        signal.profile = nobody;
        assert_eq!(world.signal(signal), Answer::Refused(Refusal::ProfileUnknown));
    }
    assert!(world.journal.is_empty());
}

#[test]
fn prices_stay_known_when_the_document_changes() {
    let mut world = holding();
    let same = changed(&world, |_| ());
    world.put(PROFILE, same);
    assert_eq!(world.engine.mark(PROFILE, goog()), Some(read("100")));
    play(&mut world, "enter 1 slot b -> intent 2 long 1 | submit 2");
}

#[test]
fn only_what_is_available_can_be_taken_away() {
    let mut world = holding();
    for (allocated, expected) in [
        ("1000", Answer::Done),
        (
            "999.99",
            Answer::Refused(Refusal::InsufficientCapital {
                needed: read("0.01"),
                available: read("0"),
            }),
        ),
        ("20000", Answer::Done),
        (
            "0",
            Answer::Refused(Refusal::InsufficientCapital {
                needed: read("20000"),
                available: read("19000"),
            }),
        ),
    ] {
        let document = changed(&world, |document| document.capital.allocated = read(allocated));
        assert_eq!(world.put(PROFILE, document), expected, "{allocated}");
    }
}

#[test]
fn capital_is_what_books_can_count() {
    let mut world = World::new();
    for (allocated, fits) in
        [("0", true), ("-0.01", false), ("1000000000000000", true), ("1000000000000001", false)]
    {
        let mut document = document(config("{}"));
        document.capital.allocated = read(allocated);
        let answer = world.put(PROFILE, document);
        assert_eq!(answer == Answer::Done, fits, "{allocated}: {answer:?}");
    }
}

fn refusal(answer: Answer) -> String {
    match answer {
        Answer::Invalid(why) => why,
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_held_goes_on_under_the_new_document() {
    type Edit = fn(&mut ProfileDocument);
    let cases: [(Edit, &str); 6] = [
        (|document| document.capital.currency = read("EUR"), "the profile keeps its books in USD"),
        (|document| document.venue = read("kraken"), "GOOG is held or ordered at paper"),
        (|document| document.mode = ballast_domain::Mode::Live, "GOOG is held or ordered at paper"),
        (|document| document.instruments.clear(), "GOOG is held or ordered; close it"),
        (
            |document| document.strategy.symbols = vec![read("MSFT")],
            "GOOG is held or ordered; close it",
        ),
        (|document| document.name = "other".to_owned(), "Done"),
    ];
    let mut ordered = World::running("{}");
    play(&mut ordered, "bar 100 100 100 100\n enter 10 limit 99");
    for mut world in [holding(), ordered] {
        for (edit, expected) in cases {
            let document = changed(&world, edit);
            let answer = refusal(world.put(PROFILE, document));
            assert!(answer.starts_with(expected), "{answer}");
        }
    }
    let mut flat = holding();
    play(&mut flat, "exit 1\n filled 2 b 10@100");
    for (edit, _) in &cases[1..] {
        let document = changed(&flat, edit);
        assert_eq!(flat.put(PROFILE, document), Answer::Done);
    }
}
