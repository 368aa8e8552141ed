//! Back-tests as a whole: a config, a few bars, and the trades that must come of them, each
//! reckoned by hand.
//!
//! Bars are open, high, low, close and a signal in place of the volume: `1` enters long, `2`
//! leaves it, `3` enters short, `4` leaves that. The number of a bar counts intervals, so that a
//! `gap` line leaves one out. What comes of it reads
//!
//! ```text
//! long 10 from 1 @ 100 to 3 @ 105: exit_signal 50     from and to which bar, and the profit
//! short 5 from 4 @ 90 open: -10                       marked at the last close
//! equity 10040
//! ```
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod allocations;
mod exits;
mod finer_bars;
mod instruments;
mod off_grid;
mod signals;
mod trails_and_counters;

use std::sync::Arc;

use ballast_backtest::{Outcome, Request, run};
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{AssetClass, Bar, Instrument, Symbol, Timeframe, Timestamp, Trade};
use ballast_engine::matching::FillRules;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Runs a strategy that `config` describes beyond the signals, on an account like `cash=1000
/// lot=1 fee=0.1 slippage=50 bars=15m`, and checks every trade and the final equity.
fn check(account: &str, config: &Value, bars: &str, expected: &str) {
    let account = Account::parse(account);
    let outcome = account.run(config, bars);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(account.told(&outcome), expected, "{config} {bars}");
}

struct Account {
    cash: Decimal,
    lot: Option<String>,
    bars: Timeframe,
    strategy: Timeframe,
    rules: FillRules,
}

impl Account {
    fn parse(text: &str) -> Self {
        let mut account = Self {
            cash: decimal("10000"),
            lot: None,
            bars: Timeframe::D1,
            strategy: Timeframe::D1,
            rules: FillRules::default(),
        };
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("'{word}'"));
            match name {
                "cash" => account.cash = decimal(value),
                "lot" => account.lot = Some(value.to_owned()),
                "share" => account.rules.volume_share = Some(decimal(value)),
                "slippage" => account.rules.slippage_bps = decimal(value),
                "bars" => account.bars = value.parse().unwrap(),
                "strategy" => account.strategy = value.parse().unwrap(),
                "fee" => {
                    let fee = decimal(value);
                    account.rules.fees = FeeSchedule::Percent { maker: fee, taker: fee };
                }
                _ => panic!("unknown '{word}'"),
            }
        }
        account
    }

    fn run(&self, config: &Value, bars: &str) -> Outcome {
        run(&self.request(config), self.bars(bars)).unwrap()
    }

    fn request(&self, config: &Value) -> Request {
        let mut document = json!({
            "version": 1, "kind": "rules", "timeframe": self.strategy, "symbols": ["X"],
            "entry": "volume == 1", "exit": "volume == 2",
            "sizing": {"type": "fixedQuantity", "quantity": "10"},
        });
        let fields = document.as_object_mut().unwrap();
        fields.extend(config.as_object().unwrap().clone());
        match fields.get("direction").and_then(Value::as_str) {
            Some("both") => {
                fields.insert("entryShort".to_owned(), json!("volume == 3"));
                fields.insert("exitShort".to_owned(), json!("volume == 4"));
            }
            Some("short") => {
                fields.insert("entry".to_owned(), json!("volume == 3"));
                fields.insert("exit".to_owned(), json!("volume == 4"));
            }
            _ => {}
        }
        let currency = "USD".parse().unwrap();
        let free = Instrument::unrestricted(symbol(), AssetClass::Stock, currency);
        let lot_size = self.lot.as_ref().map(|lot| lot.parse().unwrap());
        Request {
            config: Arc::new(serde_json::from_value(document).unwrap()),
            instruments: vec![Instrument { lot_size, ..free }],
            timeframe: self.bars,
            cash: self.cash,
            currency,
            rules: self.rules.clone(),
            periods_per_year: None,
            keep_equity: false,
            keep_trades: true,
        }
    }

    fn bars(&self, text: &str) -> Vec<(Symbol, Bar)> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let numbered = (0..).zip(lines).filter(|(_, line)| *line != "gap");
        numbered.map(|(number, line)| (symbol(), self.bar(number, line))).collect()
    }

    fn bar(&self, number: i64, line: &str) -> Bar {
        let words: Vec<&str> = line.split_whitespace().collect();
        let price = |place: usize| words[place].parse().unwrap();
        let bar = Bar {
            close_time: Timestamp::from_nanos((number + 1) * self.bars.nanos().unwrap()),
            open: price(0),
            high: price(1),
            low: price(2),
            close: price(3),
            volume: words.get(4).map_or_else(Default::default, |signal| signal.parse().unwrap()),
        };
        bar.checked().unwrap()
    }

    fn told(&self, outcome: &Outcome) -> Vec<String> {
        let closed = outcome.closed.iter().map(|trade| {
            let reason = trade.exit_reason.unwrap().as_str();
            let exit = plain(trade.exit_price());
            let profit = plain(trade.net_profit().unwrap().amount());
            let to = self.number(trade.closed_at.unwrap());
            format!("{} to {to} @ {exit}: {reason} {profit}", self.begun(trade))
        });
        let open = outcome.open.iter();
        let open = open.map(|open| format!("{} open: {}", self.begun(&open.trade), open.pnl));
        let equity = [format!("equity {}", outcome.final_equity)];
        closed.chain(open).chain(equity).collect()
    }

    fn begun(&self, trade: &Trade) -> String {
        let (direction, quantity) = (trade.direction.as_str(), plain(trade.entry_quantity.get()));
        let from = self.number(trade.opened_at);
        format!("{direction} {quantity} from {from} @ {}", plain(trade.entry_price()))
    }

    fn number(&self, at: Timestamp) -> i64 {
        at.nanos() / self.bars.nanos().unwrap()
    }
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn symbol() -> Symbol {
    "X".parse().unwrap()
}
