//! Rows of what is: profiles, positions, closed trades and evaluations, as state and market stand.

use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Decision, Evaluation, ExitLeg, Lock, Money, Price, ProfileStatus, RuleOutcome, Target,
    Timestamp, Trade,
};
use ballast_engine::position::standing_targets;
use ballast_engine::state::{Profile, unrealised};
use ballast_engine::step::Engine;
use ballast_engine::strategy::Plan;
use rust_decimal::Decimal;

use super::decimal;
use super::equity::Worth;
use super::held::Parts;
use super::rows::{
    AmountRow, CapitalRow, EvaluationRow, ExcursionsRow, ExitRow, LockRow, PositionMarks,
    PositionRow, ProfileMarks, ProfileRow, RuleRow, StopRow, TargetRow, TradeRow,
};

/// The row of a profile. `day` is what it was worth when the day began.
pub(super) fn profile_row(engine: &Engine, profile: &Profile, day: Option<Worth>) -> ProfileRow {
    let document = &profile.document;
    let balance = |account| decimal(profile.book.balance(account));
    ProfileRow {
        id: profile.id.to_string(),
        version: profile.version,
        name: document.name.clone(),
        venue: document.venue.to_string(),
        mode: document.mode.into(),
        state: profile.status.into(),
        state_reason: Some(profile.status_reason.clone()).filter(|reason| !reason.is_empty()),
        enters: profile.status == ProfileStatus::Running && engine.enters(profile.id),
        changed_by: profile.changed_by.clone(),
        capital: CapitalRow {
            currency: document.capital.currency.to_string(),
            allocated: decimal(document.capital.allocated),
        },
        symbols: document.strategy.symbols.iter().map(ToString::to_string).collect(),
        timeframe: document.strategy.timeframe.to_string(),
        kind: super::word(&document.strategy.kind),
        available: decimal(profile.book.available()),
        reserved_for_orders: balance(ballast_domain::Account::ReservedOrders),
        reserved_for_positions: balance(ballast_domain::Account::ReservedPositions),
        realized_pnl: balance(ballast_domain::Account::RealizedPnl),
        fees: balance(ballast_domain::Account::Fees),
        open_positions: profile.trades.len(),
        working_orders: profile.working.len(),
        marks: profile_marks(engine, profile, day),
        locks: profile.counters.locks.iter().map(lock_row).collect(),
        evaluations: evaluations(engine, profile, &[]),
    }
}

fn lock_row(lock: &Lock) -> LockRow {
    LockRow {
        symbol: lock.symbol.map(|symbol| symbol.to_string()),
        until: lock.until,
        limit: lock.why.limit().to_owned(),
        text: lock.why.to_string(),
    }
}

/// What a profile is worth at the newest price of what it trades; `None` while there is none, and
/// when it does not fit a decimal.
pub(super) fn worth(engine: &Engine, profile: &Profile) -> Option<Worth> {
    let symbols = profile.document.strategy.symbols.iter();
    let newest = symbols.filter_map(|symbol| Some(engine.mark(profile.id, *symbol)?.1)).max();
    let allocated = profile.document.capital.allocated;
    Some(Worth { at_ms: newest?.millis(), equity: equity(engine, profile)?, allocated })
}

fn equity(engine: &Engine, profile: &Profile) -> Option<Decimal> {
    profile.equity(|symbol| engine.mark(profile.id, symbol).map(|(price, _)| price))
}

/// What the market makes of a profile. What was put in or taken out since the day began is no
/// profit; the percentage is of what it then had, with that.
pub(super) fn profile_marks(
    engine: &Engine,
    profile: &Profile,
    day: Option<Worth>,
) -> ProfileMarks {
    let at_cost = profile.book.equity_at_cost();
    let equity = equity(engine, profile).unwrap_or(at_cost);
    let begun_with = day.map(|day| {
        let put_in = profile.document.capital.allocated.saturating_sub(day.allocated);
        day.equity.saturating_add(put_in)
    });
    let day_profit = begun_with.map(|begun_with| equity.saturating_sub(begun_with));
    let percent = begun_with.zip(day_profit).and_then(|(begun_with, profit)| {
        let share = profit.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(begun_with)?;
        Some(decimal(share.round_dp(4)))
    });
    let at_stop = profile.trades.values().filter_map(|trade| result_at_stop(profile, trade));
    let risk: Decimal = at_stop.filter(|result| result.is_sign_negative()).map(|loss| -loss).sum();
    ProfileMarks {
        equity: decimal(equity),
        unrealized_pnl: decimal(equity.saturating_sub(at_cost)),
        day_profit: decimal(day_profit.unwrap_or_default()),
        day_profit_pct: percent,
        open_risk: decimal(risk),
    }
}

/// What the whole trade would come to if the rest of it left at its stop, all fees counted; `None`
/// without a stop.
fn result_at_stop(profile: &Profile, trade: &Trade) -> Option<Decimal> {
    let (level, held) = (trade.stop?.level, trade.open_quantity());
    let open = unrealised(trade, level)?.amount();
    let notional = level.get().checked_mul(held.get())?;
    let fee = profile.document.fees.fee(notional, held.get(), Liquidity::Taker)?;
    let fees = trade.fees.amount().checked_add(fee)?;
    trade.gross_profit.amount().checked_add(open)?.checked_sub(fees)
}

/// The row of an open trade.
pub(super) fn position_row(engine: &Engine, profile: &Profile, trade: &Trade) -> PositionRow {
    let at_stop = result_at_stop(profile, trade);
    let Parts { at_venue, emulated } = Parts::of_trade(trade);
    PositionRow {
        at_venue,
        emulated,
        trade_id: trade.id.to_string(),
        version: trade.version(),
        profile_id: trade.id.0.profile.to_string(),
        symbol: trade.symbol.to_string(),
        direction: trade.direction.into(),
        quantity: decimal(trade.open_quantity().get()),
        entry_price: decimal(trade.entry_price()),
        opened_at: trade.opened_at,
        stop: trade
            .stop
            .map(|stop| StopRow { level: decimal(stop.level.get()), kind: stop.kind.into() }),
        targets: target_rows(trade),
        realized_pnl: decimal(trade.gross_profit.amount()),
        fees: decimal(trade.fees.amount()),
        cost: decimal(trade.reserved.amount()),
        currency: trade.reserved.currency().to_string(),
        result_at_stop: at_stop.map(decimal),
        marks: position_marks(engine, trade),
    }
}

/// The targets but for those that were taken away before they had closed anything.
fn target_rows(trade: &Trade) -> Vec<TargetRow> {
    let portions = standing_targets(trade).into_iter().map(|terms| terms.portion);
    let targets = trade.targets.iter().zip(portions).enumerate();
    let told =
        targets.filter(|(_, (target, portion))| !portion.is_zero() || !target.filled.is_zero());
    let row = |(place, (target, portion)): (usize, (&Target, Decimal))| TargetRow {
        number: place + 1,
        level: decimal(target.level.get()),
        portion: decimal(portion),
        quantity: decimal(target.quantity.max(target.filled).get()),
        filled: decimal(target.filled.get()),
    };
    told.map(row).collect()
}

pub(super) fn position_marks(engine: &Engine, trade: &Trade) -> PositionMarks {
    let Some((price, at)) = engine.mark(trade.id.0.profile, trade.symbol) else {
        return PositionMarks::default();
    };
    marks_at(trade, price, at)
}

fn marks_at(trade: &Trade, price: Price, at: Timestamp) -> PositionMarks {
    let result = unrealised(trade, price).map(Money::amount);
    let cost = trade.reserved.amount();
    let percent = result.and_then(|result| {
        Some(result.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(cost)?.round_dp(4))
    });
    PositionMarks {
        last_price: Some(decimal(price.get())),
        last_price_at: Some(at),
        unrealized_pnl: result.map(decimal),
        unrealized_pct: percent.map(decimal),
    }
}

/// The row of a closed trade; `None` while it is open.
pub(super) fn trade_row(trade: &Trade, seq: u64) -> Option<TradeRow> {
    let closed_at = trade.closed_at?;
    let profit = trade.net_profit()?.amount();
    let cost = trade.entry_notional.amount();
    let percent = profit.checked_mul(Decimal::ONE_HUNDRED).and_then(|p| p.checked_div(cost));
    Some(TradeRow {
        id: trade.id.to_string(),
        seq,
        profile_id: trade.id.0.profile.to_string(),
        symbol: trade.symbol.to_string(),
        direction: trade.direction.into(),
        opened_at: trade.opened_at,
        closed_at,
        quantity: decimal(trade.entry_quantity.get()),
        entry_price: decimal(trade.entry_price()),
        exit_price: decimal(trade.exit_price()),
        pnl: decimal(profit),
        pnl_pct: decimal(percent.unwrap_or_default().round_dp(4)),
        fees: decimal(trade.fees.amount()),
        currency: trade.fees.currency().to_string(),
        other_fees: trade.other_fees.iter().map(amount_row).collect(),
        exit_reason: trade.exit_reason.map_or("", |reason| reason.as_str()).to_owned(),
        holding_seconds: trade.held_nanos()? / 1_000_000_000,
        excursions: excursions_row(trade),
        exits: trade.exits().iter().map(exit_row).collect(),
    })
}

fn excursions_row(trade: &Trade) -> Option<ExcursionsRow> {
    let (favourable, adverse) = (trade.favourable()?, trade.adverse()?);
    Some(ExcursionsRow {
        best_price: decimal(trade.best_price?.get()),
        worst_price: decimal(trade.worst_price?.get()),
        favourable: decimal(favourable.amount.amount()),
        favourable_pct: decimal(favourable.percent.round_dp(4)),
        adverse: decimal(adverse.amount.amount()),
        adverse_pct: decimal(adverse.percent.round_dp(4)),
    })
}

fn exit_row(leg: &ExitLeg) -> ExitRow {
    ExitRow {
        reason: leg.reason.as_str().to_owned(),
        quantity: decimal(leg.quantity.get()),
        price: decimal(leg.price),
        at: leg.at,
        fee: decimal(leg.fee.amount()),
    }
}

fn amount_row(money: &Money) -> AmountRow {
    AmountRow { amount: decimal(money.amount()), currency: money.currency().to_string() }
}

/// The latest evaluation of each symbol of a profile, but for those that are `known`.
pub(super) fn evaluations(
    engine: &Engine,
    profile: &Profile,
    known: &[EvaluationRow],
) -> Vec<EvaluationRow> {
    let Some(plan) = engine.plan(profile.id) else { return Vec::new() };
    let symbols = profile.document.strategy.symbols.iter();
    let rows = symbols.filter_map(|symbol| {
        let evaluation = engine.evaluation(profile.id, *symbol)?;
        let told = |row: &EvaluationRow| {
            row.at == evaluation.close_time && row.symbol == evaluation.symbol.as_str()
        };
        if known.iter().any(told) {
            return None;
        }
        let mut row = evaluation_row(plan, evaluation);
        if let Some(refusal) = engine.refusal(profile.id, *symbol) {
            row.refusal = Some(refusal.code().to_owned());
            row.text = format!("{} The gate refused it: {refusal}.", row.text);
        }
        Some(row)
    });
    rows.collect()
}

/// An evaluation in words.
pub(super) fn evaluation_row(plan: &Plan, evaluation: &Evaluation) -> EvaluationRow {
    let rules = evaluation.rules.iter().map(|outcome| rule_row(plan, outcome));
    EvaluationRow {
        profile_id: evaluation.profile.to_string(),
        symbol: evaluation.symbol.to_string(),
        at: evaluation.close_time,
        decision: evaluation.decision.into(),
        hold: hold_code(evaluation.decision),
        refusal: None,
        text: plan.explain(evaluation),
        rules: rules.collect(),
    }
}

fn rule_row(plan: &Plan, outcome: &RuleOutcome) -> RuleRow {
    let (name, text) = plan.explain_rule(outcome).unwrap_or_default();
    RuleRow { role: outcome.role.into(), name, state: outcome.state.into(), text }
}

fn hold_code(decision: Decision) -> Option<String> {
    match decision {
        Decision::Hold(hold) => Some(super::word(&hold)),
        _ => None,
    }
}
