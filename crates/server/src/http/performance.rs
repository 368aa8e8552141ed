//! Equity curves and the statistics of closed trades.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use ballast_domain::{ProfileId, Timestamp};
use ballast_platform::request::{Access, Api, Lifecycle, Problem, Query};
use ballast_storage::{Query as Wanted, Value};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Caller;
use super::lists::failed;
use super::profiles::SpanQuery;
use crate::app::App;
use crate::views::rows::{ProfileRow, TradeRow};
use crate::views::{EQUITY, EquityHour, TRADES, decimal, equity_of};

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;
/// Points of a curve at most; more are thinned out.
const MOST_POINTS: usize = 1_500;
/// Closed trades that statistics are made of at most.
const MOST_TRADES: usize = 10_000;
/// Stored hours of a profile that are read at most.
const MOST_HOURS: usize = 24 * 400;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(all))
}

/// What was worth what, and what trades came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Performance {
    currency: String,
    points: Vec<EquityPoint>,
    statistics: Statistics,
}

/// What everything was worth at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EquityPoint {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    equity: String,
}

/// Figures of the trades that were closed in the span, net of fees.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statistics {
    closed_trades: usize,
    /// Trades that came to more than nothing, in percent of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    win_rate_pct: Option<String>,
    /// What winners won by what losers lost; absent without a loser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    profit_factor: Option<String>,
    net_profit: String,
    fees: String,
    /// The deepest fall of the curve from its highest point before, in percent.
    max_drawdown_pct: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    best_trade: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    worst_trade: Option<String>,
    /// What a trade came to on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expectancy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    average_holding_seconds: Option<i64>,
    /// Whether there were more trades than figures are made of: then they are of the latest.
    truncated: bool,
}

/// What all of the caller's profiles were worth together, per currency
#[utoipa::path(get, path = "/api/performance", tag = "profiles", params(SpanQuery),
    responses((status = 200, body = Vec<Performance>)))]
async fn all(
    State(app): State<App>,
    caller: Caller,
    Query(span): Query<SpanQuery>,
) -> Result<Json<Vec<Performance>>, Problem> {
    let mut by_currency: BTreeMap<String, Vec<ProfileRow>> = BTreeMap::new();
    for profile in caller.tenant.view.picture().profiles {
        by_currency.entry(profile.capital.currency.clone()).or_default().push(profile);
    }
    let mut all = Vec::new();
    for profiles in by_currency.values() {
        all.push(performance_of(&app, &caller, profiles, &span).await?);
    }
    Ok(Json(all))
}

/// The performance of profiles that share a currency.
pub(super) async fn performance_of(
    app: &App,
    caller: &Caller,
    profiles: &[ProfileRow],
    span: &SpanQuery,
) -> Result<Performance, Problem> {
    let to = span.to.unwrap_or_else(|| app.market_clock.now());
    let from = span.from.unwrap_or_else(|| to.saturating_add_nanos(-DAY_NANOS));
    if from >= to {
        return Err(Problem::invalid_field("from", format!("lies before 'to', which is {to}")));
    }
    let mut curves = Vec::new();
    let mut trades = Vec::new();
    for profile in profiles {
        let Ok(id) = profile.id.parse::<ProfileId>() else { continue };
        curves.push(curve(caller, id, from, to).await?);
        trades.append(&mut closed(caller, profile, from, to).await?);
    }
    let points = thinned(sum(&curves));
    let mut statistics = statistics(&trades);
    statistics.max_drawdown_pct = decimal(deepest_fall(&points).round_dp(4));
    let point = |(ms, equity): (i64, Decimal)| {
        let at = Timestamp::from_millis(ms).unwrap_or(Timestamp::MIN);
        EquityPoint { at, equity: decimal(equity) }
    };
    let currency = profiles.first().map_or(String::new(), |row| row.capital.currency.clone());
    Ok(Performance { currency, points: points.into_iter().map(point).collect(), statistics })
}

/// The curve of one profile: stored minutes, then its end as fine as it came.
async fn curve(
    caller: &Caller,
    id: ProfileId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(i64, Decimal)>, Problem> {
    const HOUR_MS: i64 = 3_600_000;
    let documents = caller.tenant.store.documents(&EQUITY);
    let until = Some(Value::Integer(to.millis().saturating_add(1)));
    let before = Wanted {
        until: Some(Value::Integer(from.millis())),
        descending: true,
        limit: 1,
        ..equity_of(id)
    };
    let first = documents.query::<EquityHour>(&before).await.map_err(failed)?.documents.pop();
    let begin = first.map_or(from.millis(), |hour| hour.body.from_ms.min(from.millis()));
    let mut wanted = Wanted {
        from: Some(Value::Integer(begin.min(from.millis() - HOUR_MS))),
        until,
        ..equity_of(id)
    };
    let mut points: BTreeMap<i64, Decimal> = BTreeMap::new();
    for _ in 0..MOST_HOURS / 200 {
        let page = documents.query::<EquityHour>(&wanted).await.map_err(failed)?;
        let stored = page.documents.into_iter().flat_map(|hour| hour.body.points);
        points.extend(stored.filter_map(|(ms, equity)| Some((ms, equity.parse().ok()?))));
        let Some(next) = page.next else { break };
        wanted.after = Some(next);
    }
    let fine = caller.tenant.view.equity(id);
    points.extend(fine.into_iter().filter_map(|(ms, equity)| Some((ms, equity.parse().ok()?))));
    // What it was worth when the span began stands at its beginning.
    let standing = points.range(..=from.millis()).next_back().map(|(_, equity)| *equity);
    let mut inside: Vec<_> =
        points.range(from.millis()..=to.millis()).map(|(ms, equity)| (*ms, *equity)).collect();
    if let Some(equity) = standing
        && inside.first().is_none_or(|(ms, _)| *ms > from.millis())
    {
        inside.insert(0, (from.millis(), equity));
    }
    Ok(inside)
}

/// Curves one over the other: each counts from its first point on.
fn sum(curves: &[Vec<(i64, Decimal)>]) -> Vec<(i64, Decimal)> {
    let mut instants: Vec<i64> = curves.iter().flatten().map(|(ms, _)| *ms).collect();
    instants.sort_unstable();
    instants.dedup();
    let mut places = vec![0; curves.len()];
    let mut total = Vec::with_capacity(instants.len());
    for now in instants {
        let mut worth = Decimal::ZERO;
        for (curve, place) in curves.iter().zip(&mut places) {
            while curve.get(*place + 1).is_some_and(|(ms, _)| *ms <= now) {
                *place += 1;
            }
            // Before its first point a profile was worth what it began with.
            worth = worth.saturating_add(curve.get(*place).map_or(Decimal::ZERO, |point| point.1));
        }
        total.push((now, worth));
    }
    total
}

/// At most so many points as a screen can show, with the lowest and highest of each group.
fn thinned(points: Vec<(i64, Decimal)>) -> Vec<(i64, Decimal)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let group = (2 * points.len()).div_ceil(MOST_POINTS);
    let last = points.last().copied();
    let extremes = points.chunks(group).flat_map(|group| {
        let low = group.iter().min_by_key(|point| point.1);
        let high = group.iter().max_by_key(|point| point.1);
        let mut pair: Vec<_> = low.into_iter().chain(high).copied().collect();
        pair.sort_unstable_by_key(|point| point.0);
        pair.dedup();
        pair
    });
    let mut kept: Vec<_> = extremes.collect();
    if kept.last() != last.as_ref() {
        kept.extend(last);
    }
    kept
}

fn deepest_fall(points: &[(i64, Decimal)]) -> Decimal {
    let (mut highest, mut deepest) = (Decimal::ZERO, Decimal::ZERO);
    for (_, equity) in points {
        highest = highest.max(*equity);
        let fall = highest.saturating_sub(*equity).saturating_mul(Decimal::ONE_HUNDRED);
        deepest = deepest.max(fall.checked_div(highest).unwrap_or_default());
    }
    deepest
}

/// The trades of a profile that were closed in a span.
async fn closed(
    caller: &Caller,
    profile: &ProfileRow,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<TradeRow>, Problem> {
    let documents = caller.rows(&TRADES).await;
    let mut wanted = Wanted {
        equal: vec![("profileId", profile.id.as_str().into())],
        order_by: Some("closedMs"),
        from: Some(Value::Integer(from.millis())),
        until: Some(Value::Integer(to.millis().saturating_add(1))),
        descending: true,
        ..Wanted::default()
    };
    let mut trades = Vec::new();
    while trades.len() < MOST_TRADES {
        let page = documents.query::<TradeRow>(&wanted).await.map_err(failed)?;
        trades.extend(page.documents.into_iter().map(|trade| trade.body));
        let Some(next) = page.next else { break };
        wanted.after = Some(next);
    }
    Ok(trades)
}

fn statistics(trades: &[TradeRow]) -> Statistics {
    let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let profits: Vec<Decimal> = trades.iter().map(|trade| number(&trade.pnl)).collect();
    let count = Decimal::from(profits.len());
    let won: Decimal = profits.iter().filter(|profit| **profit > Decimal::ZERO).sum();
    let lost: Decimal = profits.iter().filter(|profit| **profit < Decimal::ZERO).sum();
    let winners = profits.iter().filter(|profit| **profit > Decimal::ZERO).count();
    let share =
        |part: Decimal, whole: Decimal| part.checked_div(whole).map(|q| decimal(q.round_dp(4)));
    let held: i64 = trades.iter().map(|trade| trade.holding_seconds).sum();
    Statistics {
        closed_trades: trades.len(),
        win_rate_pct: share(Decimal::from(winners) * Decimal::ONE_HUNDRED, count),
        profit_factor: share(won, -lost),
        net_profit: decimal(won + lost),
        fees: decimal(trades.iter().map(|trade| number(&trade.fees)).sum()),
        max_drawdown_pct: String::new(),
        best_trade: profits.iter().max().map(|best| decimal(*best)),
        worst_trade: profits.iter().min().map(|worst| decimal(*worst)),
        expectancy: share(won + lost, count),
        average_holding_seconds: i64::try_from(trades.len()).ok().and_then(|n| held.checked_div(n)),
        truncated: trades.len() >= MOST_TRADES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(i64, i64)]) -> Vec<(i64, Decimal)> {
        points.iter().map(|(ms, equity)| (*ms, Decimal::from(*equity))).collect()
    }

    #[test]
    fn curves_add_up_and_each_stands_until_its_next_point() {
        let total = sum(&[curve(&[(1, 100), (3, 110)]), curve(&[(2, 50), (4, 40)])]);
        assert_eq!(total, curve(&[(1, 150), (2, 150), (3, 160), (4, 150)]));
    }

    #[test]
    fn thinning_keeps_extremes_and_the_end() {
        let points: Vec<_> = (0..100_000).map(|n| (n, Decimal::from((n * 7919) % 1_000))).collect();
        let kept = thinned(points.clone());
        assert!(kept.len() <= MOST_POINTS + 1, "{}", kept.len());
        assert_eq!(kept.last(), points.last());
        let highest = |points: &[(i64, Decimal)]| points.iter().map(|point| point.1).max();
        assert_eq!(highest(&kept), highest(&points));
        assert!(kept.is_sorted_by_key(|point| point.0));
    }

    #[test]
    fn the_deepest_fall_is_from_the_highest_point_before() {
        let points = curve(&[(1, 100), (2, 80), (3, 200), (4, 150), (5, 199)]);
        assert_eq!(deepest_fall(&points), Decimal::from(25));
    }
}
