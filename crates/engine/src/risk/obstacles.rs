//! What stands in the way of any entry, whatever its size and price: the gate's own checks, asked
//! before there is a signal.

use ballast_domain::strategy::DirectionRule;
use ballast_domain::{Direction, Refusal, Symbol};
use rust_decimal::Decimal;

use super::gate::{View, market_open, not_restricted, reconciled};
use super::price::fresh_mark;
use super::scopes::Scopes;
use super::sums::Measure;
use super::{access, protections};

/// Every refusal that an entry of `symbol` would meet as things stand, in the order of the checks.
/// None of them says that an entry would be accepted: that depends on its size and price too.
#[must_use]
pub fn obstacles(symbol: Symbol, view: &View<'_>) -> Vec<Refusal> {
    let scopes = Scopes::of(view.product, view.state, view.profile);
    let measure = Measure::new(view, &scopes);
    let found = [
        reconciled(view.profile),
        market_open(symbol, view),
        fresh_mark(view, &scopes).map(|_| ()),
        measure.may_open(None),
        measure.has_room(symbol, Decimal::ZERO),
        in_time(symbol, &measure, view),
        measure.bears_losses(),
        protections::not_locked(symbol, view),
        not_restricted(symbol, &scopes),
    ];
    access::all_of(symbol, view).into_iter().chain(found).filter_map(Result::err).collect()
}

/// Whether it is not too soon for an entry in one of the directions of the strategy.
fn in_time(symbol: Symbol, measure: &Measure<'_>, view: &View<'_>) -> Result<(), Refusal> {
    let (long, short) = (Direction::Long, Direction::Short);
    match view.profile.document.strategy.direction {
        DirectionRule::Long => measure.in_time(symbol, long, None),
        DirectionRule::Short => measure.in_time(symbol, short, None),
        DirectionRule::Both => {
            measure.in_time(symbol, long, None).or_else(|_| measure.in_time(symbol, short, None))
        }
    }
}
