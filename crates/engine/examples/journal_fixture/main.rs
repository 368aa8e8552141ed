//! Makes the newest stored journal, which every later version must fold to the same state:
//!
//! ```text
//! cargo run -p ballast-engine --example journal_fixture
//! ```
//!
//! It plays [`HISTORY`] to the engine and writes `tests/fixtures/journal-v10.jsonl`, an envelope a
//! line, and `journal-v10-state.json`, what it folds to. `tests/it/journal_fixture.rs` reads all.
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
    Bar, BrokerEvent, CorporateAction, Direction, Envelope, ExitReason, Fill, IntentId, Money,
    OrderId, OrderType, Origin, ProfileDocument, ProfileId, ProfileStatus, Protection, RequestId,
    Signal, SignalTerms, Slot, Symbol, TimeInForce, Timeframe, Timestamp, TradeId,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::risk::{Change, TargetChange};
use ballast_engine::state::State;
use ballast_engine::step::{
    Action, ActionTold, Command, Effects, Engine, Input, LevelChange, Settings,
};
use ballast_engine::strategy::Plan;

const NAME: &str = "journal-v10";
const WITHHELD: &str = "not sent: trading control had changed meanwhile";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// Six profiles: `robot` trades by rules at a simulated venue; for the others a person enters, and
/// the venue says what the history says.
const PROFILES: [(&str, ProfileId, &str); 6] = [
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
        r#"{"name": "Coins, short", "venue": "market", "mode": "paper",
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
    (
        "careful",
        ProfileId::from_bits(4),
        r#"{"name": "With care", "venue": "paper", "mode": "paper",
            "capital": {"currency": "USD", "allocated": "10000"},
            "instruments": [{"symbol": "GOOG", "assetClass": "stock", "quote": "USD",
                             "tickSize": "0.01"}],
            "limits": {"maxPositionNotional": "5000", "maxExposure": "8000",
                "maxOpenOrderNotional": "6000", "maxOrdersPerMinute": 3,
                "minEntryIntervalMs": 1000, "maxDailyLoss": "500", "maxDrawdownPercent": "10",
                "maxConsecutiveLosses": 2, "lossCooldownMinutes": 45, "cooldownMinutes": 1,
                "stopGuard": {"stops": 2, "lookbackMinutes": 600, "lockMinutes": 30,
                    "perSymbol": true},
                "lowProfitLock": {"trades": 2, "lookbackMinutes": 600, "lockMinutes": 20,
                    "minProfitPercent": "0.5"},
                "priceCollarPercent": "20", "maxPriceRatio": "3"},
            "timeZone": "America/New_York", "preset": "by-hand",
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h", "symbols": ["GOOG"],
                "entry": "false", "sizing": {"type": "fixedQuantity", "quantity": "1"}}}"#,
    ),
    (
        "owner",
        ProfileId::from_bits(5),
        r#"{"name": "Owns what is left", "venue": "market", "mode": "paper",
            "capital": {"currency": "EUR", "allocated": "5000"},
            "instruments": [{"symbol": "BTC/EUR", "assetClass": "crypto", "quote": "EUR",
                             "base": "BTC", "tickSize": "0.1", "lotSize": "0.0001"}],
            "strategy": {"version": 1, "kind": "rules", "timeframe": "1h",
                "symbols": ["BTC/EUR"], "entry": "false",
                "sizing": {"type": "riskPercent", "value": "1"},
                "exits": {"stopLoss": {"type": "percent", "value": "5"}}}}"#,
    ),
];

/// What happens. `limits` sets those of the tenant; any other line names a profile, then what it
/// does or what its venue says; `bar` is an hour of the market with the closes of both instruments.
const HISTORY: &str = include_str!("history.txt");

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
            "limits" => {
                let limits = serde_json::from_str(&line[subject.len()..])?;
                let (expected_version, by) = (None, "alice".to_owned());
                self.command(Command::SetLimits { limits, expected_version, by })?;
            }
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
            "stop" | "targets" => self.levels(profile, verb, words),
            "flatten" => self.command(Command::Flatten { profile, by, reason }),
            "split" | "dividend" | "rename" => self.act(profile, verb, words),
            "unlock" => {
                let symbol = words.next().map(str::parse).transpose()?;
                self.command(Command::Unlock { profile, symbol, by })
            }
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
                    "amend" => {
                        let quantity = words.next().ok_or("a quantity is missing")?.parse()?;
                        let change = Change { quantity: Some(quantity), ..Change::default() };
                        self.command(Command::Amend { order, change, by: "alice".to_owned() })
                    }
                    "withheld" => self.take(Input::Withheld {
                        at: self.now,
                        order,
                        revision: None,
                        reason: WITHHELD,
                    }),
                    _ => self.say(profile, verb, order, words),
                }
            }
        }
    }

    /// A person moves what protects a trade.
    fn levels(&mut self, profile: ProfileId, verb: &str, mut words: SplitWhitespace<'_>) -> Done {
        let trade = TradeId(IntentId { profile, number: next(&mut words)? });
        let change = match verb {
            "stop" => LevelChange { stop: Some(next(&mut words)?), targets: None },
            _ => {
                let targets = words.map(target).collect::<Done<_>>()?;
                LevelChange { stop: None, targets: Some(targets) }
            }
        };
        let by = "alice".to_owned();
        self.command(Command::MoveLevels { trade, change, expected_version: None, by })
    }

    /// What the issuer does to a profile's first instrument.
    fn act(&mut self, profile: ProfileId, verb: &str, mut words: SplitWhitespace<'_>) -> Done {
        let document = self.documents.get_mut(&profile).ok_or("no document")?;
        let (symbol, currency) = (document.strategy.symbols[0], document.capital.currency);
        let id = next(&mut words)?;
        let mut plan = None;
        let action = match verb {
            "split" => CorporateAction::Split {
                numerator: next(&mut words)?,
                denominator: next(&mut words)?,
                cash_price: next(&mut words)?,
            },
            "dividend" => {
                let per_unit = Money::new(next(&mut words)?, currency);
                CorporateAction::CashDividend { per_unit }
            }
            _ => {
                let to = next(&mut words)?;
                document.rename(symbol, to);
                let strategy = Arc::new(document.strategy.clone());
                let compiled = Plan::compile(strategy, &mut self.board);
                plan = Some(Box::new(compiled.map_err(|faults| format!("{faults:?}"))?));
                CorporateAction::SymbolChanged { to }
            }
        };
        let by = "alice".to_owned();
        let told = Box::new(ActionTold { profile, id, symbol, action, by });
        self.command(Command::CorporateAction { told, plan })
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
            "amended" => BrokerEvent::Amended { order, revision: next(&mut words)? },
            "unamended" => {
                let revision = next(&mut words)?;
                BrokerEvent::AmendmentRejected { order, revision, reason }
            }
            "expired" => BrokerEvent::Expired { order },
            "rejected" => BrokerEvent::Rejected { order, reason },
            "unknown" => BrokerEvent::Unknown { order, reason },
            "notfound" => BrokerEvent::NotFound { order },
            "busted" => BrokerEvent::Corrected { order, fill: next(&mut words)?, by: None },
            "filled" | "corrected" => {
                let corrected = (verb == "corrected").then(|| next(&mut words)).transpose()?;
                let id = next(&mut words)?;
                let (quantity, price) = words
                    .next()
                    .and_then(|word| word.split_once('@'))
                    .ok_or("no quantity@price")?;
                let (quantity, price) = (quantity.parse()?, price.parse()?);
                let (fee, currency) = (next(&mut words)?, words.next().map(str::parse));
                let own = self.documents[&profile].capital.currency;
                let fee = Money::new(fee, currency.transpose()?.unwrap_or(own));
                let told = Fill { id, at: self.now, price, quantity, fee };
                match corrected {
                    Some(fill) => BrokerEvent::Corrected { order, fill, by: Some(told) },
                    None => BrokerEvent::Filled { order, fill: told },
                }
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
                Action::Protect(trade, levels) => self.venue.protect(trade, &levels),
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

/// A target as `number@level*portion`; a new one without the number.
fn target(text: &str) -> Done<TargetChange> {
    let (number, rest) = text.split_once('@').ok_or("no number@level")?;
    let (level, portion) = rest.split_once('*').ok_or("no level*portion")?;
    let number = if number.is_empty() { None } else { Some(number.parse()?) };
    Ok(TargetChange { number, level: Some(level.parse()?), portion: Some(portion.parse()?) })
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
