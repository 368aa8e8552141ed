//! The disk is full while the price falls through the stop of an open position: it is left at
//! once, nothing enters, and when there is room again the journal holds everything, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::{BrokerEvent, Envelope, Event, ExitReason, OrderState, Timestamp};
use ballast_engine::ports::{Clock, Gap, Journal};
use ballast_engine::state::State;
use ballast_storage::{Options, Store, StreamName, TenantStore, Verification};
use ballast_venues::paper::{PaperEntry, PaperRecord};
use serde_json::{Value, json};

use crate::support::{Desk, Halting, LIMITED, Room, Server};

/// Two quiet days, in which a position is opened, then a fall, then days in which it would be
/// opened again.
const BARS: &str = "time,open,high,low,close,volume\n\
    2024-01-01,100,101,99,100,1000\n\
    2024-01-02,100,101,99,100,1000\n\
    2024-01-03,100,101,99,100,1000\n\
    2024-01-04,99,99,80,82,1000\n\
    2024-01-05,82,83,81,82,1000\n\
    2024-01-06,82,83,81,82,1000\n\
    2024-01-07,82,83,81,82,1000\n";

const SETTINGS: &str = r#"
data_dir = "data"
listen = "127.0.0.1:0"
internal_listen = "127.0.0.1:0"
[market]
feed = "replay"
[market.replay]
timeframe = "1d"
stamped = "open"
start = "2024-01-02"
files = [{ symbol = "TEST", path = "fall.csv" }]
[paper]
slippage_bps = "0"
[[tenants]]
id = "alice"
[[tenants.profiles]]
name = "Protected"
capital = "10000"
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "1d"
symbols = ["TEST"]
sizing = { type = "fixedQuantity", quantity = "10" }
exits = { stopLoss = { type = "percent", value = "10" } }
"#;

/// So many comparisons that what an evaluation saw of them fits into no page that is in use: where
/// there is no room, none is journaled.
const RULES: usize = 20;
const COMPARISONS: usize = 25;

fn desk() -> Desk {
    let when = vec!["close > 0"; COMPARISONS].join(" and ");
    let rule = |number| format!("{{ name = \"{number}\", when = \"{when}\" }}");
    let rules: Vec<_> = (1..=RULES).map(rule).collect();
    let entry = format!("entry = {{ rules = [{}], minPass = {RULES} }}", rules.join(", "));
    let settings = SETTINGS.replace("symbols =", &format!("{entry}\nsymbols ="));
    let desk = Desk::serving(&[&settings, LIMITED].concat());
    desk.write("fall.csv", BARS);
    desk
}

/// What a dead server has left.
struct Left {
    events: Vec<Envelope>,
    records: Vec<PaperRecord>,
    /// How many events and records are in the store itself.
    stored: (usize, usize),
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }
}

impl Left {
    async fn read(desk: &Desk) -> Self {
        let copy = desk.copy_of_data();
        let directory = copy.path().to_owned();
        let (max_bytes, local_bytes) = (None, None);
        let options = Options { directory, collections: &[], max_bytes, local_bytes };
        let store = Store::open(options, Arc::new(Stopped)).await.unwrap();
        let alice = store.tenant(&"alice".parse().unwrap());
        let left = Self::of(&alice).await;
        store.close().await.unwrap();
        left
    }

    async fn of(alice: &TenantStore) -> Self {
        let journal = alice.journal::<Envelope>(StreamName::Journal, 0);
        let paper = alice.journal::<PaperRecord>(StreamName::Paper, 0);
        let (events, records) = (journal.read(0, 10_000).await, paper.read(0, 10_000).await);
        let whole = |verified| match verified {
            Ok(Verification::Intact { last_seq }) => last_seq as usize,
            broken => panic!("{broken:?}"),
        };
        let stored = (whole(journal.verify().await), whole(paper.verify().await));
        Self { events: events.unwrap(), records: records.unwrap(), stored }
    }

    fn kept(&self) -> usize {
        self.events.len() - self.stored.0 + self.records.len() - self.stored.1
    }

    fn state(&self) -> State {
        let mut state = State::new("alice".parse().unwrap());
        for (envelope, seq) in self.events.iter().zip(1..) {
            assert_eq!(envelope.seq, seq, "in order and once");
            state.apply(envelope).unwrap();
        }
        state
    }

    /// Fills by order and id, as the venue has said them and as the journal has booked them.
    fn fills(&self) -> [BTreeMap<String, String>; 2] {
        let mut both = [BTreeMap::new(), BTreeMap::new()];
        let mut note = |side: usize, key: String, price: String| {
            assert_eq!(both[side].insert(key.clone(), price), None, "{key} is there twice");
        };
        for entry in self.records.iter().flat_map(|record| &record.what) {
            if let PaperEntry::Said { event: BrokerEvent::Filled { order, fill } } = entry {
                note(0, format!("{order} {}", fill.id), fill.price.to_string());
            }
        }
        for envelope in &self.events {
            if let Event::OrderFilled { order, fill } = &envelope.event {
                note(1, format!("{order} {}", fill.id), fill.price.to_string());
            }
        }
        both
    }

    /// What must hold at any instant: what is booked was said, and nothing that the node has kept
    /// has entered anything.
    fn check(&self, name: &str) {
        self.state();
        let [said, booked] = self.fills();
        let unsaid = booked.iter().find(|(key, price)| said.get(*key) != Some(price));
        assert_eq!(unsaid, None, "{name}");
        let mut taken = self.records.iter().flat_map(|record| &record.what);
        let taken = taken.by_ref().filter(|entry| matches!(entry, PaperEntry::Submitted { .. }));
        assert_eq!(taken.count(), 1, "{name}: one entry reached the venue");
    }

    /// All that was kept is there, in order and once; what comes after it is new, because a file is
    /// told again from the last bar that has left something.
    fn goes_on_from(&self, before: &Self, name: &str) {
        self.state();
        let (events, records) = (before.events.len(), before.records.len());
        assert_eq!(self.events[..events], before.events, "{name}");
        assert_eq!(self.records[..records], before.records, "{name}");
        let [said, booked] = self.fills();
        assert_eq!(said, booked, "{name}");
    }

    /// The one position was left at its stop, on both sides, and nothing was entered since.
    fn is_left_at_the_stop(&self, name: &str) {
        self.check(name);
        let [said, booked] = self.fills();
        assert_eq!(said, booked, "{name}");
        assert_eq!(said.len(), 2, "{name}: {said:?}");
        let state = self.state();
        let profile = state.profiles().next().unwrap();
        assert!(profile.trades.is_empty() && profile.working.is_empty(), "{name}");
        let trade = profile.closed.back().unwrap();
        assert_eq!(trade.exit_reason, Some(ExitReason::StopLoss), "{name}");
        assert_eq!(trade.exit_price().to_string(), "90", "{name}: at the stop");
        let done =
            |order: &&ballast_engine::state::Order| matches!(order.state, OrderState::Done(_));
        assert!(profile.ended.iter().all(|order| done(&order)), "{name}");
    }
}

/// Plays the file to its end, and gives what health says then.
fn play_on(desk: &Desk) -> (Server, Value) {
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("the market data has ended");
    let health: Value = serde_json::from_str(&server.internal("/internal/health")).unwrap();
    (server, health)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_left_at_its_stop_on_a_full_disk_wherever_the_process_ends() {
    let mut ended_at = 0;
    for passages in 1.. {
        let name = format!("killed when it had kept something for the {passages}th time");
        let desk = desk();
        let room = Room::of(&desk);
        let mut server = Halting::start(&desk, &name);
        // The entry has filled and is on its way to the engine.
        server.run_to(Gap::VenueFilled, 1);
        room.take();
        server.go_on();
        if !server.runs_to(Gap::KeptLocally, passages, "the market data has ended") {
            ended_at = passages;
            server.kill_troubled();
        } else {
            server.kill_troubled();
            let left = Left::read(&desk).await;
            assert!(left.kept() > 0, "{name}");
            left.check(&name);
        }
        // Still without room it goes on to the end of the file.
        let (mut server, health) = play_on(&desk);
        let profile = &health["tenants"]["alice"]["profiles"][0];
        assert_eq!(profile["positions"], json!([]), "{name}: {health}");
        assert_eq!(health["localLog"]["away"], true, "{name}: {health}");
        assert_eq!(profile["enters"], false, "{name}");
        server.kill();
        let left = Left::read(&desk).await;
        assert!(left.kept() > 0, "{name}");
        left.is_left_at_the_stop(&name);
        let before = left;

        room.give();
        let (server, health) = play_on(&desk);
        assert_eq!(health["localLog"]["away"], false, "{name}: {health}");
        assert_eq!(health["localLog"]["usedBytes"], 0, "{name}: {health}");
        let said = server.stop();
        assert!(said.contains("recorded_late=true"), "{name}\n{said}");
        let left = Left::read(&desk).await;
        assert_eq!(left.kept(), 0, "{name}: everything is in the store");
        left.goes_on_from(&before, &name);
        if ended_at > 0 {
            break;
        }
    }
    assert!(ended_at > 3, "only {ended_at} gaps");
}
