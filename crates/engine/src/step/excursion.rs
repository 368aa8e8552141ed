//! How far prices went for and against what is held, as bars tell it.
//!
//! It is kept in memory and journaled once, when a trade closes: after a restart the frames bring
//! it back. A bar counts when the trade was open through all of it, as far as fills say; of the
//! bars in which it was entered and left inside, the prices of the fills count.

use ballast_domain::{Bar, Direction, Event, Price, Symbol, Timestamp, Trade, TradeId};

use super::{Context, Effects, Engine};
use crate::position::Ratio;
use crate::state::{ApplyError, Profile};

/// The best and the worst price of an open trade so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extremes {
    trade: TradeId,
    direction: Direction,
    /// Bars that open before it say nothing.
    pub(super) since: Timestamp,
    best: Price,
    worst: Price,
}

impl Extremes {
    /// What the fills of a trade say by themselves; `None` without one.
    fn of(trade: &Trade) -> Option<Self> {
        let fills = trade.executions.iter().filter_map(|made| Price::new(made.price()).ok());
        let mut prices = fills.chain(trade.best_price).chain(trade.worst_price);
        let first = prices.next()?;
        let mut excursion = Self {
            trade: trade.id,
            direction: trade.direction,
            // Bars from before a split are in other units.
            since: trade.split_at.unwrap_or(trade.opened_at),
            best: first,
            worst: first,
        };
        prices.for_each(|price| excursion.see(price));
        Some(excursion)
    }

    fn see(&mut self, price: Price) {
        let (low, high) =
            (self.best.min(self.worst).min(price), self.best.max(self.worst).max(price));
        (self.best, self.worst) = match self.direction {
            Direction::Long => (high, low),
            Direction::Short => (low, high),
        };
    }

    /// The units were split.
    pub(super) fn split(&mut self, ratio: Ratio) {
        if let (Some(best), Some(worst)) = (ratio.price(self.best), ratio.price(self.worst)) {
            (self.best, self.worst) = (best, worst);
        }
    }

    /// A bar that the trade was open in.
    pub(super) fn see_bar(&mut self, bar: &Bar) {
        self.see(bar.high);
        self.see(bar.low);
    }
}

/// What is known of the open trades of an instrument when its profile gets a plan: what an earlier
/// plan has `seen`, and the fills.
pub(super) fn excursions(
    profile: Option<&Profile>,
    symbol: Symbol,
    seen: &[Extremes],
) -> Vec<Extremes> {
    let open = profile.into_iter().flat_map(|profile| profile.trades_of(symbol));
    let known = |trade: &Trade| seen.iter().find(|seen| seen.trade == trade.id).copied();
    open.filter_map(|trade| known(trade).or_else(|| Extremes::of(trade))).collect()
}

impl Engine {
    /// After a trade has changed: follows its prices while it is open, and says once it has closed
    /// how far they went.
    pub(super) fn follow_excursion(
        &mut self,
        context: &Context,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(id.0.profile);
        let Some(trade) = profile.and_then(|profile| profile.known_trade(id)) else {
            return Ok(());
        };
        let is_open = !trade.open_quantity().is_zero();
        let place = self.desk_place(id.0.profile);
        let lane = place.ok().and_then(|place| self.desks[place].lane_mut(trade.symbol));
        let watched = lane.map(|lane| &mut lane.excursions);
        let seen = watched.as_ref().and_then(|all| all.iter().find(|seen| seen.trade == id));
        let last = trade.executions.last().and_then(|made| Price::new(made.price()).ok());
        let now = match (seen.copied(), last) {
            (Some(mut seen), Some(last)) => {
                seen.since = trade.split_at.unwrap_or(trade.opened_at);
                seen.see(last);
                Some(seen)
            }
            (seen, _) => seen.or_else(|| Extremes::of(trade)),
        };
        let Some(excursion) = now else { return Ok(()) };
        if let Some(watched) = watched {
            watched.retain(|seen| seen.trade != id);
            watched.extend(is_open.then_some(excursion));
        }
        let Extremes { best, worst, .. } = excursion;
        if is_open || (trade.best_price, trade.worst_price) == (Some(best), Some(worst)) {
            return Ok(());
        }
        self.emit(context, Event::ExcursionsKnown { trade: id, best, worst }, effects)
    }

    /// The best and the worst price of an open trade so far, as far as this process can tell.
    #[must_use]
    pub fn excursion(&self, trade: &Trade) -> Option<(Price, Price)> {
        let lane = self.desk(trade.id.0.profile)?.lane(trade.symbol)?;
        let seen = lane.excursions.iter().find(|seen| seen.trade == trade.id)?;
        Some((seen.best, seen.worst))
    }
}
