//! `ballast serve` as whoever runs it meets it: what it refuses, what it says, how it stops.

mod health;
mod log;
mod start;

/// Ten days of two instruments, played to their end.
const REPLAY: &str = r#"
listen = "127.0.0.1:0"
internal_listen = "127.0.0.1:0"
[market]
feed = "replay"
[market.replay]
timeframe = "1d"
start = "2020-01-01"
files = [{ symbol = "TEST", path = "bars.csv" }, { symbol = "OTHER", path = "bars.csv" }]
[paper]
slippage_bps = 0
[[tenants]]
id = "alice"
"#;

/// A profile that enters at the first close with two units, and leaves by `exits`.
fn profile(name: &str, symbol: &str, capital: u32, exits: &str) -> String {
    format!(
        "[[tenants.profiles]]\nname = '{name}'\ncapital = {capital}\n\
         [tenants.profiles.strategy]\nversion = 1\nkind = 'rules'\ntimeframe = '1d'\n\
         symbols = ['{symbol}']\nentry = 'close > 0'\n\
         sizing = {{ type = 'fixedQuantity', quantity = 2 }}\nexits = {{ {exits} }}\n"
    )
}
