//! A run as the data of its report.

use ballast_domain::Trade;
use ballast_domain::profile::FeeSchedule;
use ballast_engine::market::number::float_of;
use rust_decimal::Decimal;

use super::{PriceSeries, ReportData, ReportTrade, TradeExit};
use crate::run::{OpenTrade, Outcome, Request};

impl ReportData {
    /// What `outcome` of `request` says by itself; name, prices, config, warnings and further notes
    /// are for the caller to add, who has them. The outcome has kept its equity.
    #[must_use]
    pub fn of(request: &Request, outcome: &Outcome) -> Self {
        let symbols = request.config.symbols.iter().map(ToString::to_string);
        let closed = outcome.closed.iter().map(closed);
        let mut notes = Vec::new();
        if let Some(share) = request.rules.volume_share {
            let share = plain(share * Decimal::ONE_HUNDRED);
            notes.push(format!("One fill takes at most {share} % of a bar's volume."));
        }
        if let Some(lot) = request.instruments.iter().find_map(|instrument| instrument.lot_size) {
            notes.push(format!("Quantities are whole multiples of {}.", plain(lot.get())));
        }
        if request.config.timeframe != request.timeframe {
            notes.push(format!(
                "The strategy decides at the close of {} bars; fills, equity and drawdown run on \
                 the {} bars of the data.",
                request.config.timeframe, request.timeframe
            ));
        }
        Self {
            name: String::new(),
            symbol: symbols.collect::<Vec<_>>().join(", "),
            decides_on: request.config.timeframe,
            timeframe: request.timeframe,
            currency: request.currency.to_string(),
            starting_cash: float_of(request.cash),
            span: Some(outcome.span),
            price_change_pct: outcome.price_change_pct,
            summary: outcome.summary.clone(),
            fees_paid: float_of(outcome.fees),
            equity: outcome.equity.clone(),
            prices: Vec::<PriceSeries>::new(),
            trades: closed.chain(outcome.open.iter().map(open)).collect(),
            config: String::new(),
            fees: fees(request.rules.fees),
            slippage: slippage(request.rules.slippage_bps),
            warnings: Vec::new(),
            notes,
        }
    }
}

fn closed(trade: &Trade) -> ReportTrade {
    let pnl = trade.net_profit().map_or(f64::NAN, |profit| float_of(profit.amount()));
    let exit = trade.closed_at.zip(trade.exit_reason).map(|(time, reason)| TradeExit {
        time,
        price: float_of(trade.exit_price()),
        reason,
    });
    ReportTrade { exit, ..entry(trade, pnl) }
}

fn open(open: &OpenTrade) -> ReportTrade {
    entry(&open.trade, float_of(open.pnl))
}

fn entry(trade: &Trade, pnl: f64) -> ReportTrade {
    ReportTrade {
        symbol: trade.symbol.to_string(),
        side: trade.direction,
        entry_time: trade.opened_at,
        entry_price: float_of(trade.entry_price()),
        quantity: float_of(trade.entry_quantity.get()),
        exit: None,
        pnl,
        return_pct: pnl / float_of(trade.entry_notional.amount()) * 100.0,
    }
}

fn fees(fees: FeeSchedule) -> Option<String> {
    match fees {
        FeeSchedule::Percent { maker, taker } if maker.is_zero() && taker.is_zero() => None,
        FeeSchedule::Percent { maker, taker } if maker == taker => {
            Some(format!("{} % of each fill", plain(taker)))
        }
        FeeSchedule::Percent { maker, taker } => Some(format!(
            "{} % of market and stop fills, {} % of limit and target fills",
            plain(taker),
            plain(maker)
        )),
        FeeSchedule::PerUnit { amount, minimum } if amount.is_zero() && minimum.is_zero() => None,
        FeeSchedule::PerUnit { amount, minimum } if minimum.is_zero() => {
            Some(format!("{} per unit", plain(amount)))
        }
        FeeSchedule::PerUnit { amount, minimum } => {
            Some(format!("{} per unit, at least {} a fill", plain(amount), plain(minimum)))
        }
    }
}

fn slippage(basis_points: Decimal) -> Option<String> {
    let unit = if basis_points == Decimal::ONE { "basis point" } else { "basis points" };
    (!basis_points.is_zero()).then(|| format!("{} {unit}", plain(basis_points)))
}

fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}
