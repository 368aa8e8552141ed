//! Why a profile does or does not trade: one answer, for the route and for the command line.

use ballast_domain::{ProfileId, RequestId};
use ballast_engine::step::{Answer, Command, Obstacle};
use ballast_storage::{Query, StoreError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::http::RefusalRow;
use crate::serve::tenants::{Tenant, TenantUnavailable};
use crate::views::rows::{EvaluationRow, TimelineRow};
use crate::views::words::{ModeWord, StatusWord};
use crate::views::{self, TIMELINE};

/// Lines of the timeline that are told at most.
pub(crate) const MOST_LINES: usize = 200;

/// Why a profile does or does not trade, as things stand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explanation {
    pub(crate) profile_id: String,
    pub(crate) name: String,
    pub(crate) mode: ModeWord,
    pub(crate) state: StatusWord,
    /// Who or what brought it to that state, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) state_reason: Option<String>,
    /// What refuses every entry now, whatever its size and price; nothing when its rules decide.
    pub(crate) obstacles: Vec<ObstacleRow>,
    /// The latest evaluation of each of its symbols.
    pub(crate) evaluations: Vec<EvaluationRow>,
    /// What it did and why, the newest first.
    pub(crate) timeline: Vec<TimelineRow>,
}

/// Something that stands in the way of every entry.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObstacleRow {
    /// The instrument, where not all of the profile's have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) symbol: Option<String>,
    /// What the gate would say, and what would change it.
    pub(crate) refusal: RefusalRow,
}

impl From<Obstacle> for ObstacleRow {
    fn from(obstacle: Obstacle) -> Self {
        Self {
            symbol: obstacle.symbol.map(|symbol| symbol.to_string()),
            refusal: RefusalRow::from(&obstacle.refusal),
        }
    }
}

/// Why there is no explanation.
#[derive(Debug, Error)]
pub(crate) enum NotExplained {
    #[error("there is no such profile")]
    NoSuchProfile,
    #[error(transparent)]
    Unavailable(#[from] TenantUnavailable),
    #[error("the timeline cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// Which part of it is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Only of this instrument.
    pub(crate) symbol: Option<String>,
    /// Lines of the timeline at most.
    pub(crate) lines: usize,
}

/// Explains a profile.
pub(crate) async fn explain(
    tenant: &Tenant,
    profile: ProfileId,
    wanted: &Wanted,
    request_id: Option<RequestId>,
) -> Result<Explanation, NotExplained> {
    let answer = tenant.ask(Command::Obstacles { profile }, request_id).await?;
    let (Answer::Obstacles(found), Some(row)) = (answer, tenant.view.profile(profile)) else {
        return Err(NotExplained::NoSuchProfile);
    };
    let is_wanted = |symbol: &str| wanted.symbol.as_ref().is_none_or(|only| only == symbol);
    let obstacles = found.into_iter().map(ObstacleRow::from);
    let obstacles = obstacles.filter(|row| row.symbol.as_deref().is_none_or(is_wanted)).collect();
    let evaluations = row.evaluations.into_iter().filter(|row| is_wanted(&row.symbol)).collect();
    Ok(Explanation {
        profile_id: row.id,
        name: row.name,
        mode: row.mode,
        state: row.state,
        state_reason: row.state_reason,
        obstacles,
        evaluations,
        timeline: timeline(tenant, profile, wanted).await?,
    })
}

async fn timeline(
    tenant: &Tenant,
    profile: ProfileId,
    wanted: &Wanted,
) -> Result<Vec<TimelineRow>, StoreError> {
    let of_profile = ("listedUnder", profile.to_string().as_str().into());
    let of_symbol = wanted.symbol.as_ref().map(|symbol| ("symbol", symbol.as_str().into()));
    let query = Query {
        equal: std::iter::once(of_profile).chain(of_symbol).collect(),
        order_by: Some("seq"),
        descending: true,
        limit: wanted.lines,
        ..Query::default()
    };
    if wanted.lines == 0 {
        return Ok(Vec::new());
    }
    tenant.view.stored().await;
    let lines = tenant.store.documents(&TIMELINE);
    let page = lines.query::<views::Listed>(&query).await?;
    Ok(page.documents.into_iter().map(|line| line.body.row).collect())
}
