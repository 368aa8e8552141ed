//! What keeps a profile from entering, asked by somebody who wonders why it does not.

use ballast_domain::{ProfileId, Refusal, Symbol};

use super::super::{Context, Engine};
use super::Answer;
use crate::risk;

/// Something that stands in the way of every entry, see [`risk::obstacles`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The instrument, where not all of the profile's have it.
    pub symbol: Option<Symbol>,
    /// What the gate would say.
    pub refusal: Refusal,
}

impl Engine {
    /// What all instruments of the profile have in common comes first, once.
    pub(super) fn obstacles(&self, context: &Context, profile: ProfileId) -> Answer {
        let Some(known) = self.trading(profile) else { return Answer::NoSuchProfile };
        let symbols = &known.document.strategy.symbols;
        let found = symbols.iter().map(|symbol| {
            let view = self.view(context, known, *symbol, None);
            (*symbol, risk::obstacles(*symbol, &view))
        });
        let found: Vec<(Symbol, Vec<Refusal>)> = found.collect();
        let is_common = |refusal: &Refusal| found.iter().all(|(_, all)| all.contains(refusal));
        let first = found.first().into_iter().flat_map(|(_, all)| all);
        let common = first
            .filter(|refusal| is_common(refusal))
            .map(|refusal| Obstacle { symbol: None, refusal: refusal.clone() });
        let own = found.iter().flat_map(|(symbol, all)| {
            let own = all.iter().filter(|refusal| !is_common(refusal));
            own.map(|refusal| Obstacle { symbol: Some(*symbol), refusal: refusal.clone() })
        });
        Answer::Obstacles(common.chain(own).collect())
    }
}
