//! What the gate looks at, ready to be changed by a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::{
    Event, Instrument, LimitScope, Limits, Markets, OrderId, OrderTerms, OrderType, Price, Product,
    ProfileDocument, ProfileId, Refusal, Signal, SignalTerms, Timestamp,
};

use rust_decimal::Decimal;

use crate::fixture::{PROFILE, config, document, hour, read};
use crate::risk::{View, check};
use crate::state::Profile;
use crate::state::tests::script::{Fold, fold};

/// A running profile of 10,000 USD in a market at 100.
pub(super) struct Scene {
    pub(super) fold: Fold,
    pub(super) product: Product,
    pub(super) open_profit: BTreeMap<ProfileId, Decimal>,
    pub(super) control: Option<ControlSnapshot>,
    pub(super) store_away: bool,
    pub(super) markets: Markets,
    pub(super) mark: Option<(Price, Timestamp)>,
    pub(super) now: Timestamp,
}

/// The scene after a history, see [`fold`].
pub(super) fn scene(script: &str) -> Scene {
    Scene {
        fold: fold(script),
        product: Product::default(),
        open_profit: BTreeMap::new(),
        control: Some(ControlSnapshot::default()),
        store_away: false,
        markets: Markets::default(),
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

    /// Sets the limits of a scope, written as JSON.
    pub(super) fn set(&mut self, scope: LimitScope, limits: &str) -> &mut Self {
        let limits: Limits = serde_json::from_str(limits).unwrap();
        assert_eq!(limits.faults(), []);
        match scope {
            LimitScope::Product => self.product.limits = limits,
            LimitScope::Tenant => {
                let version = self.fold.state.limits().map_or(0, |known| known.version) + 1;
                let (limits, by) = (Box::new(limits), "alice".to_owned());
                self.fold.apply(Event::LimitsChanged { version, limits, by }).unwrap();
            }
            LimitScope::Profile => drop(self.document(|document| document.limits = limits)),
            LimitScope::Strategy => {
                self.document(|document| document.strategy.limits = limits);
            }
        }
        self
    }

    /// Books the acceptance of `signal` as if nothing stood in its way, at an instant.
    pub(super) fn accept(&mut self, signal: &Signal, at: Timestamp) -> OrderId {
        let instruments = &self.fold.state.profile(signal.profile).unwrap().document.instruments;
        let known = instruments.iter().any(|instrument| instrument.symbol == signal.symbol);
        assert!(known, "the profile trades {}", signal.symbol);
        let free = Self {
            store_away: false,
            markets: Markets::default(),
            fold: Fold::at(self.fold.state.clone()),
            product: Product::default(),
            open_profit: BTreeMap::new(),
            control: Some(ControlSnapshot::default()),
            mark: Some((read("100"), at)),
            now: at,
        };
        let profile = free.fold.state.profile(signal.profile).unwrap();
        let terms = check(signal, &free.view_of(profile)).unwrap();
        let terms = Arc::clone(terms.terms());
        let order = terms.order_id();
        self.fold.apply(Event::IntentAccepted { terms, control_version: 0, origin: None }).unwrap();
        order
    }

    /// Puts a stop in force.
    pub(super) fn stop(&mut self, mode: ControlMode, scope: Scope) -> &mut Self {
        let (by, reason) = ("op".to_owned(), "incident".to_owned());
        let entry = ControlEntry { scope, mode, by, at: hour(0), reason };
        self.control.get_or_insert_default().entries.push(entry);
        self
    }

    pub(super) fn view(&self) -> View<'_> {
        self.view_of(self.fold.profile())
    }

    fn view_of<'a>(&'a self, profile: &'a Profile) -> View<'a> {
        View {
            state: &self.fold.state,
            profile,
            product: &self.product,
            open_profit: &self.open_profit,
            control: self.control.as_ref(),
            store_away: self.store_away,
            markets: &self.markets,
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

    /// The same without what would change it.
    pub(super) fn facts(&self, signal: &Signal) -> String {
        self.answer(signal).split("; ").next().unwrap_or_default().to_owned()
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
