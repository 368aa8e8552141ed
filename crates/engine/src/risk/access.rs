//! Whether anything may be entered at all: the product, trading control, the profile, and what the
//! tenant may do.

use ballast_domain::{Availability, Mode, ProfileStatus, Refusal, Symbol};

use super::gate::View;

/// Whether an entry of `symbol` may be looked at further.
pub(super) fn may_enter(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    all_of(symbol, view).into_iter().collect()
}

/// What each check of access says, in its order.
pub(super) fn all_of(symbol: Symbol, view: &View<'_>) -> [Result<(), Refusal>; 7] {
    [
        in_service(view),
        has_store(view),
        is_let_by_control(symbol, view),
        is_reviewed(view),
        is_running(view),
        is_entitled(view),
        has_credentials(view),
    ]
}

/// Whether anything that raises risk may be done to `symbol`.
pub(super) fn may_raise_risk(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    in_service(view)?;
    has_store(view)?;
    is_let_by_control(symbol, view)?;
    is_reviewed(view)
}

fn in_service(view: &View<'_>) -> Result<(), Refusal> {
    match &view.product.availability {
        Availability::Active => Ok(()),
        other => Err(Refusal::ProductUnavailable { availability: other.clone() }),
    }
}

const fn has_store(view: &View<'_>) -> Result<(), Refusal> {
    if view.store_away { Err(Refusal::StoreAway) } else { Ok(()) }
}

fn is_let_by_control(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    let control = view.control.ok_or(Refusal::ControlUnknown)?;
    let stop = control.strictest(view.profile.control_subject(view.state.tenant(), symbol));
    match stop {
        Some(stop) => Err(Refusal::Control {
            mode: stop.mode,
            by: stop.by.clone(),
            reason: stop.reason.clone(),
            scope: Some(stop.scope.clone()),
            at: Some(stop.at),
        }),
        None => Ok(()),
    }
}

fn is_reviewed(view: &View<'_>) -> Result<(), Refusal> {
    match view.profile.status {
        ProfileStatus::Running | ProfileStatus::Stopped => Ok(()),
        ProfileStatus::UnderReview => Err(Refusal::UnderReview),
    }
}

fn is_running(view: &View<'_>) -> Result<(), Refusal> {
    match view.profile.status {
        ProfileStatus::Running | ProfileStatus::UnderReview => Ok(()),
        ProfileStatus::Stopped => Err(Refusal::ProfileStopped),
    }
}

const fn is_entitled(view: &View<'_>) -> Result<(), Refusal> {
    match view.profile.document.mode {
        Mode::Live if !view.product.live_trading => Err(Refusal::NotEntitled { mode: Mode::Live }),
        Mode::Live | Mode::Paper | Mode::Backtest => Ok(()),
    }
}

/// Whether an order can be sent. No venue of this release takes credentials, so that none that
/// trades for money can be reached.
pub(super) fn has_credentials(view: &View<'_>) -> Result<(), Refusal> {
    let document = &view.profile.document;
    match document.mode {
        Mode::Live => Err(Refusal::CredentialsMissing { venue: document.venue }),
        Mode::Paper | Mode::Backtest => Ok(()),
    }
}
