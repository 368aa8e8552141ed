//! The configuration of a server that trades as often and in as many ways as it can.

use crate::support::{LOOPBACK, market};

/// How many times as fast as real time the market runs in one history after another.
const SPEEDS: [u32; 12] = [200, 300, 100, 200, 200, 50, 300, 100, 20, 50, 10, 500];

/// Profiles of each tenant, as [`text`] configures them.
pub(super) const PROFILES: [(&str, usize); 2] = [("alice", 3), ("bob", 3)];

/// The settings file of one history. The market goes on from an instant that is fixed here, so
/// that it never goes back when the server is started again.
pub(super) fn text(history: usize) -> String {
    // Every other history fills in parts and late.
    let (share, latency_ms) = match history % 2 {
        0 => ("", 0),
        _ => ("volume_share = \"0.1\"\n", 700),
    };
    let speed = SPEEDS[history % SPEEDS.len()];
    let more = format!(
        "seed = {history}\n\
         [paper]\nslippage_bps = \"1\"\nlatency_ms = {latency_ms}\n{share}\
         [engine]\nunknown_grace_ms = 500\nsnapshot_every = 40\n"
    );
    [LOOPBACK, &market(speed, 60), &more, TENANTS].concat()
}

const TENANTS: &str = r#"
[[tenants]]
id = "alice"

[[tenants.profiles]]
name = "Targets"
capital = "10000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["KELP/USD", "TIDE/USD"]
entry = "close > sma(close, 3)"
exit = "close < sma(close, 3)"
sizing = { type = "percentOfEquity", value = "30" }
[tenants.profiles.strategy.exits]
stopLoss = { type = "percent", value = "0.05" }
[[tenants.profiles.strategy.exits.takeProfit]]
type = "percent"
value = "0.03"
portion = "0.5"
[[tenants.profiles.strategy.exits.takeProfit]]
type = "percent"
value = "0.06"
portion = "0.5"

[[tenants.profiles]]
name = "Reversals"
capital = "50000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["REEF/USD"]
direction = "both"
entry = "close > sma(close, 2)"
entryShort = "close < sma(close, 2)"
sizing = { type = "percentOfEquity", value = "60" }

[[tenants.profiles]]
name = "Trails"
capital = "20000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["PEARL/USD", "KELP/USD"]
entry = "close > open"
sizing = { type = "percentOfEquity", value = "40" }
[tenants.profiles.strategy.exits]
stopLoss = { type = "percent", value = "0.08" }
trailing = { type = "percent", value = "0.05" }
breakEvenAt = { type = "percent", value = "0.04" }
maxBars = 5

[[tenants]]
id = "bob"

[[tenants.profiles]]
name = "Short"
capital = "10000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["TIDE/USD"]
direction = "short"
entry = "close < sma(close, 3)"
exit = "close > sma(close, 3)"
sizing = { type = "percentOfEquity", value = "50" }
exits = { stopLoss = { type = "percent", value = "0.06" }, maxBars = 4 }

[[tenants.profiles]]
name = "Slower"
capital = "15000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "15s"
symbols = ["ACME", "REEF/USD"]
direction = "both"
entry = "close > ema(close, 3)"
entryShort = "close < ema(close, 3)"
sizing = { type = "percentOfEquity", value = "30" }
[tenants.profiles.strategy.exits]
stopLoss = { type = "percent", value = "0.1" }
trailing = { type = "percent", value = "0.05" }

[[tenants.profiles]]
name = "Greedy"
capital = "5000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "5s"
symbols = ["PEARL/USD", "TIDE/USD", "KELP/USD"]
direction = "both"
entry = "close > open"
entryShort = "close < open"
sizing = { type = "percentOfAvailable", value = "95" }
exits = { takeProfit = [{ type = "percent", value = "0.03", portion = "1" }], maxBars = 3 }
"#;
