//! What whoever follows a tenant is told: changes of rows, marks, and the picture they begin with.

use serde::Serialize;
use utoipa::ToSchema;

use super::rows::{
    AlertRow, EvaluationRow, OrderRow, PositionMarks, PositionRow, ProfileMarks, ProfileRow,
    TradeRow,
};

/// A change of a tenant's rows, for whoever has the rows before it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update {
    pub(crate) tenant_id: String,
    /// The last event of the journal that is in it.
    pub(crate) seq: u64,
    /// The same of the tenant's update before it: who has another one has missed something.
    pub(crate) prev_seq: u64,
    /// What the last event was, such as `orderFilled`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) upserts: Upserts,
    pub(crate) removes: Removes,
}

/// Rows that are new or changed.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Upserts {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) profiles: Vec<ProfileRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) orders: Vec<OrderRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) positions: Vec<PositionRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) trades: Vec<TradeRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) alerts: Vec<AlertRow>,
}

/// Ids of rows that are gone.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Removes {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) profiles: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) positions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) trades: Vec<String>,
}

/// What the market has made of profiles and positions, without a sequence: it overwrites.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Marks {
    pub(crate) profiles: Vec<MarkedProfile>,
    pub(crate) positions: Vec<MarkedPosition>,
}

/// A profile's marks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkedProfile {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) marks: ProfileMarks,
}

/// A position's marks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkedPosition {
    pub(crate) trade_id: String,
    #[serde(flatten)]
    pub(crate) marks: PositionMarks,
}

/// What followers are told.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    Update(Update),
    Marks(Marks),
    Evaluation(EvaluationRow),
    Alert(AlertRow),
    /// The tenant has begun to run, and its rows are what its journal says: changes that were told
    /// before lead nowhere.
    Anew,
}

/// All rows of a tenant as they are at one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) seq: u64,
    pub(crate) profiles: Vec<ProfileRow>,
    /// Those that may still fill, then the latest that have ended; the newest first.
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) positions: Vec<PositionRow>,
    /// The newest first, as the alerts.
    pub(crate) trades: Vec<TradeRow>,
    pub(crate) alerts: Vec<AlertRow>,
}
