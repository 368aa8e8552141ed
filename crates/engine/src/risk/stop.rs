//! The gate for the protective stop that a person moves.
//!
//! Closer to the price it lowers risk and always passes. Further away it raises risk, and whatever
//! stops entries stops it too.

use ballast_domain::{Direction, Instrument, Price, Refusal, Stop, StopKind, Trade};

use super::access::may_raise_risk;
use super::gate::View;
use crate::position;

/// The stop of `trade` at `level`; `None` when it stands there already.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn check_stop(trade: &Trade, level: Price, view: &View<'_>) -> Result<Option<Stop>, Refusal> {
    if let Some(instrument) = view.profile.document.instrument(trade.symbol)
        && let Some((below, above)) = off_tick(level, instrument)
    {
        return Err(Refusal::StopOffTick { level, below, above });
    }
    before_price(trade, level, view)?;
    before_liquidation(trade, level)?;
    let stop = Stop { level, kind: StopKind::StopLoss };
    match trade.stop {
        Some(standing) if standing.level == level => return Ok(None),
        Some(standing) if standing.tighter(stop, trade.direction) == standing => {
            may_raise_risk(trade.symbol, view)?;
        }
        Some(_) | None => {}
    }
    Ok(Some(stop))
}

/// The prices of the venue next to a level that is none of them.
pub(super) fn off_tick(level: Price, instrument: &Instrument) -> Option<(Option<Price>, Price)> {
    let [below, above] = [true, false].map(|down| instrument.round_price(level, down));
    // Below the first tick there is no price.
    let below = Some(below).filter(|below| *below < level);
    (above != level).then_some((below, above))
}

/// Where the stop would be reached at once, it is an exit that nobody asked for.
fn before_price(trade: &Trade, level: Price, view: &View<'_>) -> Result<(), Refusal> {
    let (price, _) = view.mark.ok_or(Refusal::MarketDataMissing)?;
    let before = match trade.direction {
        Direction::Long => level < price,
        Direction::Short => level > price,
    };
    if before { Ok(()) } else { Err(Refusal::StopBeyondPrice { level, price }) }
}

fn before_liquidation(trade: &Trade, level: Price) -> Result<(), Refusal> {
    match position::liquidation(trade) {
        Some(liquidation) if level > liquidation => {
            Err(Refusal::StopBeyondLiquidation { level, liquidation })
        }
        _ => Ok(()),
    }
}
