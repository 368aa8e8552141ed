//! What people are shown of a tenant: one projection of its journaled events, for routes, realtime
//! and lists alike.
//!
//! [`TenantView`] is told of every batch that is durable, keeps the rows of what is and of what was
//! lately in memory, hands changes to whoever follows it, and has all rows stored. It is never
//! asked by trading, and never waits.

mod equity;
mod held;
mod messages;
mod orders;
mod project;
mod sentences;
mod shown;
mod store;
mod transfers;

pub(crate) mod rows;
pub(crate) mod words;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ballast_domain::{Envelope, Event, OrderId, ProfileDocument, ProfileId, TenantId, TradeId};
use ballast_engine::state::{State, TenantLimits};
use ballast_engine::step::Engine;
use ballast_storage::{Query, Snapshot, StoreError, TenantStore};
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

pub(crate) use equity::{EquityHour, HOUR_MS, MINUTE_MS, Worth, of as equity_of};
pub(crate) use messages::{Marks, Message, Picture, Update};
pub(crate) use store::{
    ALERTS, EQUITY, Listed, ORDERS, PROGRESS, TIMELINE, TRADES, TRANSFERS, VERSIONS, VersionRow,
    version_key,
};

use equity::Curve;
use messages::{MarkedPosition, MarkedProfile, Removes, Upserts};
use project::{Changes, ENDED_KEPT, Projector};
use rows::{AlertRow, ControlRow, EvaluationRow, OrderRow, PositionRow, ProfileRow, TradeRow};
use store::KeptOrder;
use store::{Write, Writer};

/// Closed trades and alerts that a picture has.
const RECENT: usize = 50;
/// Ended orders that a picture has.
const RECENT_ORDERS: usize = 50;
/// Rows that are read at the same time.
const READS_AT_ONCE: usize = 32;
/// How often marks and evaluations are told of at most.
const MARKS_EVERY: Duration = Duration::from_millis(250);
/// Messages that a follower may be behind by.
pub(crate) const FOLLOWER_LAG: usize = 512;

/// What is shown of one tenant.
#[derive(Debug)]
pub(crate) struct TenantView {
    store: TenantStore,
    shown: Mutex<Shown>,
    followers: broadcast::Sender<Arc<Message>>,
    /// Where operators hear of all tenants.
    everybody: Everybody,
    writer: Writer,
    /// Whether the tenant was shown since this process runs.
    opened: watch::Sender<bool>,
}

/// Messages of all tenants.
pub(crate) type Everybody = broadcast::Sender<(TenantId, Arc<Message>)>;

#[derive(Debug, Default)]
struct Shown {
    /// Whether the rows of before the start were read.
    begun: bool,
    seq: u64,
    projector: Projector,
    profiles: BTreeMap<ProfileId, ProfileRow>,
    positions: BTreeMap<TradeId, PositionRow>,
    trades: VecDeque<TradeRow>,
    alerts: VecDeque<AlertRow>,
    /// The documents of the profiles.
    documents: BTreeMap<ProfileId, (u64, Arc<ProfileDocument>)>,
    /// The tenant's own limits, once it has set any.
    limits: Option<TenantLimits>,
    curves: BTreeMap<ProfileId, Curve>,
    marked: Option<Instant>,
}

impl TenantView {
    /// A view whose rows are kept in `store`.
    pub(crate) fn new(store: TenantStore, everybody: Everybody) -> Self {
        let (followers, _) = broadcast::channel(FOLLOWER_LAG);
        let writer = Writer::start(store.clone());
        let opened = watch::Sender::new(false);
        Self { store, shown: Mutex::default(), followers, everybody, writer, opened }
    }

    /// Waits until the rows are what the journal says.
    pub(crate) async fn opened(&self) {
        // The sender is here, and so the wait ends with what it waits for.
        let _ = self.opened.subscribe().wait_for(|opened| *opened).await;
    }

    /// Reads what was stored, once; gives the sequence up to which events are in the rows.
    pub(crate) async fn begin(&self) -> Result<u64, StoreError> {
        let (begun, seq) = {
            let shown = self.lock();
            (shown.begun, shown.seq)
        };
        if begun {
            return Ok(seq);
        }
        let seq = store::progress(&self.store).await?;
        self.writer.begins_at(seq);
        let newest = |order| Query { order_by: Some(order), descending: true, ..Query::default() };
        let some = Query { limit: ENDED_KEPT, ..newest("seq") };
        let orders = self.store.documents(&ORDERS).query::<KeptOrder>(&some).await?;
        let some = Query { limit: RECENT, ..newest("closedMs") };
        let trades = self.store.documents(&TRADES).query::<TradeRow>(&some).await?;
        let some = Query { limit: RECENT, ..newest("seq") };
        let alerts = self.store.documents(&ALERTS).query::<AlertRow>(&some).await?;
        let mut shown = self.lock();
        shown.begun = true;
        shown.seq = seq;
        shown.projector.resume(orders.documents.into_iter().map(|row| row.body));
        shown.trades = trades.documents.into_iter().map(|row| row.body).collect();
        shown.alerts = alerts.documents.into_iter().map(|row| row.body).collect();
        Ok(seq)
    }

    /// Reads the stored rows of orders that may still change and are not among the latest.
    /// `state` is what the journal tells up to the sequence that [`Self::begin`] has given.
    pub(crate) async fn resume(&self, state: &State) -> Result<(), StoreError> {
        let mut missing = self.lock().projector.missing(state).into_iter();
        let documents = self.store.documents(&ORDERS);
        let mut reads = JoinSet::new();
        loop {
            while reads.len() < READS_AT_ONCE
                && let Some(order) = missing.next()
            {
                let documents = documents.clone();
                reads.spawn(async move { documents.get::<KeptOrder>(&order.to_string()).await });
            }
            let Some(read) = reads.join_next().await else { return Ok(()) };
            let read = read.map_err(|error| StoreError::Unavailable(error.to_string()))?;
            self.lock().projector.resume(read?.map(|found| found.body));
        }
    }

    /// Waits until what is shown is stored too, so that whoever has changed something finds it in
    /// the lists.
    pub(crate) async fn stored(&self) {
        let seq = self.lock().seq;
        self.writer.has_stored(seq).await;
    }

    /// Takes over an event that was journaled before anybody could tell of it.
    pub(crate) fn catch_up(&self, state: &State, envelope: &Envelope) {
        let mut shown = self.lock();
        let mut changes = Changes::default();
        shown.projector.book(state, envelope, &mut changes);
        shown.keep(&changes);
        shown.seq = envelope.seq;
        drop(shown);
        self.write(&changes, envelope.seq);
    }

    /// Shows a tenant that begins to run, from its state alone.
    pub(crate) async fn open(&self, engine: &Engine) -> Result<(), StoreError> {
        let mut curves = BTreeMap::new();
        for profile in engine.state().profiles() {
            let known = self.lock().curves.contains_key(&profile.id);
            if !known {
                curves.insert(profile.id, Curve::read(&self.store, profile.id).await?);
            }
        }
        let mut shown = self.lock();
        shown.curves.append(&mut curves);
        shown.seq = engine.state().last_seq();
        shown.projector.tidy(engine.state());
        shown.profiles.clear();
        shown.positions.clear();
        let ids: Vec<_> = engine.state().profiles().map(|profile| profile.id).collect();
        shown.renew(engine, ids.iter().copied());
        self.tell(&shown, [Message::Anew]);
        self.opened.send_replace(true);
        Ok(())
    }

    /// Takes over events that have become durable.
    pub(crate) fn durable(&self, engine: &Engine, events: &[Envelope]) {
        let Some(last) = events.last() else { return };
        let mut changes = Changes::default();
        let mut shown = self.lock();
        for envelope in events {
            shown.projector.book(engine.state(), envelope, &mut changes);
        }
        shown.projector.tidy(engine.state());
        shown.keep(&changes);
        let (mut update, evaluations) = shown.renew(engine, changes.touched.iter().copied());
        update.tenant_id = self.store.id().to_string();
        update.prev_seq = std::mem::replace(&mut shown.seq, last.seq);
        update.seq = last.seq;
        update.kind = word_of(&last.event);
        update.upserts.orders = changes.orders.values().map(|kept| kept.row.clone()).collect();
        update.upserts.trades = changes.trades.values().cloned().collect();
        update.upserts.alerts.clone_from(&changes.alerts);
        update.removes.trades = changes.reopened.iter().map(ToString::to_string).collect();
        if self.is_followed() {
            let evaluations = evaluations.into_iter().map(Message::Evaluation);
            let alerts = changes.alerts.iter().cloned().map(Message::Alert);
            let update = std::iter::once(Message::Update(update));
            self.tell(&shown, update.chain(evaluations).chain(alerts));
        }
        drop(shown);
        self.write(&changes, last.seq);
    }

    /// Says that trading stops or goes on for everybody.
    pub(crate) fn controlled(&self, control: &ControlRow) {
        let mut shown = self.lock();
        let alert = sentences::control_alert(control, shown.seq);
        let alerts = vec![alert.clone()];
        shown.keep(&Changes { alerts, ..Changes::default() });
        self.put(&ALERTS, alert.id.clone(), &alert, Write::Add);
        // Operators hear of control itself, once. Nobody follows, or somebody does.
        let _ = self.followers.send(Arc::new(Message::Alert(alert)));
    }

    /// Takes over what the market has made of the tenant, now and then.
    pub(crate) fn settled(&self, engine: &Engine) {
        let mut shown = self.lock();
        if shown.marked.is_some_and(|marked| marked.elapsed() < MARKS_EVERY) {
            return;
        }
        shown.marked = Some(Instant::now());
        let (marks, evaluations, hours) = shown.mark(engine);
        if self.is_followed() {
            let marks = (!marks.profiles.is_empty()).then_some(Message::Marks(marks));
            let evaluations = evaluations.into_iter().map(Message::Evaluation);
            self.tell(&shown, marks.into_iter().chain(evaluations));
        }
        drop(shown);
        for hour in hours {
            let key = hour.key();
            self.put(&EQUITY, key, &hour, Write::Put);
        }
    }

    /// Follows the changes from now on, beginning with a picture that they fit to.
    pub(crate) fn follow(&self) -> (Picture, broadcast::Receiver<Arc<Message>>) {
        let shown = self.lock();
        (shown.picture(), self.followers.subscribe())
    }

    /// The last event of the journal that is shown.
    pub(crate) fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// All rows as they are now.
    pub(crate) fn picture(&self) -> Picture {
        self.lock().picture()
    }

    /// The profiles that were not removed.
    pub(crate) fn profiles(&self) -> Vec<ProfileRow> {
        self.lock().profiles.values().cloned().collect()
    }

    /// A profile that was not removed.
    pub(crate) fn profile(&self, id: ProfileId) -> Option<ProfileRow> {
        self.lock().profiles.get(&id).cloned()
    }

    /// The open positions, in the order of their trades.
    pub(crate) fn positions(&self) -> Vec<(TradeId, PositionRow)> {
        self.lock().positions.iter().map(|(id, row)| (*id, row.clone())).collect()
    }

    /// An open position.
    pub(crate) fn position(&self, trade: TradeId) -> Option<PositionRow> {
        self.lock().positions.get(&trade).cloned()
    }

    /// An order that may still fill or has ended lately.
    pub(crate) fn order(&self, id: OrderId) -> Option<OrderRow> {
        self.lock().projector.order(id).cloned()
    }

    /// The orders that may still fill, the newest first.
    pub(crate) fn working_orders(&self) -> Vec<OrderRow> {
        let shown = self.lock();
        let working = shown.projector.orders().filter(|row| row.working);
        let mut rows: Vec<_> = working.cloned().collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.seq));
        rows
    }

    /// The document of a profile that was not removed.
    pub(crate) fn document(&self, profile: ProfileId) -> Option<Arc<ProfileDocument>> {
        self.lock().documents.get(&profile).map(|(_, document)| Arc::clone(document))
    }

    /// The tenant's own limits, once it has set any.
    pub(crate) fn limits(&self) -> Option<TenantLimits> {
        self.lock().limits.clone()
    }

    /// The documents of the profiles that were not removed.
    pub(crate) fn documents(&self) -> Vec<Arc<ProfileDocument>> {
        let shown = self.lock();
        shown.documents.values().map(|(_, document)| Arc::clone(document)).collect()
    }

    /// The end of a profile's equity curve, as fine as it came.
    pub(crate) fn equity(&self, profile: ProfileId) -> Vec<Worth> {
        self.lock().curves.get(&profile).map(|curve| curve.fine().to_vec()).unwrap_or_default()
    }

    /// Says that a person has seen an alert; `None` when there is no such alert.
    pub(crate) async fn acknowledge(
        &self,
        id: &str,
        at: ballast_domain::Timestamp,
    ) -> Result<Option<AlertRow>, StoreError> {
        let documents = self.store.documents(&ALERTS);
        let mut row = self.lock().alerts.iter().find(|alert| alert.id == id).cloned();
        if row.is_none() {
            row = documents.get::<AlertRow>(id).await?.map(|found| found.body);
        }
        let Some(mut row) = row else { return Ok(None) };
        row.acknowledged_at.get_or_insert(at);
        documents.put(id, &row, ballast_storage::Precondition::Any, None).await?;
        let mut shown = self.lock();
        if let Some(known) = shown.alerts.iter_mut().find(|alert| alert.id == id) {
            known.clone_from(&row);
        }
        self.tell(&shown, [Message::Alert(row.clone())]);
        drop(shown);
        Ok(Some(row))
    }

    /// Rows that wait to be stored.
    pub(crate) fn rows_waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Messages that the slowest follower has yet to take.
    pub(crate) fn messages_waiting(&self) -> usize {
        self.followers.len()
    }

    /// A snapshot of the state to keep once the rows of its events are stored.
    pub(crate) fn keep_snapshot(&self, snapshot: Snapshot) {
        self.writer.keep(snapshot);
    }

    /// Stores what waits to be stored.
    pub(crate) async fn finish(&self) {
        self.writer.finish().await;
    }

    /// Tells followers, while nobody else can look at what is shown: whoever takes a picture hears
    /// of all that came after it, and of nothing that is in it.
    fn tell(&self, _: &MutexGuard<'_, Shown>, messages: impl IntoIterator<Item = Message>) {
        for message in messages {
            let message = Arc::new(message);
            // Nobody follows, or somebody does.
            let _ = self.everybody.send((self.store.id().clone(), Arc::clone(&message)));
            let _ = self.followers.send(message);
        }
    }

    fn is_followed(&self) -> bool {
        self.followers.receiver_count() + self.everybody.receiver_count() > 0
    }

    fn write(&self, changes: &Changes, seq: u64) {
        for kept in changes.orders.values() {
            self.put(&ORDERS, kept.row.id.clone(), kept, Write::Put);
        }
        for row in changes.trades.values() {
            self.put(&TRADES, row.id.clone(), &ClosedTrade::of(row), Write::Put);
        }
        for trade in &changes.reopened {
            self.writer.add(&TRADES, trade.to_string(), Write::Remove);
        }
        for line in &changes.timeline {
            self.put(&TIMELINE, format!("{:016}", line.row.seq), line, Write::Put);
        }
        for row in &changes.transfers {
            self.put(&TRANSFERS, row.id.clone(), row, Write::Add);
        }
        for row in &changes.alerts {
            self.put(&ALERTS, row.id.clone(), row, Write::Add);
        }
        for row in &changes.versions {
            let key = version_key(&row.profile_id, row.version);
            self.put(&VERSIONS, key, row, Write::Put);
        }
        self.writer.reached(seq);
    }

    fn put<T: Serialize>(
        &self,
        collection: &'static ballast_storage::Collection,
        key: String,
        row: &T,
        write: impl FnOnce(serde_json::Value) -> Write,
    ) {
        // Rows are made of text and numbers: they always are JSON.
        if let Ok(row) = serde_json::to_value(row) {
            self.writer.add(collection, key, write(row));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A closed trade as stored.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClosedTrade<'a> {
    #[serde(flatten)]
    row: &'a TradeRow,
    closed_ms: i64,
}

impl<'a> ClosedTrade<'a> {
    const fn of(row: &'a TradeRow) -> Self {
        Self { row, closed_ms: row.closed_at.millis() }
    }
}

impl Shown {
    /// Keeps the rows of closed trades and alerts that a picture has.
    fn keep(&mut self, changes: &Changes) {
        let gone = |row: &TradeRow| changes.reopened.iter().any(|id| id.to_string() == row.id);
        self.trades.retain(|row| !gone(row));
        for row in changes.trades.values() {
            self.trades.retain(|known| known.id != row.id);
            self.trades.push_front(row.clone());
        }
        self.trades.truncate(RECENT);
        for row in &changes.alerts {
            // One that was stored ahead of the rest comes again, and stays acknowledged.
            let known = self.alerts.iter().position(|known| known.id == row.id);
            let known = known.and_then(|place| self.alerts.remove(place));
            self.alerts.push_front(known.unwrap_or_else(|| row.clone()));
        }
        self.alerts.truncate(RECENT);
    }

    /// Makes the rows of profiles anew; gives what has changed, and the evaluations that are new.
    fn renew(
        &mut self,
        engine: &Engine,
        ids: impl Iterator<Item = ProfileId>,
    ) -> (Update, Vec<EvaluationRow>) {
        let mut evaluations = Vec::new();
        let mut update = Update {
            tenant_id: String::new(),
            seq: 0,
            prev_seq: 0,
            kind: String::new(),
            upserts: Upserts::default(),
            removes: Removes::default(),
        };
        self.limits = engine.state().limits().cloned();
        for id in ids {
            let Some(profile) = engine.state().profile(id) else { continue };
            let gone: Vec<TradeId> = self
                .positions
                .range(trades_of(id))
                .map(|(id, _)| *id)
                .filter(|trade| !profile.trades.contains_key(trade))
                .collect();
            for trade in gone {
                self.positions.remove(&trade);
                update.removes.positions.push(trade.to_string());
            }
            if profile.removed {
                self.profiles.remove(&id);
                self.documents.remove(&id);
                update.removes.profiles.push(id.to_string());
                continue;
            }
            if self.documents.get(&id).is_none_or(|(version, _)| *version != profile.version) {
                let document = Arc::new((*profile.document).clone());
                self.documents.insert(id, (profile.version, document));
            }
            let day = self.curves.entry(id).or_insert_with(|| Curve::new(id)).day_start;
            let row = shown::profile_row(engine, profile, day);
            let known = self.profiles.get(&id).map_or(&[][..], |known| &known.evaluations);
            let news = row.evaluations.iter().filter(|row| !known.contains(row));
            evaluations.extend(news.cloned());
            update.upserts.profiles.push(row.clone());
            self.profiles.insert(id, row);
            for trade in profile.trades.values() {
                let row = shown::position_row(engine, profile, trade);
                if self.positions.get(&trade.id) != Some(&row) {
                    update.upserts.positions.push(row.clone());
                    self.positions.insert(trade.id, row);
                }
            }
        }
        (update, evaluations)
    }

    /// Marks every profile and position at the last prices.
    fn mark(&mut self, engine: &Engine) -> (Marks, Vec<EvaluationRow>, Vec<EquityHour>) {
        let (mut marks, mut news, mut hours) = (Marks::default(), Vec::new(), Vec::new());
        for profile in engine.state().profiles().filter(|profile| !profile.removed) {
            let id = profile.id;
            let curve = self.curves.entry(id).or_insert_with(|| Curve::new(id));
            if let Some(worth) = shown::worth(engine, profile) {
                hours.extend(curve.observe(worth).cloned());
            }
            let Some(row) = self.profiles.get_mut(&id) else { continue };
            let marked = shown::profile_marks(engine, profile, curve.day_start);
            if row.marks != marked {
                row.marks = marked.clone();
                marks.profiles.push(MarkedProfile { id: id.to_string(), marks: marked });
            }
            for evaluation in shown::evaluations(engine, profile, &row.evaluations) {
                row.evaluations.retain(|known| known.symbol != evaluation.symbol);
                row.evaluations.push(evaluation.clone());
                news.push(evaluation);
            }
            for trade in profile.trades.values() {
                let marked = shown::position_marks(engine, trade);
                let Some(row) = self.positions.get_mut(&trade.id) else { continue };
                if row.marks != marked {
                    row.marks = marked.clone();
                    let trade_id = trade.id.to_string();
                    marks.positions.push(MarkedPosition { trade_id, marks: marked });
                }
            }
        }
        (marks, news, hours)
    }

    fn picture(&self) -> Picture {
        let mut orders: Vec<_> = self.projector.orders().cloned().collect();
        orders.sort_by_key(|row| (!row.working, std::cmp::Reverse(row.seq)));
        let working = orders.iter().filter(|row| row.working).count();
        orders.truncate(working + RECENT_ORDERS);
        Picture {
            seq: self.seq,
            profiles: self.profiles.values().cloned().collect(),
            orders,
            positions: self.positions.values().cloned().collect(),
            trades: self.trades.iter().cloned().collect(),
            alerts: self.alerts.iter().cloned().collect(),
        }
    }
}

/// The ids of all trades that a profile can have.
fn trades_of(profile: ProfileId) -> std::ops::RangeInclusive<TradeId> {
    let trade = |number| TradeId(ballast_domain::IntentId { profile, number });
    trade(0)..=trade(u64::MAX)
}

/// A number without digits that say nothing.
pub(crate) fn decimal(number: Decimal) -> String {
    number.normalize().to_string()
}

/// The word that a closed set has for one of its values.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What an event is called.
fn word_of(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap_or_default();
    value.get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
