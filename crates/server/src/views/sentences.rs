//! Events in sentences: lines of the timeline, and alerts.

use ballast_domain::id::Leg;
use ballast_domain::{
    CorporateAction, DoneState, Envelope, Event, Fill, Lock, LockReason, Money, OrderId,
    OrderTerms, OrderType, Origin, ProfileStatus, Purpose, Refusal, SignalTerms, Stop, StopKind,
    Symbol, Target,
};
use ballast_engine::state::Profile;
use rust_decimal::Decimal;

use super::decimal;
use super::held::Parts;
use super::orders::{find_trade, trade_of};
use super::rows::{AlertRow, ControlRow, TimelineRow};
use super::words::{ControlModeWord, Severity};

/// Figures of a price in a sentence.
const PRICE_FIGURES: u32 = 7;
/// Figures of a quantity that is not rounded to the lot yet.
const QUANTITY_FIGURES: u32 = 8;

/// The group that a line of the timeline belongs to.
pub(super) const fn kind(event: &Event) -> &'static str {
    match event {
        Event::ProfileChanged { .. } | Event::ProfileRemoved { .. } => "document",
        Event::ProfileStatusChanged { .. } | Event::FlattenRequested { .. } => "status",
        Event::Evaluated { .. } => "evaluation",
        Event::SignalRefused { .. } => "refusal",
        Event::IntentAccepted { .. }
        | Event::OrderAccepted { .. }
        | Event::CancelRequested { .. }
        | Event::AmendmentRequested { .. }
        | Event::OrderAmended { .. }
        | Event::AmendmentRejected { .. }
        | Event::OrderDone { .. }
        | Event::OrderUnknown { .. } => "order",
        Event::OrderFilled { .. } | Event::FillCorrected { .. } | Event::DustClosed { .. } => {
            "fill"
        }
        Event::ProtectionPlaced { .. }
        | Event::StopMoved { .. }
        | Event::TargetsMoved { .. }
        | Event::BarHeld { .. } => "stop",
        Event::ExcursionsKnown { .. } => "excursion",
        Event::CorporateAction { .. } => "corporateAction",
        Event::AvailableNegative { .. } | Event::BrokerEventUnmatched { .. } => "review",
        Event::EntriesLocked { .. } | Event::EntriesUnlocked { .. } => "lock",
        Event::DayOpened { .. } | Event::PeakEquity { .. } | Event::LimitsChanged { .. } => "limit",
    }
}

/// Whether an event is told in its profile's timeline. What repeats with each bar, or only confirms
/// the line before it, is told in the life of its trade alone.
pub(super) const fn is_news(event: &Event) -> bool {
    match event {
        Event::OrderAccepted { .. }
        | Event::BarHeld { .. }
        | Event::ExcursionsKnown { .. }
        | Event::ProtectionPlaced { .. }
        | Event::DayOpened { .. }
        | Event::PeakEquity { .. } => false,
        Event::OrderDone { state, .. } => !matches!(state, DoneState::Filled),
        Event::StopMoved { stop, .. } => !matches!(stop.kind, StopKind::Trailing),
        _ => true,
    }
}

/// Says what happened.
pub(super) fn fill_in(row: &mut TimelineRow, profile: &Profile, envelope: &Envelope) {
    let symbol_of = |order: OrderId| {
        let known = profile.order(order).map(|known| known.terms.symbol);
        known.or_else(|| find_trade(profile, trade_of(profile, order)).map(|trade| trade.symbol))
    };
    let mut symbol = super::orders::order_of(&envelope.event).and_then(symbol_of);
    row.text = match &envelope.event {
        Event::ProfileChanged { .. }
        | Event::ProfileRemoved { .. }
        | Event::ProfileStatusChanged { .. }
        | Event::FlattenRequested { .. } => profile_text(&envelope.event),
        Event::SignalRefused { signal, refusal } => {
            symbol = Some(signal.symbol);
            row.code = Some(refusal.code().to_owned());
            format!("Refused to {}: {refusal}.", asked(&signal.terms))
        }
        Event::IntentAccepted { terms, .. } => {
            symbol = Some(terms.symbol);
            format!("Ordered to {}{}", ordered(terms), Parts::of_order(terms).text())
        }
        Event::OrderAccepted { .. }
        | Event::CancelRequested { .. }
        | Event::AmendmentRequested { .. }
        | Event::OrderAmended { .. }
        | Event::AmendmentRejected { .. }
        | Event::OrderUnknown { .. }
        | Event::OrderDone { .. }
        | Event::OrderFilled { .. } => order_text(profile, &envelope.event),
        Event::ProtectionPlaced { trade, .. }
        | Event::StopMoved { trade, .. }
        | Event::TargetsMoved { trade, .. }
        | Event::BarHeld { trade, .. }
        | Event::ExcursionsKnown { trade, .. }
        | Event::DustClosed { trade, .. } => {
            symbol = find_trade(profile, *trade).map(|trade| trade.symbol);
            trade_text(&envelope.event)
        }
        Event::FillCorrected { .. } => trade_text(&envelope.event),
        Event::CorporateAction { symbol: of, action, by, .. } => {
            symbol = Some(*of);
            action_text(action, by)
        }
        Event::AvailableNegative { available, .. } => {
            format!("Available is negative ({available}): entries wait until a person has looked.")
        }
        Event::BrokerEventUnmatched { message } => format!(
            "The venue told of an order that nobody here knows ({}): entries wait until a person \
             has looked.",
            message.order()
        ),
        Event::EntriesLocked { lock, .. } => {
            symbol = lock.symbol;
            locked_text(lock)
        }
        Event::EntriesUnlocked { symbol: of, by, .. } => {
            symbol = *of;
            unlocked_text(*of, by)
        }
        Event::DayOpened { day, equity, .. } => {
            format!("The day {day} began with {}.", money(*equity))
        }
        Event::PeakEquity { equity, .. } => {
            format!("Equity is higher than ever: {}.", money(*equity))
        }
        Event::LimitsChanged { by, .. } => format!("The tenant's limits were changed by {by}."),
        Event::Evaluated { .. } => String::new(),
    };
    row.symbol = symbol.map(|symbol| symbol.to_string());
}

/// What became of a profile.
fn profile_text(event: &Event) -> String {
    match event {
        Event::ProfileChanged { version: 1, by, .. } => format!("Made by {by}."),
        Event::ProfileChanged { version, by, .. } => {
            format!("Changed to version {version} by {by}.")
        }
        Event::ProfileRemoved { by, .. } => format!("Removed by {by}."),
        Event::ProfileStatusChanged { status, reason, by, .. } => {
            status_text(*status, reason, by.as_deref())
        }
        Event::FlattenRequested { by, reason, .. } if reason.is_empty() => {
            format!("Flattened by {by}.")
        }
        Event::FlattenRequested { by, reason, .. } => format!("Flattened by {by}: {reason}."),
        _ => String::new(),
    }
}

/// What became of an order.
fn order_text(profile: &Profile, event: &Event) -> String {
    match event {
        Event::OrderAccepted { .. } => "The venue has the order.".to_owned(),
        Event::CancelRequested { reason, .. } => format!("Asked to cancel an order: {reason}."),
        Event::AmendmentRequested { amendment, by, .. } => format!(
            "Asked to change an order to {} {}, by {by}.",
            decimal(amendment.quantity.get()),
            priced(&amendment.order_type)
        ),
        Event::OrderAmended { .. } => "The venue has changed the order.".to_owned(),
        Event::AmendmentRejected { reason, .. } => format!("The order was not changed: {reason}."),
        Event::OrderUnknown { reason, .. } => {
            format!("Nobody can tell yet whether the venue has the order: {reason}.")
        }
        Event::OrderDone { state, reason, .. } => done_text(*state, reason),
        Event::OrderFilled { order, fill } => fill_text(profile, *order, fill),
        _ => String::new(),
    }
}

/// What became of a trade.
fn trade_text(event: &Event) -> String {
    match event {
        Event::FillCorrected { fill, by: None, .. } => {
            format!("The venue took fill {fill} back: what it had booked is undone.")
        }
        Event::FillCorrected { fill, by: Some(by), .. } => format!(
            "The venue took fill {fill} back; it was {} at {}.",
            decimal(by.quantity.get()),
            readable(by.price.get(), PRICE_FIGURES)
        ),
        Event::ProtectionPlaced { stop, targets, .. } => protection_text(stop.as_ref(), targets),
        Event::StopMoved { stop, by, .. } => {
            let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            format!("The stop was moved to {}{by}.", readable(stop.level.get(), PRICE_FIGURES))
        }
        Event::TargetsMoved { targets, by, .. } => targets_text(targets, by),
        Event::BarHeld { bars, .. } => format!("Held for {bars} bars."),
        Event::ExcursionsKnown { best, worst, .. } => {
            let [best, worst] = [best, worst].map(|price| readable(price.get(), PRICE_FIGURES));
            format!("While it was open the price was {best} at best and {worst} at worst.")
        }
        Event::DustClosed { quantity, .. } => {
            let quantity = decimal(quantity.get());
            format!("{quantity} were left over, less than a lot that can be sold: written off.")
        }
        _ => String::new(),
    }
}

fn action_text(action: &CorporateAction, by: &str) -> String {
    let what = match action {
        CorporateAction::Split { numerator, denominator, .. } => {
            format!("{numerator} units came in the place of {denominator}")
        }
        CorporateAction::CashDividend { per_unit } => {
            format!("A dividend of {} {} a unit", decimal(per_unit.amount()), per_unit.currency())
        }
        CorporateAction::SymbolChanged { to } => format!("It is called {to} from now on"),
    };
    format!("{what}, as told by {by}.")
}

fn locked_text(lock: &Lock) -> String {
    let of = lock.symbol.map_or(String::new(), |symbol| format!(" of {symbol}"));
    format!("Entries{of} are locked until {}: {}.", lock.until.whole_second(), lock.why)
}

fn unlocked_text(symbol: Option<Symbol>, by: &str) -> String {
    match symbol {
        Some(symbol) => format!("Locks of entries of {symbol} were lifted by {by}."),
        None => format!("All locks of entries were lifted by {by}."),
    }
}

fn status_text(status: ProfileStatus, reason: &str, by: Option<&str>) -> String {
    let what = match status {
        ProfileStatus::Running => "Started",
        ProfileStatus::Stopped => "Stopped",
        ProfileStatus::UnderReview => "Under review",
    };
    let by = by.map_or(String::new(), |by| format!(" by {by}"));
    match reason {
        "" => format!("{what}{by}."),
        reason => format!("{what}{by}: {reason}."),
    }
}

fn asked(terms: &SignalTerms) -> String {
    match terms {
        SignalTerms::Enter { direction, quantity, order_type, .. } => {
            let quantity = readable(*quantity, QUANTITY_FIGURES);
            format!("enter {direction} with {quantity} {}", priced(order_type))
        }
        SignalTerms::Exit { trade, order_type, .. } => {
            format!("leave {trade} {}", priced(order_type))
        }
    }
}

fn ordered(terms: &OrderTerms) -> String {
    let (side, quantity) = (terms.side.as_str(), decimal(terms.quantity.get()));
    let what = match &terms.purpose {
        Purpose::Enter { direction, .. } => format!("to enter {direction}"),
        Purpose::Exit { reason, .. } => format!("to leave ({})", spaced(reason.as_str())),
    };
    let pair = terms.cancels.map_or(String::new(), |other| {
        format!(" The first of it and {other} to fill cancels the other.")
    });
    format!("{side} {quantity} {} {}, {what}.{pair}", terms.symbol, priced(&terms.order_type))
}

fn priced(order_type: &OrderType) -> String {
    let text = |price: &ballast_domain::Price| decimal(price.get());
    match order_type {
        OrderType::Market => "at the market".to_owned(),
        OrderType::Limit { limit_price } => format!("at {} or better", text(limit_price)),
        OrderType::Stop { stop_price } => format!("once {} is reached", text(stop_price)),
        OrderType::StopLimit { stop_price, limit_price } => {
            format!("at {} or better once {} is reached", text(limit_price), text(stop_price))
        }
        OrderType::TrailingStop { distance } => {
            format!("once the price turns by {}", decimal(*distance))
        }
    }
}

fn done_text(state: DoneState, reason: &str) -> String {
    let how = match state {
        DoneState::Filled => "is filled",
        DoneState::Cancelled => "was cancelled",
        DoneState::Rejected => "was rejected by the venue",
        DoneState::Expired => "has expired",
        DoneState::Voided => "never reached the venue, and is void",
    };
    match reason {
        "" => format!("The order {how}."),
        reason => format!("The order {how}: {reason}."),
    }
}

fn protection_text(stop: Option<&Stop>, targets: &[Target]) -> String {
    let stop = stop.map(|stop| format!("a stop at {}", readable(stop.level.get(), PRICE_FIGURES)));
    let levels = targets.iter().map(|target| readable(target.level.get(), PRICE_FIGURES));
    let levels = levels.collect::<Vec<_>>().join(", ");
    let targets = match targets.len() {
        0 => None,
        1 => Some(format!("a target at {levels}")),
        _ => Some(format!("targets at {levels}")),
    };
    match (stop, targets) {
        (Some(stop), Some(targets)) => format!("Protected by {stop} and {targets}."),
        (Some(stop), None) => format!("Protected by {stop}."),
        (None, Some(targets)) => format!("Without a stop; {targets}."),
        (None, None) => "Without a stop or a target.".to_owned(),
    }
}

/// The targets that a person has set, as far as they have something to close.
fn targets_text(targets: &[Target], by: &str) -> String {
    let open = targets.iter().filter(|target| !target.open_quantity().is_zero());
    let parts = open.map(|target| {
        let level = readable(target.level.get(), PRICE_FIGURES);
        format!("{} at {level}", decimal(target.open_quantity().get()))
    });
    match parts.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => format!("All targets were taken away by {by}."),
        parts => format!("The targets were set to close {parts}, by {by}."),
    }
}

fn fill_text(profile: &Profile, order: OrderId, fill: &Fill) -> String {
    let trade = find_trade(profile, trade_of(profile, order));
    let entered = order.leg == Leg::Main
        && !matches!(
            profile.order(order).map(|known| &known.terms.purpose),
            Some(Purpose::Exit { .. })
        );
    let side = trade.map(|trade| match entered {
        true => trade.direction.entry_side(),
        false => trade.direction.exit_side(),
    });
    let verb = match side {
        Some(ballast_domain::Side::Buy) => "Bought",
        Some(ballast_domain::Side::Sell) => "Sold",
        None => "Traded",
    };
    let (quantity, price) =
        (decimal(fill.quantity.get()), readable(fill.price.get(), PRICE_FIGURES));
    let symbol = trade.map_or("", |trade| trade.symbol.as_str());
    let why = match order.leg {
        Leg::Stop => ", by the stop",
        Leg::Target(_) => ", by a target",
        Leg::Main => "",
    };
    let closed = trade.filter(|trade| trade.fills.last() == Some(&fill.id));
    let result = closed.filter(|trade| trade.closed_at.is_some()).and_then(|t| t.net_profit());
    let result = result
        .map_or(String::new(), |result| format!(" The trade's result is {} net.", money(result)));
    format!("{verb} {quantity} {symbol} at {price}{why}, fee {}.{result}", money(fill.fee))
}

/// To a hundredth, and what is smaller to two figures: a row has the amount in full.
fn money(money: Money) -> String {
    let amount = money.amount();
    let hundredths = amount.round_dp(2);
    // A precision alone cuts decimals off.
    let text = match hundredths.is_zero() && !amount.is_zero() {
        true => readable(amount, 2),
        false => format!("{hundredths:.2}"),
    };
    format!("{} {}", text.replace('-', "−"), money.currency())
}

/// To so many figures, for reading.
fn readable(number: Decimal, figures: u32) -> String {
    decimal(number.round_sf(figures).unwrap_or(number))
}

fn spaced(code: &str) -> String {
    code.replace('_', " ")
}

/// The code of an alert about an entry that the gate has refused.
pub(super) const ENTRY_REFUSED: &str = "entryRefused";

/// What a person should be told of an event even when nobody looks.
pub(super) fn alert(profile: &Profile, envelope: &Envelope) -> Option<AlertRow> {
    let (severity, code) = match &envelope.event {
        Event::OrderFilled { order, .. } => match order.leg {
            Leg::Stop => (Severity::Info, "stopHit"),
            Leg::Target(_) => (Severity::Info, "targetHit"),
            Leg::Main => return None,
        },
        Event::OrderDone { state: DoneState::Rejected, .. } => (Severity::Warning, "orderRejected"),
        Event::OrderUnknown { .. } => (Severity::Warning, "orderUnknown"),
        Event::ProfileStatusChanged { status: ProfileStatus::UnderReview, .. } => {
            (Severity::Critical, "underReview")
        }
        Event::SignalRefused { signal, refusal } => match (&signal.origin, &signal.terms) {
            // Whoever has asked by hand was answered, and a stop of trading is told by itself.
            (Origin::Manual { .. }, _) => return None,
            (Origin::Strategy, SignalTerms::Exit { .. }) => (Severity::Critical, "exitRefused"),
            _ if matches!(**refusal, Refusal::Control { .. }) => return None,
            (Origin::Strategy, SignalTerms::Enter { .. }) => (Severity::Warning, ENTRY_REFUSED),
        },
        Event::EntriesLocked { lock, .. } => match lock.why {
            // It comes with each trade that closes.
            LockReason::Cooldown { .. } => return None,
            _ => (Severity::Warning, "entriesLocked"),
        },
        Event::AvailableNegative { .. } => (Severity::Critical, "availableNegative"),
        Event::BrokerEventUnmatched { .. } => (Severity::Critical, "unmatchedMessage"),
        _ => return None,
    };
    let mut line = TimelineRow {
        seq: envelope.seq,
        at: envelope.at,
        request_id: None,
        profile_id: profile.id.to_string(),
        symbol: None,
        kind: String::new(),
        code: None,
        text: String::new(),
        order_id: None,
        evaluation: None,
    };
    fill_in(&mut line, profile, envelope);
    Some(AlertRow {
        id: format!("alt_{}", envelope.seq),
        seq: envelope.seq,
        at: envelope.at,
        severity,
        code: code.to_owned(),
        text: format!("{}: {}", profile.document.name, line.text),
        profile_id: Some(line.profile_id),
        symbol: line.symbol,
        acknowledged_at: None,
    })
}

/// What a person should be told when trading stops or goes on. `seq` is the last event before.
pub(super) fn control_alert(control: &ControlRow, seq: u64) -> AlertRow {
    let (severity, code, what, then) = match control.mode {
        ControlModeWord::Running => {
            (Severity::Info, "tradingResumed", "goes on", "Profiles that run enter again.")
        }
        ControlModeWord::Paused => {
            (Severity::Warning, "tradingPaused", "is paused", "Nothing enters; exits go on.")
        }
        ControlModeWord::Halted => {
            let then = "Nothing enters and entries that wait are cancelled; exits go on.";
            (Severity::Critical, "tradingHalted", "is halted", then)
        }
        ControlModeWord::Unknown => {
            let then = "Nothing enters until the store tells whether it may.";
            (Severity::Critical, "tradingUnknown", "is stopped", then)
        }
    };
    let reason = control.reason.as_ref().filter(|reason| !reason.is_empty());
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    AlertRow {
        id: format!("alt_control_{}", control.version),
        seq,
        at: control.last_changed_at,
        severity,
        code: code.to_owned(),
        text: format!("Trading {what}, by {}{reason}. {then}", control.last_changed_by),
        profile_id: None,
        symbol: None,
        acknowledged_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_sentences_are_short() {
        let usd = |text: &str| money(Money::new(text.parse().unwrap(), "USD".parse().unwrap()));
        assert_eq!(usd("-26.340318747814"), "−26.34 USD");
        assert_eq!(usd("4.989256964406"), "4.99 USD");
        assert_eq!(usd("0.000123456"), "0.00012 USD");
        assert_eq!(usd("0.398"), "0.40 USD");
        assert_eq!(usd("0"), "0.00 USD");
        assert_eq!(readable("1953.124668".parse().unwrap(), PRICE_FIGURES), "1953.125");
        assert_eq!(readable("0.000012345678".parse().unwrap(), PRICE_FIGURES), "0.00001234568");
    }
}
