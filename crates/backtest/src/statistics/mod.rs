//! What a run was worth: the figures of an equity curve and of its closed trades.
//!
//! [`Statistics`] is fed once per bar and once per closed trade and keeps sums only: it allocates
//! nothing and costs a few nanoseconds a bar, so it sits inside the loop. Ratios follow empyrical's
//! formulas with a risk-free rate of zero. It knows no prices, orders or fees; what it is given is
//! already net. Ratios without a meaning (no losing trade, no deviation, ruin) are `None`.
#![expect(clippy::float_arithmetic, reason = "ratios are estimates; money is exact elsewhere")]

mod curve;
mod trades;

#[cfg(test)]
mod tests;

use ballast_domain::{AssetClass, Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

use curve::{Drawdown, Returns};
use trades::TradeTotals;

/// Cash plus positions at one bar's close.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EquityPoint {
    /// The bar's close.
    pub close_time: Timestamp,
    /// In quote currency.
    pub equity: f64,
}

/// What the figures need of a trade that went from entry to flat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosedTrade {
    /// In quote currency, net of all its fees.
    pub pnl: f64,
    /// `pnl` as percent of the entry's notional.
    pub return_pct: f64,
    /// From the entry's fill to the last exit's, in nanoseconds.
    pub holding_ns: i64,
}

/// Which points of the equity curve the returns run between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sampling {
    /// The last close of each day: for bars shorter than a day.
    Daily,
    /// The last close of the bars that opened in one interval of this timeframe: for bars of
    /// several files, which may be stamped at different times of it.
    ByOpen(Timeframe),
    /// Every bar's close.
    AsIs,
}

/// How returns are sampled and brought to a year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// Sampled returns in one year, greater than zero.
    pub periods_per_year: f64,
    /// The points that returns run between.
    pub sampling: Sampling,
}

impl Basis {
    /// The usual basis of a market and timeframe.
    #[must_use]
    pub const fn of(asset: AssetClass, timeframe: Timeframe) -> Self {
        let sampling = if timeframe.is_intraday() { Sampling::Daily } else { Sampling::AsIs };
        Self { periods_per_year: periods_per_year(asset, timeframe), sampling }
    }

    /// The basis of several files together: a day, week or month is one sample, whenever its bars
    /// close. A single file's bars are samples as they are, since clocks that change may put two
    /// into one day.
    #[must_use]
    pub const fn of_several(asset: AssetClass, timeframe: Timeframe) -> Self {
        let basis = Self::of(asset, timeframe);
        match timeframe.is_intraday() {
            true => basis,
            false => Self { sampling: Sampling::ByOpen(timeframe), ..basis },
        }
    }
}

/// Sampled returns per year: 12 months, 52 weeks, or the days the market trades (365 for crypto,
/// else 252), which intraday bars use too because they are sampled daily.
#[must_use]
pub const fn periods_per_year(asset: AssetClass, timeframe: Timeframe) -> f64 {
    match (timeframe, asset) {
        (Timeframe::Mo1, _) => 12.0,
        (Timeframe::W1, _) => 52.0,
        (_, AssetClass::Crypto) => 365.0,
        (_, AssetClass::Stock | AssetClass::Forex) => 252.0,
    }
}

/// The figures of one run. Percent means percent: 5 is 5 %. Amounts are in quote currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Points pushed.
    pub bars: u64,
    /// Equity at the last close; the starting cash when there was no bar.
    pub final_equity: f64,
    /// Growth from the starting cash to the last close.
    pub return_pct: Option<f64>,
    /// Deepest fall below an earlier peak, as a positive percentage of that peak, over every
    /// bar's close and the starting cash.
    pub max_drawdown_pct: f64,
    /// Longest time from a peak until equity was back at it, or until the end.
    pub max_drawdown_seconds: i64,
    /// Compound annual growth between the first and the last sampled point.
    pub cagr_pct: Option<f64>,
    /// Sample standard deviation (n−1) of the returns, times the root of periods per year.
    pub annual_volatility_pct: Option<f64>,
    /// Mean return over its sample standard deviation, annualised.
    pub sharpe: Option<f64>,
    /// Mean return over the root mean square of the negative returns (the mean is over all
    /// returns), annualised.
    pub sortino: Option<f64>,
    /// Compound annual growth over the deepest fall between sampled points.
    pub calmar: Option<f64>,
    /// Returns that entered the ratios.
    pub returns: u64,
    /// What the ratios were annualised with.
    pub periods_per_year: f64,
    /// Share of bars whose close saw an open position; `None` when the caller did not count.
    pub exposure_pct: Option<f64>,
    /// Trades from entry to flat.
    pub closed_trades: u64,
    /// Those with a profit after fees.
    pub winning_trades: u64,
    /// Those with a loss after fees; neither counts a trade of exactly zero.
    pub losing_trades: u64,
    /// Winning trades of all closed ones.
    pub win_rate_pct: Option<f64>,
    /// Sum of profits over sum of losses.
    pub profit_factor: Option<f64>,
    /// Mean profit or loss of a trade, as an amount.
    pub expectancy: Option<f64>,
    /// Mean profit or loss of a trade, as percent of its entry's notional.
    pub average_trade_pct: Option<f64>,
    /// Mean profit of the winning trades, as an amount.
    pub average_win: Option<f64>,
    /// Mean result of the losing trades, a negative amount.
    pub average_loss: Option<f64>,
    /// Highest profit or loss of a trade.
    pub best_trade: Option<f64>,
    /// Lowest profit or loss of a trade.
    pub worst_trade: Option<f64>,
    /// Mean time from entry to flat.
    pub average_holding_seconds: Option<i64>,
}

/// Running figures of one run. `Copy`, and of fixed size whatever the number of bars.
#[derive(Debug, Clone, Copy)]
pub struct Statistics {
    basis: Basis,
    starting_cash: f64,
    bars: u64,
    day: i64,
    last: EquityPoint,
    drawdown: Drawdown,
    returns: Returns,
    trades: TradeTotals,
}

impl Statistics {
    /// Before the first bar. `starting_cash` is greater than zero.
    #[must_use]
    pub const fn new(starting_cash: f64, basis: Basis) -> Self {
        let last = EquityPoint { close_time: Timestamp::MIN, equity: starting_cash };
        Self {
            basis,
            starting_cash,
            bars: 0,
            day: i64::MIN,
            last,
            drawdown: Drawdown::new(starting_cash, last.close_time),
            returns: Returns::new(),
            trades: TradeTotals::new(),
        }
    }

    /// Adds one bar's close; closes must come in order. Daily samples are cut at midnight UTC,
    /// and a bar that closes at midnight belongs to the day that ends. Longer bars belong to the
    /// interval they opened in.
    #[inline]
    pub fn push(&mut self, close_time: Timestamp, equity: f64) {
        let day = match self.basis.sampling {
            Sampling::Daily => close_time.saturating_add_nanos(-1).utc_day(),
            Sampling::ByOpen(timeframe) => {
                timeframe.bucket_open(timeframe.open_of(close_time)).nanos()
            }
            Sampling::AsIs => 0,
        };
        self.push_in_session(day, close_time, equity);
    }

    /// The same for a market whose sessions are not UTC days. `session` is any number that
    /// changes from one session to the next.
    #[inline]
    pub fn push_in_session(&mut self, session: i64, close_time: Timestamp, equity: f64) {
        if self.bars == 0 {
            self.drawdown = Drawdown::new(self.starting_cash, close_time);
        } else if self.basis.sampling == Sampling::AsIs || session != self.day {
            self.returns.push(self.last.equity);
        }
        self.bars += 1;
        self.day = session;
        self.last = EquityPoint { close_time, equity };
        self.drawdown.push(close_time, equity);
    }

    /// Adds a closed trade.
    #[inline]
    pub fn trade(&mut self, trade: &ClosedTrade) {
        self.trades.push(trade);
    }

    /// The figures so far; the last bar counts as the last sample. `bars_in_position` is how many
    /// bars closed with an open position, where the caller counted them.
    #[must_use]
    pub fn summary(&self, bars_in_position: Option<u64>) -> Summary {
        let mut returns = self.returns;
        if self.bars > 0 {
            returns.push(self.last.equity);
        }
        let (max_drawdown, max_drawdown_ns) = self.drawdown.worst(self.last.close_time);
        let periods = self.basis.periods_per_year;
        let growth = returns.annual_growth(periods);
        let trades = &self.trades;
        Summary {
            bars: self.bars,
            final_equity: self.last.equity,
            return_pct: ratio(self.last.equity - self.starting_cash, self.starting_cash)
                .map(percent),
            max_drawdown_pct: percent(max_drawdown),
            max_drawdown_seconds: max_drawdown_ns / NANOS_PER_SECOND,
            cagr_pct: growth.map(percent),
            annual_volatility_pct: returns.deviation().map(|d| percent(d * periods.sqrt())),
            sharpe: returns.sharpe().map(|ratio| ratio * periods.sqrt()),
            sortino: returns.sortino().map(|ratio| ratio * periods.sqrt()),
            calmar: growth.and_then(|growth| ratio(growth, returns.max_drawdown()?)),
            returns: returns.count(),
            periods_per_year: periods,
            exposure_pct: bars_in_position.and_then(|bars| share(bars, self.bars)),
            closed_trades: trades.closed,
            winning_trades: trades.wins,
            losing_trades: trades.losses,
            win_rate_pct: share(trades.wins, trades.closed),
            profit_factor: ratio(trades.profit, trades.loss),
            expectancy: trades.mean(trades.profit - trades.loss),
            average_trade_pct: trades.mean(trades.return_pct),
            average_win: ratio(trades.profit, trades.wins as f64),
            average_loss: ratio(-trades.loss, trades.losses as f64),
            best_trade: trades.best(),
            worst_trade: trades.worst(),
            average_holding_seconds: trades.average_holding_seconds(),
        }
    }
}

/// The figures of a stored curve, for callers outside the loop.
#[must_use]
pub fn summarise(
    starting_cash: f64,
    points: &[EquityPoint],
    trades: &[ClosedTrade],
    basis: Basis,
) -> Summary {
    let mut statistics = Statistics::new(starting_cash, basis);
    for point in points {
        statistics.push(point.close_time, point.equity);
    }
    for trade in trades {
        statistics.trade(trade);
    }
    statistics.summary(None)
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The quotient, or `None` where it has no finite value.
fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    Some(numerator / denominator).filter(|ratio| ratio.is_finite())
}

fn share(part: u64, whole: u64) -> Option<f64> {
    ratio(part as f64, whole as f64).map(percent)
}

const fn percent(fraction: f64) -> f64 {
    fraction * 100.0
}
