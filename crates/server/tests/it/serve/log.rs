//! What the log says, and that trading does not depend on who reads it.

use std::fs::OpenOptions;
use std::process::Stdio;

use super::{REPLAY, profile};
use crate::support::{Desk, Gaps, LOOPBACK, Server, market};

/// A profile that orders at nearly every close.
const BUSY: &str = r#"
[[tenants]]
id = "alice"
[[tenants.profiles]]
name = "Busy"
capital = "10000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["KELP/USD", "TIDE/USD", "REEF/USD"]
direction = "both"
entry = "close > open"
entryShort = "close < open"
sizing = { type = "percentOfEquity", value = "20" }
"#;

#[test]
fn a_log_that_cannot_be_written_stops_no_trading() {
    let full = || OpenOptions::new().write(true).open("/dev/full").ok().map(Stdio::from);
    let cases = [
        ("nobody is there to read it", None, 10),
        ("the disk is full", full(), 10),
        // The system keeps some of it for the reader.
        ("the reader does not read", None, 400),
    ];
    for (name, log, fills) in cases {
        let desk = Desk::new();
        desk.write("ballast.toml", &[LOOPBACK, &market(200, 60), BUSY].concat());
        let mut command = desk.serve();
        command.stderr(log.unwrap_or_else(Stdio::piped));
        let gaps = Gaps::of(&desk, &mut command);
        let mut server = Server::spawn_unheard(&mut command);
        if fills == 10 {
            server.deafen();
        }
        let mut passing = gaps.connected(&mut server);
        assert_eq!(passing.pass("venue-filled", fills), fills, "{name}");
        server.terminate();
        passing.pass("", usize::MAX);
        assert!(server.ended().success(), "{name}");
    }
}

/// What the server says while it plays the files with these profiles.
fn said(desk: &Desk, profiles: &[String]) -> String {
    desk.write("ballast.toml", &(REPLAY.to_owned() + &profiles.concat()));
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("the market data has ended");
    server.stop()
}

#[track_caller]
fn says(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "'{line}' is not in:\n{said}");
    }
}

#[test]
fn the_log_says_what_was_traded_and_why() {
    let desk = Desk::new();
    let said = said(&desk, &[profile("Bars", "TEST", 1_000, "maxBars = 3")]);
    let running = "trades on paper tenant=alice profile=\"Bars\" timeframe=1d symbols=\"TEST\" \
        capital=1000 USD\n";
    let fills: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("filled ").map(|(_, fill)| fill)).collect();
    let of = |fill: &str| {
        let told = fill.split_once(" order=").unwrap();
        format!("{} {}", told.0, told.1.split_once(' ').unwrap().1)
    };
    says(&said, &[running]);
    assert_eq!(
        of(fills[0]),
        "tenant=alice profile=\"Bars\" symbol=\"TEST\" does=\"enters long\" side=\"buy\" \
         quantity=2 price=101 fee=0.1010 USD at=2024-01-02T00:00:00Z"
    );
    assert_eq!(
        of(fills[1]),
        "tenant=alice profile=\"Bars\" symbol=\"TEST\" does=\"leaves long\" reason=\"time_stop\" \
         side=\"sell\" quantity=2 price=104 fee=0.1040 USD result=5.7950 USD \
         at=2024-01-05T00:00:00Z"
    );
}

#[test]
fn the_log_says_after_a_restart_what_is_held_and_what_has_changed() {
    let desk = Desk::new();
    let held = |capital, symbol, stop| {
        let stop = format!("stopLoss = {{ type = 'percent', value = {stop} }}");
        profile("Holds", symbol, capital, &stop)
    };
    says(&said(&desk, &[held(1_000, "TEST", 50)]), &["trades on paper tenant=alice"]);
    let more = said(&desk, &[held(2_000, "TEST", 60)]);
    let holds = "holds=\"long 2 TEST at 101, stop 50.5\"";
    let lines = [
        "changed as configured tenant=alice profile=\"Holds\" changes=\"strategy, capital from \
         1000 USD to 2000 USD\"\n",
        &format!("symbols=\"TEST\" capital=2000 USD {holds}\n"),
    ];
    says(&more, &lines);
    let less = said(&desk, &[held(10, "TEST", 60)]);
    let lines = [
        "changes=\"capital from 2000 USD to 10 USD\" why=1990 needed, 1797.899 available; order \
         less, close a trade, or allocate more\n",
        &format!(
            "trades on paper tenant=alice profile=\"Holds\" timeframe=1d symbols=\"TEST\" \
            capital=2000 USD {holds}\n"
        ),
    ];
    says(&less, &lines);
    let other = said(&desk, &[held(2_000, "OTHER", 60)]);
    let lines = [
        "the profile stays as it was and trades as before",
        "why=TEST is held or ordered; close it before it is taken out\n",
        &format!(
            "trades on paper tenant=alice profile=\"Holds\" timeframe=1d symbols=\"TEST\" \
            capital=2000 USD {holds}\n"
        ),
    ];
    says(&other, &lines);
    assert!(!other.contains("symbols=\"OTHER\""), "{other}");
}
