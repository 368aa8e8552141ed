//! What a tenant sends before a back-test of it is taken: files and bars, a few at a time.

use std::sync::Arc;

use ballast_domain::TenantId;

use super::SubmitError;
use super::queue::Full;
use super::shared::Shared;

/// How many back-tests of one tenant may be on their way at a time.
pub(super) const MOST_PREPARING: usize = 2;

/// A place that is given back when this goes.
#[derive(Debug)]
pub(crate) struct Preparation {
    shared: Arc<Shared>,
    tenant: TenantId,
}

impl Preparation {
    pub(super) fn begin(shared: &Arc<Shared>, tenant: &TenantId) -> Result<Self, SubmitError> {
        let mut board = shared.board();
        board.queue.room(tenant)?;
        let preparing = board.preparing.entry(tenant.clone()).or_default();
        if *preparing >= MOST_PREPARING {
            return Err(SubmitError::TooManyAtOnce);
        }
        *preparing += 1;
        drop(board);
        Ok(Self { shared: Arc::clone(shared), tenant: tenant.clone() })
    }
}

impl Drop for Preparation {
    fn drop(&mut self) {
        let mut board = self.shared.board();
        if let Some(preparing) = board.preparing.get_mut(&self.tenant) {
            *preparing -= 1;
            if *preparing == 0 {
                board.preparing.remove(&self.tenant);
            }
        }
    }
}

impl From<Full> for SubmitError {
    fn from(full: Full) -> Self {
        match full {
            Full::OfTenant => Self::TooManyRequests,
            Full::OfAll => Self::Busy,
        }
    }
}
