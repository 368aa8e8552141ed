//! What issuers do while a market is closed: splits and dividends, when nothing is under way.
//!
//! The venue does it to what it holds and cancels its orders; then the tenant is told.

use anyhow::{Context, Result};
use ballast_domain::{CorporateAction, Money, Price};
use ballast_engine::step::{ActionTold, Command};
use rust_decimal::Decimal;

use crate::tenant::{Common, Tenant};

const TOLD_AT_MOST: usize = 3;

/// The `number`-th action: units are halved as often as they are doubled.
fn action(number: u64) -> Result<CorporateAction> {
    let split = |numerator: u32, denominator: u32| -> Result<CorporateAction> {
        Ok(CorporateAction::Split {
            numerator: numerator.try_into()?,
            denominator: denominator.try_into()?,
            cash_price: Price::new(Decimal::from(50))?,
        })
    };
    match number % 5 {
        0 => split(2, 1),
        1 => split(1, 2),
        2 => split(3, 2),
        3 => split(1, 3),
        _ => {
            let per_unit = Money::new(Decimal::new(37, 2), "USD".parse()?);
            Ok(CorporateAction::CashDividend { per_unit })
        }
    }
}

impl Tenant {
    /// The issuer of one of the instruments acts, and every profile follows.
    pub(crate) fn issuer_acts(&mut self, common: &Common, number: u64) -> Result<()> {
        let symbols = common.catalogue.symbols;
        let symbol = symbols[usize::from(number.is_multiple_of(3))];
        let id = format!("a{number}").parse()?;
        for place in 0..self.accounts.len() as u8 {
            let profile = self.profile(place).0;
            let action = action(number + u64::from(place)).context("a corporate action")?;
            let at = self.now();
            if !self.outside.lock().venue.act(profile, id, (symbol, &action), at) {
                continue;
            }
            self.run()?;
            // What works in the units from before is cancelled first; then it is told again.
            for _ in 0..TOLD_AT_MOST {
                let (action, by) = (action.clone(), "alice".to_owned());
                let told = Box::new(ActionTold { profile, id, symbol, action, by });
                self.ask(Command::CorporateAction { told, plan: None });
                self.run()?;
                let outside = self.outside.lock();
                if outside.state.profile(profile).is_none_or(|known| known.actions.contains(&id)) {
                    break;
                }
            }
        }
        Ok(())
    }
}
