//! Where a person's targets may lie, and how much they may close.

use ballast_domain::Event;

use super::scene::{Scene, scene};
use crate::fixture::{read, trade};
use crate::risk::{MovedTargets, TargetChange, asked_targets, check_targets};

/// Ten units at 100, half of which a target at 110 closes.
const LONG: &str = "intent 1 long 10 for 1000\n fill 1 a 10@100\n protect 1 95 5@110";
const SHORT: &str = "intent 1 short 10 for 1000\n fill 1 a 10@100\n protect 1 105 5@90";

/// Targets as `number@level*portion`, each part of which may be left out.
pub(crate) fn changes(text: &str) -> Vec<TargetChange> {
    let change = |word: &str| {
        let (number, rest) = word.split_once('@').unwrap();
        let (level, portion) = rest.split_once('*').unwrap_or((rest, ""));
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        TargetChange {
            number: given(number).map(|text| text.parse().unwrap()),
            level: given(level).map(|text| read(&text)),
            portion: given(portion).map(|text| read(&text)),
        }
    };
    text.split_whitespace().map(change).collect()
}

fn answer(scene: &Scene, asked: &str) -> String {
    let profile = scene.fold.profile();
    let trade = &profile.trades[&trade(1)];
    let terms = match asked_targets(trade, &changes(asked)) {
        Ok(terms) => terms,
        Err(why) => return why,
    };
    match check_targets(trade, terms, &scene.view()) {
        Ok(Some(moved)) => {
            let targets = moved.targets.iter().map(|it| format!("{}@{}", it.quantity, it.level));
            targets.collect::<Vec<_>>().join(" ")
        }
        Ok(None) => "stand there".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn targets_lie_on_the_side_of_the_profit() {
    let reached = |level: &str| {
        format!(
            "a target at {level} would be reached at once: the last price is 100; choose a level \
             on the side of the profit, or close that part"
        )
    };
    let long = scene(LONG);
    for (asked, expected) in [
        ("1@100.01", "5@100.01".to_owned()),
        ("1@110", "stand there".to_owned()),
        ("1@", "stand there".to_owned()),
        ("1@100", reached("100")),
        ("1@99", reached("99")),
        ("1@ @99*0.1", reached("99")),
    ] {
        assert_eq!(answer(&long, asked), expected, "{asked}");
    }
    let short = scene(SHORT);
    for (asked, expected) in
        [("1@99.99", "5@99.99".to_owned()), ("1@100", reached("100")), ("1@101", reached("101"))]
    {
        assert_eq!(answer(&short, asked), expected, "{asked}");
    }
}

/// What stands is not judged again: the price may have come to it while its fill is on its way.
#[test]
fn a_target_that_stays_may_be_reached() {
    let mut scene = scene(LONG);
    scene.mark = scene.mark.map(|(_, at)| (read("111"), at));
    assert_eq!(answer(&scene, "1@ @120*0.5"), "5@110 5@120");
    scene.mark = None;
    assert_eq!(answer(&scene, "1@*0.2"), "2@110");
    assert_eq!(answer(&scene, ""), "0@110");
    assert!(
        answer(&scene, "1@120").starts_with("no price is known"),
        "{}",
        answer(&scene, "1@120")
    );
}

#[test]
fn targets_close_the_entry_once() {
    let mut scene = scene(LONG);
    scene.instrument(|instrument| instrument.lot_size = Some(read("1")));
    for (asked, expected) in [
        ("1@ @120", "5@110 5@120"),
        ("1@*0.25 @120*0.25", "2@110 2@120"),
        ("@120", "0@110 10@120"),
        (
            "1@ @120*0.6",
            "the targets would close 1.1 of the entry, those that have filled included; choose \
             portions that come to 1 at most",
        ),
        ("1@*0.01", "0.1 is less than one lot of 1; order a lot or more"),
        ("1@*1 @120", "the other targets leave nothing of the entry; give them smaller portions"),
        ("@120 @130", "only one target can take what the others leave; give the others portions"),
        ("@*0.5", "a new target needs a level; say where it is to lie"),
        ("1@ 1@120", "target 1 is named twice; name it once"),
        (
            "2@120",
            "the trade has no target 2 that has still to close something; leave the number out for \
             a new one",
        ),
    ] {
        assert_eq!(answer(&scene, asked), expected, "{asked}");
    }
    let many = "@120*0.01 ".repeat(21);
    assert_eq!(answer(&scene, &many), "a trade has at most 20 targets; give fewer");
}

/// What was left by other orders is nothing that a target could close; one that only moves is not
/// refused for it.
#[test]
fn targets_close_no_more_than_is_held() {
    let scene = scene(&format!("{LONG}\n intent 2 exit 1 6\n fill 2 b 6@100"));
    for (asked, expected) in [
        ("1@115", "5@115"),
        ("1@*0.4", "4@110"),
        ("1@*0.2 @120*0.2", "2@110 2@120"),
        (
            "1@ @120*0.1",
            "the targets would close 6 units, 4 are held; choose portions that come to 0.4 at most",
        ),
        (
            "@120",
            "the targets would close 10 units, 4 are held; choose portions that come to 0.4 at \
             most",
        ),
    ] {
        assert_eq!(answer(&scene, asked), expected, "{asked}");
    }
}

#[test]
fn what_a_target_has_closed_stays_closed() {
    let part = scene(&format!("{LONG}\n fill 1t0 b 3@110"));
    for (asked, expected) in [
        ("1@120", "5@120"),
        ("1@*0.8", "8@110"),
        ("", "0@110"),
        ("@120*0.7", "0@110 7@120"),
        (
            "1@*0.3",
            "3 units in all are no more than the 3 that have filled; ask for more than that, or \
             cancel what is left",
        ),
    ] {
        assert_eq!(answer(&part, asked), expected, "{asked}");
    }
    let whole = scene(&format!("{LONG}\n fill 1t0 b 5@110"));
    for (asked, expected) in [
        ("@120", "5@110 5@120"),
        ("", "stand there"),
        (
            "1@120",
            "the trade has no target 1 that has still to close something; leave the number out for \
             a new one",
        ),
    ] {
        assert_eq!(answer(&whole, asked), expected, "{asked}");
    }
}

#[test]
fn a_level_is_a_price_of_the_venue() {
    let mut scene = scene(LONG);
    scene.instrument(|instrument| instrument.tick_size = Some(read("0.5")));
    let no_price = "110.3 is no price of the venue; choose 110.0 or 110.5";
    assert_eq!(answer(&scene, "1@110.3"), no_price);
    assert_eq!(answer(&scene, "1@ @110.3*0.1"), no_price);
    assert_eq!(answer(&scene, "1@110.5"), "5@110.5");
}

/// A number that was in use is never given again: what it has filled may still be told.
#[test]
fn numbers_are_given_once() {
    let mut scene = scene(LONG);
    for level in 111..=209 {
        let open = scene.fold.profile().trades[&trade(1)].clone();
        let terms = asked_targets(&open, &changes(&format!("@{level}*0.5"))).unwrap();
        let MovedTargets { terms, targets } =
            check_targets(&open, terms, &scene.view()).unwrap().unwrap();
        let (trade, by) = (open.id, "bob".to_owned());
        scene.fold.apply(Event::TargetsMoved { trade, terms, targets, by }).unwrap();
    }
    let told = answer(&scene, "@300*0.5");
    assert!(told.starts_with("a trade has at most 100 targets in its life; move those"), "{told}");
    assert!(answer(&scene, "100@300").ends_with("5@300"), "{}", answer(&scene, "100@300"));
}
