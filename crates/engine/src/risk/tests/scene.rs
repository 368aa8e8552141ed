//! What the gate looks at, ready to be changed by a test.

use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::{
    Event, Instrument, Limits, OrderTerms, OrderType, Price, ProfileDocument, Refusal, Signal,
    SignalTerms, TenantId, Timestamp,
};

use crate::fixture::{PROFILE, config, document, hour, read};
use crate::risk::{View, check};
use crate::state::tests::script::{Fold, fold};

/// A running profile of 10,000 USD in a market at 100.
pub(super) struct Scene {
    pub(super) fold: Fold,
    pub(super) tenant: TenantId,
    pub(super) control: Option<ControlSnapshot>,
    pub(super) store_away: bool,
    pub(super) mark: Option<(Price, Timestamp)>,
    pub(super) now: Timestamp,
}

/// The scene after a history, see [`fold`].
pub(super) fn scene(script: &str) -> Scene {
    Scene {
        fold: fold(script),
        tenant: read("alice"),
        control: Some(ControlSnapshot::default()),
        store_away: false,
        mark: Some((read("100"), hour(1000))),
        now: hour(1000),
    }
}

impl Scene {
    /// Changes the profile's document.
    pub(super) fn document(&mut self, edit: impl FnOnce(&mut ProfileDocument)) -> &mut Self {
        let mut document = document(config("{}"));
        edit(&mut document);
        let version = self.fold.profile().version + 1;
        let (document, by) = (Box::new(document), "alice".to_owned());
        let event = Event::ProfileChanged { profile: PROFILE, version, document, by };
        self.fold.apply(event).unwrap();
        self
    }

    pub(super) fn instrument(&mut self, edit: impl FnOnce(&mut Instrument)) -> &mut Self {
        self.document(|document| edit(&mut document.instruments[0]))
    }

    pub(super) fn limits(&mut self, edit: impl FnOnce(&mut Limits)) -> &mut Self {
        self.document(|document| edit(&mut document.limits))
    }

    /// Puts a stop in force.
    pub(super) fn stop(&mut self, mode: ControlMode, scope: Scope) -> &mut Self {
        let (by, reason) = ("op".to_owned(), "incident".to_owned());
        let entry = ControlEntry { scope, mode, by, at: hour(0), reason };
        self.control.get_or_insert_default().entries.push(entry);
        self
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            tenant: &self.tenant,
            profile: self.fold.profile(),
            control: self.control.as_ref(),
            store_away: self.store_away,
            mark: self.mark,
            at: self.now,
            now: self.now,
        }
    }

    pub(super) fn check(&self, signal: &Signal) -> Result<OrderTerms, Refusal> {
        check(signal, &self.view()).map(|intent| OrderTerms::clone(intent.terms()))
    }

    /// The refusal of `signal`, or what was accepted as `quantity for reserved`.
    pub(super) fn answer(&self, signal: &Signal) -> String {
        match self.check(signal) {
            Ok(terms) => {
                format!("{} for {}", terms.quantity, terms.reserved.amount().normalize())
            }
            Err(refusal) => refusal.to_string(),
        }
    }

    /// The code of the refusal of `signal`, or `accepted`.
    pub(super) fn code(&self, signal: &Signal) -> &'static str {
        self.check(signal).map_or_else(|refusal| refusal.code(), |_| "accepted")
    }
}

/// `signal` at another price.
pub(super) fn at(mut signal: Signal, asked: OrderType) -> Signal {
    match &mut signal.terms {
        SignalTerms::Enter { order_type, .. } | SignalTerms::Exit { order_type, .. } => {
            *order_type = asked;
        }
    }
    signal
}

pub(super) fn limit(price: &str) -> OrderType {
    OrderType::Limit { limit_price: read(price) }
}
