//! What amendments do to a working order and to what is reserved for it.

use std::sync::Arc;

use ballast_domain::ledger::AmendmentPart;
use ballast_domain::{Amendment, DoneState, Money, OrderId, Timestamp};

use super::apply::{Booked, expect_created};
use super::profile::Profile;

impl Profile {
    pub(super) fn begin_amendment(&mut self, id: OrderId, amendment: &Amendment) -> Booked {
        let order = self.working(id)?;
        if order.amending.is_some() || amendment.revision <= order.revision {
            return Err(format!("amendment {} of {id} comes too early", amendment.revision));
        }
        order.amending = Some(*amendment);
        match amendment.adds.amount().is_zero() {
            true => Ok(()),
            false => {
                let Amendment { revision, adds, .. } = *amendment;
                expect_created(self.book.reserve_more(id.intent, revision, adds))
            }
        }
    }

    /// An amendment was `taken` by the venue, or not. What of its money the fills meanwhile have
    /// left goes back.
    pub(super) fn amend(
        &mut self,
        id: OrderId,
        (revision, taken): (u32, bool),
        at: Timestamp,
    ) -> Booked {
        let order = self.working(id)?;
        let asked = order.amending.take().filter(|asked| asked.revision == revision);
        let asked = asked.ok_or_else(|| format!("{id} has no amendment {revision}"))?;
        order.revision = revision;
        let (part, amount) = match taken {
            true => {
                order.terms = Arc::new(order.terms.amended(&asked));
                (AmendmentPart::Frees, asked.frees)
            }
            false => (AmendmentPart::Back, asked.adds),
        };
        let done = order.open_quantity().is_zero();
        let left = self.book.reservation(id.intent);
        let amount = Money::new(amount.amount().min(left), amount.currency());
        if !amount.amount().is_zero() {
            expect_created(self.book.free((id.intent, revision), part, amount))?;
        }
        if done { self.end(id, DoneState::Filled, at) } else { Ok(()) }
    }
}
