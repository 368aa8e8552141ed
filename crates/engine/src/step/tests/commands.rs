//! Profiles made, changed and stopped.

use std::sync::Arc;

use ballast_domain::{OrderType, ProfileDocument, ProfileId, ProfileStatus, Refusal, Side};

use super::script::play;
use crate::fixture::{
    PROFILE, config, document, entry, exit, goog, hour, manual, order, read, trade,
};
use crate::step::{Answer, Command, ManualOrder};
use crate::strategy::Plan;
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

fn put(world: &mut World, profile: ProfileId, expected_version: Option<u64>) -> Answer {
    let document = document(config("{}"));
    let plan = Plan::compile(Arc::new(document.strategy.clone()), &mut world.board).unwrap();
    let (document, plan, by) = (Box::new(document), Box::new(plan), "bob".to_owned());
    world.command(Command::PutProfile { profile, document, plan, expected_version, by })
}

/// Two people who change a profile at once do not overwrite each other.
#[test]
fn a_change_is_based_on_a_version() {
    let mut world = World::new();
    for (expected, answer) in [
        (Some(1), Answer::Conflict { version: 0 }),
        (Some(0), Answer::Done),
        (Some(0), Answer::Conflict { version: 1 }),
        (Some(1), Answer::Done),
        (Some(1), Answer::Conflict { version: 2 }),
        (None, Answer::Done),
    ] {
        let before = world.journal.len();
        assert_eq!(put(&mut world, PROFILE, expected), answer, "{expected:?}");
        assert_eq!(world.journal.len() > before, answer == Answer::Done);
    }
    assert_eq!((world.profile().version, world.profile().changed_by.as_str()), (3, "bob"));
    let conflict = Answer::Conflict { version: 3 }.to_string();
    assert!(conflict.contains("has version 3 by now; read it again"), "{conflict}");
}

fn remove(world: &mut World) -> Answer {
    world.command(Command::RemoveProfile {
        profile: PROFILE,
        expected_version: None,
        by: "bob".to_owned(),
    })
}

#[test]
fn a_profile_that_holds_or_orders_something_is_not_removed() {
    let mut world = holding();
    play(&mut world, "enter 2 limit 99 slot b");
    let why = refusal(remove(&mut world));
    assert_eq!(
        why,
        "10 GOOG (trd_000000000000100000001) are held, ord_000000000000100000002 works; \
         flatten the profile, and remove it when nothing is left"
    );
    assert_eq!((world.words(), world.profile().removed), (String::new(), false));
    play(&mut world, "cancel 2\n exit 1\n filled 3 b 10@101");
    assert!(matches!(remove(&mut world), Answer::Invalid(_)), "an order is still being cancelled");
    play(&mut world, "cancelled 2\n remove -> removed");
}

#[test]
fn a_removed_profile_trades_no_more() {
    let mut world = World::running(r#"{"entry": "close > 50"}"#);
    play(&mut world, "remove -> removed\n status: Stopped\n bar 100 100 100 100 ->");
    assert!(world.engine.plan(PROFILE).is_none());
    assert_eq!(world.profile().status_by.as_deref(), Some("bob"));
    assert_eq!(remove(&mut world), Answer::NoSuchProfile);
    assert_eq!(put(&mut world, PROFILE, None), Answer::NoSuchProfile);
    assert_eq!(put(&mut world, PROFILE, Some(0)), Answer::NoSuchProfile);
    for status in [ProfileStatus::Running, ProfileStatus::UnderReview, ProfileStatus::Stopped] {
        assert_eq!(world.set(PROFILE, status), Answer::NoSuchProfile);
    }
    for signal in [entry("1"), exit(1, None)] {
        assert_eq!(world.signal(signal), Answer::Refused(Refusal::ProfileUnknown));
    }
    let asked = Box::new(manual(Side::Buy, "1"));
    assert_eq!(world.command(Command::Preview(asked.clone())), Answer::NoSuchProfile);
    assert_eq!(world.command(Command::Order(asked)), Answer::NoSuchProfile);
    play(&mut world, "flatten ->\n stop 1 50 ->\n restart ->\n bar 100 100 100 100 ->");
    assert!(world.engine.plan(PROFILE).is_none(), "nor after a restart");
}

/// What the venue still says of a removed profile is money all the same, and can be left.
#[test]
fn a_late_fill_of_a_removed_profile_is_booked_and_can_be_left() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 10
        cancel 1
        cancelled 1
        remove            -> removed
        filled 1 a 4@100  -> filled 1 4@100; status UnderReview
        enter 1           ->
        status Running    ->
        exit 1 1          -> intent 2 exit 1 1 manual | submit 2
        filled 2 b 1@101
        flatten           -> flattening; intent 3 exit 1 3 flatten | submit 3
        filled 3 c 3@101
        available: 10004
        flatten           ->
        ",
    );
}

#[test]
fn a_preview_says_what_the_gate_would_and_changes_nothing() {
    let mut world = World::running("{}");
    let preview = |world: &mut World, order| world.command(Command::Preview(Box::new(order)));
    let ten = manual(Side::Buy, "10");
    assert_eq!(preview(&mut world, ten), Answer::Refused(Refusal::MarketDataMissing));
    play(&mut world, "bar 100 100 100 100");
    let document = changed(&world, |document| {
        document.instruments[0].lot_size = Some(read("1"));
        document.instruments[0].tick_size = Some(read("0.5"));
    });
    world.put(PROFILE, document);
    let before = (world.journal.len(), world.engine.state().clone());
    let order_type = OrderType::Limit { limit_price: read("99.7") };
    let order = ManualOrder { order_type, ..manual(Side::Buy, "10.9") };
    let Answer::WouldAccept { terms, .. } = preview(&mut world, order.clone()) else { panic!() };
    assert_eq!((terms.quantity, terms.reserved.amount()), (read("10"), read("995")));
    assert_eq!(terms.order_type, OrderType::Limit { limit_price: read("99.5") });
    let nothing = Refusal::TradeUnknown { trade: trade(1) };
    let exit = ManualOrder { trade: Some(trade(1)), ..manual(Side::Sell, "1") };
    assert_eq!(preview(&mut world, exit), Answer::Refused(nothing));
    assert!(world.actions.is_empty());
    assert_eq!((world.journal.len(), world.engine.state().clone()), before);
    let sent = world.command(Command::Order(Box::new(order)));
    assert_eq!(sent, Answer::Accepted(terms.order_id()), "as it was told");
    assert_eq!(*world.profile().working[&terms.order_id()].terms, *terms);
}

#[test]
fn a_cancel_says_what_there_is_to_cancel() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 10 stop 5
        filled 1 a 10@100
        enter 1 limit 99 slot b
        enter 1 limit 99 slot c
        enter 1 limit 99 slot d
        expired 3
        rejected 4
        ",
    );
    let cancel = |world: &mut World, text: &str| {
        world.command(Command::Cancel { order: order(text), reason: "test".to_owned() })
    };
    assert_eq!(cancel(&mut world, "2"), Answer::Done);
    assert_eq!(cancel(&mut world, "2"), Answer::Done, "it is being cancelled already");
    assert_eq!(world.words(), "");
    for (order, expected) in [
        ("1", "has filled already"),
        ("1s", "is the stop of trd_000000000000100000001 and goes with it; move the stop"),
        ("1t0", "is a target of trd_000000000000100000001 and goes with it"),
        ("3", "has expired already"),
        ("4", "was rejected by its venue already"),
    ] {
        let why = refusal(cancel(&mut world, order));
        assert!(why.contains(expected), "{order}: {why}");
    }
    for order in ["5", "2s", "0"] {
        assert_eq!(cancel(&mut world, order), Answer::NoSuchOrder, "{order}");
    }
    let mut foreign = order("1");
    foreign.intent.profile = ProfileId::from_bits(9);
    let cancel = Command::Cancel { order: foreign, reason: "test".to_owned() };
    assert_eq!(world.command(cancel), Answer::NoSuchOrder);
}

#[test]
fn what_a_profile_is_under_review_for_is_acknowledged() {
    let mut world = holding();
    play(&mut world, "filled 9 x 1@100 -> unmatched 9; status UnderReview");
    let mut set = |status, acknowledge| {
        let (reason, by) = ("lunch".to_owned(), "bob".to_owned());
        let profile = PROFILE;
        world.command(Command::SetStatus { profile, status, acknowledge, reason, by })
    };
    let why = refusal(set(ProfileStatus::Running, false));
    assert!(why.starts_with("the profile is under review: the venue filled ord_"), "{why}");
    assert!(why.contains("1 of its venue's messages fit nothing, the last about ord_"), "{why}");
    assert_eq!(set(ProfileStatus::Stopped, false), Answer::Done);
    assert_eq!(set(ProfileStatus::Running, true), Answer::Done);
    assert_eq!(set(ProfileStatus::Stopped, false), Answer::Done);
    assert_eq!(set(ProfileStatus::Running, false), Answer::Done, "there is nothing to look at");
    let statuses: Vec<_> = world
        .journal
        .iter()
        .filter_map(|envelope| match &envelope.event {
            ballast_domain::Event::ProfileStatusChanged { status, by, .. } => {
                Some((*status, by.clone()))
            }
            _ => None,
        })
        .collect();
    let bob = Some("bob".to_owned());
    let expected = [
        (ProfileStatus::Running, Some("alice".to_owned())),
        (ProfileStatus::UnderReview, None),
        (ProfileStatus::Running, bob.clone()),
        (ProfileStatus::Stopped, bob.clone()),
        (ProfileStatus::Running, bob),
    ];
    assert_eq!(statuses, expected);
    assert_eq!(world.profile().status_reason, "lunch");
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
    assert_eq!(world.engine.mark(PROFILE, goog()), Some((read("100"), hour(1))));
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
