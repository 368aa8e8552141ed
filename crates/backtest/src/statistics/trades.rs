//! Closed trades as running sums.

use super::{ClosedTrade, NANOS_PER_SECOND, ratio};

#[derive(Debug, Clone, Copy)]
pub(super) struct TradeTotals {
    pub(super) closed: u64,
    pub(super) wins: u64,
    pub(super) losses: u64,
    /// Sum of the winners' results.
    pub(super) profit: f64,
    /// Sum of the losers' results, as a positive amount.
    pub(super) loss: f64,
    pub(super) return_pct: f64,
    best: f64,
    worst: f64,
    holding_ns: i128,
}

impl TradeTotals {
    pub(super) const fn new() -> Self {
        Self {
            closed: 0,
            wins: 0,
            losses: 0,
            profit: 0.0,
            loss: 0.0,
            return_pct: 0.0,
            best: f64::NEG_INFINITY,
            worst: f64::INFINITY,
            holding_ns: 0,
        }
    }

    pub(super) fn push(&mut self, trade: &ClosedTrade) {
        self.closed += 1;
        if trade.pnl > 0.0 {
            self.wins += 1;
            self.profit += trade.pnl;
        } else if trade.pnl < 0.0 {
            self.losses += 1;
            self.loss -= trade.pnl;
        }
        self.return_pct += trade.return_pct;
        self.best = self.best.max(trade.pnl);
        self.worst = self.worst.min(trade.pnl);
        self.holding_ns += i128::from(trade.holding_ns);
    }

    pub(super) fn mean(&self, sum: f64) -> Option<f64> {
        ratio(sum, self.closed as f64)
    }

    pub(super) fn best(&self) -> Option<f64> {
        Some(self.best).filter(|best| best.is_finite())
    }

    pub(super) fn worst(&self) -> Option<f64> {
        Some(self.worst).filter(|worst| worst.is_finite())
    }

    pub(super) fn average_holding_seconds(&self) -> Option<i64> {
        let mean_ns = self.holding_ns.checked_div(i128::from(self.closed))?;
        i64::try_from(mean_ns / i128::from(NANOS_PER_SECOND)).ok()
    }
}
