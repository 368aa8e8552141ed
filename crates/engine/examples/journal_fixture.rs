//! Makes the newest stored journal, which every later version must fold to the same state:
//!
//! ```text
//! cargo run -p ballast-engine --example journal_fixture
//! ```
//!
//! It plays [`HISTORY`] to the engine and writes `tests/fixtures/journal-v6.jsonl`, an envelope a
//! line, and `journal-v6-state.json`, what it folds to. `tests/it/journal_fixture.rs` reads all.
//!
//! Events are for ever, and so are stored journals: a file that was merged is never written again.
//! What is new gets new files beside them, by another [`NAME`] and a history that holds it.

use std::collections::BTreeMap;
use std::error::Error;
use std::str::{FromStr, SplitWhitespace};
use std::sync::Arc;

use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::id::Leg;
use ballast_domain::{
    Bar, BrokerEvent, Direction, Envelope, ExitReason, Fill, IntentId, Money, OrderId, OrderType,
    Origin, ProfileDocument, ProfileId, ProfileStatus, Protection, RequestId, Signal, SignalTerms,
    Slot, Symbol, TimeInForce, Timeframe, Timestamp, TradeId,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::state::State;
use ballast_engine::step::{Action, Command, Effects, Engine, Input, Settings};
use ballast_engine::strategy::Plan;

const NAME: &str = "journal-v6";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// Four profiles: `robot` trades by rules at a simulated venue; for the others a person enters, and
/// the venue says what the history says.
const PROFILES: [(&str, ProfileId, &str); 4] = [
    (
        "robot",
        ProfileId::from_bits(0x0123_4567_89ab_cdef),
        r#"{"name": "Robot", "venue": "paper", "mode": "paper",
            "capital": {"currency": "USD", "allocated": "10000"},
            "instruments": [{"symbol": "GOOG", "assetClass": "stock", "quote": "USD",
                             "lotSize": "0.5"}],
            "fees": {"type": "percent", "maker": "0.1", "taker": "0.2"},
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h", "symbols": ["GOOG"],
                "direction": "both",
                "entry": {"minPass": 1, "rules": [
                    {"name": "Turn", "required": true, "when": "crossover(close, sma(close, 4))"},
                    {"name": "Volume", "when": "volume > 100"}]},
                "entryShort": "crossunder(close, sma(close, 4))",
                "sizing": {"type": "percentOfEquity", "value": "20"},
                "exits": {"stopLoss": {"type": "percent", "value": "4"},
                    "takeProfit": [{"type": "percent", "value": "3", "portion": "0.5"}],
                    "trailing": {"type": "percent", "value": "6"}, "maxBars": 6}}}"#,
    ),
    (
        "hand",
        ProfileId::from_bits(2),
        r#"{"name": "By hand", "venue": "paper", "mode": "paper",
            "capital": {"currency": "USD", "allocated": "20000"},
            "instruments": [{"symbol": "GOOG", "assetClass": "stock", "quote": "USD",
                             "tickSize": "0.01", "lotSize": "1"}],
            "limits": {"maxOrderQuantity": "100"},
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h", "symbols": ["GOOG"],
                "entry": "false", "sizing": {"type": "fixedQuantity", "quantity": "1"}}}"#,
    ),
    (
        "coin",
        ProfileId::from_bits(u64::MAX),
        r#"{"name": "Coins, short", "venue": "market", "mode": "live",
            "capital": {"currency": "EUR", "allocated": "5000.5"},
            "instruments": [{"symbol": "BTC/EUR", "assetClass": "crypto", "quote": "EUR",
                             "tickSize": "0.1", "lotSize": "0.00000001", "minNotional": "10"}],
            "fees": {"type": "perUnit", "amount": "0.5", "minimum": "0.01"},
            "limits": {"maxOpenPositions": 2, "maxDataAgeMs": 7200000},
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h",
                "symbols": ["BTC/EUR"], "direction": "short", "entry": "false",
                "sizing": {"type": "riskPercent", "value": "1"},
                "exits": {"stopLoss": {"type": "percent", "value": "5"}}}}"#,
    ),
    (
        "spare",
        ProfileId::from_bits(3),
        r#"{"name": "For a while", "venue": "paper", "mode": "paper",
            "capital": {"currency": "USD", "allocated": "1000"},
            "instruments": [{"symbol": "GOOG", "assetClass": "stock", "quote": "USD",
                             "tickSize": "0.01"}],
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h", "symbols": ["GOOG"],
                "entry": "false", "sizing": {"type": "fixedQuantity", "quantity": "1"}}}"#,
    ),
];

/// What happens. A line names a profile, then what it does or what its venue says; `bar` is an
/// hour of the market with the closes of both instruments.
const HISTORY: &str = "
    robot put
    hand put
    coin put
    robot status Running
    hand enter long 1
    hand status Running
    coin status Running
    hand enter long 1
    bar 100 60000
    bar 101 60100

    hand enter long 10 stop 5 target 10
    hand accepted 1
    hand filled 1 a 4@100.5 0.40
    hand filled 1 b 6@100.55 -0.05
    hand exit 1 3
    hand accepted 2
    hand filled 2 c 1@102 0.1
    hand filled 2 d 2@102.01 0.2
    hand filled 1t0 e 1@110.6 0.1
    hand filled 1t0 e2 3@110.6 0.2
    hand filled 1s f 3@95.4 0.3

    hand enter long 5 limit 99.999
    hand unknown 3
    hand notfound 3
    clock
    wait 11
    hand notfound 3
    hand enter long 5 limit 98
    hand accepted 4
    hand cancel 4
    hand cancelled 4
    hand filled 4 g 2@98 0.1
    hand enter long 1
    hand status Running

    bar 103 60500
    bar 102 59000
    bar 99 58000
    hand enter long 3 slot b day
    hand accepted 5
    hand expired 5
    hand enter long 200 slot b
    hand enter long 3 slot b limit 97
    hand enter long 3 slot c above 104 cancels 6
    hand accepted 6
    hand accepted 7
    hand filled 7 h 3@104.2 0.1
    hand cancelled 6
    hand enter long 2 slot d
    hand rejected 8
    bar 104 58500
    bar 108 60200
    bar 112 61000

    coin enter short 0.02 trail 2 even 1
    coin accepted 1
    coin filled 1 x1 0.0133@61000.1 0.01
    coin filled 1 x2 0.0067@61000 0.00333333333333
    bar 109 60000
    bar 104 58000
    bar 101 57500
    coin filled 1s x3 0.01@58650 0.005
    coin exit 1 0.004
    coin enter short 0.0001 slot second
    coin enter short 5 slot second
    coin enter short 0.01 slot second
    coin accepted 3
    coin filled 3 x4 0.01@57400 0.01
    coin enter short 0.01 slot third
    coin rejected 3s
    coin status Running
    coin filled 3s x5 0.01@120000.7 0.02

    control Paused
    hand enter long 1 slot e
    control Running
    hand enter long 1 slot e limit 90
    hand accepted 9
    control Halted
    hand cancelled 9
    control unknown
    hand enter long 1 slot e
    control Running
    bar 98 57800
    bar 96 57900
    hand enter long 4 slot f
    hand withheld 10
    hand exit 4
    hand accepted 11
    hand filled 11 i 5@97 0.2
    hand filled 99 j 1@97 0.1
    hand status Stopped

    hand put 25000
    hand put 24000.5
    hand status Running
    hand enter long 90 slot g
    hand accepted 12
    hand filled 12 k 90@300 27
    hand put 40000
    hand status Running
    bar 97 58200
    bar 101 58900
    bar 103 60300
    bar 104 60600
    bar 106 61200
    bar 107 61300
    bar 109 61350
    bar 108 61400
    bar 110 61500
    bar 107 61100
    bar 103 60900
    bar 106 61000
    bar 107 61200
    bar 108 61300

    hand enter long 20 slot h stop 3 limit 102
    hand enter long 2 slot i limit 95
    hand enter long 2 slot j limit 94
    hand accepted 13
    hand accepted 14
    hand filled 13 l 7@101.99 0.7
    hand exit 7 1
    hand cancel 14
    resume
    hand notfound 15
    coin exit 1 0.002
    coin accepted 4
    coin filled 4 x6 0.001@60900 0.01

    spare put
    spare status Running
    bar 110 61300
    spare enter long 3 limit 109
    spare accepted 1
    spare filled 1 y1 2@109 0.1
    spare stop 1 105.5
    spare stop 1 104
    control Paused
    spare stop 1 104.5
    spare stop 1 103
    spare enter long 1 slot b
    control Running
    spare exit 1 0.5 limit 120
    spare enter long 1 slot b limit 100
    spare cancel 3
    spare cancelled 3
    spare flatten
    spare filled 1 y2 0.5@109 0.1
    spare cancelled 2
    spare filled 4 y3 1.5@110 0.1
    spare filled 5 y4 0.5@110 0.1
    spare filled 6 y5 0.5@110 0.1
    spare cancelled 1
    spare status Running
    spare remove
    spare filled 3 y6 0.25@100 0.01
    spare flatten
    hand flatten
";

type Done<T = ()> = Result<T, Box<dyn Error>>;

#[expect(clippy::disallowed_methods, reason = "the engine writes no files, its developers do")]
fn main() -> Done {
    let mut world = World::new()?;
    for line in HISTORY.lines().map(str::trim).filter(|line| !line.is_empty()) {
        world.play(line).map_err(|error| format!("'{line}': {error}"))?;
    }
    let lines: Result<Vec<_>, _> = world.journal.iter().map(serde_json::to_string).collect();
    std::fs::write(format!("{FOLDER}/{NAME}.jsonl"), lines?.join("\n") + "\n")?;
    let state = serde_json::to_string_pretty(world.engine.state())? + "\n";
    Ok(std::fs::write(format!("{FOLDER}/{NAME}-state.json"), state)?)
}

/// One tenant, its market, and the simulated venue of its robot.
struct World {
    engine: Engine,
    board: Board,
    venue: Matcher,
    documents: BTreeMap<ProfileId, ProfileDocument>,
    journal: Vec<Envelope>,
    now: Timestamp,
    said: Vec<BrokerEvent>,
    submitted: bool,
    last: [i64; 2],
    commands: u64,
}

impl World {
    fn new() -> Done<Self> {
        let documents = PROFILES.iter().map(|(_, id, document)| {
            serde_json::from_str(document).map(|document: ProfileDocument| (*id, document))
        });
        let documents: BTreeMap<_, _> = documents.collect::<Result<_, _>>()?;
        let robot = &documents[&PROFILES[0].1];
        let rules = FillRules {
            fees: robot.fees,
            slippage_bps: "5".parse()?,
            volume_share: Some("0.1".parse()?),
        };
        let venue = Matcher::new(rules, robot.instruments.clone(), robot.capital.money());
        let mut board = Board::new("market".parse()?, Timeframe::H1);
        board.subscribe("GOOG".parse()?);
        board.subscribe("BTC/EUR".parse()?);
        let engine = Engine::new(State::new("alice@example.com".parse()?), Settings::default());
        let mut world = Self {
            engine,
            board,
            venue,
            documents,
            journal: Vec::new(),
            now: "2024-05-13T13:00:00Z".parse()?,
            said: Vec::new(),
            submitted: false,
            last: [100, 60_000],
            commands: 0,
        };
        world.control(Some(ControlMode::Running))?;
        Ok(world)
    }

    fn play(&mut self, line: &str) -> Done {
        let mut words = line.split_whitespace();
        let subject = words.next().unwrap_or_default();
        match subject {
            "bar" => self.bar([next(&mut words)?, next(&mut words)?])?,
            "wait" => {
                let seconds: i64 = next(&mut words)?;
                self.now = self.now.saturating_add_nanos(seconds * 1_000_000_000);
            }
            "clock" => self.take(Input::Clock(self.now))?,
            "resume" => {
                let mut effects = Effects::default();
                self.engine.resume(self.now, &mut effects)?;
                self.keep(effects);
            }
            "control" => self.control(match words.next() {
                Some("Running") => Some(ControlMode::Running),
                Some("Paused") => Some(ControlMode::Paused),
                Some("Halted") => Some(ControlMode::Halted),
                _ => None,
            })?,
            name => {
                let known = PROFILES.iter().find(|(known, ..)| *known == name);
                let profile = known.ok_or("no such profile")?.1;
                let verb = words.next().ok_or("a verb is missing")?;
                self.profile(profile, verb, words)?;
            }
        }
        self.listen()
    }

    fn profile(&mut self, profile: ProfileId, verb: &str, mut words: SplitWhitespace<'_>) -> Done {
        let (reason, by) = ("the history says so".to_owned(), "alice".to_owned());
        match verb {
            "put" => self.put(profile, words.next()),
            "status" => {
                let status = match words.next() {
                    Some("Running") => ProfileStatus::Running,
                    _ => ProfileStatus::Stopped,
                };
                let acknowledge = true;
                self.command(Command::SetStatus { profile, status, acknowledge, reason, by })
            }
            "stop" => {
                let trade = TradeId(IntentId { profile, number: next(&mut words)? });
                let level = next(&mut words)?;
                self.command(Command::MoveStop { trade, level, expected_version: None, by })
            }
            "flatten" => self.command(Command::Flatten { profile, by, reason }),
            "remove" => {
                self.command(Command::RemoveProfile { profile, expected_version: None, by })
            }
            "enter" => {
                let signal = self.entry(profile, words)?;
                self.command(Command::Signal(Box::new(signal)))
            }
            "exit" => {
                let trade = TradeId(IntentId { profile, number: next(&mut words)? });
                let quantity = words.next().map(str::parse).transpose()?;
                let order_type = match words.next() {
                    Some(_) => OrderType::Limit { limit_price: next(&mut words)? },
                    None => OrderType::Market,
                };
                let terms = SignalTerms::Exit {
                    trade,
                    quantity,
                    order_type,
                    time_in_force: TimeInForce::Gtc,
                    reason: ExitReason::Manual,
                    then: None,
                };
                let signal = self.signal(profile, terms);
                self.command(Command::Signal(Box::new(signal)))
            }
            _ => {
                let order = order(profile, words.next().ok_or("an order is missing")?)?;
                match verb {
                    "cancel" => self.command(Command::Cancel { order, reason }),
                    "withheld" => {
                        self.take(Input::Withheld { at: self.now, order, reason: "control" })
                    }
                    _ => self.say(profile, verb, order, words),
                }
            }
        }
    }

    /// The profile's document, with another allocation where one is given.
    fn put(&mut self, profile: ProfileId, allocated: Option<&str>) -> Done {
        let document = self.documents.get_mut(&profile).ok_or("no document")?;
        if let Some(allocated) = allocated {
            document.capital.allocated = allocated.parse()?;
        }
        let document = Box::new(document.clone());
        let plan = Plan::compile(Arc::new(document.strategy.clone()), &mut self.board);
        let plan = Box::new(plan.map_err(|faults| format!("{faults:?}"))?);
        let (expected_version, by) = (None, "alice".to_owned());
        self.command(Command::PutProfile { profile, document, plan, expected_version, by })
    }

    fn entry(&self, profile: ProfileId, mut words: SplitWhitespace<'_>) -> Done<Signal> {
        let direction = match words.next() {
            Some("short") => Direction::Short,
            _ => Direction::Long,
        };
        let quantity = next(&mut words)?;
        let mut protection = Protection::default();
        let (mut order_type, mut time_in_force) = (OrderType::Market, TimeInForce::Gtc);
        let (mut slot, mut cancels) = (Slot::default(), None);
        while let Some(word) = words.next() {
            let mut percent = || next(&mut words).map(Distance::Percent);
            match word {
                "stop" => protection.stop_loss = Some(percent()?),
                "trail" => protection.trailing = Some(percent()?),
                "even" => protection.break_even_at = Some(percent()?),
                "target" => {
                    let target = TargetTerms { distance: percent()?, portion: "0.4".parse()? };
                    protection.targets.push(target);
                }
                "limit" => order_type = OrderType::Limit { limit_price: next(&mut words)? },
                "above" => order_type = OrderType::Stop { stop_price: next(&mut words)? },
                "slot" => slot = Slot(words.next().unwrap_or_default().parse()?),
                "cancels" => cancels = Some(order(profile, words.next().unwrap_or_default())?),
                _ => time_in_force = TimeInForce::Day,
            }
        }
        let cut_to_available = false;
        Ok(self.signal(
            profile,
            SignalTerms::Enter {
                direction,
                slot,
                quantity,
                order_type,
                time_in_force,
                protection,
                cut_to_available,
                cancels,
            },
        ))
    }

    fn signal(&self, profile: ProfileId, terms: SignalTerms) -> Signal {
        let symbol = self.documents[&profile].strategy.symbols[0];
        Signal { origin: Origin::Manual { by: "alice".to_owned() }, profile, symbol, terms }
    }

    fn say(
        &mut self,
        profile: ProfileId,
        verb: &str,
        order: OrderId,
        mut words: SplitWhitespace<'_>,
    ) -> Done {
        let reason = "the venue says so".to_owned();
        let event = match verb {
            "accepted" => BrokerEvent::Accepted { order },
            "cancelled" => BrokerEvent::Cancelled { order },
            "expired" => BrokerEvent::Expired { order },
            "rejected" => BrokerEvent::Rejected { order, reason },
            "unknown" => BrokerEvent::Unknown { order, reason },
            "notfound" => BrokerEvent::NotFound { order },
            "filled" => {
                let id = next(&mut words)?;
                let (quantity, price) = words
                    .next()
                    .and_then(|word| word.split_once('@'))
                    .ok_or("no quantity@price")?;
                let (quantity, price) = (quantity.parse()?, price.parse()?);
                let currency = self.documents[&profile].capital.currency;
                let fee = Money::new(next(&mut words)?, currency);
                BrokerEvent::Filled { order, fill: Fill { id, at: self.now, price, quantity, fee } }
            }
            _ => return Err("no such verb".into()),
        };
        self.take(Input::Broker(BrokerMessage { at: self.now, event }))
    }

    fn control(&mut self, mode: Option<ControlMode>) -> Done {
        let control = mode.map(|mode| {
            let (by, reason) = ("operator".to_owned(), "maintenance".to_owned());
            let entry = ControlEntry { scope: Scope::Global, mode, by, at: self.now, reason };
            Arc::new(ControlSnapshot { version: self.commands, entries: vec![entry] })
        });
        self.take(Input::Control { at: self.now, control })
    }

    /// An hour of both instruments, played to the robot's venue and then to everybody.
    fn bar(&mut self, closes: [i64; 2]) -> Done {
        let open_time = self.board.base().bucket_open(self.now);
        let close_time = self.board.base().close_of(open_time);
        self.now = close_time;
        let symbols: [Symbol; 2] = ["GOOG".parse()?, "BTC/EUR".parse()?];
        let mut frames: Vec<Frame> = Vec::new();
        for ((symbol, close), last) in symbols.into_iter().zip(closes).zip(self.last) {
            let price = |value: i64| value.to_string().parse();
            let (high, low) = (close.max(last) + 1, close.min(last) - 1);
            let (open, high, low) = (price(last)?, price(high)?, price(low)?);
            let volume = "150".parse()?;
            let bar = Bar { close_time, open, high, low, close: price(close)?, volume };
            self.play_bar(&PlayedBar { symbol, open_time, bar })?;
            self.board.push(symbol, &bar, |frame| frames.push(frame.clone()))?;
        }
        self.last = closes;
        frames.iter().try_for_each(|frame| self.take(Input::Frame { frame, now: frame.id.close }))
    }

    fn play_bar(&mut self, played: &PlayedBar) -> Done {
        loop {
            self.submitted = false;
            self.venue.open(played, &mut self.said);
            self.listen()?;
            if !self.submitted {
                break;
            }
        }
        self.venue.inside(played, &mut self.said);
        self.listen()?;
        self.venue.end(played, false, &mut self.said);
        self.listen()
    }

    fn command(&mut self, command: Command) -> Done {
        self.commands += 1;
        let request_id: RequestId = format!("req-{}", self.commands).parse()?;
        self.take(Input::Command { at: self.now, request_id: Some(request_id), command })
    }

    fn take(&mut self, input: Input<'_>) -> Done {
        let mut effects = Effects::default();
        self.engine.step(input, &mut effects)?;
        self.keep(effects);
        Ok(())
    }

    fn keep(&mut self, effects: Effects) {
        self.journal.extend(effects.events);
        for action in effects.actions {
            let robot = PROFILES[0].1;
            match action {
                Action::Submit(intent) if intent.terms().intent.profile == robot => {
                    self.venue.submit(intent.terms(), &mut self.said);
                    self.submitted = true;
                }
                Action::Cancel(order) if order.intent.profile == robot => {
                    self.venue.cancel(order, &mut self.said);
                }
                Action::MoveStop(trade, stop) => self.venue.move_stop(trade, stop),
                _ => {}
            }
        }
    }

    /// Lets the engine hear what the robot's venue has said.
    fn listen(&mut self) -> Done {
        while !self.said.is_empty() {
            for event in std::mem::take(&mut self.said) {
                self.take(Input::Broker(BrokerMessage { at: self.now, event }))?;
            }
        }
        Ok(())
    }
}

fn next<T: FromStr<Err: Error + 'static>>(words: &mut SplitWhitespace<'_>) -> Done<T> {
    Ok(words.next().ok_or("a word is missing")?.parse()?)
}

/// An order of the profile: `3`, or a leg of it, `3s` for the stop and `3t0` for the first target.
fn order(profile: ProfileId, text: &str) -> Done<OrderId> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, leg) = text.split_at(digits);
    let leg = match leg {
        "" => Leg::Main,
        "s" => Leg::Stop,
        target => Leg::Target(target.trim_start_matches('t').parse()?),
    };
    Ok(OrderId { intent: IntentId { profile, number: number.parse()? }, leg })
}
