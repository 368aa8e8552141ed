//! Trades as rows of a table and as marks on a price chart.

use super::chart::{TimeScale, ValueScale, percentage};
use super::format::{
    amount_decimals, column_decimals, count, duration, number, signed, signed_percent, time, tone,
    words,
};
use super::{ReportData, ReportTrade};

/// Rows of the table; the rest is only counted.
pub(super) const MOST_ROWS: usize = 1000;

/// Marks on a price chart; beyond it only the largest results are marked.
pub(super) const MOST_MARKS: usize = 100;

/// The trades table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// Whether more than one symbol was traded.
    pub(super) with_symbol: bool,
    /// Says what was left out.
    pub(super) note: Option<String>,
}

/// One trade in words.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) symbol: String,
    pub(super) side: &'static str,
    pub(super) entry_time: String,
    pub(super) entry_price: String,
    pub(super) exit_time: String,
    pub(super) exit_price: String,
    pub(super) quantity: String,
    pub(super) pnl: String,
    pub(super) return_pct: String,
    pub(super) tone: &'static str,
    pub(super) held: String,
    pub(super) reason: String,
}

pub(super) fn table(data: &ReportData) -> Table {
    let shown = &data.trades[..data.trades.len().min(MOST_ROWS)];
    let exits = shown.iter().filter_map(|trade| trade.exit.as_ref());
    let prices = shown.iter().map(|trade| trade.entry_price).chain(exits.map(|exit| exit.price));
    let price_decimals = column_decimals(prices);
    let quantity_decimals = column_decimals(shown.iter().map(|trade| trade.quantity));
    let amount_decimals = amount_decimals(data.starting_cash);
    let intraday = data.timeframe.is_intraday();
    let row = |trade: &ReportTrade| Row {
        symbol: trade.symbol.clone(),
        side: trade.side.as_str(),
        entry_time: time(trade.entry_time, intraday),
        entry_price: number(trade.entry_price, price_decimals),
        exit_time: trade.exit.as_ref().map(|exit| time(exit.time, intraday)).unwrap_or_default(),
        exit_price: trade
            .exit
            .as_ref()
            .map(|exit| number(exit.price, price_decimals))
            .unwrap_or_default(),
        quantity: number(trade.quantity, quantity_decimals),
        tone: tone(&signed(trade.pnl, amount_decimals)),
        pnl: signed(trade.pnl, amount_decimals),
        return_pct: signed(trade.return_pct, 2),
        held: held(trade),
        reason: trade.exit.as_ref().map_or("still open".to_owned(), |exit| words(exit.reason)),
    };
    let left_out = data.trades.len() - shown.len();
    Table {
        rows: shown.iter().map(row).collect(),
        with_symbol: data.trades.windows(2).any(|pair| pair[0].symbol != pair[1].symbol),
        note: (left_out > 0).then(|| {
            format!(
                "The first {} of {}; the command line's JSON lists them all.",
                number(MOST_ROWS as f64, 0),
                count(data.trades.len() as u64, "trade"),
            )
        }),
    }
}

/// A trade on a price chart, in percentages of it.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) entry_x: String,
    pub(super) entry_y: String,
    /// Where it ended; `None` while it is open.
    pub(super) exit: Option<(String, String)>,
    /// Points the way the trade bet.
    pub(super) symbol: &'static str,
    pub(super) tone: &'static str,
    pub(super) title: String,
}

/// The trades to mark on the chart of `symbol`: all, or the largest results when there are many.
pub(super) fn marked<'a>(data: &'a ReportData, symbol: &str) -> (Vec<&'a ReportTrade>, usize) {
    let mut trades: Vec<&ReportTrade> =
        data.trades.iter().filter(|trade| trade.symbol == symbol).collect();
    let all = trades.len();
    if all > MOST_MARKS {
        trades.sort_by(|a, b| b.pnl.abs().total_cmp(&a.pnl.abs()));
        trades.truncate(MOST_MARKS);
        trades.sort_by_key(|trade| trade.entry_time);
    }
    (trades, all)
}

pub(super) fn mark(trade: &ReportTrade, times: TimeScale, values: ValueScale) -> Mark {
    let x = |time| percentage(times.fraction(time));
    let y = |price| percentage(values.fraction(price));
    let prices = [trade.entry_price].into_iter().chain(trade.exit.as_ref().map(|exit| exit.price));
    let decimals = column_decimals(prices);
    let to = match &trade.exit {
        Some(exit) => format!("{}, {}", number(exit.price, decimals), words(exit.reason)),
        None => "still open".to_owned(),
    };
    Mark {
        entry_x: x(trade.entry_time),
        entry_y: y(trade.entry_price),
        exit: trade.exit.as_ref().map(|exit| (x(exit.time), y(exit.price))),
        symbol: trade.side.as_str(),
        tone: if trade.pnl < 0.0 { "loss" } else { "profit" },
        title: format!(
            "{} from {} to {}: {}",
            trade.side.as_str(),
            number(trade.entry_price, decimals),
            to,
            signed_percent(trade.return_pct),
        ),
    }
}

fn held(trade: &ReportTrade) -> String {
    let Some(exit) = &trade.exit else {
        return String::new();
    };
    duration(exit.time.nanos_since(trade.entry_time) / 1_000_000_000)
}
