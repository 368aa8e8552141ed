//! Trading control: who has stopped what, and what that forbids.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ProfileId, TenantId};
use crate::instrument::{PresetName, Symbol, VenueId};
use crate::time::Timestamp;

/// What is allowed; the strictest that applies wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum ControlMode {
    /// Everything.
    #[default]
    Running,
    /// No entries; exits, stops and targets go on.
    Paused,
    /// As paused, and entries that are working are cancelled.
    Halted,
}

impl fmt::Display for ControlMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Halted => "HALTED",
        })
    }
}

/// What a stop covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "camelCase")]
pub enum Scope {
    /// Everything.
    Global,
    /// Everything at one venue.
    Venue(VenueId),
    /// Everything of one tenant.
    Tenant(TenantId),
    /// One profile.
    Profile(ProfileId),
    /// One symbol, wherever it is traded.
    Symbol(Symbol),
    /// Every profile whose strategy config was made from this preset.
    Preset(PresetName),
}

/// Where it is, behind a noun: `everywhere`, `of GOOG`, `at venue paper`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("everywhere"),
            Self::Venue(venue) => write!(f, "at venue {venue}"),
            Self::Tenant(tenant) => write!(f, "of tenant {tenant}"),
            Self::Profile(profile) => write!(f, "of profile {profile}"),
            Self::Symbol(symbol) => write!(f, "of {symbol}"),
            Self::Preset(preset) => write!(f, "of preset {preset}"),
        }
    }
}

/// One stop in force: its scope, who set it, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlEntry {
    /// What it covers.
    pub scope: Scope,
    /// What it allows.
    pub mode: ControlMode,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Every stop in force at one version of control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlSnapshot {
    /// Counted up with each change.
    pub version: u64,
    /// The stops; empty when everything runs.
    pub entries: Vec<ControlEntry>,
}

/// What a signal is about, for finding the stops that apply to it.
#[derive(Debug, Clone, Copy)]
pub struct ControlSubject<'a> {
    /// Where it would trade.
    pub venue: VenueId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// Its profile.
    pub profile: ProfileId,
    /// What it would trade.
    pub symbol: Symbol,
    /// What its strategy config was made from, where it is known.
    pub preset: Option<PresetName>,
}

impl ControlSnapshot {
    /// The strictest stop that applies to `subject`; `None` when it may run.
    #[must_use]
    pub fn strictest(&self, subject: ControlSubject<'_>) -> Option<&ControlEntry> {
        let applies = |entry: &&ControlEntry| match &entry.scope {
            Scope::Global => true,
            Scope::Venue(venue) => *venue == subject.venue,
            Scope::Tenant(tenant) => tenant == subject.tenant,
            Scope::Profile(profile) => *profile == subject.profile,
            Scope::Symbol(symbol) => *symbol == subject.symbol,
            Scope::Preset(preset) => Some(*preset) == subject.preset,
        };
        let stops = self.entries.iter().filter(|entry| entry.mode > ControlMode::Running);
        stops.filter(applies).max_by_key(|entry| entry.mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(scope: Scope, mode: ControlMode) -> ControlEntry {
        let at = Timestamp::default();
        ControlEntry { scope, mode, by: "op".to_owned(), at, reason: "test".to_owned() }
    }

    #[test]
    fn the_strictest_stop_that_applies_wins() {
        let tenant = "alice".parse().unwrap();
        let subject = ControlSubject {
            venue: "paper".parse().unwrap(),
            tenant: &tenant,
            profile: ProfileId::from_bits(1),
            symbol: "GOOG".parse().unwrap(),
            preset: Some("trend".parse().unwrap()),
        };
        let mode = |entries: &[ControlEntry]| {
            let snapshot = ControlSnapshot { version: 1, entries: entries.to_vec() };
            snapshot.strictest(subject).map(|entry| entry.mode)
        };
        let other = Scope::Profile(ProfileId::from_bits(2));
        assert_eq!(mode(&[]), None);
        assert_eq!(mode(&[entry(other, ControlMode::Halted)]), None);
        assert_eq!(mode(&[entry(Scope::Global, ControlMode::Running)]), None);
        let other = Scope::Preset("grid".parse().unwrap());
        assert_eq!(mode(&[entry(other, ControlMode::Halted)]), None);
        let preset = Scope::Preset("trend".parse().unwrap());
        assert_eq!(mode(&[entry(preset, ControlMode::Paused)]), Some(ControlMode::Paused));
        let symbol = entry(Scope::Symbol(subject.symbol), ControlMode::Halted);
        let global = entry(Scope::Global, ControlMode::Paused);
        assert_eq!(mode(&[symbol, global]), Some(ControlMode::Halted));
    }
}
