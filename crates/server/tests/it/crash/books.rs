//! What a dead server has left of one tenant: the engine's journal, and the venue's stream, which
//! is the truth about orders, fills and money.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ballast_domain::id::Leg;
use ballast_domain::{
    Account, BrokerEvent, Cause, DoneState, Envelope, Event, Fill, OrderId, OrderState, OrderTerms,
    ProfileId, ProfileStatus, Quantity, TenantId, Timestamp, Trade, TradeId,
};
use ballast_engine::ports::{Clock, Journal, NoGaps};
use ballast_engine::state::{Profile, State};
use ballast_storage::{Options, Store, StreamName, TenantJournal, TenantStore, Verification};
use ballast_venues::paper::{
    Account as PaperAccount, PaperEntry, PaperRecord, PaperSettings, PaperVenue,
};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::config::PROFILES;

pub(super) struct Books {
    /// Which tenant, and when.
    name: String,
    profiles: usize,
    events: Vec<Envelope>,
    /// How many of the events the store has; the rest is what the node has kept.
    stored: usize,
    /// What the newest snapshot and the events after it tell.
    started: State,
    /// What all events tell.
    state: State,
    entries: Vec<PaperEntry>,
    accounts: BTreeMap<ProfileId, PaperAccount>,
}

impl Books {
    /// The books of every tenant, both streams being whole.
    pub(super) async fn open(directory: PathBuf, name: &str) -> Vec<Self> {
        let (max_bytes, local_bytes) = (None, None);
        let options = Options { directory, collections: &[], max_bytes, local_bytes };
        let store = Store::open(options, Arc::new(StoppedClock)).await.unwrap();
        let mut books = Vec::new();
        for (tenant, profiles) in PROFILES {
            let name = format!("{name}, {tenant}");
            let tenant: TenantId = tenant.parse().unwrap();
            books.push(Self::read(name, profiles, &store.tenant(&tenant)).await);
        }
        store.close().await.unwrap();
        books
    }

    async fn read(name: String, profiles: usize, store: &TenantStore) -> Self {
        let (events, stored): (Vec<Envelope>, _) = read(store, StreamName::Journal, &name).await;
        let (records, _): (Vec<PaperRecord>, _) = read(store, StreamName::Paper, &name).await;
        let entries: Vec<PaperEntry> = records.into_iter().flat_map(|record| record.what).collect();
        let snapshot = store.snapshot(StreamName::Journal).await.unwrap();
        let mut started = match snapshot {
            Some(snapshot) => {
                let mut cached: serde_json::Value =
                    serde_json::from_slice(&snapshot.bytes).unwrap();
                serde_json::from_value(cached["state"].take()).unwrap()
            }
            None => State::new(store.id().clone()),
        };
        let tail = started.last_seq() as usize;
        fold(&mut started, &events[tail..], &name);
        let mut state = State::new(store.id().clone());
        fold(&mut state, &events, &name);
        let accounts = accounts(store, &state, &entries).await;
        Self { name, profiles, events, stored, started, state, entries, accounts }
    }

    /// What must hold at any instant.
    pub(super) fn check_always(&self) {
        let name = &self.name;
        assert_eq!(self.started, self.state, "{name}: snapshot and tail");
        let accepted = self.check_intents();
        self.check_orders(&accepted);
        self.check_fills(&accepted);
        self.check_times(&accepted);
        self.check_ends();
        self.check_kept();
        let trouble = self.events.iter().find(|envelope| {
            let review = ProfileStatus::UnderReview;
            match &envelope.event {
                Event::BrokerEventUnmatched { .. } | Event::AvailableNegative { .. } => true,
                Event::ProfileStatusChanged { status, .. } => *status == review,
                // The second half of a reversal is not lost to the restart between the halves.
                Event::SignalRefused { .. } => matches!(envelope.cause, Cause::Broker(_)),
                _ => false,
            }
        });
        assert_eq!(trouble, None, "{name}: nobody did anything that was not expected");
    }

    /// Intents are accepted once, and numbered without a gap; no frame is acted on twice.
    fn check_intents(&self) -> BTreeMap<OrderId, Arc<OrderTerms>> {
        let mut accepted = BTreeMap::new();
        let mut last: BTreeMap<ProfileId, u64> = BTreeMap::new();
        let mut acted = BTreeSet::new();
        for envelope in &self.events {
            let Event::IntentAccepted { terms, .. } = &envelope.event else { continue };
            let last = last.entry(terms.intent.profile).or_default();
            *last += 1;
            assert_eq!(terms.intent.number, *last, "{}: intents", self.name);
            if let Cause::Frame(frame) = envelope.cause {
                let act = (frame.close, terms.intent.profile, terms.symbol, terms.is_reducing());
                assert!(acted.insert(act), "{}: {} repeats {act:?}", self.name, terms.intent);
            }
            accepted.insert(terms.order_id(), Arc::clone(terms));
        }
        for profile in self.state.profiles() {
            let last = last.get(&profile.id).copied().unwrap_or_default();
            assert_eq!(profile.last_intent, last, "{}: last intent", self.name);
        }
        accepted
    }

    /// Every order that the venue took is one that was accepted, and it came there once.
    fn check_orders(&self, accepted: &BTreeMap<OrderId, Arc<OrderTerms>>) {
        let mut taken = BTreeSet::new();
        for terms in self.taken() {
            let order = terms.order_id();
            assert_eq!(accepted.get(&order), Some(terms), "{}: {order}", self.name);
            assert!(taken.insert(order), "{}: the venue took {order} twice", self.name);
        }
        let repeated =
            self.entries.iter().find(|entry| matches!(entry, PaperEntry::Repeated { .. }));
        assert_eq!(repeated, None, "{}: nothing is sent twice", self.name);
    }

    /// Every fill in the journal is one that the venue has said, booked once, and no order or
    /// trade fills beyond what there is of it.
    fn check_fills(&self, accepted: &BTreeMap<OrderId, Arc<OrderTerms>>) {
        let name = &self.name;
        let said = self.said_fills();
        let mut ordered: BTreeMap<OrderId, Decimal> = BTreeMap::new();
        for ((order, _), fill) in &said {
            *ordered.entry(*order).or_default() += fill.quantity.get();
        }
        for (order, filled) in ordered {
            if order.leg == Leg::Main {
                let asked = accepted[&order].quantity.get();
                assert!(filled <= asked, "{name}: {order} has filled {filled} of {asked}");
            }
        }
        let mut booked = BTreeSet::new();
        for (order, fill) in self.booked_fills() {
            let key = (order, fill.id.to_string());
            assert_eq!(said.get(&key), Some(&fill), "{name}: {order} in the journal");
            assert!(booked.insert(key), "{name}: {order} has {} twice in the journal", fill.id);
        }
    }

    /// No trade of the market is played twice, and nothing fills at one from before it was ordered
    /// or held.
    fn check_times(&self, accepted: &BTreeMap<OrderId, Arc<OrderTerms>>) {
        let (mut entered, mut played) = (BTreeMap::new(), BTreeMap::new());
        let mut filled = BTreeSet::new();
        for event in self.said() {
            let BrokerEvent::Filled { order, fill } = event else { continue };
            let (name, at) = (&self.name, fill.at);
            let main = &accepted[&OrderId::main(order.intent)];
            let since = match order.leg {
                Leg::Main => main.accepted_at,
                Leg::Stop | Leg::Target(_) => entered[&order.intent],
            };
            assert!(at >= since, "{name}: {order} filled at {at}, before {since}");
            entered.entry(order.intent).or_insert(at);
            assert!(filled.insert((*order, at)), "{name}: {order} filled twice at {at}");
            let before = played.insert((order.intent.profile, main.symbol), at);
            assert!(before <= Some(at), "{name}: {order} filled at {at}, after {before:?}");
        }
    }

    /// What ended otherwise than by its fills did so at the venue, or never came there: then it was
    /// voided, or cancelled on its way.
    fn check_ends(&self) {
        let taken: BTreeSet<OrderId> = self.taken().map(|terms| terms.order_id()).collect();
        let asked: BTreeSet<OrderId> = self
            .events
            .iter()
            .filter_map(|envelope| match envelope.event {
                Event::CancelRequested { order, .. } => Some(order),
                _ => None,
            })
            .collect();
        let ended: BTreeMap<OrderId, DoneState> = self
            .said()
            .filter_map(|event| match event {
                BrokerEvent::Cancelled { order } => Some((*order, DoneState::Cancelled)),
                BrokerEvent::Rejected { order, .. } => Some((*order, DoneState::Rejected)),
                BrokerEvent::Expired { order } => Some((*order, DoneState::Expired)),
                _ => None,
            })
            .collect();
        for envelope in &self.events {
            let Event::OrderDone { order, state, .. } = &envelope.event else { continue };
            let right = match (taken.contains(order), state) {
                (true, _) => ended.get(order) == Some(state),
                (false, DoneState::Cancelled) => asked.contains(order),
                (false, _) => *state == DoneState::Voided,
            };
            let (name, there) = (&self.name, ended.get(order));
            assert!(right, "{name}: {order} is {state:?}, at the venue {there:?}");
        }
    }

    /// What the node has kept while the store was away enters nothing: an entry that was accepted
    /// just then is voided, and the venue never had it.
    fn check_kept(&self) {
        let taken: BTreeSet<OrderId> = self.taken().map(|terms| terms.order_id()).collect();
        let (stored, kept) = self.events.split_at(self.stored);
        for envelope in kept {
            let Event::IntentAccepted { terms, .. } = &envelope.event else { continue };
            let order = terms.order_id();
            let voided = |other: &Envelope| match &other.event {
                Event::OrderDone { order: done, state, .. } => {
                    (*done, *state) == (order, DoneState::Voided)
                }
                _ => false,
            };
            let is_void = kept.iter().any(voided) && !taken.contains(&order);
            let (name, before) = (&self.name, stored.len());
            assert!(terms.is_reducing() || is_void, "{name}: {order} entered after {before}");
        }
    }

    /// How many events the node has kept.
    pub(super) const fn kept(&self) -> usize {
        self.events.len() - self.stored
    }

    /// What must hold besides when the server has stopped by itself: both sides are equal.
    pub(super) fn check_at_rest(&self) {
        let name = &self.name;
        let booked: BTreeMap<_, _> =
            self.booked_fills().map(|(order, fill)| ((order, fill.id.to_string()), fill)).collect();
        assert_eq!(booked, self.said_fills(), "{name}: fills");
        let names: BTreeSet<&str> =
            self.state.profiles().map(|profile| profile.document.name.as_str()).collect();
        let profiles: BTreeSet<ProfileId> = self.state.profiles().map(|known| known.id).collect();
        assert_eq!((names.len(), profiles.len()), (self.profiles, self.profiles), "{name}");
        let opened: Vec<ProfileId> = self.opened().collect();
        assert_eq!(opened.len(), self.profiles, "{name}: accounts {opened:?}");
        assert_eq!(BTreeSet::from_iter(opened), profiles, "{name}: accounts");
        for profile in self.state.profiles() {
            self.check_profile(profile);
        }
    }

    fn check_profile(&self, profile: &Profile) {
        let name = format!("{}, {}", self.name, profile.document.name);
        let account = &self.accounts[&profile.id];
        assert_eq!(profile.status, ProfileStatus::Running, "{name}");
        let believed: BTreeMap<TradeId, Holding<'_>> = holdings(profile.trades.values());
        let held: BTreeMap<TradeId, Holding<'_>> = holdings(account.matcher.held());
        assert_eq!(believed, held, "{name}: what is held");
        let working: BTreeSet<OrderId> = profile.working.keys().copied().collect();
        let there = account.matcher.working().chain(&account.arrived);
        let there: BTreeSet<OrderId> = there.map(|terms| terms.order_id()).collect();
        assert_eq!(working, there, "{name}: working orders");
        for order in profile.working.values() {
            let known = ballast_domain::ActiveState::Unknown;
            assert_ne!(order.state, OrderState::Active(known), "{name}: {order:?}");
        }
        let book = &profile.book;
        let cash = book.available() + book.balance(Account::ReservedOrders);
        assert_eq!(account.matcher.cash().amount(), cash, "{name}: cash");
        assert_eq!(account.deposited, profile.document.capital.money(), "{name}: capital");
        let fees = self
            .said_fills()
            .into_iter()
            .filter(|((order, _), _)| order.intent.profile == profile.id);
        let fees: Decimal = fees.map(|(_, fill)| fill.fee.amount()).sum();
        assert_eq!(book.balance(Account::Fees), fees, "{name}: fees");
    }

    fn said(&self) -> impl Iterator<Item = &BrokerEvent> {
        self.entries.iter().filter_map(|entry| match entry {
            PaperEntry::Said { event } => Some(event),
            _ => None,
        })
    }

    /// The venue's fills; it says none twice.
    fn said_fills(&self) -> BTreeMap<(OrderId, String), Fill> {
        let mut fills = BTreeMap::new();
        for event in self.said() {
            if let BrokerEvent::Filled { order, fill } = event {
                let before = fills.insert((*order, fill.id.to_string()), fill.clone());
                assert_eq!(before, None, "{}: the venue filled {order} twice", self.name);
            }
        }
        fills
    }

    fn booked_fills(&self) -> impl Iterator<Item = (OrderId, Fill)> {
        self.events.iter().filter_map(|envelope| match &envelope.event {
            Event::OrderFilled { order, fill } => Some((*order, (**fill).clone())),
            _ => None,
        })
    }

    fn taken(&self) -> impl Iterator<Item = &Arc<OrderTerms>> {
        self.entries.iter().filter_map(|entry| match entry {
            PaperEntry::Submitted { terms } => Some(terms),
            _ => None,
        })
    }

    fn opened(&self) -> impl Iterator<Item = ProfileId> {
        opened(&self.entries)
    }
}

/// What a trade is on either side.
#[derive(Debug, PartialEq)]
struct Holding<'a> {
    direction: ballast_domain::Direction,
    quantity: Quantity,
    cost: ballast_domain::Money,
    stop: Option<ballast_domain::Stop>,
    targets: &'a [ballast_domain::Target],
}

fn holdings<'a>(trades: impl Iterator<Item = &'a Trade>) -> BTreeMap<TradeId, Holding<'a>> {
    let holding = |trade: &'a Trade| Holding {
        direction: trade.direction,
        quantity: trade.open_quantity(),
        cost: trade.reserved,
        stop: trade.stop,
        targets: &trade.targets,
    };
    trades.map(|trade| (trade.id, holding(trade))).collect()
}

/// What all histories together have seen, so that none of it was proved on nothing.
#[derive(Debug, Default)]
pub(super) struct Told {
    counts: BTreeMap<&'static str, usize>,
}

/// What every run must have seen.
const VARIETY: [&str; 12] = [
    "orders",
    "fills",
    "fills in parts",
    "stops",
    "targets",
    "longs",
    "shorts",
    "reversals",
    "stops moved",
    "cancels",
    "unknown",
    "voided",
];

impl Told {
    pub(super) fn add(&mut self, books: &Books) {
        for envelope in &books.events {
            for kind in kinds(&envelope.event) {
                *self.counts.entry(kind).or_default() += 1;
            }
        }
        let mut parts: BTreeMap<OrderId, usize> = BTreeMap::new();
        for (order, _) in books.booked_fills() {
            *parts.entry(order).or_default() += 1;
        }
        let parts = parts.values().filter(|fills| **fills > 1).count();
        *self.counts.entry("fills in parts").or_default() += parts;
    }

    pub(super) fn assert_varied(&self) {
        for kind in VARIETY {
            assert!(self.counts.get(kind).is_some_and(|seen| *seen > 0), "no {kind}: {self}");
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> =
            self.counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(&counts.join(", "))
    }
}

fn kinds(event: &Event) -> Vec<&'static str> {
    use ballast_domain::{Direction, Purpose};
    match event {
        Event::IntentAccepted { terms, .. } => match &terms.purpose {
            Purpose::Enter { direction: Direction::Long, .. } => vec!["orders", "longs"],
            Purpose::Enter { direction: Direction::Short, .. } => vec!["orders", "shorts"],
            Purpose::Exit { then: Some(_), .. } => vec!["orders", "reversals"],
            Purpose::Exit { .. } => vec!["orders"],
        },
        Event::OrderFilled { order, .. } => match order.leg {
            Leg::Main => vec!["fills"],
            Leg::Stop => vec!["fills", "stops"],
            Leg::Target(_) => vec!["fills", "targets"],
        },
        Event::StopMoved { .. } => vec!["stops moved"],
        Event::CancelRequested { .. } => vec!["cancels"],
        Event::OrderUnknown { .. } => vec!["unknown"],
        Event::OrderDone { state: DoneState::Voided, .. } => vec!["voided"],
        _ => Vec::new(),
    }
}

/// All records of a stream that is whole, and how many of them are in the store.
async fn read<R>(store: &TenantStore, stream: StreamName, name: &str) -> (Vec<R>, usize)
where
    R: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let journal: TenantJournal<R> = store.journal(stream, 0);
    let records = journal.read(0, usize::MAX >> 1).await.unwrap();
    assert_eq!(journal.head().await.unwrap().last_seq, records.len() as u64, "{name}: {stream}");
    match journal.verify().await.unwrap() {
        Verification::Intact { last_seq } => (records, last_seq as usize),
        broken => panic!("{name}: {stream}: {broken:?}"),
    }
}

/// Books events, seeing after each that money is neither made nor lost.
fn fold(state: &mut State, events: &[Envelope], name: &str) {
    for envelope in events {
        state.apply(envelope).unwrap_or_else(|error| panic!("{name}: {error}"));
        let unbalanced = state.profiles().find(|profile| !profile.book.sum().is_zero());
        assert_eq!(unbalanced.map(|profile| &profile.book), None, "{name}: {envelope:?}");
    }
}

fn opened(entries: &[PaperEntry]) -> impl Iterator<Item = ProfileId> {
    entries.iter().filter_map(|entry| match entry {
        PaperEntry::AccountOpened { profile, .. } => Some(*profile),
        _ => None,
    })
}

/// The accounts as the venue would find them when it is started again.
async fn accounts(
    store: &TenantStore,
    state: &State,
    entries: &[PaperEntry],
) -> BTreeMap<ProfileId, PaperAccount> {
    let journal = store.journal(StreamName::Paper, 0);
    let (settings, clock) = (PaperSettings::default(), Arc::new(StoppedClock));
    let venue = PaperVenue::open(journal, settings, clock, Arc::new(NoGaps)).await.unwrap();
    let profiles = opened(entries).chain(state.profiles().map(|profile| profile.id));
    profiles.filter_map(|id| Some((id, venue.account(id)?.clone()))).collect()
}

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }
}
