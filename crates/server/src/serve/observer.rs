//! What follows when a tenant's events are durable: health, the log, and now and then a snapshot.

use std::sync::Arc;

use ballast_domain::id::Leg;
use ballast_domain::{
    BrokerEvent, Direction, DoneState, Envelope, Event, ExitReason, Fill, OrderId, ProfileId,
    ProfileStatus, Purpose, Trade, TradeId,
};
use ballast_engine::run::Observer;
use ballast_engine::state::{STATE_FORMAT, State};
use ballast_engine::step::Engine;
use ballast_storage::Snapshot;
use metrics::{counter, histogram};
use serde::{Deserialize, Serialize};

use super::control::TradingControl;
use super::health::TenantHealth;
use crate::metrics::{CONTROL_PROPAGATION_SECONDS, STRANGERS, count_events};
use crate::views::TenantView;
use crate::views::words::ControlModeWord;

/// Told of everything that has become durable for one tenant.
pub(super) struct TenantObserver {
    view: Arc<TenantView>,
    every: u64,
    taken: u64,
    health: TenantHealth,
    control: TradingControl,
    /// The version of control that the tenant obeyed last.
    obeyed: Option<u64>,
    /// What people were told of it.
    told: ControlModeWord,
}

impl Observer for TenantObserver {
    async fn durable(&mut self, engine: &Engine, events: &[Envelope]) {
        let state = engine.state();
        count_events(state, events);
        events.iter().for_each(|envelope| self.say(state, &envelope.event));
        self.health.booked(engine);
        self.view.durable(engine, events);
        if state.last_seq() < self.taken + self.every {
            return;
        }
        self.taken = state.last_seq();
        let cached = Cached { format: STATE_FORMAT, state };
        let Ok(bytes) = serde_json::to_vec(&cached) else { return };
        self.view.keep_snapshot(Snapshot { seq: state.last_seq(), bytes });
    }

    fn settled(&mut self, engine: &Engine) {
        self.view.settled(engine);
        let obeyed = engine.control_version();
        if self.obeyed == obeyed {
            return;
        }
        self.obeyed = obeyed;
        if let Some(told) = obeyed.and_then(|version| self.control.told(version)) {
            histogram!(CONTROL_PROPAGATION_SECONDS).record(told.elapsed());
        }
        let shown = self.control.shown();
        let shown = shown.borrow();
        if shown.mode != self.told {
            self.told = shown.mode;
            self.view.controlled(&shown);
        }
    }

    fn stranger(&mut self, engine: &Engine, message: &BrokerEvent) {
        let (tenant, order) = (engine.state().tenant(), message.order());
        counter!(STRANGERS).increment(1);
        tracing::error!(
            %tenant,
            %order,
            ?message,
            "the venue told of a fill of a profile that this tenant never had: it is booked \
             nowhere; look at the venue's account"
        );
    }
}

/// What a snapshot holds.
#[derive(Serialize, Deserialize)]
struct Cached<S> {
    format: u16,
    state: S,
}

/// The state in a snapshot; `None` when another release wrote it, or nobody can read it.
pub(super) fn state_of(snapshot: &Snapshot) -> Option<State> {
    let cached: Cached<State> = serde_json::from_slice(&snapshot.bytes).ok()?;
    (cached.format == STATE_FORMAT).then_some(cached.state)
}

impl TenantObserver {
    pub(super) fn new(
        view: Arc<TenantView>,
        snapshot_every: u64,
        health: TenantHealth,
        control: TradingControl,
    ) -> Self {
        let obeyed = control.subscribe().borrow().as_ref().map(|control| control.version);
        let told = control.shown().borrow().mode;
        Self { view, every: snapshot_every.max(1), taken: 0, health, control, obeyed, told }
    }

    /// What an operator follows: fills, refusals, and profiles that stop.
    fn say(&self, state: &State, event: &Event) {
        let tenant = state.tenant();
        let name = |id: ProfileId| state.profile(id).map_or("", |known| &known.document.name);
        match event {
            Event::OrderFilled { order, fill } => say_fill(state, *order, fill),
            Event::OrderDone { order, state: DoneState::Rejected, reason } => {
                let profile = name(order.intent.profile);
                tracing::info!(%tenant, profile, %order, reason, "the venue rejected an order");
            }
            Event::SignalRefused { signal, refusal } => {
                let (profile, symbol) = (name(signal.profile), signal.symbol);
                let code = refusal.code();
                tracing::info!(%tenant, profile, %symbol, code, %refusal, "refused");
            }
            Event::ProfileStatusChanged { profile, status, reason, .. } => {
                let profile = name(*profile);
                match status {
                    ProfileStatus::UnderReview => {
                        tracing::warn!(%tenant, profile, reason, "under review: it enters nothing");
                    }
                    ProfileStatus::Running => tracing::info!(%tenant, profile, reason, "runs"),
                    ProfileStatus::Stopped => {
                        tracing::info!(%tenant, profile, reason, "stopped: it enters nothing");
                    }
                }
            }
            Event::AvailableNegative { profile, available } => {
                let profile = name(*profile);
                tracing::warn!(%tenant, profile, %available, "available is negative: under review");
            }
            _ => {}
        }
    }
}

/// Says what a fill was, and what its trade came to when that closed it.
fn say_fill(state: &State, order: OrderId, fill: &Fill) {
    let Some(profile) = state.profile(order.intent.profile) else { return };
    let (entered, main) = (TradeId(order.intent), profile.order(OrderId::main(order.intent)));
    let (id, ordered) = match main.map(|known| &known.terms.purpose) {
        Some(Purpose::Exit { trade, reason, .. }) => (*trade, Some(*reason)),
        Some(Purpose::Enter { .. }) | None => (entered, None),
    };
    let enters = order.leg == Leg::Main && id == entered;
    let closed = profile.closed.iter().rev().find(|trade| trade.id == id);
    // A trade that is forgotten already leaves what only it could tell out of the line.
    let trade = profile.trades.get(&id).or(closed);
    let side = |direction: Direction| match enters {
        true => direction.entry_side().as_str(),
        false => direction.exit_side().as_str(),
    };
    let reason = match order.leg {
        Leg::Target(_) => Some(ExitReason::TakeProfit),
        Leg::Stop => trade.and_then(|trade| trade.exit_reason),
        Leg::Main => ordered,
    };
    let does = if enters { "enters" } else { "leaves" };
    let closes = closed.filter(|trade| trade.fills.last() == Some(&fill.id));
    tracing::info!(
        tenant = %state.tenant(),
        profile = profile.document.name,
        symbol = trade.map(|trade| trade.symbol.as_str()),
        %order,
        does = trade.map(|trade| format!("{does} {}", trade.direction)),
        reason = reason.map(ExitReason::as_str),
        side = trade.map(|trade| side(trade.direction)),
        quantity = %fill.quantity,
        price = %fill.price,
        fee = %fill.fee,
        result = closes.and_then(Trade::net_profit).map(tracing::field::display),
        at = %fill.at,
        "filled"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_of_another_form_is_not_read() {
        let state = State::new("alice@example.com".parse().unwrap());
        let snapshot = |bytes| Snapshot { seq: 0, bytes };
        for (format, expected) in [(STATE_FORMAT, Some(&state)), (STATE_FORMAT + 1, None)] {
            let cached = serde_json::to_vec(&Cached { format, state: &state }).unwrap();
            assert_eq!(state_of(&snapshot(cached)).as_ref(), expected);
        }
        let bare = serde_json::to_vec(&state).unwrap();
        assert_eq!(state_of(&snapshot(bare)), None, "as the first builds wrote it");
    }
}
