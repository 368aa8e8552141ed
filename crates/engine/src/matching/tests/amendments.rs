//! Working orders that become others.

use super::{Matcher, Script, check, world};

#[test]
fn a_limit_fills_where_it_was_moved_to() {
    check(
        "",
        "
        1 long 10 limit 95
        amend 1 1 10 limit 97  -> 1 amended 1
        bar 100 101 97.5 99    ->
        bar 99 100 96.5 98     -> 1 filled 10 @ 97
        amend 1 2 10 limit 90  -> 1 not amended 2: it does not work any more
        ",
    );
}

/// What was taken once is not undone by an older one that comes late, nor by its repetition.
#[test]
fn an_older_revision_changes_nothing() {
    check(
        "",
        "
        1 long 10 limit 95
        amend 1 2 5 limit 97   -> 1 amended 2
        amend 1 1 10 limit 90  -> 1 amended 1
        amend 1 2 7 limit 96   -> 1 amended 2
        bar 100 101 97 99      -> 1 filled 5 @ 97
        bar 90 90 90 90        ->
        ",
    );
}

#[test]
fn no_order_becomes_smaller_than_what_has_filled() {
    let partly = "
        1 long 10 limit 95
        bar 100 101 94 99 50   -> 1 filled 5 @ 95
        ";
    for (amendment, rest) in [
        ("amend 1 1 4 limit 95 -> 1 not amended 1: so much of it has filled", "5"),
        ("amend 1 1 5 limit 95 -> 1 not amended 1: so much of it has filled", "5"),
        ("amend 1 1 6 limit 95 -> 1 amended 1", "1"),
        ("amend 1 1 13 limit 95 -> 1 amended 1", "8"),
    ] {
        let then = format!("bar 94 94 94 94 1000 -> 1 filled {rest} @ 94");
        check("share=0.1", &format!("{partly}\n{amendment}\n{then}"));
    }
}

/// The level follows the market as before, from where the new distance would have put it.
#[test]
fn a_trailing_order_keeps_its_extreme() {
    check(
        "",
        "
        bar 100 100 100 100      ->
        1 long 10 trail 5
        amend 1 1 10 trail 7     -> 1 amended 1
        bar 100 106.9 100 101    ->
        bar 101 107 101 101      -> 1 filled 10 @ 107
        2 short 10 trail 5
        amend 2 1 10 trail 7     -> 2 amended 1
        bar 101 101 94.1 100     ->
        bar 100 100 94 100       -> 2 filled 10 @ 94
        ",
    );
}

/// A market order fills at the next open, and a triggered one has its price.
#[test]
fn what_trades_at_the_market_is_not_amended() {
    check(
        "share=0.1",
        "
        1 long 10 market
        amend 1 1 5 market      -> 1 not amended 1: it trades at the market by now
        bar 100 101 94 99 1000  -> 1 filled 10 @ 100
        2 long 10 stop 105
        bar 100 105 100 105 50  -> 2 filled 5 @ 105
        amend 2 1 9 stop 110    -> 2 not amended 1: it trades at the market by now
        ",
    );
}

/// A triggered stop-limit rests, and takes its new limit.
#[test]
fn a_stop_limit_that_was_triggered_moves_its_limit() {
    check(
        "",
        "
        1 long 10 stop-limit 105 103
        bar 100 106 99 104             ->
        amend 1 1 10 stop-limit 105 101 -> 1 amended 1
        bar 104 105 102 104            ->
        bar 104 105 101 104            -> 1 filled 10 @ 101
        ",
    );
}

/// Whoever else enters has what the amendment leaves.
#[test]
fn an_amendment_changes_what_is_reserved() {
    for (amendment, bought) in [
        ("1 1 5 limit 50 adds=100", "2 filled 6 @ 100; 2 cancelled"),
        ("1 1 5 limit 50 frees=100", "2 filled 8 @ 100; 2 cancelled"),
        ("1 1 5 limit 50 adds=300 frees=100", "2 filled 5 @ 100; 2 cancelled"),
        ("1 1 5 limit 50 frees=900", "2 filled 10 @ 100"),
    ] {
        check(
            "cash=1000 lot=1",
            &format!(
                "
                1 long 5 limit 50 reserving=250
                amend {amendment}   -> 1 amended 1
                2 long 10 market
                bar 100 100 100 100 -> {bought}
                "
            ),
        );
    }
}

/// The count of revisions is stored where there is one, so that what was stored before is the same.
#[test]
fn a_revision_is_stored_where_there_is_one() {
    let mut script = Script::new(world(""));
    script.line("1 long 10 limit 95");
    let stored = serde_json::to_string(&script.matcher).unwrap();
    assert!(!stored.contains("revision"), "{stored}");
    script.line("amend 1 2 5 limit 97 -> 1 amended 2");
    let stored = serde_json::to_string(&script.matcher).unwrap();
    let read: Matcher = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, script.matcher);
    assert!(stored.contains("\"revision\":2"), "{stored}");
}
