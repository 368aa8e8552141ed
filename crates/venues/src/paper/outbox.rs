//! What the tenant has yet to be given, in order, while its inbox has no room.

use std::collections::VecDeque;
use std::sync::Arc;

use ballast_domain::{BrokerEvent, Timestamp};
use ballast_engine::ports::{BrokerMessage, Gap, Gaps};
use ballast_engine::run::Delivery;
use tokio::sync::mpsc;

use super::PaperError;

pub(super) struct Outbox {
    inbox: mpsc::Sender<Delivery>,
    waiting: VecDeque<Delivery>,
    gaps: Arc<dyn Gaps>,
}

impl Outbox {
    pub(super) const fn new(inbox: mpsc::Sender<Delivery>, gaps: Arc<dyn Gaps>) -> Self {
        Self { inbox, waiting: VecDeque::new(), gaps }
    }

    pub(super) fn push(&mut self, delivery: Delivery) {
        self.waiting.push_back(delivery);
    }

    /// Tells of what became known `at` an instant.
    pub(super) fn tell(&mut self, at: Timestamp, events: Vec<BrokerEvent>) {
        let messages = events.into_iter().map(|event| BrokerMessage { at, event });
        self.waiting.extend(messages.map(Delivery::Broker));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Gives the tenant the next delivery as soon as there is one and room for it. Nothing is
    /// lost when this is dropped before it has ended.
    ///
    /// # Errors
    /// [`PaperError::TenantGone`].
    pub(super) async fn deliver(&mut self) -> Result<(), PaperError> {
        if self.waiting.is_empty() {
            self.inbox.closed().await;
            return Err(PaperError::TenantGone);
        }
        let room = self.inbox.reserve().await.map_err(|_| PaperError::TenantGone)?;
        if let Some(delivery) = self.waiting.pop_front() {
            let told = matches!(delivery, Delivery::Broker(_));
            room.send(delivery);
            if told {
                self.gaps.pass(Gap::VenueTold);
            }
        }
        Ok(())
    }
}
