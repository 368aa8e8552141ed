//! What of orders and positions their venue holds, and what is emulated in its place.
//!
//! The difference is what goes on while this server is away: what the venue holds does.

use ballast_domain::{OrderTerms, OrderType, Protection, Purpose, Trade};
use ballast_engine::ports::{Broker, Capabilities};
use ballast_venues::paper::PaperBroker;

use super::words::PartWord;

/// All profiles of this release trade at the paper venue.
const VENUE: Capabilities = PaperBroker::CAPABILITIES;

/// Parts of an order or a position, by who does them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The venue does, also while this server is away.
    pub(super) at_venue: Vec<PartWord>,
    /// This server does, while it runs.
    pub(super) emulated: Vec<PartWord>,
}

impl Parts {
    fn of(parts: &[(PartWord, bool)]) -> Self {
        let mut found = Self::default();
        for (part, _) in parts.iter().filter(|(_, there)| *there) {
            match holds(&VENUE, *part) {
                true => found.at_venue.push(*part),
                false => found.emulated.push(*part),
            }
        }
        found
    }

    /// What a working order has, and the trade that it enters will have.
    pub(super) fn of_order(terms: &OrderTerms) -> Self {
        let trails = matches!(terms.order_type, OrderType::TrailingStop { .. });
        let none = Protection::default();
        let protection = match &terms.purpose {
            Purpose::Enter { protection, .. } => protection,
            Purpose::Exit { .. } => &none,
        };
        let stop = protection.stop_loss.is_some() || protection.trailing.is_some();
        Self::of(&[
            (PartWord::TrailingOrder, trails),
            (PartWord::Oco, terms.cancels.is_some()),
            (PartWord::Stop, stop),
            (PartWord::Targets, !protection.targets.is_empty()),
            (PartWord::Trail, protection.trailing.is_some()),
            (PartWord::BreakEven, protection.break_even_at.is_some()),
            (PartWord::BarLimit, protection.max_bars.is_some()),
        ])
    }

    /// What an order has besides once another has named it as the other of its pair.
    pub(super) fn of_pair() -> Self {
        Self::of(&[(PartWord::Oco, true)])
    }

    /// What protects an open trade.
    pub(super) fn of_trade(trade: &Trade) -> Self {
        let protection = &trade.protection;
        let closes = trade.targets.iter().any(|target| !target.open_quantity().is_zero());
        Self::of(&[
            (PartWord::Stop, trade.stop.is_some()),
            (PartWord::Targets, closes),
            (PartWord::Trail, protection.trailing.is_some()),
            (PartWord::BreakEven, protection.break_even_at.is_some()),
            (PartWord::BarLimit, protection.max_bars.is_some()),
        ])
    }

    /// The same in sentences, each beginning with a blank; nothing where there is nothing to say.
    pub(super) fn text(&self) -> String {
        let list = |parts: &[PartWord]| {
            let names: Vec<_> = parts.iter().map(|part| name(*part)).collect();
            match names.split_last() {
                Some((last, before)) if !before.is_empty() => {
                    format!("{} and {last}", before.join(", "))
                }
                _ => names.concat(),
            }
        };
        let held = match self.at_venue.is_empty() {
            true => String::new(),
            false => format!(" The venue holds {}.", list(&self.at_venue)),
        };
        match self.emulated.is_empty() {
            true => held,
            false => {
                let parts = list(&self.emulated);
                format!("{held} This server emulates {parts}, while it runs.")
            }
        }
    }
}

/// Whether a venue does this by itself.
const fn holds(venue: &Capabilities, part: PartWord) -> bool {
    match part {
        PartWord::Stop => venue.stops,
        PartWord::Targets => venue.targets,
        PartWord::Oco => venue.pairs,
        PartWord::TrailingOrder => venue.trailing_orders,
        PartWord::Trail => venue.trails,
        PartWord::BreakEven | PartWord::BarLimit => false,
    }
}

const fn name(part: PartWord) -> &'static str {
    match part {
        PartWord::Stop => "the stop",
        PartWord::Targets => "the targets",
        PartWord::Oco => "the pair",
        PartWord::TrailingOrder => "the trailing order",
        PartWord::Trail => "the trail",
        PartWord::BreakEven => "the move to break-even",
        PartWord::BarLimit => "the limit on bars",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_does_what_it_declares_and_the_engine_the_rest() {
        let parts = Parts::of(&[
            (PartWord::Stop, true),
            (PartWord::Targets, false),
            (PartWord::Trail, true),
            (PartWord::BreakEven, true),
        ]);
        assert_eq!(parts.at_venue, [PartWord::Stop]);
        assert_eq!(parts.emulated, [PartWord::Trail, PartWord::BreakEven]);
        let text = " The venue holds the stop. This server emulates the trail and the move to \
                    break-even, while it runs.";
        assert_eq!(parts.text(), text);
        assert_eq!(Parts::default().text(), "");
        let bare = Capabilities { stops: false, ..VENUE };
        assert!(!holds(&bare, PartWord::Stop) && holds(&bare, PartWord::Targets));
    }
}
