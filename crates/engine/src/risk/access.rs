//! Whether anything may be entered at all: the product, trading control, the profile, and what the
//! tenant may do.

use ballast_domain::{Availability, ControlMode, Mode, ProfileStatus, Refusal, Symbol};

use super::gate::View;

/// Whether an entry of `symbol` may be looked at further.
pub(super) fn may_enter(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    may_raise_risk(symbol, view)?;
    if view.profile.status == ProfileStatus::Stopped {
        return Err(Refusal::ProfileStopped);
    }
    match view.profile.document.mode {
        Mode::Live if !view.product.live_trading => Err(Refusal::NotEntitled { mode: Mode::Live }),
        Mode::Live | Mode::Paper | Mode::Backtest => has_credentials(view),
    }
}

/// Whether anything that raises risk may be done to `symbol`.
pub(super) fn may_raise_risk(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    if view.product.availability != Availability::Active {
        let availability = view.product.availability.clone();
        return Err(Refusal::ProductUnavailable { availability });
    }
    if view.store_away {
        return Err(Refusal::StoreAway);
    }
    let control = view.control.ok_or(Refusal::ControlUnknown)?;
    let stop = control.strictest(view.profile.control_subject(view.state.tenant(), symbol));
    if let Some(stop) = stop.filter(|stop| stop.mode > ControlMode::Running) {
        return Err(Refusal::Control {
            mode: stop.mode,
            by: stop.by.clone(),
            reason: stop.reason.clone(),
            scope: Some(stop.scope.clone()),
            at: Some(stop.at),
        });
    }
    match view.profile.status {
        ProfileStatus::Running | ProfileStatus::Stopped => Ok(()),
        ProfileStatus::UnderReview => Err(Refusal::UnderReview),
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
