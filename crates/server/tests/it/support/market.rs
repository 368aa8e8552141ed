//! Settings that several suites begin with.

use std::time::{SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;

/// Free ports of this machine.
pub(crate) const LOOPBACK: &str = "\
listen = \"127.0.0.1:0\"
internal_listen = \"127.0.0.1:0\"
";

/// A market that begins now, runs so many times as fast as the clock, and goes on from the same
/// instant when the server is started again.
pub(crate) fn market(speed: u32, warm_up_bars: u32) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let anchor = Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap());
    format!("[market]\nspeed = {speed}\nanchor = \"{anchor}\"\nwarm_up_bars = {warm_up_bars}\n")
}
