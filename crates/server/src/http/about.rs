//! What this deployment is and what is switched on.

use axum::Json;
use axum::extract::State;
use ballast_domain::profile::FeeSchedule;
use ballast_engine::matching::FillRules;
use ballast_platform::request::{Access, Api, Identity, Lifecycle, Role};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::App;
use crate::flags::FeatureFlags;
use crate::serve::identity::Entrance;
use crate::views::decimal;
use crate::views::words::MarketWord;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::Public, Lifecycle::Current, routes!(config)).route(
        Access::User,
        Lifecycle::Current,
        routes!(flags),
    )
}

/// What clients need to know before anybody has signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicConfig {
    product_id: String,
    version: String,
    market: MarketWord,
    paper_only: bool,
    /// Where people sign in.
    sign_in: SignIn,
    /// What the paper venue takes, as does a back-test on the market's own data by default.
    costs: Costs,
    /// Whether anybody may register.
    registration: &'static str,
    /// Where the identity service is, from the server's own address.
    platform_path: &'static str,
}

/// What trading costs at the paper venue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Costs {
    /// Fee in percent of limit and target fills: 0.1 is 0.1 %.
    maker_fee_pct: String,
    /// Fee in percent of market and stop fills.
    taker_fee_pct: String,
    /// By how much market and stop fills are worse than the price, in basis points.
    slippage_bps: String,
}

impl Costs {
    fn of(rules: &FillRules) -> Self {
        // The settings of the paper venue know no other schedule.
        let (maker, taker) = match rules.fees {
            FeeSchedule::Percent { maker, taker } => (maker, taker),
            FeeSchedule::PerUnit { .. } => Default::default(),
        };
        Self {
            maker_fee_pct: decimal(maker),
            taker_fee_pct: decimal(taker),
            slippage_bps: decimal(rules.slippage_bps),
        }
    }
}

/// Where people sign in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum SignIn {
    /// At the identity service of this server.
    Own,
    /// With an authority elsewhere, whose tokens count here.
    Outside,
    /// Nowhere: everybody is one user.
    Off,
}

impl SignIn {
    fn of(entrance: &Entrance) -> Self {
        match entrance.accounts() {
            None => Self::Off,
            Some(_) if entrance.has_accounts() => Self::Own,
            Some(_) => Self::Outside,
        }
    }
}

/// What this deployment is
#[utoipa::path(get, path = "/api/config", tag = "about",
    responses((status = 200, body = PublicConfig)))]
async fn config(State(app): State<App>) -> Json<PublicConfig> {
    Json(PublicConfig {
        product_id: app.settings.product_id.clone(),
        version: app.settings.version.clone(),
        market: app.settings.market,
        paper_only: app.settings.paper_only,
        costs: Costs::of(&app.paper),
        sign_in: SignIn::of(&app.entrance),
        registration: if app.registration_open { "open" } else { "closed" },
        platform_path: "/platform",
    })
}

/// What is switched on for the caller
#[utoipa::path(get, path = "/api/feature-flags", tag = "about",
    responses((status = 200, body = FeatureFlags)))]
async fn flags(State(app): State<App>, identity: Identity) -> Json<FeatureFlags> {
    Json(for_role(app.flags, identity.role))
}

/// The flags as they are for a role.
pub(super) const fn for_role(mut flags: FeatureFlags, role: Role) -> FeatureFlags {
    if matches!(role, Role::User) && !flags.backtest.customer_enabled {
        flags.backtest.enabled = false;
    }
    flags
}
