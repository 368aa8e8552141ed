//! Orders as people write them: whether one enters or leaves is decided here, where it is taken,
//! and not by what a screen showed when it was written.

use ballast_domain::{
    Direction, ExitReason, OrderId, OrderType, Origin, ProfileId, Protection, Quantity, Refusal,
    Side, Signal, SignalTerms, Slot, Symbol, TimeInForce, Trade, TradeId,
};
use rust_decimal::Decimal;

use super::super::Engine;
use super::Answer;

/// An order as a person writes it.
///
/// One whose side leaves an open trade of the profile and instrument leaves it, never more than is
/// held; any other enters.
#[derive(Debug, Clone)]
pub struct ManualOrder {
    /// Whose it is.
    pub profile: ProfileId,
    /// The instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Units wanted, before rounding to the lot.
    pub quantity: Decimal,
    /// At what price.
    pub order_type: OrderType,
    /// For how long.
    pub time_in_force: TimeInForce,
    /// What protects the trade that it enters.
    pub protection: Protection,
    /// The trade that it leaves; without it the only one that its side can leave.
    pub trade: Option<TradeId>,
    /// Whether it must not enter.
    pub reduce_only: bool,
    /// Which order the first of the two to fill cancels with it (OCO).
    pub partner: Option<Partner>,
    /// Who asks.
    pub by: String,
}

/// The other order of a pair.
#[derive(Debug, Clone)]
pub enum Partner {
    /// One that works.
    Works(OrderId),
    /// One that is placed with it, of the same profile and instrument; both or neither.
    Entry(Box<ManualOrder>),
}

impl Engine {
    /// What an order comes to as things stand, for the gate; else why it is none.
    pub(super) fn signal_of(&self, order: ManualOrder) -> Result<Signal, Answer> {
        let trade = self.left_by(&order)?;
        let ManualOrder { profile, symbol, quantity, order_type, time_in_force, .. } = order;
        let terms = match trade {
            Some(id) if order.protection != Protection::default() => {
                let held = direction(order.side).opposite();
                let why = format!(
                    "this order leaves the {held} position of {symbol} ({id}); a stop or a target \
                     goes with an entry: leave it out"
                );
                return Err(Answer::Invalid(why));
            }
            Some(trade) => SignalTerms::Exit {
                trade,
                quantity: Some(part(quantity)?),
                order_type,
                time_in_force,
                reason: ExitReason::Manual,
                then: None,
            },
            None if order.reduce_only => {
                let why = format!("the profile holds no {symbol} that this order would reduce");
                return Err(Answer::Invalid(why));
            }
            None => SignalTerms::Enter {
                direction: direction(order.side),
                slot: Slot::default(),
                quantity,
                order_type,
                time_in_force,
                protection: order.protection,
                cut_to_available: false,
                cancels: None,
            },
        };
        Ok(Signal { origin: Origin::Manual { by: order.by }, profile, symbol, terms })
    }

    /// The trade that an order leaves; none when it enters.
    fn left_by(&self, order: &ManualOrder) -> Result<Option<TradeId>, Answer> {
        let profile = self.leaving(order.profile).ok_or(Answer::NoSuchProfile)?;
        let is_left = |trade: &&Trade| trade.direction.exit_side() == order.side;
        if let Some(id) = order.trade {
            let open = profile.trades.get(&id).filter(|trade| trade.symbol == order.symbol);
            return match open.filter(is_left) {
                Some(_) => Ok(Some(id)),
                None if open.is_some() => {
                    let why = format!("an order of this side adds to {id}; take the other side");
                    Err(Answer::Invalid(why))
                }
                None => Err(Answer::Refused(Refusal::TradeUnknown { trade: id })),
            };
        }
        let left: Vec<&Trade> = profile.trades_of(order.symbol).filter(is_left).collect();
        match left.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only.id)),
            several => Err(Answer::Invalid(which(several))),
        }
    }
}

/// Asks which of several trades is meant.
fn which(trades: &[&Trade]) -> String {
    let held = trades.iter().map(|trade| format!("{} ({})", trade.id, trade.open_quantity()));
    let held: Vec<_> = held.collect();
    format!("this order can leave each of {}; name the one that it is for", held.join(", "))
}

fn part(quantity: Decimal) -> Result<Quantity, Answer> {
    let part = Quantity::new(quantity).ok().filter(|part| !part.is_zero());
    part.ok_or_else(|| Answer::Invalid(format!("{quantity} units are none; ask for more than 0")))
}

const fn direction(side: Side) -> Direction {
    match side {
        Side::Buy => Direction::Long,
        Side::Sell => Direction::Short,
    }
}
