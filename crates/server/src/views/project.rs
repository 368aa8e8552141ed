//! What the journal's events leave for reading: rows of orders, trades, transfers, alerts, versions
//! of documents and the timeline. The journal is the authority; all of this can be made again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ballast_domain::{
    Envelope, Event, OrderId, ProfileDocument, ProfileId, Symbol, Timestamp, TradeId,
};
use ballast_engine::market::Board;
use ballast_engine::state::{Profile, State};
use ballast_engine::strategy::Plan;

use super::orders::{self, find_trade};
use super::rows::{AlertRow, OrderRow, TimelineRow, TradeRow, TransferRow};
use super::shown;
use super::store::{KeptOrder, Listed, VersionRow};
use super::{sentences, transfers};

/// Rows of ended orders that are kept in memory, at least.
pub(super) const ENDED_KEPT: usize = 200;
const HOUR_NANOS: i64 = 3_600_000_000_000;
/// So many more are kept before the surplus is looked for.
const SURPLUS: usize = 100;

/// What a batch of events has changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) orders: BTreeMap<OrderId, KeptOrder>,
    pub(super) trades: BTreeMap<TradeId, TradeRow>,
    /// Trades that are open again.
    pub(super) reopened: BTreeSet<TradeId>,
    pub(super) timeline: Vec<Listed>,
    pub(super) transfers: Vec<TransferRow>,
    pub(super) alerts: Vec<AlertRow>,
    pub(super) versions: Vec<VersionRow>,
    /// Profiles that something happened to.
    pub(super) touched: BTreeSet<ProfileId>,
}

/// Follows the journal of one tenant.
#[derive(Debug, Default)]
pub(super) struct Projector {
    orders: BTreeMap<OrderId, KeptOrder>,
    explainers: BTreeMap<ProfileId, Explainer>,
    /// When entries were last told of as refused, and by which code.
    refusals: BTreeMap<(ProfileId, Symbol, &'static str), Timestamp>,
    /// How many orders were known after the surplus was forgotten.
    tidied: usize,
}

/// The strategy of one version of a profile, compiled for its words alone.
#[derive(Debug)]
struct Explainer {
    version: u64,
    plan: Option<Arc<Plan>>,
}

impl Projector {
    /// Goes on from rows that were stored.
    pub(super) fn resume(&mut self, orders: impl IntoIterator<Item = KeptOrder>) {
        for kept in orders {
            if let Ok(id) = kept.row.id.parse() {
                self.orders.entry(id).or_insert(kept);
            }
        }
    }

    /// Orders that may still change and whose rows are not here.
    pub(super) fn missing(&self, state: &State) -> Vec<OrderId> {
        let changing = state.profiles().flat_map(orders::changing);
        changing.filter(|id| !self.orders.contains_key(id)).collect()
    }

    /// The row of an order that may still change or has ended lately.
    pub(super) fn order(&self, id: OrderId) -> Option<&OrderRow> {
        self.orders.get(&id).map(|kept| &kept.row)
    }

    /// The orders that may still fill and the latest that have ended.
    pub(super) fn orders(&self) -> impl Iterator<Item = &OrderRow> {
        self.orders.values().map(|kept| &kept.row)
    }

    /// Books one event; `state` has booked it, and perhaps events after it.
    pub(super) fn book(&mut self, state: &State, envelope: &Envelope, changes: &mut Changes) {
        let Some(id) = profile_of(&envelope.event) else { return };
        let Some(profile) = state.profile(id) else { return };
        changes.touched.insert(id);
        if let Some(order) = orders::order_of(&envelope.event) {
            self.book_order(state, envelope, order, changes);
        }
        if let Some((named, by)) = orders::named_by(&envelope.event) {
            self.book_pair(envelope, named, by, changes);
        }
        if changes_what_is_held(&envelope.event)
            && let Some(trade) = trade_id(profile, &envelope.event)
        {
            Self::book_trade(profile, trade, envelope.seq, changes);
        }
        if let Event::ProfileChanged { version, document, by, .. } = &envelope.event {
            changes.versions.push(version_row(envelope, id, *version, document, by));
        }
        changes.timeline.extend(self.listed(profile, envelope));
        changes.alerts.extend(self.alert(profile, envelope));
        changes.transfers.extend(transfers::moved(profile, envelope));
    }

    fn book_order(
        &mut self,
        state: &State,
        envelope: &Envelope,
        order: OrderId,
        changes: &mut Changes,
    ) {
        let known = self.orders.get(&order);
        let is_booked = known.is_some_and(|kept| kept.booked_seq >= envelope.seq);
        let known = known.map(|kept| kept.row.clone());
        let row = (!is_booked).then(|| orders::follow(state, envelope, order, known)).flatten();
        if let Some(row) = row {
            self.keep(order, KeptOrder { row, booked_seq: envelope.seq }, changes);
        }
    }

    /// The row of an order that worked before another has named it as the other of its pair.
    fn book_pair(
        &mut self,
        envelope: &Envelope,
        named: OrderId,
        by: OrderId,
        changes: &mut Changes,
    ) {
        let Some(known) = self.orders.get(&named) else { return };
        let is_so = known.row.oco.as_deref() == Some(by.to_string().as_str());
        if is_so || known.booked_seq >= envelope.seq {
            return;
        }
        let mut row = known.row.clone();
        orders::pair_with(&mut row, by, envelope.at);
        self.keep(named, KeptOrder { row, booked_seq: envelope.seq }, changes);
    }

    fn keep(&mut self, order: OrderId, kept: KeptOrder, changes: &mut Changes) {
        self.orders.insert(order, kept.clone());
        changes.orders.insert(order, kept);
    }

    /// The row of a trade that an event may have closed or opened again.
    fn book_trade(profile: &Profile, trade: TradeId, seq: u64, changes: &mut Changes) {
        match find_trade(profile, trade).and_then(|trade| shown::trade_row(trade, seq)) {
            Some(row) => {
                changes.reopened.remove(&trade);
                changes.trades.insert(trade, row);
            }
            None => {
                changes.trades.remove(&trade);
                changes.reopened.insert(trade);
            }
        }
    }

    /// What a person should be told of an event. An entry that is refused for the same cause again
    /// and again is told of once an hour.
    fn alert(&mut self, profile: &Profile, envelope: &Envelope) -> Option<AlertRow> {
        let alert = sentences::alert(profile, envelope)?;
        if let Event::SignalRefused { signal, refusal } = &envelope.event
            && alert.code == sentences::ENTRY_REFUSED
        {
            let cause = (profile.id, signal.symbol, refusal.code());
            let before = self.refusals.get(&cause);
            if before.is_some_and(|before| envelope.at.nanos_since(*before) < HOUR_NANOS) {
                return None;
            }
            self.refusals.insert(cause, envelope.at);
        }
        Some(alert)
    }

    /// Forgets what no event is going to change, once there is much of it.
    pub(super) fn tidy(&mut self, state: &State) {
        if self.orders.len() < self.tidied + SURPLUS {
            return;
        }
        let changing: BTreeSet<_> = state.profiles().flat_map(orders::changing).collect();
        let mut ended: Vec<(u64, OrderId)> = self
            .orders
            .iter()
            .filter(|(id, _)| !changing.contains(id))
            .map(|(id, kept)| (kept.row.seq, *id))
            .collect();
        ended.sort_unstable();
        for (_, id) in ended.iter().rev().skip(ENDED_KEPT) {
            self.orders.remove(id);
        }
        self.tidied = self.orders.len();
    }

    /// The event as a line of the timeline and of its trade's life.
    fn listed(&mut self, profile: &Profile, envelope: &Envelope) -> Option<Listed> {
        let mut row = TimelineRow {
            seq: envelope.seq,
            at: envelope.at,
            request_id: envelope.request_id.as_ref().map(ToString::to_string),
            profile_id: profile.id.to_string(),
            symbol: None,
            kind: sentences::kind(&envelope.event).to_owned(),
            code: None,
            text: String::new(),
            order_id: orders::order_of(&envelope.event).map(|order| order.to_string()),
            evaluation: None,
        };
        if let Event::Evaluated { evaluation } = &envelope.event {
            let plan = self.explainer(profile)?;
            let shown = shown::evaluation_row(&plan, evaluation);
            row.symbol = Some(shown.symbol.clone());
            row.code.clone_from(&shown.hold);
            row.text.clone_from(&shown.text);
            row.evaluation = Some(shown);
        } else {
            sentences::fill_in(&mut row, profile, envelope);
        }
        let trade = trade_id(profile, &envelope.event);
        let in_timeline = sentences::is_news(&envelope.event);
        (in_timeline || trade.is_some()).then(|| Listed::new(row, in_timeline, trade))
    }

    /// The compiled strategy of the profile's version, compiled apart from the market.
    fn explainer(&mut self, profile: &Profile) -> Option<Arc<Plan>> {
        let known = self.explainers.get(&profile.id);
        if known.is_none_or(|known| known.version != profile.version) {
            let strategy = &profile.document.strategy;
            let mut board = Board::new(profile.document.venue, strategy.timeframe);
            let plan = Plan::compile(Arc::new(strategy.clone()), &mut board).ok().map(Arc::new);
            self.explainers.insert(profile.id, Explainer { version: profile.version, plan });
        }
        self.explainers.get(&profile.id)?.plan.clone()
    }
}

/// The profile that an event concerns.
fn profile_of(event: &Event) -> Option<ProfileId> {
    match event {
        Event::ProfileChanged { profile, .. }
        | Event::ProfileRemoved { profile, .. }
        | Event::ProfileStatusChanged { profile, .. }
        | Event::FlattenRequested { profile, .. }
        | Event::DayOpened { profile, .. }
        | Event::PeakEquity { profile, .. }
        | Event::EntriesLocked { profile, .. }
        | Event::EntriesUnlocked { profile, .. }
        | Event::CorporateAction { profile, .. }
        | Event::AvailableNegative { profile, .. } => Some(*profile),
        Event::Evaluated { evaluation } => Some(evaluation.profile),
        Event::SignalRefused { signal, .. } => Some(signal.profile),
        Event::ProtectionPlaced { trade, .. }
        | Event::StopMoved { trade, .. }
        | Event::TargetsMoved { trade, .. }
        | Event::DustClosed { trade, .. }
        | Event::ExcursionsKnown { trade, .. }
        | Event::BarHeld { trade, .. } => Some(trade.0.profile),
        Event::BrokerEventUnmatched { message } => Some(message.order().intent.profile),
        other => orders::order_of(other).map(|order| order.intent.profile),
    }
}

/// Whether an event may close a trade or open it again.
const fn changes_what_is_held(event: &Event) -> bool {
    matches!(
        event,
        Event::OrderFilled { .. }
            | Event::FillCorrected { .. }
            | Event::DustClosed { .. }
            | Event::ExcursionsKnown { .. }
    )
}

/// The trade whose life an event belongs to.
fn trade_id(profile: &Profile, event: &Event) -> Option<TradeId> {
    match event {
        Event::ProtectionPlaced { trade, .. }
        | Event::StopMoved { trade, .. }
        | Event::TargetsMoved { trade, .. }
        | Event::DustClosed { trade, .. }
        | Event::ExcursionsKnown { trade, .. }
        | Event::BarHeld { trade, .. } => Some(*trade),
        other => Some(orders::trade_of(profile, orders::order_of(other)?)),
    }
}

fn version_row(
    envelope: &Envelope,
    profile: ProfileId,
    version: u64,
    document: &ProfileDocument,
    by: &str,
) -> VersionRow {
    VersionRow {
        profile_id: profile.to_string(),
        version,
        at: envelope.at,
        by: by.to_owned(),
        document: serde_json::to_value(document).unwrap_or_default(),
    }
}
