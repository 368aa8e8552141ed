//! What was simulated: how much, which faults, in which gaps processes ended.

use std::collections::BTreeMap;
use std::fmt;

use ballast_domain::Event;
use ballast_engine::ports::Gap;

use crate::scenario::Fault;

/// Counts of what happened.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: BTreeMap<(Kind, &'static str), u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Run,
    Fault,
    Crash,
    Event,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Run, Self::Fault, Self::Crash, Self::Event];

    const fn title(self) -> &'static str {
        match self {
            Self::Run => "Run",
            Self::Fault => "Faults injected",
            Self::Crash => "Processes ended",
            Self::Event => "Events journaled",
        }
    }
}

impl Tally {
    pub(crate) fn run(&mut self, what: &'static str) {
        self.count(Kind::Run, what, 1);
    }

    pub(crate) fn steps(&mut self, played: u64) {
        self.count(Kind::Run, "step", played);
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.count(Kind::Fault, fault.name(), 1);
    }

    pub(crate) fn other_fault(&mut self, what: &'static str) {
        self.count(Kind::Fault, what, 1);
    }

    /// A process has ended in a gap, or between two inputs.
    pub(crate) fn crash(&mut self, gap: Option<Gap>) {
        self.count(Kind::Crash, gap.map_or("between two inputs", Gap::name), 1);
    }

    pub(crate) fn event(&mut self, event: &Event) {
        self.count(Kind::Event, name(event), 1);
        if let Event::IntentAccepted { terms, .. } = event
            && terms.cancels.is_some()
        {
            self.count(Kind::Event, "intent accepted, one of a pair", 1);
        }
    }

    fn count(&mut self, kind: Kind, what: &'static str, by: u64) {
        *self.counts.entry((kind, what)).or_default() += by;
    }

    /// Adds what another run has counted.
    pub fn add(&mut self, other: &Self) {
        for ((kind, what), count) in &other.counts {
            self.count(*kind, what, *count);
        }
    }

    /// How often processes ended in a gap.
    #[must_use]
    pub fn crashes_in(&self, gap: Gap) -> u64 {
        self.counts.get(&(Kind::Crash, gap.name())).copied().unwrap_or_default()
    }

    /// The faults that were never injected.
    #[must_use]
    pub fn faults_missing(&self) -> Vec<&'static str> {
        let missing = |name: &&str| !self.counts.contains_key(&(Kind::Fault, *name));
        Fault::all().map(Fault::name).filter(missing).collect()
    }
}

/// An event's name in reports.
pub(crate) const fn name(event: &Event) -> &'static str {
    match event {
        Event::ProfileChanged { .. } => "profile changed",
        Event::ProfileStatusChanged { .. } => "status changed",
        Event::ProfileRemoved { .. } => "profile removed",
        Event::FlattenRequested { .. } => "flattening",
        Event::Evaluated { .. } => "evaluated",
        Event::SignalRefused { .. } => "signal refused",
        Event::IntentAccepted { .. } => "intent accepted",
        Event::OrderAccepted { .. } => "order accepted",
        Event::CancelRequested { .. } => "cancel requested",
        Event::AmendmentRequested { .. } => "amendment requested",
        Event::OrderAmended { .. } => "order amended",
        Event::AmendmentRejected { .. } => "amendment rejected",
        Event::OrderFilled { .. } => "order filled",
        Event::FillCorrected { .. } => "fill corrected",
        Event::OrderDone { .. } => "order done",
        Event::OrderUnknown { .. } => "order unknown",
        Event::ProtectionPlaced { .. } => "protection placed",
        Event::StopMoved { .. } => "stop moved",
        Event::TargetsMoved { .. } => "targets moved",
        Event::BarHeld { .. } => "bar held",
        Event::ExcursionsKnown { .. } => "excursions known",
        Event::CorporateAction { .. } => "corporate action",
        Event::DustClosed { .. } => "dust closed",
        Event::AvailableNegative { .. } => "available negative",
        Event::BrokerEventUnmatched { .. } => "message unmatched",
        Event::DayOpened { .. } => "day opened",
        Event::PeakEquity { .. } => "peak equity",
        Event::EntriesLocked { .. } => "entries locked",
        Event::EntriesUnlocked { .. } => "entries unlocked",
        Event::LimitsChanged { .. } => "limits changed",
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Kind::ALL {
            writeln!(f, "{}", kind.title())?;
            for ((of, what), count) in &self.counts {
                if *of == kind {
                    writeln!(f, "  {what:<32}{count:>10}")?;
                }
            }
        }
        Ok(())
    }
}
