//! What the log says, and that trading does not depend on who reads it.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;

use super::process::{Gaps, Server, command};
use crate::run::Desk;

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

/// A market that begins now and runs so many times as fast as the clock.
fn fast_market(speed: u32) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let anchor = Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap());
    format!("[market]\nspeed = {speed}\nanchor = \"{anchor}\"\nwarm_up_bars = 60\n")
}

#[test]
fn a_log_that_cannot_be_written_stops_no_trading() {
    let full = || OpenOptions::new().write(true).open("/dev/full").ok().map(Stdio::from);
    for (name, log) in [("nobody reads", None), ("the disk is full", full())] {
        let desk = Desk::new();
        desk.write("ballast.toml", &(fast_market(200) + BUSY));
        let mut command = command(&desk);
        command.args(["--listen", "127.0.0.1:0"]).stderr(log.unwrap_or_else(Stdio::piped));
        let gaps = Gaps::of(&desk, &mut command);
        let mut server = Server::spawn(&mut command);
        server.deafen();
        let mut passing = gaps.connected();
        assert_eq!(passing.pass("venue-filled", 10), 10, "{name}");
        server.terminate();
        passing.pass("", usize::MAX);
        assert!(server.ended().success(), "{name}");
    }
}
