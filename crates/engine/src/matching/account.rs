//! The account: what a fill costs, what can be afforded, and what is held afterwards.

use ballast_domain::number::MONEY_DECIMALS;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    BrokerEvent, ExitReason, Fill, FillId, Instrument, Money, OrderId, OrderTerms, Price, Purpose,
    Quantity, Side, Symbol, TradeId,
};
use rust_decimal::Decimal;

use super::order::Quote;
use super::{Holding, Matcher, PlayedBar};
use crate::position::{self, Coins, execution};

impl Matcher {
    /// Enters with `quantity`; `None` when that is nothing or the numbers do not fit, and then
    /// nothing has changed.
    pub(super) fn enter(
        &mut self,
        terms: &OrderTerms,
        quantity: Quantity,
        quote: &Quote,
    ) -> Option<Fill> {
        let Purpose::Enter { direction, slot, protection } = &terms.purpose else {
            return None;
        };
        let instrument = *self.instrument(terms.symbol)?;
        let fill = self.taken(self.quote_fill(quantity, quote)?, terms.side, &instrument)?;
        let coins = self.coins(Some(&instrument));
        let made = execution(terms.order_id(), terms.side, &fill, coins, None)?;
        let id = TradeId(terms.intent);
        let place = self.holdings.iter().position(|holding| holding.trade.id == id);
        let mut trade = match place {
            Some(place) => self.holdings[place].trade.clone(),
            None => position::begin(terms, *direction, *slot, protection.clone(), &made),
        };
        let cost = position::enter(&mut trade, &made)?.cost;
        let fee = made.fee;
        if self.in_kind {
            trade.executions.push(made);
        }
        (trade.stop, trade.targets) = position::protect(&trade, &instrument);
        self.cash = self.cash.checked_sub(cost)?.checked_sub(fee)?;
        self.fills += 1;
        match place {
            Some(place) => self.holdings[place].trade = trade,
            None => self.holdings.push(Holding { trade, stop_triggered: false }),
        }
        Some(fill)
    }

    /// Leaves `quantity` of a trade, at most what is held; `None` when that is nothing or the
    /// numbers do not fit, and then nothing has changed. What is left of its entry ends, which is
    /// told before the fill: what it has reserved is free by then.
    pub(super) fn leave(
        &mut self,
        trade: TradeId,
        quantity: Quantity,
        quote: &Quote,
        reason: ExitReason,
        out: &mut Vec<BrokerEvent>,
    ) -> Option<Fill> {
        let place = self.holdings.iter().position(|holding| holding.trade.id == trade)?;
        let mut left = self.holdings[place].trade.clone();
        let (order, side) = (OrderId::main(trade.0), left.direction.exit_side());
        let instrument = self.instrument(left.symbol).copied();
        let mut fill = self.quote_fill(quantity, quote)?;
        if let Some(instrument) = &instrument {
            fill = self.taken(fill, side, instrument)?;
        }
        let made = execution(order, side, &fill, self.coins(instrument.as_ref()), Some(reason))?;
        let returned = position::leave(&mut left, &made)?;
        let mut cash = self.cash.checked_add(returned.cost)?.checked_add(returned.profit)?;
        cash = cash.checked_sub(made.fee)?;
        if self.in_kind {
            left.executions.push(made);
        }
        if instrument.is_some_and(|known| position::dust(&left, &known).is_some()) {
            let dust = position::write_off(&mut left, quote.at)?;
            cash = cash.checked_add(dust.cost)?.checked_add(dust.profit)?;
        }
        self.cash = cash;
        self.fills += 1;
        self.end_entry(trade, out);
        if left.open_quantity().is_zero() {
            self.holdings.remove(place);
        } else {
            self.holdings[place].trade = left;
        }
        Some(fill)
    }

    /// Units held of a trade.
    pub(super) fn held_of(&self, trade: TradeId) -> Quantity {
        let holding = self.holdings.iter().find(|holding| holding.trade.id == trade);
        holding.map(|holding| holding.trade.open_quantity()).unwrap_or_default()
    }

    /// What its fees may be taken of: money, or the coin itself.
    fn coins(&self, instrument: Option<&Instrument>) -> Coins {
        let base = instrument.filter(|_| self.in_kind).and_then(Instrument::base_coin);
        Coins { quote: self.cash.currency(), base }
    }

    /// A fill with its fee in what it is taken of.
    fn taken(&self, fill: Fill, side: Side, instrument: &Instrument) -> Option<Fill> {
        let base = self.coins(Some(instrument)).base.filter(|_| side == Side::Buy);
        let Some(base) = base else { return Some(fill) };
        let units = fill.fee.amount().checked_div(fill.price.get())?;
        Some(Fill { fee: Money::new(units, base), ..fill })
    }

    fn quote_fill(&self, quantity: Quantity, quote: &Quote) -> Option<Fill> {
        if quantity.is_zero() {
            return None;
        }
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

    /// What an entry may spend: all cash that other entries, working or on their way, have not
    /// reserved.
    pub(super) fn available_for(&self, terms: &OrderTerms) -> Option<Money> {
        let mut others = self.working.iter().filter(|working| !working.ended);
        let free = self.cash.amount().checked_sub(self.set_aside)?;
        let available = others.try_fold(free, |available, other| {
            let own = other.terms.intent == terms.intent;
            available.checked_sub(if own { Decimal::ZERO } else { other.reserved })
        });
        available.map(|available| Money::new(available, self.cash.currency()))
    }

    /// As much of `wanted` as is available pays for with its fee, rounded down to the lot; nothing
    /// when that is only what rounding has left.
    pub(super) fn affordable(
        &self,
        terms: &OrderTerms,
        wanted: Quantity,
        quote: &Quote,
    ) -> Quantity {
        let available = self.available_for(terms).map(Money::amount).unwrap_or_default();
        let fits = |quantity: &Quantity| {
            let total = self.quote_fill(*quantity, quote).and_then(|fill| {
                let cost = fill.price.notional(fill.quantity, fill.fee.currency())?;
                cost.checked_add(fill.fee)
            });
            total.is_some_and(|total| total.amount() <= available)
        };
        if fits(&wanted) {
            return wanted;
        }
        let worth = self.worth_at_cost();
        let cut = |amount| {
            let units = self.units_for(amount, quote)?;
            let cut = self.instrument(terms.symbol)?.round_down(units);
            let notional = quote.price.get().checked_mul(cut.get())?;
            let position = position::is_worth_spending(notional, worth);
            (position && cut < wanted && fits(&cut)).then_some(cut)
        };
        // Cost and fee are each rounded, and may come to a trifle more than was reckoned with.
        let trifle = Decimal::new(10, MONEY_DECIMALS);
        cut(available).or_else(|| cut(available - trifle)).unwrap_or_default()
    }

    fn worth_at_cost(&self) -> Decimal {
        let held = self.holdings.iter().map(|holding| holding.trade.reserved.amount());
        held.sum::<Decimal>() + self.cash.amount()
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

    /// `price` made worse by the slippage, to the next tick where it would lie between two.
    pub(super) fn slipped(&self, price: Price, side: Side, symbol: Symbol) -> Price {
        if self.rules.slippage_bps.is_zero() {
            return price;
        }
        let share = self.rules.slippage_bps / Decimal::from(10_000);
        let distance = price.get().checked_mul(share).unwrap_or_default();
        let moved = price.shifted(match side {
            Side::Buy => distance,
            Side::Sell => -distance,
        });
        let moved = moved.unwrap_or(price);
        let instrument = self.instrument(symbol);
        instrument.map_or(moved, |known| known.round_price(moved, side == Side::Sell))
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
