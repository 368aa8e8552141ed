//! Everything that routes and sockets work with.

use std::ops::Deref;
use std::sync::Arc;

use ballast_domain::{Currency, Instrument, StrategyConfig, Symbol, Timeframe};
use ballast_engine::matching::FillRules;
use ballast_engine::ports::{Clock, Entropy};
use ballast_platform::request::Replies;
use thiserror::Error;

use crate::flags::FeatureFlags;
use crate::metrics::Metrics;
use crate::research::Backtests;
use crate::serve::control::TradingControl;
use crate::serve::health::Health;
use crate::serve::identity::Entrance;
use crate::serve::market::MarketDesk;
use crate::serve::past::Past;
use crate::serve::prices::Prices;
use crate::serve::product::ProductRules;
use crate::serve::tenants::Tenants;
use crate::views::rows::SettingsRow;

/// The parts of a running server; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

/// What a running server is made of.
pub(crate) struct Parts {
    pub(crate) tenants: Tenants,
    pub(crate) control: TradingControl,
    pub(crate) product: ProductRules,
    pub(crate) market: MarketDesk,
    pub(crate) prices: Prices,
    pub(crate) past: Past,
    pub(crate) health: Health,
    pub(crate) listing: Listing,
    /// The shortest bars that the market has.
    pub(crate) base: Timeframe,
    /// How the paper venue fills and what it takes.
    pub(crate) paper: FillRules,
    /// The time of day, for people.
    pub(crate) clock: Arc<dyn Clock>,
    /// The market's time, which a replay or a faster market has of its own.
    pub(crate) market_clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) replies: Replies,
    pub(crate) backtests: Backtests,
    pub(crate) flags: FeatureFlags,
    pub(crate) settings: SettingsRow,
    /// Under which path browsers find the server, with a slash at both ends.
    pub(crate) public_path: Arc<str>,
    /// Whether anybody may register.
    pub(crate) registration_open: bool,
    pub(crate) entrance: Arc<Entrance>,
    pub(crate) metrics: Metrics,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Why this node is not ready; nothing when it is.
    pub(crate) fn reasons(&self) -> Vec<&'static str> {
        self.health.reasons(self.control.shown().borrow().mode)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The instruments that the market lists.
#[derive(Debug, Clone)]
pub(crate) struct Listing(Arc<[Instrument]>);

/// Why a strategy cannot trade here.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ListingError {
    #[error("the market does not list {symbol}; it lists {listed}")]
    NotListed { symbol: Symbol, listed: String },
    #[error(
        "{symbol} is priced in {quote}, but the capital is in {currency}; set currency = \
         \"{quote}\" or trade another instrument"
    )]
    OtherCurrency { symbol: Symbol, quote: Currency, currency: Currency },
}

impl Listing {
    pub(crate) fn new(instruments: Vec<Instrument>) -> Self {
        Self(instruments.into())
    }

    /// Every instrument.
    pub(crate) fn all(&self) -> &[Instrument] {
        &self.0
    }

    /// An instrument by its symbol.
    pub(crate) fn find(&self, symbol: Symbol) -> Option<&Instrument> {
        self.0.iter().find(|instrument| instrument.symbol == symbol)
    }

    /// The instruments that a strategy names, all priced in `currency`.
    ///
    /// # Errors
    /// [`ListingError`], about the first that does not fit.
    pub(crate) fn instruments_of(
        &self,
        strategy: &StrategyConfig,
        currency: Currency,
    ) -> Result<Vec<Instrument>, ListingError> {
        let instruments = strategy.symbols.iter().map(|symbol| {
            let listed = self.find(*symbol).ok_or_else(|| self.not_listed(*symbol))?;
            let quote = listed.quote;
            match quote == currency {
                true => Ok(*listed),
                false => Err(ListingError::OtherCurrency { symbol: *symbol, quote, currency }),
            }
        });
        instruments.collect()
    }

    fn not_listed(&self, symbol: Symbol) -> ListingError {
        let listed: Vec<_> = self.0.iter().map(|listed| listed.symbol.to_string()).collect();
        ListingError::NotListed { symbol, listed: listed.join(", ") }
    }
}
