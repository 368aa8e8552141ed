//! What others ask of the market's loop, which it takes up between two closes.

use std::sync::Arc;
use std::time::Duration;

use ballast_domain::StrategyConfig;
use ballast_engine::market::Frame;
use ballast_engine::ports::Feed;
use ballast_engine::strategy::{ConfigFault, Plan};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::growth::Asked;
use super::{Market, Seat};

/// Requests that may wait.
const QUEUE: usize = 64;
/// How long the market may take to come to a request.
const DEADLINE: Duration = Duration::from_secs(10);

/// What the market's loop is asked for.
pub(super) enum Request {
    /// Compile a strategy, so that it trades from the next close on.
    Compile { strategy: Arc<StrategyConfig>, answer: Asked },
    /// Tell a tenant of closes from now on.
    Seat(Seat),
}

/// A strategy that can trade from the next close on.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) plan: Plan,
    /// The last prices, those of its instruments among them; none before the first close.
    pub(crate) prices: Option<Arc<Frame>>,
}

/// Why a strategy does not run on this market.
#[derive(Debug, Error)]
pub(crate) enum CompileError {
    /// The config has these faults.
    #[error("the strategy config has faults")]
    Faults(Vec<ConfigFault>),
    /// The market cannot take it now: try again.
    #[error("the market does not take new strategies now: {0}; try again")]
    Unavailable(String),
}

/// The way to the market's loop.
#[derive(Debug, Clone)]
pub(crate) struct MarketDesk {
    requests: mpsc::Sender<Request>,
}

/// Requests on their way to the market's loop.
pub(in crate::serve) struct Requests(pub(super) mpsc::Receiver<Request>);

impl MarketDesk {
    /// A desk, and where its requests arrive.
    pub(in crate::serve) fn new() -> (Self, Requests) {
        let (requests, arriving) = mpsc::channel(QUEUE);
        (Self { requests }, Requests(arriving))
    }

    /// Compiles a strategy on the running market, warmed up from its history.
    ///
    /// # Errors
    /// [`CompileError`]; the market goes on as it was then.
    pub(crate) async fn compile(
        &self,
        strategy: Arc<StrategyConfig>,
    ) -> Result<Compiled, CompileError> {
        let gone = || CompileError::Unavailable("the market has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.requests.send(Request::Compile { strategy, answer }).await.map_err(|_| gone())?;
            answered.await.map_err(|_| gone())?
        };
        let late = CompileError::Unavailable("the market is busy".to_owned());
        timeout(DEADLINE, asked).await.unwrap_or(Err(late))
    }

    /// Tells the tenant in `seat` of all closes from now on. A market that has ended tells nobody.
    pub(in crate::serve) async fn seat(&self, seat: Seat) {
        let _ = self.requests.send(Request::Seat(seat)).await;
    }
}

impl<F: Feed> Market<F> {
    pub(super) async fn answer(&mut self, request: Request) {
        match request {
            Request::Seat(seat) => self.tenants.push(seat),
            Request::Compile { strategy, answer } => self.compile(strategy, answer).await,
        }
    }
}
