//! A process of one tenant: the real loop, driven by hand, so that nothing happens but in the order
//! of the scenario.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use ballast_domain::{ControlSnapshot, Markets, Product};
use ballast_engine::ports::Gaps;
use ballast_engine::run::{Delivery, RunError};
use tokio::sync::{mpsc, watch};

use crate::ports::Life;

type Loop = Pin<Box<dyn Future<Output = Result<(), RunError>>>>;

/// How a process has ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// In the middle of something.
    Killed,
    /// By itself.
    Returned(Result<(), RunError>),
}

/// What every process is told, whatever it is at.
pub(crate) struct Told {
    pub(crate) control: watch::Sender<Option<Arc<ControlSnapshot>>>,
    pub(crate) product: watch::Sender<Arc<Product>>,
    pub(crate) markets: watch::Sender<Arc<Markets>>,
}

/// A process that runs.
pub(crate) struct Process {
    pub(crate) life: Arc<Life>,
    pub(crate) gaps: Arc<dyn Gaps>,
    pub(crate) told: Told,
    inbox: mpsc::Sender<Delivery>,
    /// What the inbox had no room for yet.
    waiting: VecDeque<Delivery>,
    work: Loop,
    woken: Arc<Woken>,
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Process {
    pub(crate) fn new(
        (life, gaps): (Arc<Life>, Arc<dyn Gaps>),
        told: Told,
        inbox: mpsc::Sender<Delivery>,
        work: impl Future<Output = Result<(), RunError>> + 'static,
    ) -> Self {
        let (waiting, woken) = (VecDeque::new(), Arc::default());
        Self { life, gaps, told, inbox, waiting, work: Box::pin(work), woken }
    }

    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        self.waiting.push_back(delivery);
    }

    /// Lets the process go on until it waits for something outside of it; tells when it has ended.
    pub(crate) fn run(&mut self) -> Option<Ended> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut context = Context::from_waker(&waker);
        loop {
            if self.life.is_over() {
                return Some(Ended::Killed);
            }
            self.feed();
            self.woken.0.store(false, Ordering::Relaxed);
            let polled = self.work.as_mut().poll(&mut context);
            if self.life.is_over() {
                return Some(Ended::Killed);
            }
            if let Poll::Ready(returned) = polled {
                return Some(Ended::Returned(returned));
            }
            if !self.woken.0.load(Ordering::Relaxed) && self.is_fed() {
                return None;
            }
        }
    }

    fn feed(&mut self) {
        while let Some(delivery) = self.waiting.pop_front() {
            if let Err(error) = self.inbox.try_send(delivery) {
                match error {
                    mpsc::error::TrySendError::Full(delivery)
                    | mpsc::error::TrySendError::Closed(delivery) => {
                        self.waiting.push_front(delivery);
                    }
                }
                return;
            }
        }
    }

    fn is_fed(&self) -> bool {
        self.waiting.is_empty() || self.inbox.capacity() == 0
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("life", &self.life).finish_non_exhaustive()
    }
}

/// What a future that never waits comes to; `None` when it does wait.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
