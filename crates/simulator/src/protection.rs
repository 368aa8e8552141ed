//! What protects open trades: where the engine says that it stands, and where it does at the venue.

use ballast_domain::{Price, Quantity, Target, Trade};
use ballast_engine::matching::Matcher;
use ballast_engine::position;
use ballast_engine::state::{Profile, State};

use crate::invariants::{Found, Invariant, violation};

/// Every open trade has a stop where its protection gives one, and it stands no further away than
/// that, unless a person has moved it or a split has rounded it.
pub(crate) fn covered(state: &State) -> Found {
    let mut found = Vec::new();
    for profile in state.profiles() {
        for trade in profile.trades.values() {
            let Some(instrument) = profile.document.instrument(trade.symbol) else { continue };
            let Ok(price) = Price::new(trade.entry_price()) else { continue };
            let first = position::first_stop(&trade.protection, price, trade.direction, instrument);
            let Some(first) = first else { continue };
            let why = match trade.stop {
                None => "no stop".to_owned(),
                Some(_) if trade.amendments > 0 || trade.split_at.is_some() => continue,
                Some(stop) if stop.tighter(first, trade.direction).level == stop.level => continue,
                Some(stop) => format!("its stop at {}", stop.level),
            };
            let why = format!("{} has {why}, it should stand at {}", trade.id, first.level);
            found.push(violation(Invariant::Covered, why));
        }
    }
    found
}

/// When nothing is on its way, the venue holds what the engine holds, and protects it as the engine
/// believes.
pub(crate) fn stands_at_venue(profile: &Profile, account: &Matcher) -> Found {
    let mut found = Vec::new();
    let mut disagree = |trade: &Trade, ours: String, theirs: String| {
        let why = format!("{}: the engine has {ours}, the venue {theirs}", trade.id);
        found.push(violation(Invariant::ProtectedAtVenue, why));
    };
    for trade in profile.trades.values() {
        match account.held().find(|held| held.id == trade.id) {
            None => disagree(trade, format!("{trade:?}"), "nothing".to_owned()),
            Some(held) if protects(held) == protects(trade) => {}
            Some(held) => {
                disagree(trade, format!("{:?}", protects(trade)), format!("{:?}", protects(held)));
            }
        }
    }
    for held in account.held().filter(|held| !profile.trades.contains_key(&held.id)) {
        disagree(held, "nothing".to_owned(), format!("{held:?}"));
    }
    found
}

/// Units held, and the levels at which they are left.
fn protects(trade: &Trade) -> (Quantity, Option<Price>, &[Target]) {
    (trade.open_quantity(), trade.stop.map(|stop| stop.level), &trade.targets)
}
