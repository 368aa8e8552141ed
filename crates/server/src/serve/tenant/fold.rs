//! What a tenant's streams tell of it: its state, and the frame and the close at which it stood.

use ballast_domain::{Cause, Envelope, FrameId, Timestamp};
use ballast_engine::ports::Journal;
use ballast_engine::state::State;
use ballast_storage::{StreamName, TenantStore};
use ballast_venues::paper::PaperRecord;

use super::super::observer::state_of;
use super::TenantError;
use crate::views::TenantView;

/// Events read at once.
const PAGE: usize = 1_000;

/// The state as the newest snapshot and every event after it tell it.
pub(super) async fn state(store: &TenantStore) -> Result<State, TenantError> {
    let mut state = snapshot(store, u64::MAX).await?;
    fold(store, &mut state, u64::MAX, |_, _| {}).await?;
    Ok(state)
}

/// The same, with `view` told of every event that its stored rows do not have.
pub(super) async fn state_shown(
    store: &TenantStore,
    view: &TenantView,
) -> Result<State, TenantError> {
    let seen = view.begin().await?;
    let mut state = snapshot(store, seen).await?;
    fold(store, &mut state, seen, |_, _| {}).await?;
    view.resume(&state).await?;
    fold(store, &mut state, u64::MAX, |state, envelope| view.catch_up(state, envelope)).await?;
    Ok(state)
}

/// The newest snapshot where it holds nothing after `latest`, else the state before everything.
async fn snapshot(store: &TenantStore, latest: u64) -> Result<State, TenantError> {
    let snapshot = store.snapshot(StreamName::Journal).await?;
    let cached = snapshot.as_ref().and_then(state_of).filter(|state| state.last_seq() <= latest);
    Ok(cached.unwrap_or_else(|| State::new(store.id().clone())))
}

/// Folds the journal's events into a state, `last` at most.
async fn fold(
    store: &TenantStore,
    state: &mut State,
    last: u64,
    mut booked: impl FnMut(&State, &Envelope),
) -> Result<(), TenantError> {
    let journal = store.journal::<Envelope>(StreamName::Journal, 0);
    while state.last_seq() < last {
        let asked = usize::try_from(last - state.last_seq()).map_or(PAGE, |rest| rest.min(PAGE));
        let page = journal.read(state.last_seq(), asked).await?;
        for envelope in &page {
            state.apply(envelope)?;
            booked(state, envelope);
        }
        if page.len() < asked {
            break;
        }
    }
    Ok(())
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
