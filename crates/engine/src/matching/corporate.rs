//! Corporate actions at the venue: what is held follows them as the fold does.

use ballast_domain::{ActionId, BrokerEvent, CorporateAction, Money, Symbol, Timestamp, Trade};

use super::Matcher;
use crate::position::{self, Ratio};

impl Matcher {
    /// Does to what is held of an instrument what its issuer has done, once for each `id`. Orders
    /// for it are cancelled: their units and prices are those from before. Whether it is done by
    /// now; where the numbers do not fit it is not, and nothing has changed.
    pub fn act(
        &mut self,
        id: ActionId,
        (symbol, action): (Symbol, &CorporateAction),
        at: Timestamp,
        out: &mut Vec<BrokerEvent>,
    ) -> bool {
        if self.actions.contains(&id) {
            return true;
        }
        let mut after = self.clone();
        after.actions.push(id);
        if after.change_held(symbol, action, at).is_none() {
            return false;
        }
        after.expire_orders(symbol, out);
        *self = after;
        true
    }

    fn change_held(
        &mut self,
        symbol: Symbol,
        action: &CorporateAction,
        at: Timestamp,
    ) -> Option<()> {
        let instrument = *self.instrument(symbol)?;
        let mut cash = self.cash;
        for holding in self.holdings.iter_mut().filter(|holding| holding.trade.symbol == symbol) {
            let trade = &mut holding.trade;
            let paid = match action {
                CorporateAction::Split { numerator, denominator, cash_price } => {
                    let ratio = Ratio { numerator: *numerator, denominator: *denominator };
                    position::split(trade, ratio, &instrument, at)?;
                    let paid = position::cash_in_lieu(trade, *cash_price, &instrument, at)?;
                    trade.executions.clear();
                    match paid {
                        Some(paid) => paid.cost.checked_add(paid.profit)?,
                        None => Money::zero(cash.currency()),
                    }
                }
                CorporateAction::CashDividend { per_unit } => {
                    position::pay_dividend(trade, *per_unit)?
                }
                CorporateAction::SymbolChanged { to } => {
                    trade.symbol = *to;
                    Money::zero(cash.currency())
                }
            };
            cash = cash.checked_add(paid)?;
        }
        self.cash = cash;
        self.holdings.retain(|holding| !is_left(&holding.trade));
        self.last_close.retain(|(known, _)| *known != symbol);
        if let CorporateAction::SymbolChanged { to } = action {
            let renamed = self.instruments.iter_mut().filter(|known| known.symbol == symbol);
            renamed.for_each(|known| known.symbol = *to);
        }
        Some(())
    }

    fn expire_orders(&mut self, symbol: Symbol, out: &mut Vec<BrokerEvent>) {
        self.working.retain(|working| {
            let ends = working.terms.symbol == symbol;
            if ends {
                out.push(BrokerEvent::Cancelled { order: working.terms.order_id() });
            }
            !ends
        });
    }
}

fn is_left(trade: &Trade) -> bool {
    trade.open_quantity().is_zero()
}
