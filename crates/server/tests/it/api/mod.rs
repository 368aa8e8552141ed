//! The HTTP API as its clients meet it: the real process, over real sockets.
//!
//! Each test has a server of its own, on the simulated market at twenty times real time.

mod access;
mod alerts;
mod away;
mod backtests;
mod client;
mod control;
mod crashes;
mod entrance;
mod explanation;
mod forge;
mod guide;
mod health;
mod idempotency;
mod limits;
mod market;
mod metrics;
mod orders;
mod people;
mod positions;
mod profiles;
mod requests;
mod routes;
mod strangers;
mod trading;

use crate::support::{Desk, LOOPBACK, market};

/// What most tests run with: nobody is counted out, and anybody may register.
const OPEN: &str = "\
[http]
requests_per_minute_per_user = 100000
requests_per_minute_per_address = 100000
[identity]
registration_open = true
";

/// A server without tenants of its own, with settings beside those of every test.
fn desk(settings: &str) -> Desk {
    let tenants = "tenants = []\n";
    Desk::serving(&[LOOPBACK, tenants, &market(20, 60), settings].concat())
}
