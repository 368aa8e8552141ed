//! What a tenant's streams tell of it: its state, and the frame and the close at which it stood.

use ballast_domain::{Cause, Envelope, FrameId, Timestamp};
use ballast_engine::ports::Journal;
use ballast_engine::state::State;
use ballast_storage::{StreamName, TenantStore};
use ballast_venues::paper::PaperRecord;

use super::super::observer::state_of;
use super::TenantError;

/// Events read at once.
const PAGE: usize = 1_000;

/// The state as the newest snapshot and every event after it tell it.
pub(super) async fn state(store: &TenantStore) -> Result<State, TenantError> {
    state_telling(store, u64::MAX, |_, _| {}).await
}

/// The same, with `booked` told of every event after the first `seen`: where the snapshot holds
/// some of them already, the journal is folded from its beginning.
pub(super) async fn state_telling(
    store: &TenantStore,
    seen: u64,
    mut booked: impl FnMut(&State, &Envelope),
) -> Result<State, TenantError> {
    let journal = store.journal::<Envelope>(StreamName::Journal, 0);
    let snapshot = store.snapshot(StreamName::Journal).await?;
    let cached = snapshot.as_ref().and_then(state_of).filter(|state| state.last_seq() <= seen);
    let mut state = cached.unwrap_or_else(|| State::new(store.id().clone()));
    loop {
        let page = journal.read(state.last_seq(), PAGE).await?;
        for envelope in &page {
            state.apply(envelope)?;
            if envelope.seq > seen {
                booked(&state, envelope);
            }
        }
        if page.len() < PAGE {
            return Ok(state);
        }
    }
}

/// The last frame that the tenant's journal names.
pub(super) async fn last_frame(store: &TenantStore) -> Result<Option<FrameId>, TenantError> {
    let journal = store.journal::<Envelope>(StreamName::Journal, 0);
    let mut end = journal.head().await?.last_seq;
    while end > 0 {
        let begin = end.saturating_sub(PAGE as u64);
        let page = journal.read(begin, (end - begin) as usize).await?;
        let frame = |envelope: &Envelope| match envelope.cause {
            Cause::Frame(frame) => Some(frame),
            _ => None,
        };
        if let Some(frame) = page.iter().rev().find_map(frame) {
            return Ok(Some(frame));
        }
        end = begin;
    }
    Ok(None)
}

/// The close that the tenant's paper venue was playing when it recorded something last.
pub(super) async fn last_played(store: &TenantStore) -> Result<Option<Timestamp>, TenantError> {
    let stream = store.journal::<PaperRecord>(StreamName::Paper, 0);
    let last = stream.head().await?.last_seq.saturating_sub(1);
    Ok(stream.read(last, 1).await?.first().and_then(|record| record.played))
}
