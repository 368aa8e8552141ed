//! The rows that people are shown: what routes, realtime and stored projections have in common.
//!
//! Amounts are decimal strings, times RFC 3339 in UTC. A row says all that a screen needs, so that
//! no client computes.

use ballast_domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{
    ControlModeWord, DecisionWord, DirectionWord, FeedWord, MarketWord, ModeWord, OrderKind,
    OrderStatus, OriginWord, PartWord, PurposeWord, RoleWord, RuleWord, Severity, SideWord,
    StatusWord, StopWord, StoreWord, TenantWord, TimeInForceWord,
};

/// What a profile may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CapitalRow {
    /// Such as USD.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    /// How much, in that currency.
    #[schema(example = "10000")]
    pub(crate) allocated: String,
}

/// One profile with its money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileRow {
    pub(crate) id: String,
    /// The version of its document; its ETag.
    pub(crate) version: u64,
    pub(crate) name: String,
    pub(crate) venue: String,
    pub(crate) mode: ModeWord,
    /// What it does.
    pub(crate) state: StatusWord,
    /// Who or what brought it to that state, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) state_reason: Option<String>,
    /// Whether it would enter now if its rules said so.
    pub(crate) enters: bool,
    /// Who changed its document last.
    pub(crate) changed_by: String,
    pub(crate) capital: CapitalRow,
    pub(crate) symbols: Vec<String>,
    pub(crate) timeframe: String,
    /// The kind of its strategy.
    pub(crate) kind: String,
    pub(crate) available: String,
    pub(crate) reserved_for_orders: String,
    pub(crate) reserved_for_positions: String,
    pub(crate) realized_pnl: String,
    pub(crate) fees: String,
    pub(crate) open_positions: usize,
    pub(crate) working_orders: usize,
    /// What the market makes of it.
    #[serde(flatten)]
    pub(crate) marks: ProfileMarks,
    /// Locks that protections have put on its entries; one that has ended may be among them.
    pub(crate) locks: Vec<LockRow>,
    /// The latest evaluation of each of its symbols.
    pub(crate) evaluations: Vec<EvaluationRow>,
}

/// Entries are locked for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LockRow {
    /// Of which instrument; of all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) symbol: Option<String>,
    /// At that instant they are free again.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) until: Timestamp,
    /// The limit that has led to it.
    #[schema(example = "stopGuard")]
    pub(crate) limit: String,
    /// Why, in words.
    pub(crate) text: String,
}

/// What changes with the market's prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileMarks {
    /// With every position at its last price, at cost where there is none.
    pub(crate) equity: String,
    pub(crate) unrealized_pnl: String,
    /// Equity less that at the beginning of the day, UTC.
    pub(crate) day_profit: String,
    /// The same in percent of the equity at the beginning of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) day_profit_pct: Option<String>,
    /// What the open trades would lose if every stop filled at its level, fees counted.
    pub(crate) open_risk: String,
}

/// One run of a strategy at a bar's close, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EvaluationRow {
    pub(crate) profile_id: String,
    pub(crate) symbol: String,
    /// The bar's close.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) decision: DecisionWord,
    /// Why nothing was done, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) hold: Option<String>,
    /// The code of the refusal that its signal met at the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) refusal: Option<String>,
    /// The whole of it in sentences.
    pub(crate) text: String,
    pub(crate) rules: Vec<RuleRow>,
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleRow {
    pub(crate) role: RoleWord,
    /// Empty for a condition that is a single expression.
    pub(crate) name: String,
    pub(crate) state: RuleWord,
    /// The numbers that it compared.
    pub(crate) text: String,
}

/// What happened to a profile, one line of its "why / why not".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimelineRow {
    /// Its place in the tenant's journal.
    pub(crate) seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// The request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) request_id: Option<String>,
    pub(crate) profile_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) symbol: Option<String>,
    /// `evaluation`, `refusal`, `status`, `document`, `order`, `fill`, `stop`, `excursion`,
    /// `corporateAction`, `lock`, `limit` or `review`.
    pub(crate) kind: String,
    /// A stable code, such as the refusal's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) code: Option<String>,
    /// What happened, in a sentence.
    pub(crate) text: String,
    /// The order that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) order_id: Option<String>,
    /// With kind `evaluation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) evaluation: Option<EvaluationRow>,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderRow {
    pub(crate) id: String,
    /// Its place in the tenant's journal.
    pub(crate) seq: u64,
    pub(crate) client_order_id: String,
    pub(crate) intent_id: String,
    /// The trade that it opens or leaves.
    pub(crate) trade_id: String,
    pub(crate) profile_id: String,
    pub(crate) symbol: String,
    pub(crate) side: SideWord,
    #[serde(rename = "type")]
    pub(crate) kind: OrderKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) limit_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) stop_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) trail_distance: Option<String>,
    pub(crate) time_in_force: TimeInForceWord,
    pub(crate) quantity: String,
    pub(crate) filled_quantity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) average_price: Option<String>,
    pub(crate) fees: String,
    pub(crate) status: OrderStatus,
    /// Whether it may still fill.
    pub(crate) working: bool,
    /// The order with which it is a pair: the first of them to fill cancels the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) oco: Option<String>,
    /// What of it, and of what will protect its trade, the venue holds.
    #[serde(default)]
    pub(crate) at_venue: Vec<PartWord>,
    /// What of that this server emulates: it stands still while the server is away.
    #[serde(default)]
    pub(crate) emulated: Vec<PartWord>,
    /// Whether its venue was asked to change it, and has not answered.
    #[serde(default)]
    pub(crate) amending: bool,
    pub(crate) purpose: PurposeWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) direction: Option<DirectionWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) exit_reason: Option<String>,
    pub(crate) origin: OriginWord,
    /// The person who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) by: Option<String>,
    /// Why it ended or what is unknown about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
}

/// The protective stop of a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopRow {
    pub(crate) level: String,
    pub(crate) kind: StopWord,
}

/// A profit target of a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetRow {
    /// Counted from one, by which it is named to change it; it keeps its number.
    pub(crate) number: usize,
    pub(crate) level: String,
    /// Which share of the entry it closes; 0 for one that was taken away after it had closed some.
    pub(crate) portion: String,
    /// Units it closes, of everything that entered.
    pub(crate) quantity: String,
    /// Units it has closed.
    pub(crate) filled: String,
}

/// What an open trade holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PositionRow {
    pub(crate) trade_id: String,
    /// Its ETag: changes with each fill, and when a person moves its stop or its targets.
    pub(crate) version: u64,
    pub(crate) profile_id: String,
    pub(crate) symbol: String,
    pub(crate) direction: DirectionWord,
    pub(crate) quantity: String,
    pub(crate) entry_price: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) stop: Option<StopRow>,
    pub(crate) targets: Vec<TargetRow>,
    /// What of its protection the venue holds.
    pub(crate) at_venue: Vec<PartWord>,
    /// What of that this server emulates: it stands still while the server is away.
    pub(crate) emulated: Vec<PartWord>,
    /// Profit and loss of what was left of it so far, before fees.
    pub(crate) realized_pnl: String,
    pub(crate) fees: String,
    /// What the units held have cost.
    pub(crate) cost: String,
    pub(crate) currency: String,
    /// What the whole trade would come to if the rest of it left at its stop, all fees counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) result_at_stop: Option<String>,
    #[serde(flatten)]
    pub(crate) marks: PositionMarks,
}

/// What the market makes of a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PositionMarks {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) last_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub(crate) last_price_at: Option<Timestamp>,
    /// Before fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) unrealized_pnl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) unrealized_pct: Option<String>,
}

/// A closed trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TradeRow {
    pub(crate) id: String,
    /// Where the tenant's journal closed it.
    pub(crate) seq: u64,
    pub(crate) profile_id: String,
    pub(crate) symbol: String,
    pub(crate) direction: DirectionWord,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) closed_at: Timestamp,
    pub(crate) quantity: String,
    /// Means, before fees.
    pub(crate) entry_price: String,
    pub(crate) exit_price: String,
    /// Net of all fees.
    pub(crate) pnl: String,
    /// Of what the entry cost.
    pub(crate) pnl_pct: String,
    pub(crate) fees: String,
    pub(crate) currency: String,
    /// Fees in other currencies, a sum for each; no part of the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_fees: Vec<AmountRow>,
    pub(crate) exit_reason: String,
    pub(crate) holding_seconds: i64,
    /// How far prices went while it was open; absent where nobody has seen that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) excursions: Option<ExcursionsRow>,
    /// What left it, in order; one for each order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exits: Vec<ExitRow>,
}

/// How far prices went for a trade and against it, from its mean entry price, before fees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExcursionsRow {
    pub(crate) best_price: String,
    pub(crate) worst_price: String,
    /// What all of it would have made at the best price.
    pub(crate) favourable: String,
    pub(crate) favourable_pct: String,
    /// What all of it would have lost at the worst price.
    pub(crate) adverse: String,
    pub(crate) adverse_pct: String,
}

/// What one order left of a trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitRow {
    pub(crate) reason: String,
    pub(crate) quantity: String,
    /// The mean, before fees.
    pub(crate) price: String,
    /// Its last fill.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) fee: String,
}

/// An amount of some currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AmountRow {
    pub(crate) amount: String,
    pub(crate) currency: String,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertRow {
    pub(crate) id: String,
    pub(crate) seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub(crate) acknowledged_at: Option<Timestamp>,
}

/// A transfer of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransferRow {
    pub(crate) id: String,
    pub(crate) seq: u64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) profile_id: String,
    /// Where the money came from.
    pub(crate) debit: String,
    /// Where it went.
    pub(crate) credit: String,
    pub(crate) amount: String,
    pub(crate) currency: String,
    /// What it was for, in words.
    pub(crate) text: String,
}

/// An instrument with its last price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SymbolRow {
    pub(crate) symbol: String,
    pub(crate) asset_class: String,
    pub(crate) quote: String,
    /// The price's step; absent when any price is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) tick: Option<String>,
    /// The quantity's step; absent when any quantity is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) lot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) min_notional: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
    /// Since the first price of the day, UTC, that this server has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) day_change_pct: Option<String>,
    /// Whether the price is older than it should be.
    pub(crate) stale: bool,
}

/// Trading control as it applies to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ControlRow {
    pub(crate) mode: ControlModeWord,
    pub(crate) version: u64,
    pub(crate) last_changed_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) last_changed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) reason: Option<String>,
    /// Whether a crash cannot take it back: the store has it or, while that is away, the node. A
    /// stop holds at once, also before it is durable.
    pub(crate) durable: bool,
}

/// How a market's data comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedRow {
    pub(crate) venue: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) last_event_age_ms: Option<u64>,
    pub(crate) state: FeedWord,
}

/// How the store does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreRow {
    pub(crate) state: StoreWord,
    /// How long its last check took.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) latency_ms: Option<u64>,
}

/// How a tenant and what it depends on do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthRow {
    pub(crate) state: TenantWord,
    pub(crate) trading_control: ControlModeWord,
    pub(crate) trading_loop_healthy: bool,
    pub(crate) order_sync_healthy: bool,
    pub(crate) reconciliation_loop_healthy: bool,
    pub(crate) reconciliation_mismatch_count: u64,
    /// None when it never ran.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub(crate) reconciliation_last_run: Option<Timestamp>,
    pub(crate) reconciliation_parity_quarantined_trades: u64,
    pub(crate) reconciliation_parity_max_mismatch_notional_usd: String,
    pub(crate) reconciliation_integrity_watchdog_triggered: bool,
    pub(crate) capital_invariant_violations: u64,
    pub(crate) feeds: Vec<FeedRow>,
    pub(crate) store: StoreRow,
    /// Why it is not live, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) error: Option<String>,
}

/// What this deployment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsRow {
    pub(crate) product_id: String,
    pub(crate) version: String,
    pub(crate) market: MarketWord,
    pub(crate) paper_only: bool,
}
