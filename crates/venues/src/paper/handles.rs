//! How others reach the venue's task: the tenant as its broker, the market as its source of bars.

use std::sync::Arc;

use ballast_domain::exits::Levels;
use ballast_domain::{
    ActionId, Amendment, CorporateAction, Instrument, Money, OrderId, OrderTerms, Price, ProfileId,
    Quantity, Symbol, Timestamp, TradeId,
};
use ballast_engine::matching::PlayedBar;
use ballast_engine::ports::{Broker, Capabilities};
use ballast_engine::risk::{ApprovedAmendment, OrderIntent};
use ballast_engine::run::Durable;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::{AccountError, MarketClose};

/// The venue's task has ended; whoever supervises it opens it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the paper venue has stopped: open it again")]
pub struct VenueEnded;

/// What the tenant asks of the venue.
#[derive(Debug)]
pub(super) enum Request {
    Fund {
        profile: ProfileId,
        cash: Money,
        instruments: Vec<Instrument>,
        answer: oneshot::Sender<Result<(), AccountError>>,
    },
    Act {
        profile: ProfileId,
        id: ActionId,
        symbol: Symbol,
        action: CorporateAction,
        answer: oneshot::Sender<Result<(), AccountError>>,
    },
    Submit(Arc<OrderTerms>),
    Amend(OrderId, Amendment),
    Cancel(OrderId),
    Protect(TradeId, Levels),
    Query(OrderId),
    Finish(oneshot::Sender<()>),
}

/// What the market brings to the venue.
#[derive(Debug)]
pub(super) enum Happening {
    Close(MarketClose),
    Tick(PlayedBar),
    Settled(oneshot::Sender<()>),
}

/// The tenant's side of the paper venue.
#[derive(Debug, Clone)]
pub struct PaperBroker {
    requests: mpsc::Sender<Request>,
}

impl PaperBroker {
    pub(super) const fn new(requests: mpsc::Sender<Request>) -> Self {
        Self { requests }
    }

    /// Opens the account of a profile with `cash`, all that is allocated to it, and lets it trade
    /// `instruments`. An account that is open already gets or gives up the difference. Answered
    /// when it is durable.
    ///
    /// # Errors
    /// [`AccountError`]; nothing has changed then, unless the venue ended meanwhile.
    pub async fn open_account(
        &self,
        profile: ProfileId,
        cash: Money,
        instruments: Vec<Instrument>,
    ) -> Result<(), AccountError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Fund { profile, cash, instruments, answer }).await;
        answered.await.map_err(|_| VenueEnded)?
    }

    /// Does to a profile's account what the issuer of an instrument has done, once for each `id`;
    /// the tenant is told of it apart, by its own command, afterwards. Answered when it is durable.
    ///
    /// # Errors
    /// [`AccountError`]; nothing has changed then, unless the venue ended meanwhile.
    pub async fn act(
        &self,
        profile: ProfileId,
        id: ActionId,
        symbol: Symbol,
        action: CorporateAction,
    ) -> Result<(), AccountError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Act { profile, id, symbol, action, answer }).await;
        answered.await.map_err(|_| VenueEnded)?
    }

    /// Ends the venue once it has played what it is playing, and the tenant has carried out all
    /// that it was told. What waits to be played is dropped.
    ///
    /// # Errors
    /// [`VenueEnded`] when it ended in another way.
    pub async fn finish(&self) -> Result<(), VenueEnded> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Finish(answer)).await;
        answered.await.map_err(|_| VenueEnded)
    }

    /// A venue that has ended answers nothing: what it did not do is asked for after the restart.
    async fn ask(&self, request: Request) {
        let _ = self.requests.send(request).await;
    }
}

impl Broker for PaperBroker {
    /// The protective stop follows closes of the strategy's bars, which are the engine's.
    const CAPABILITIES: Capabilities = Capabilities {
        stops: true,
        targets: true,
        pairs: true,
        trailing_orders: true,
        trails: false,
    };

    async fn ready(&self) {
        // The room is given back at once; nobody else submits orders of this tenant.
        let _ = self.requests.reserve().await;
    }

    async fn submit(&self, intent: Durable<OrderIntent>) {
        self.ask(Request::Submit(Arc::clone(intent.get().terms()))).await;
    }

    async fn amend(&self, amendment: Durable<ApprovedAmendment>) {
        let approved = amendment.get();
        self.ask(Request::Amend(approved.order(), *approved.amendment())).await;
    }

    async fn cancel(&self, order: OrderId) {
        self.ask(Request::Cancel(order)).await;
    }

    async fn protect(&self, trade: TradeId, levels: Levels) {
        self.ask(Request::Protect(trade, levels)).await;
    }

    async fn query(&self, order: OrderId) {
        self.ask(Request::Query(order)).await;
    }
}

/// The market's side of the paper venue.
#[derive(Debug, Clone)]
pub struct PaperMarket {
    happenings: mpsc::Sender<Happening>,
}

impl PaperMarket {
    pub(super) const fn new(happenings: mpsc::Sender<Happening>) -> Self {
        Self { happenings }
    }

    /// Plays a close and forwards its frames to the tenant, in order of time. Waits while too
    /// many others wait to be played.
    ///
    /// # Errors
    /// [`VenueEnded`].
    pub async fn close(&self, close: MarketClose) -> Result<(), VenueEnded> {
        self.send(Happening::Close(close)).await
    }

    /// Plays a traded price. Bars of an instrument whose ticks were played fill nothing more.
    ///
    /// # Errors
    /// [`VenueEnded`].
    pub async fn tick(
        &self,
        symbol: Symbol,
        at: Timestamp,
        price: Price,
        quantity: Quantity,
    ) -> Result<(), VenueEnded> {
        let bar = ballast_domain::Bar::tick(at, price, quantity);
        self.send(Happening::Tick(PlayedBar { symbol, open_time: at, bar })).await
    }

    /// Waits until everything sent before has been played, and the tenant has carried out what
    /// came of it.
    ///
    /// # Errors
    /// [`VenueEnded`].
    pub async fn settled(&self) -> Result<(), VenueEnded> {
        let (answer, answered) = oneshot::channel();
        self.send(Happening::Settled(answer)).await?;
        answered.await.map_err(|_| VenueEnded)
    }

    async fn send(&self, happening: Happening) -> Result<(), VenueEnded> {
        self.happenings.send(happening).await.map_err(|_| VenueEnded)
    }
}
