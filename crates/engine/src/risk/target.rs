//! The gate for the targets that a person sets for an open trade.
//!
//! They do not change what can be lost, and pass whatever stops entries. None may be reached at
//! once, and together they never close more than the entry or more than is held.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{Price, Refusal, Target, Trade};
use rust_decimal::{Decimal, RoundingStrategy};

use super::gate::View;
use super::levels::is_beyond;
use super::stop::off_tick;
use crate::position;

/// Targets that a trade may have at a time.
pub const MOST_TARGETS: usize = 20;
/// Targets that a trade may have had in its life: a number is never given again, because what it
/// has filled may still be told.
pub const MOST_LEGS: usize = 100;

/// One of the targets that a trade is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TargetChange {
    /// Which of its targets it is, counted from one; a new one without.
    pub number: Option<u8>,
    /// Where it is to lie; where it does when absent.
    pub level: Option<Price>,
    /// Which share of the entry it closes, what it has closed included; what it has when absent,
    /// and for a new one what the others leave of the entry.
    pub portion: Option<Decimal>,
}

/// The targets of a trade as they are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTargets {
    /// By the numbers of their legs.
    pub terms: Vec<TargetTerms>,
    /// What they come to for what has entered by now.
    pub targets: Vec<Target>,
}

/// Whether a target that closes this portion of the entry may have more to close: it was not taken
/// away, and has not closed all of its units.
#[must_use]
pub fn is_standing(target: &Target, portion: Decimal) -> bool {
    !portion.is_zero() && (target.filled.is_zero() || target.filled < target.quantity)
}

/// The terms of all legs of `trade` once its open targets are those of `changes`: one that is named
/// stays what it is as far as nothing else is said, the others are taken away, and those that have
/// closed all of theirs stay.
///
/// # Errors
/// Why there can be no such targets, and what to do.
pub fn asked_targets(trade: &Trade, changes: &[TargetChange]) -> Result<Vec<TargetTerms>, String> {
    let standing = position::standing_targets(trade);
    let mut terms = standing.clone();
    let stands = |place: usize| {
        let target = trade.targets.get(place);
        target.is_some_and(|target| is_standing(target, standing[place].portion))
    };
    for (place, target) in trade.targets.iter().enumerate().filter(|(place, _)| stands(*place)) {
        let number = place + 1;
        let named = changes.iter().filter(|change| change.number.map(usize::from) == Some(number));
        match named.collect::<Vec<_>>().as_slice() {
            [] => terms[place].portion = Decimal::ZERO,
            [change] => {
                let distance = Distance::At(change.level.unwrap_or(target.level));
                let portion = change.portion.unwrap_or(terms[place].portion);
                terms[place] = TargetTerms { distance, portion };
            }
            _ => return Err(format!("target {number} is named twice; name it once")),
        }
    }
    let is_known = |number: u8| usize::from(number).checked_sub(1).is_some_and(stands);
    if let Some(number) = changes.iter().filter_map(|it| it.number).find(|it| !is_known(*it)) {
        return Err(format!(
            "the trade has no target {number} that has still to close something; leave the number \
             out for a new one"
        ));
    }
    add_new(&mut terms, changes)?;
    if terms.iter().filter(|terms| !terms.portion.is_zero()).count() > MOST_TARGETS {
        return Err(format!("a trade has at most {MOST_TARGETS} targets; give fewer"));
    }
    match terms.len() > MOST_LEGS {
        true => Err(format!(
            "a trade has at most {MOST_LEGS} targets in its life; move those that it has by their \
             numbers"
        )),
        false => Ok(terms),
    }
}

/// Adds the targets without a number; one without a portion takes what the others leave.
fn add_new(terms: &mut Vec<TargetTerms>, changes: &[TargetChange]) -> Result<(), String> {
    let new = changes.iter().filter(|change| change.number.is_none());
    let mut open_ended = None;
    for change in new {
        let level = change.level.ok_or("a new target needs a level; say where it is to lie")?;
        if change.portion.is_none() && open_ended.replace(terms.len()).is_some() {
            return Err("only one target can take what the others leave; give the others portions"
                .to_owned());
        }
        let portion = change.portion.unwrap_or_default();
        terms.push(TargetTerms { distance: Distance::At(level), portion });
    }
    let Some(place) = open_ended else { return Ok(()) };
    let left = Decimal::ONE - terms.iter().map(|terms| terms.portion).sum::<Decimal>();
    if left <= Decimal::ZERO {
        return Err(
            "the other targets leave nothing of the entry; give them smaller portions".to_owned()
        );
    }
    terms[place].portion = left;
    Ok(())
}

/// The targets of `trade` by `terms`, a term for each leg and for those that are new; `None` when
/// they are so already.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn check_targets(
    trade: &Trade,
    terms: Vec<TargetTerms>,
    view: &View<'_>,
) -> Result<Option<MovedTargets>, Refusal> {
    let standing = position::standing_targets(trade);
    if standing == terms {
        return Ok(None);
    }
    let symbol = trade.symbol;
    let instrument = view.profile.document.instrument(symbol);
    let instrument = instrument.ok_or(Refusal::InstrumentUnknown { symbol })?;
    for (place, terms) in terms.iter().enumerate() {
        let Distance::At(level) = terms.distance else { continue };
        let stands = standing.get(place).is_some_and(|known| known.distance == terms.distance);
        if stands || terms.portion.is_zero() {
            continue;
        }
        if let Some((below, above)) = off_tick(level, instrument) {
            return Err(Refusal::TargetOffTick { level, below, above });
        }
        beyond_price(trade, level, view)?;
    }
    let portions: Decimal = terms.iter().map(|terms| terms.portion).sum();
    if portions > Decimal::ONE {
        return Err(Refusal::TargetsAboveEntry { portions });
    }
    let targets = position::targets(trade, &terms, instrument);
    let before = |place: usize| standing.get(place).map_or(Decimal::ZERO, |it| it.portion);
    let mut changed = terms.iter().enumerate().filter(|(place, it)| it.portion != before(*place));
    for (place, it) in changed.clone().filter(|(_, it)| !it.portion.is_zero()) {
        closes_something(&targets[place], it.portion, trade, instrument.lot_size)?;
    }
    if changed.any(|(place, it)| it.portion > before(place)) {
        within_held(&targets, trade)?;
    }
    Ok(Some(MovedTargets { terms, targets }))
}

/// Where the target would be reached at once, it is an exit that nobody asked for.
fn beyond_price(trade: &Trade, level: Price, view: &View<'_>) -> Result<(), Refusal> {
    let (price, _) = view.mark.ok_or(Refusal::MarketDataMissing)?;
    match is_beyond(level, price, trade.direction) {
        true => Ok(()),
        false => Err(Refusal::TargetBeyondPrice { level, price }),
    }
}

/// Whether a lot or more of the portion is left to close.
fn closes_something(
    target: &Target,
    portion: Decimal,
    trade: &Trade,
    lot: Option<ballast_domain::Quantity>,
) -> Result<(), Refusal> {
    let quantity = trade.entry_quantity.get().checked_mul(portion).ok_or(Refusal::Overflow)?;
    match (target.filled.is_zero(), !target.open_quantity().is_zero()) {
        (_, true) => Ok(()),
        (true, false) => {
            Err(Refusal::QuantityBelowLot { quantity, lot: lot.unwrap_or_default().get() })
        }
        (false, false) => {
            Err(Refusal::QuantityBelowFilled { quantity, filled: target.filled.get() })
        }
    }
}

fn within_held(targets: &[Target], trade: &Trade) -> Result<(), Refusal> {
    let quantity: Decimal = targets.iter().map(|target| target.open_quantity().get()).sum();
    let held = trade.open_quantity().get();
    if quantity <= held {
        return Ok(());
    }
    let most = held.checked_div(trade.entry_quantity.get()).unwrap_or_default();
    let most = most.round_dp_with_strategy(4, RoundingStrategy::ToZero);
    Err(Refusal::TargetsAboveHeld { quantity, held, most })
}
