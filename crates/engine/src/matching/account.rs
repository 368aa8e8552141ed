//! The account: what a fill costs, what can be afforded, and what is held afterwards.

use std::sync::Arc;

use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    BrokerEvent, ExitReason, Fill, FillId, Instrument, Money, OrderId, OrderTerms, Price, Purpose,
    Quantity, Side, TradeId,
};
use rust_decimal::Decimal;

use super::order::Quote;
use super::{Holding, Matcher, PlayedBar};
use crate::position;

impl Matcher {
    /// Enters with as much of `quantity` as is affordable; gives what was filled. Nothing fills,
    /// and the order is rejected, when not even a lot is.
    pub(super) fn enter(
        &mut self,
        terms: &Arc<OrderTerms>,
        quantity: Quantity,
        quote: &Quote,
        out: &mut Vec<BrokerEvent>,
    ) -> Quantity {
        let order = terms.order_id();
        let available = self.available_for(terms);
        let affordable = self.affordable(terms, quantity, quote, available);
        let settled = affordable.and_then(|quantity| self.settle_entry(terms, quantity, quote));
        match settled {
            Some(fill) => {
                let filled = fill.quantity;
                out.push(BrokerEvent::Filled { order, fill });
                filled
            }
            None => {
                let reason = format!("{available} available is less than one lot costs");
                out.push(BrokerEvent::Rejected { order, reason });
                Quantity::ZERO
            }
        }
    }

    /// Leaves up to `quantity` of a trade; gives what was filled. An order for a trade that has
    /// ended is cancelled.
    pub(super) fn leave(
        &mut self,
        trade: TradeId,
        order: OrderId,
        quantity: Quantity,
        quote: &Quote,
        reason: ExitReason,
        out: &mut Vec<BrokerEvent>,
    ) -> Quantity {
        let Some(place) = self.holdings.iter().position(|holding| holding.trade.id == trade) else {
            out.push(BrokerEvent::Cancelled { order });
            return Quantity::ZERO;
        };
        let quantity = quantity.min(self.holdings[place].trade.open_quantity());
        let Some(fill) = self.settle_exit(place, quantity, quote, reason) else {
            let reason = "the numbers of this fill are too large to compute exactly".to_owned();
            out.push(BrokerEvent::Rejected { order, reason });
            return Quantity::ZERO;
        };
        out.push(BrokerEvent::Filled { order, fill });
        if self.holdings[place].trade.open_quantity().is_zero() {
            self.holdings.remove(place);
            self.end_entry_of(trade);
        }
        quantity
    }

    fn settle_entry(
        &mut self,
        terms: &OrderTerms,
        quantity: Quantity,
        quote: &Quote,
    ) -> Option<Fill> {
        let Purpose::Enter { direction, slot, protection } = &terms.purpose else {
            return None;
        };
        let fill = self.quote_fill(quantity, quote)?;
        let cost = fill.price.notional(quantity, fill.fee.currency())?;
        let cash = self.cash.checked_sub(cost)?.checked_sub(fill.fee)?;
        let instrument = *self.instrument(terms.symbol)?;
        let trade = TradeId(terms.intent);
        let place = self.holdings.iter().position(|holding| holding.trade.id == trade);
        let place = place.unwrap_or_else(|| {
            let trade = position::begin(terms, *direction, *slot, protection.clone(), &fill);
            self.holdings.push(Holding { trade, born_inside: None, stop_triggered: false });
            self.holdings.len() - 1
        });
        let held = &mut self.holdings[place].trade;
        position::enter(held, &fill)?;
        (held.stop, held.targets) = position::protect(held, &instrument);
        self.cash = cash;
        self.fills += 1;
        Some(fill)
    }

    fn settle_exit(
        &mut self,
        place: usize,
        quantity: Quantity,
        quote: &Quote,
        reason: ExitReason,
    ) -> Option<Fill> {
        let fill = self.quote_fill(quantity, quote)?;
        let returned = position::leave(&mut self.holdings[place].trade, &fill, reason)?;
        let cash = self.cash.checked_add(returned.cost)?.checked_add(returned.profit)?;
        self.cash = cash.checked_sub(fill.fee)?;
        self.fills += 1;
        Some(fill)
    }

    fn quote_fill(&self, quantity: Quantity, quote: &Quote) -> Option<Fill> {
        let notional = quote.price.get().checked_mul(quantity.get())?;
        let fee = self.rules.fees.fee(notional, quantity.get(), quote.liquidity)?;
        Some(Fill {
            id: FillId::from_number(self.fills + 1),
            at: quote.at,
            price: quote.price,
            quantity,
            fee: Money::new(fee, self.cash.currency()),
        })
    }

    /// What an entry may spend: all cash that other working entries have not reserved.
    fn available_for(&self, terms: &OrderTerms) -> Money {
        let others = self.working.iter().filter(|working| working.terms.intent != terms.intent);
        let reserved = others.map(|working| working.terms.reserved.amount()).sum::<Decimal>();
        Money::new(self.cash.amount() - reserved, self.cash.currency())
    }

    /// As much of `wanted` as `available` pays for with its fee, rounded down to the lot.
    fn affordable(
        &self,
        terms: &OrderTerms,
        wanted: Quantity,
        quote: &Quote,
        available: Money,
    ) -> Option<Quantity> {
        let total = |quantity: Quantity| {
            let fill = self.quote_fill(quantity, quote)?;
            let cost = fill.price.notional(quantity, fill.fee.currency())?;
            Some(cost.checked_add(fill.fee)?.amount())
        };
        if total(wanted)? <= available.amount() {
            return Some(wanted);
        }
        let instrument = self.instrument(terms.symbol)?;
        let cut = instrument.round_down(self.units_for(available.amount(), quote)?);
        let fits = !cut.is_zero() && cut <= wanted && total(cut)? <= available.amount();
        fits.then_some(cut)
    }

    /// Units that `amount` pays for, fee included, before rounding.
    fn units_for(&self, amount: Decimal, quote: &Quote) -> Option<Decimal> {
        let price = quote.price.get();
        match self.rules.fees {
            FeeSchedule::Percent { .. } => {
                let fee_per_unit = self.rules.fees.fee(price, Decimal::ONE, quote.liquidity)?;
                amount.checked_div(price.checked_add(fee_per_unit)?)
            }
            FeeSchedule::PerUnit { amount: per_unit, minimum } => {
                let units = amount.checked_div(price.checked_add(per_unit)?)?;
                if units.checked_mul(per_unit)? >= minimum {
                    Some(units)
                } else {
                    amount.checked_sub(minimum)?.checked_div(price)
                }
            }
        }
    }

    /// `price` made worse by the slippage.
    pub(super) fn slipped(&self, price: Price, side: Side) -> Price {
        if self.rules.slippage_bps.is_zero() {
            return price;
        }
        let share = self.rules.slippage_bps / Decimal::from(10_000);
        let distance = price.get().checked_mul(share).unwrap_or_default();
        let moved = price.shifted(match side {
            Side::Buy => distance,
            Side::Sell => -distance,
        });
        moved.unwrap_or(price)
    }

    /// The most that one fill may take of this bar; `None` without a cap.
    pub(super) fn volume_cap(&self, played: &PlayedBar) -> Option<Quantity> {
        let share = self.rules.volume_share?;
        if played.bar.volume.is_zero() {
            return None;
        }
        let instrument: &Instrument = self.instrument(played.symbol)?;
        Some(instrument.round_down(played.bar.volume.get().checked_mul(share)?))
    }
}
