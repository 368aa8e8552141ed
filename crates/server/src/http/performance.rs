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

use super::caller::{Caller, Shown};
use super::lists::{check_span, failed};
use super::profiles::SpanQuery;
use crate::app::App;
use crate::views::rows::TradeRow;
use crate::views::{
    EQUITY, EquityHour, HOUR_MS, MINUTE_MS, TRADES, VERSIONS, VersionRow, Worth, decimal,
    equity_of, version_key,
};

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
    /// What had been put in by then, less what had been taken out: the rest is profit.
    allocated: String,
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
    Shown(caller): Shown,
    Query(span): Query<SpanQuery>,
) -> Result<Json<Vec<Performance>>, Problem> {
    let mut by_currency: BTreeMap<String, Vec<ProfileId>> = BTreeMap::new();
    for profile in caller.tenant.view.profiles() {
        let Ok(id) = profile.id.parse() else { continue };
        by_currency.entry(profile.capital.currency).or_default().push(id);
    }
    let mut all = Vec::new();
    for (currency, profiles) in by_currency {
        all.push(performance_of(&app, &caller, currency, &profiles, &span).await?);
    }
    Ok(Json(all))
}

/// The performance of profiles that share this currency.
pub(super) async fn performance_of(
    app: &App,
    caller: &Caller,
    currency: String,
    profiles: &[ProfileId],
    span: &SpanQuery,
) -> Result<Performance, Problem> {
    let to = span.to.unwrap_or_else(|| app.market_clock.now());
    let from = span.from.unwrap_or_else(|| to.saturating_add_nanos(-DAY_NANOS));
    check_span(Some(from), Some(to))?;
    let mut curves = Vec::new();
    let mut trades = Vec::new();
    for profile in profiles {
        curves.push(curve(caller, *profile, from, to).await?);
        trades.append(&mut closed(caller, *profile, from, to).await?);
    }
    let worths = sum(&curves);
    let mut statistics = statistics(&trades);
    statistics.max_drawdown_pct = decimal(deepest_fall(&worths).round_dp(4));
    let points = thinned(worths).into_iter().map(|Worth { at_ms, equity, allocated }| {
        let at = Timestamp::from_millis(at_ms).unwrap_or(Timestamp::MIN);
        EquityPoint { at, equity: decimal(equity), allocated: decimal(allocated) }
    });
    Ok(Performance { currency, points: points.collect(), statistics })
}

/// The curve of one profile: stored minutes, then its end as fine as it came.
async fn curve(
    caller: &Caller,
    id: ProfileId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Worth>, Problem> {
    let documents = caller.tenant.store.documents(&EQUITY);
    let until = Some(Value::Integer(to.millis().saturating_add(1)));
    let before = Wanted {
        until: Some(Value::Integer(from.millis())),
        descending: true,
        limit: 1,
        ..equity_of(id)
    };
    let first = documents.query::<EquityHour>(&before).await.map_err(failed)?.documents.pop();
    let begin = first.map_or(from.millis(), |hour| hour.body.begin_ms().min(from.millis()));
    let mut wanted = Wanted {
        from: Some(Value::Integer(begin.min(from.millis() - HOUR_MS))),
        until,
        ..equity_of(id)
    };
    let mut points: BTreeMap<i64, Worth> = BTreeMap::new();
    let mut keep = |worth: Worth| {
        points.insert(worth.at_ms, worth);
    };
    for _ in 0..MOST_HOURS / 200 {
        let page = documents.query::<EquityHour>(&wanted).await.map_err(failed)?;
        page.documents.iter().for_each(|hour| hour.body.worths().for_each(&mut keep));
        let Some(next) = page.next else { break };
        wanted.after = Some(next);
    }
    caller.tenant.view.equity(id).into_iter().for_each(keep);
    let (from, to) = (from.millis(), to.millis());
    // Before a price was known it was worth what it was made with.
    if let Some((_, first)) = points.first_key_value()
        && let Some(made) = made_ms(caller, id).await?.filter(|made| *made < first.at_ms)
    {
        let (at_ms, allocated) = (made, first.allocated);
        points.insert(made, Worth { at_ms, equity: allocated, allocated });
    }
    // What it was worth when the span began stands at its beginning.
    let standing = points.range(..=from).next_back().map(|(_, worth)| *worth);
    let mut inside: Vec<_> = points.range(from..=to).map(|(_, worth)| *worth).collect();
    if let Some(standing) = standing
        && inside.first().is_none_or(|first| first.at_ms > from)
    {
        inside.insert(0, Worth { at_ms: from, ..standing });
    }
    Ok(inside)
}

/// The minute in which a profile was made, which is how fine a curve is.
async fn made_ms(caller: &Caller, id: ProfileId) -> Result<Option<i64>, Problem> {
    let documents = caller.tenant.store.documents(&VERSIONS);
    let first = documents.get::<VersionRow>(&version_key(id, 1)).await.map_err(failed)?;
    let made = first.map(|found| found.body.at.millis());
    Ok(made.map(|made| made.div_euclid(MINUTE_MS) * MINUTE_MS))
}

/// Curves one over the other: each counts from its first point on.
fn sum(curves: &[Vec<Worth>]) -> Vec<Worth> {
    let mut instants: Vec<i64> = curves.iter().flatten().map(|worth| worth.at_ms).collect();
    instants.sort_unstable();
    instants.dedup();
    let mut places = vec![0; curves.len()];
    let mut total = Vec::with_capacity(instants.len());
    for at_ms in instants {
        let mut all = Worth { at_ms, equity: Decimal::ZERO, allocated: Decimal::ZERO };
        for (curve, place) in curves.iter().zip(&mut places) {
            while curve.get(*place + 1).is_some_and(|worth| worth.at_ms <= at_ms) {
                *place += 1;
            }
            if let Some(worth) = curve.get(*place).filter(|worth| worth.at_ms <= at_ms) {
                all.equity = all.equity.saturating_add(worth.equity);
                all.allocated = all.allocated.saturating_add(worth.allocated);
            }
        }
        total.push(all);
    }
    total
}

/// At most so many points as a screen can show, with the lowest and highest of each group.
fn thinned(points: Vec<Worth>) -> Vec<Worth> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let group = (2 * points.len()).div_ceil(MOST_POINTS);
    let last = points.last().copied();
    let extremes = points.chunks(group).flat_map(|group| {
        let low = group.iter().min_by_key(|point| point.equity);
        let high = group.iter().max_by_key(|point| point.equity);
        let mut pair: Vec<_> = low.into_iter().chain(high).copied().collect();
        pair.sort_unstable_by_key(|point| point.at_ms);
        pair.dedup();
        pair
    });
    let mut kept: Vec<_> = extremes.collect();
    if kept.last() != last.as_ref() {
        kept.extend(last);
    }
    kept
}

/// The deepest fall of the worth of a unit from its highest before, in percent. Units are as those
/// of a fund: what is put in or taken out makes or ends units and does not change their worth, so
/// that the fall is of trading alone (the time-weighted return of the GIPS standards).
fn deepest_fall(worths: &[Worth]) -> Decimal {
    let (mut unit, mut highest, mut deepest) = (Decimal::ONE, Decimal::ONE, Decimal::ZERO);
    for (before, now) in worths.iter().zip(worths.iter().skip(1)) {
        let put_in = now.allocated.saturating_sub(before.allocated);
        let grown = now.equity.saturating_sub(put_in).checked_div(before.equity);
        // Nothing can fall of nothing: units begin anew when there is something.
        unit = grown.and_then(|grown| unit.checked_mul(grown)).unwrap_or(highest);
        highest = highest.max(unit);
        let fall = highest.saturating_sub(unit).saturating_mul(Decimal::ONE_HUNDRED);
        deepest = deepest.max(fall.checked_div(highest).unwrap_or_default());
    }
    deepest
}

/// The trades of a profile that were closed in a span.
async fn closed(
    caller: &Caller,
    profile: ProfileId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<TradeRow>, Problem> {
    let documents = caller.rows(&TRADES).await;
    let mut wanted = Wanted {
        equal: vec![("profileId", profile.to_string().as_str().into())],
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

    fn curve(points: &[(i64, i64, i64)]) -> Vec<Worth> {
        let worth = |(at_ms, equity, allocated): &(i64, i64, i64)| Worth {
            at_ms: *at_ms,
            equity: Decimal::from(*equity),
            allocated: Decimal::from(*allocated),
        };
        points.iter().map(worth).collect()
    }

    #[test]
    fn curves_add_up_and_each_stands_until_its_next_point() {
        let one = curve(&[(1, 100, 90), (3, 110, 90)]);
        let total = sum(&[one, curve(&[(2, 50, 50), (4, 40, 30)])]);
        assert_eq!(total, curve(&[(1, 100, 90), (2, 150, 140), (3, 160, 140), (4, 150, 120)]));
    }

    #[test]
    fn thinning_keeps_extremes_and_the_end() {
        let points: Vec<_> = (0..100_000).map(|n| (n, (n * 7919) % 1_000, 500)).collect();
        let points = curve(&points);
        let kept = thinned(points.clone());
        assert!(kept.len() <= MOST_POINTS + 1, "{}", kept.len());
        assert_eq!(kept.last(), points.last());
        let highest = |points: &[Worth]| points.iter().map(|point| point.equity).max();
        assert_eq!(highest(&kept), highest(&points));
        assert!(kept.is_sorted_by_key(|point| point.at_ms));
    }

    #[test]
    fn the_deepest_fall_is_from_the_highest_point_before() {
        let (a, b) = ((1, 100, 100), (2, 80, 100));
        let points = curve(&[a, b, (3, 200, 100), (4, 150, 100), (5, 199, 100)]);
        assert_eq!(deepest_fall(&points), Decimal::from(25));
    }

    #[test]
    fn what_is_put_in_or_taken_out_is_no_rise_and_no_fall() {
        let doubled_then_halved = curve(&[(1, 100, 100), (2, 200, 200), (3, 100, 100)]);
        assert_eq!(deepest_fall(&doubled_then_halved), Decimal::ZERO);
        let ten_percent_lost_after = curve(&[(1, 100, 100), (2, 200, 200), (3, 180, 200)]);
        assert_eq!(deepest_fall(&ten_percent_lost_after), Decimal::from(10));
        let lost_while_taken_out = curve(&[(1, 200, 200), (2, 80, 100)]);
        assert_eq!(deepest_fall(&lost_while_taken_out), Decimal::from(10));
        let emptied_and_filled = curve(&[(1, 100, 100), (2, 0, 0), (3, 100, 100), (4, 95, 100)]);
        assert_eq!(deepest_fall(&emptied_and_filled), Decimal::from(5));
    }
}
