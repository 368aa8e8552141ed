//! Where a person's stop may stand, and what may move it away.

use ballast_domain::control::{ControlMode, Scope};

use super::scene::{Scene, scene};
use crate::fixture::{read, trade};
use crate::risk::check_stop;

const LONG: &str = "intent 1 long 10 for 1000\n fill 1 a 10@100\n protect 1 95";
const SHORT: &str = "intent 1 short 10 for 1000\n fill 1 a 10@100\n protect 1 105";

fn answer(scene: &Scene, level: &str) -> String {
    let profile = scene.fold.profile();
    match check_stop(&profile.trades[&trade(1)], read(level), &scene.view()) {
        Ok(Some(stop)) => format!("{} {:?}", stop.level, stop.kind),
        Ok(None) => "stands there".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn a_stop_stands_on_the_side_of_the_loss() {
    let reached = |level: &str| {
        format!(
            "a stop at {level} would be reached at once: the last price is 100; choose a level on \
             the side of the loss, or close the trade"
        )
    };
    let long = scene(LONG);
    for (level, expected) in [
        ("99.99", "99.99 StopLoss".to_owned()),
        ("95.00", "stands there".to_owned()),
        ("1", "1 StopLoss".to_owned()),
        ("100", reached("100")),
        ("104", reached("104")),
    ] {
        assert_eq!(answer(&long, level), expected);
    }
    let short = scene(SHORT);
    for (level, expected) in [
        ("100.01", "100.01 StopLoss".to_owned()),
        ("105", "stands there".to_owned()),
        ("200", "200 StopLoss".to_owned()),
        ("100", reached("100")),
        (
            "200.01",
            "at 200.01 the loss would be more than what the short has reserved; choose 200 or less"
                .to_owned(),
        ),
    ] {
        assert_eq!(answer(&short, level), expected);
    }
}

#[test]
fn a_level_is_a_price_of_the_venue() {
    let mut scene = scene(LONG);
    scene.instrument(|instrument| instrument.tick_size = Some(read("0.5")));
    for (level, expected) in [
        ("96.5", "96.5 StopLoss"),
        ("96.7", "96.7 is no price of the venue; choose 96.5 or 97.0"),
        ("0.1", "0.1 is no price of the venue; choose 0.5"),
    ] {
        assert_eq!(answer(&scene, level), expected);
    }
}

/// Invariant: what raises risk asks control, what lowers it does not.
#[test]
fn further_away_needs_what_an_entry_needs_of_control() {
    for (script, closer, further) in [(LONG, "96", "94"), (SHORT, "104", "106")] {
        let mut scene = scene(script);
        scene.stop(ControlMode::Paused, Scope::Global);
        assert_eq!(answer(&scene, closer), format!("{closer} StopLoss"));
        assert!(answer(&scene, further).starts_with("entries everywhere are stopped (PAUSED by"));
        scene.control = None;
        assert_eq!(answer(&scene, closer), format!("{closer} StopLoss"));
        assert!(answer(&scene, further).starts_with("nobody can tell whether entries are"));
        scene.mark = None;
        assert!(answer(&scene, closer).starts_with("no price is known for the instrument yet"));
    }
}
