//! Events and actions in few words, so that a test can say what it expects on one line.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{Envelope, Event, OrderTerms, OrderType, Purpose, Target};
use ballast_engine::step::Action;

use crate::fixture::order_text;

/// What happened and what is to be done: `event; event | action; action`. How far prices went
/// comes with each trade that closes, and is not told.
pub(crate) fn words(events: &[Envelope], actions: &[Action]) -> String {
    let told = |event: &&Event| !matches!(event, Event::ExcursionsKnown { .. });
    let events = events.iter().map(|envelope| &envelope.event).filter(told);
    let events: Vec<_> = events.map(event).collect();
    let actions: Vec<_> = actions.iter().map(action).collect();
    match actions.is_empty() {
        true => events.join("; "),
        false => format!("{} | {}", events.join("; "), actions.join("; ")).trim().to_owned(),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::ProfileChanged { version, .. } => format!("profile {version}"),
        Event::ProfileStatusChanged { status, .. } => format!("status {status:?}"),
        Event::ProfileRemoved { .. } => "removed".to_owned(),
        Event::FlattenRequested { .. } => "flattening".to_owned(),
        Event::Evaluated { evaluation } => format!("evaluated {:?}", evaluation.decision),
        Event::SignalRefused { refusal, .. } => format!("refused {}", refusal.code()),
        Event::IntentAccepted { .. }
        | Event::OrderAccepted { .. }
        | Event::CancelRequested { .. }
        | Event::AmendmentRequested { .. }
        | Event::OrderAmended { .. }
        | Event::AmendmentRejected { .. }
        | Event::OrderFilled { .. }
        | Event::FillCorrected { .. }
        | Event::OrderDone { .. }
        | Event::OrderUnknown { .. } => order_event(event),
        Event::ProtectionPlaced { trade, stop, targets } => {
            let stop =
                stop.map_or("none".to_owned(), |stop| stop.level.get().normalize().to_string());
            let targets: String = targets.iter().map(target).collect();
            format!("protected {} {stop}{targets}", trade.0.number)
        }
        Event::StopMoved { trade, stop, by } => {
            let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            format!("stop {} {} {:?}{by}", trade.0.number, stop.level.get().normalize(), stop.kind)
        }
        Event::TargetsMoved { trade, targets, by, .. } => {
            let targets: String = targets.iter().map(target).collect();
            format!("targets {}{targets} by {by}", trade.0.number)
        }
        Event::BarHeld { trade, bars, .. } => format!("held {} {bars}", trade.0.number),
        Event::ExcursionsKnown { trade, best, worst } => {
            format!("went {} {best} {worst}", trade.0.number)
        }
        Event::DustClosed { trade, quantity } => format!("dust {} {quantity}", trade.0.number),
        Event::CorporateAction { id, symbol, action, .. } => {
            format!("{} {symbol} {id}", action.name())
        }
        Event::AvailableNegative { available, .. } => {
            format!("negative {}", available.amount().normalize())
        }
        Event::DayOpened { day, equity, .. } => {
            format!("day {day} {}", equity.amount().normalize())
        }
        Event::PeakEquity { equity, .. } => format!("peak {}", equity.amount().normalize()),
        Event::EntriesLocked { lock, .. } => {
            let symbol = lock.symbol.map_or(String::new(), |symbol| format!(" {symbol}"));
            format!("locked{symbol} until {} by {}", lock.until, lock.why.limit())
        }
        Event::EntriesUnlocked { symbol, .. } => {
            format!("unlocked{}", symbol.map_or(String::new(), |symbol| format!(" {symbol}")))
        }
        Event::LimitsChanged { version, .. } => format!("limits {version}"),
        Event::BrokerEventUnmatched { message } => {
            format!("unmatched {}", order_text(message.order()))
        }
    }
}

fn order_event(event: &Event) -> String {
    match event {
        Event::IntentAccepted { terms, .. } => intent(terms),
        Event::OrderAccepted { order } => format!("accepted {}", order_text(*order)),
        Event::CancelRequested { order, reason } => {
            format!("cancelling {} ({reason})", order_text(*order))
        }
        Event::AmendmentRequested { order, amendment, .. } => {
            let (adds, frees) = (amendment.adds.amount(), amendment.frees.amount());
            let money = (adds - frees).normalize();
            format!(
                "amending {} {} to {}{} for {money}",
                order_text(*order),
                amendment.revision,
                amendment.quantity,
                price_text(amendment.order_type)
            )
        }
        Event::OrderAmended { order, revision } => {
            format!("amended {} {revision}", order_text(*order))
        }
        Event::AmendmentRejected { order, revision, .. } => {
            format!("unamended {} {revision}", order_text(*order))
        }
        Event::OrderFilled { order, fill } => {
            format!("filled {} {}@{}", order_text(*order), fill.quantity, fill.price)
        }
        Event::FillCorrected { order, fill, by } => {
            let by = by
                .as_ref()
                .map_or("none".to_owned(), |by| format!("{} {}@{}", by.id, by.quantity, by.price));
            format!("corrected {} {fill} by {by}", order_text(*order))
        }
        Event::OrderDone { order, state, .. } => {
            format!("ended {} {state:?}", order_text(*order))
        }
        Event::OrderUnknown { order, .. } => format!("unknown {}", order_text(*order)),
        _ => String::new(),
    }
}

fn target(target: &Target) -> String {
    format!(" {}@{}", target.quantity, target.level.get().normalize())
}

fn target_terms(terms: &[TargetTerms]) -> String {
    let text = |terms: &TargetTerms| match terms.distance {
        Distance::At(level) => format!(" {}*{}", terms.portion, level.get().normalize()),
        other => format!(" {}*{other:?}", terms.portion),
    };
    terms.iter().map(text).collect()
}

fn intent(terms: &OrderTerms) -> String {
    let number = terms.intent.number;
    let price = price_text(terms.order_type);
    match &terms.purpose {
        Purpose::Enter { direction, .. } => {
            format!("intent {number} {direction} {}{price}", terms.quantity)
        }
        Purpose::Exit { trade, reason, then } => {
            let then = if then.is_some() { " then" } else { "" };
            let (trade, quantity) = (trade.0.number, terms.quantity);
            format!("intent {number} exit {trade} {quantity}{price} {}{then}", reason.as_str())
        }
    }
}

fn price_text(order_type: OrderType) -> String {
    match order_type {
        OrderType::Market => String::new(),
        OrderType::Limit { limit_price } => format!(" limit {limit_price}"),
        OrderType::Stop { stop_price } => format!(" stop {stop_price}"),
        other => format!(" {other:?}"),
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Submit(intent) => format!("submit {}", order_text(intent.terms().order_id())),
        Action::Amend(approved) => {
            format!("amend {} {}", order_text(approved.order()), approved.amendment().revision)
        }
        Action::Cancel(order) => format!("cancel {}", order_text(*order)),
        Action::Protect(trade, levels) => {
            let stop = levels.stop.map(|stop| format!(" {}", stop.level.get().normalize()));
            let targets = levels.targets.iter().map(|terms| target_terms(terms));
            let levels: String = stop.into_iter().chain(targets).collect();
            format!("move {}{levels}", trade.0.number)
        }
        Action::Query(order) => format!("query {}", order_text(*order)),
    }
}
