//! The key figures in the order and wording that both reports use.

use ballast_domain::Timeframe;

use super::format::{
    UNDEFINED, amount_decimals, count, duration, number, percent, signed, signed_percent, tone,
    with_unit,
};
use super::{ReportData, ReportTrade};
use crate::statistics::Summary;

/// Below this many closed trades, rates and ratios say little.
const FEW_TRADES: u64 = 30;

/// From less than half a year, a year's figures are a guess.
const SHORT_SPAN_SECONDS: i64 = 183 * 86_400;

/// One labelled value.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// `profit`, `loss` or nothing.
    pub(super) tone: &'static str,
}

/// Figures that belong together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) figures: Vec<Figure>,
}

/// The four that a reader looks for first.
pub(super) fn headline(data: &ReportData) -> Vec<Figure> {
    let summary = &data.summary;
    vec![
        signed_figure("Return", summary.return_pct, signed_percent),
        drawdown(summary),
        optional("Sharpe ratio", summary.sharpe, two_decimals),
        optional("Profit factor", summary.profit_factor, two_decimals),
    ]
}

pub(super) fn groups(data: &ReportData) -> Vec<Group> {
    vec![
        Group { title: "Result", figures: result(data) },
        Group { title: "Risk", figures: risk(data) },
        Group { title: "Trades", figures: trades(data) },
    ]
}

fn result(data: &ReportData) -> Vec<Figure> {
    let summary = &data.summary;
    let decimals = amount_decimals(data.starting_cash);
    let profit = summary.final_equity - data.starting_cash;
    let mut figures = vec![
        plain("Starting cash", number(data.starting_cash, decimals)),
        plain("Final equity", number(summary.final_equity, decimals)),
        toned("Profit", signed(profit, decimals)),
        signed_figure("Return", summary.return_pct, signed_percent),
        signed_figure("CAGR", summary.cagr_pct, signed_percent),
        plain("Fees paid", number(data.fees_paid, decimals)),
    ];
    if let Some(change) = data.price_change_pct {
        figures.push(signed_figure("Price change", Some(change), signed_percent));
    }
    figures
}

fn risk(data: &ReportData) -> Vec<Figure> {
    let summary = &data.summary;
    let longest = match summary.max_drawdown_seconds {
        0 => "none".to_owned(),
        seconds => duration(seconds),
    };
    vec![
        drawdown(summary),
        plain("Longest drawdown", longest),
        optional("Annual volatility", summary.annual_volatility_pct, percent),
        optional("Sharpe ratio", summary.sharpe, two_decimals),
        optional("Sortino ratio", summary.sortino, two_decimals),
        optional("Calmar ratio", summary.calmar, two_decimals),
        optional("Time in market", summary.exposure_pct, percent),
    ]
}

fn trades(data: &ReportData) -> Vec<Figure> {
    let summary = &data.summary;
    let decimals = amount_decimals(data.starting_cash);
    let amount = |value| signed(value, decimals);
    let holding = summary.average_holding_seconds.map_or(UNDEFINED.to_owned(), duration);
    vec![
        plain("Closed trades", number(summary.closed_trades as f64, 0)),
        optional("Win rate", summary.win_rate_pct, percent),
        optional("Profit factor", summary.profit_factor, two_decimals),
        signed_figure("Expectancy", summary.expectancy, amount),
        signed_figure("Average win", summary.average_win, amount),
        signed_figure("Average loss", summary.average_loss, amount),
        signed_figure("Best trade", summary.best_trade, amount),
        signed_figure("Worst trade", summary.worst_trade, amount),
        plain("Average holding", holding),
    ]
}

/// The run in a few sentences.
pub(super) fn verdict(data: &ReportData) -> String {
    let Some(seconds) = span_seconds(data) else {
        return "The data held no bar, so nothing was traded.".to_owned();
    };
    let summary = &data.summary;
    let decimals = amount_decimals(data.starting_cash);
    let amount = |value| with_unit(&number(value, decimals), &data.currency);
    let mut text = format!(
        "{} became {} in {}",
        amount(data.starting_cash),
        amount(summary.final_equity),
        duration(seconds),
    );
    if let Some(total) = summary.return_pct {
        text += &format!(": {}", signed_percent(total));
    }
    if let Some(change) = data.price_change_pct {
        text += &format!(", while the price changed by {}", signed_percent(change));
    }
    match summary.max_drawdown_pct {
        deepest if deepest > 0.0 => format!(
            "{text}. The deepest fall from a peak was {}, the longest time below one {}.",
            percent(deepest),
            duration(summary.max_drawdown_seconds),
        ),
        _ => format!("{text}. Equity was never below an earlier peak at a bar's close."),
    }
}

fn span_seconds(data: &ReportData) -> Option<i64> {
    let (start, end) = data.span?;
    Some(end.nanos_since(start) / 1_000_000_000)
}

/// What a reader must know before believing the figures, beside the warnings.
#[must_use]
pub fn cautions(data: &ReportData) -> Vec<String> {
    let summary = &data.summary;
    let mut cautions = Vec::new();
    if summary.final_equity <= 0.0 {
        cautions.push("The account was ruined: equity ended at or below zero.".to_owned());
    }
    if summary.closed_trades < FEW_TRADES {
        let trades = match summary.closed_trades {
            0 => "No trade was closed".to_owned(),
            closed => format!("Only {} closed", count(closed, "trade")),
        };
        cautions.push(format!("{trades}: too few for rates and ratios to mean much."));
    }
    let span = span_seconds(data).unwrap_or_default();
    if summary.cagr_pct.is_some() && span < SHORT_SPAN_SECONDS {
        cautions.push(format!(
            "The data spans {} only: annual figures are projected from it.",
            duration(span)
        ));
    }
    let open = open_trades(&data.trades).count() as u64;
    if open > 0 {
        cautions.push(format!(
            "Still open at the end: {}, marked at the last close and not counted in the trade \
             figures.",
            count(open, "trade"),
        ));
    }
    let traded = summary.closed_trades > 0 || open > 0;
    if data.fees.is_none() && data.slippage.is_none() && traded {
        cautions.push("Neither fees nor slippage were charged; trading costs both.".to_owned());
    }
    cautions
}

/// How the figures were made, as sentences.
pub(super) fn assumptions(data: &ReportData) -> Vec<String> {
    let summary = &data.summary;
    let daily = data.timeframe <= Timeframe::D1;
    let sampling = if daily { "daily closes" } else { "bar closes" };
    let fees = data.fees.as_deref().unwrap_or("none");
    let slippage = data.slippage.as_deref().unwrap_or("none");
    let mut sentences = vec![
        "A signal at a bar's close fills at the open of the next bar present.".to_owned(),
        "Inside one bar a stop fills before a target; a gap through a stop fills at the open."
            .to_owned(),
        "Limits and targets fill at their price or a better open, without slippage.".to_owned(),
        format!("Fees: {fees}. Slippage on market and stop fills: {slippage}."),
        "A trade's result is net of its entry and exit fees.".to_owned(),
        "Drawdown is measured at every bar's close and from the starting cash.".to_owned(),
        format!(
            "Ratios use {} between {sampling}, {} a year, no risk-free rate, and empyrical's \
             formulas. Calmar divides by the deepest fall between those closes.",
            count(summary.returns, "return"),
            number(summary.periods_per_year, 0),
        ),
        "Times are UTC. Past results say little about future ones.".to_owned(),
    ];
    sentences.extend(data.notes.iter().cloned());
    sentences
}

pub(super) fn open_trades(trades: &[ReportTrade]) -> impl Iterator<Item = &ReportTrade> {
    trades.iter().filter(|trade| trade.exit.is_none())
}

fn plain(label: &'static str, value: String) -> Figure {
    Figure { label, value, tone: "" }
}

/// The sign that is shown gives the colour, so that a rounded zero has none.
fn toned(label: &'static str, value: String) -> Figure {
    let tone = tone(&value);
    Figure { label, value, tone }
}

fn optional(label: &'static str, value: Option<f64>, format: impl Fn(f64) -> String) -> Figure {
    plain(label, value.map_or(UNDEFINED.to_owned(), format))
}

fn signed_figure(
    label: &'static str,
    value: Option<f64>,
    format: impl Fn(f64) -> String,
) -> Figure {
    toned(label, value.map_or(UNDEFINED.to_owned(), format))
}

fn drawdown(summary: &Summary) -> Figure {
    toned("Max drawdown", signed_percent(-summary.max_drawdown_pct))
}

fn two_decimals(value: f64) -> String {
    number(value, 2)
}
