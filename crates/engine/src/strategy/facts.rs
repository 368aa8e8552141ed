//! What one rule saw, in words: the numbers that decided it, and how far they are from turning.
#![expect(clippy::float_arithmetic, reason = "series are floats")]

use ballast_domain::{RuleOutcome, RuleState};

use super::expression::{Comparison, Condition, CrossDirection, Numeric};
use super::plan::{Compared, Relation, RulePlan};

/// One comparison with its values, or the side that has none.
enum Part<'a> {
    Compared(Pair<'a>),
    /// Of a cross only where the two stand now is known: on the side that it leads to it may have
    /// happened at this bar or before.
    MayHaveCrossed(Pair<'a>),
    Missing(String),
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    of: &'a Compared,
    left: f64,
    right: f64,
}

/// What a rule saw, such as `rsi(close, 14) is 71.2, not below 70 (1.2 too high)`. Of one that
/// failed only what stood in its way, of one that passed only what let it.
pub(super) fn facts(rule: &RulePlan, outcome: &RuleOutcome) -> String {
    let parts = rule.comparisons.iter().zip(&outcome.operands);
    let parts: Vec<Part<'_>> = parts.map(|(of, values)| part(of, *values)).collect();
    let (facts, state) = match outcome.state {
        RuleState::Pass => (deciding(&parts, true), "is true"),
        RuleState::Fail => (deciding(&parts, false), "is false"),
        RuleState::NotReady => (missing(&parts), "has no value yet"),
    };
    let single = matches!(rule.condition, Condition::Compare { .. } | Condition::Cross { .. });
    match (single, facts.is_empty()) {
        (_, true) => format!("{} {state}", rule.condition),
        (true, false) => facts.join("; "),
        (false, false) => format!("{} {state}: {}", rule.condition, facts.join("; ")),
    }
}

fn part(of: &Compared, values: (Option<f64>, Option<f64>)) -> Part<'_> {
    let (left, right) = match values {
        (Some(left), Some(right)) => (left, right),
        (None, Some(_)) => return Part::Missing(format!("{} has no value yet", of.left)),
        (Some(_), None) => return Part::Missing(format!("{} has no value yet", of.right)),
        (None, None) => {
            return Part::Missing(format!("{} and {} have no value yet", of.left, of.right));
        }
    };
    let pair = Pair { of, left, right };
    match of.relation {
        Relation::Cross(direction) if leads_to(direction).holds(left, right) => {
            Part::MayHaveCrossed(pair)
        }
        Relation::Compare(_) | Relation::Cross(_) => Part::Compared(pair),
    }
}

/// The comparisons that are as the rule came out; where none is, crosses must have decided it.
fn deciding(parts: &[Part<'_>], passed: bool) -> Vec<String> {
    let known = parts.iter().filter_map(|part| match part {
        Part::Compared(pair) => (pair.is_as_wanted() == passed).then(|| pair.words()),
        Part::MayHaveCrossed(_) | Part::Missing(_) => None,
    });
    let known: Vec<String> = known.collect();
    let crosses = parts.iter().filter_map(|part| match part {
        Part::MayHaveCrossed(pair) => Some(pair.cross_words(passed != pair.of.negated)),
        Part::Compared(_) | Part::Missing(_) => None,
    });
    match passed || known.is_empty() {
        true => known.into_iter().chain(crosses).collect(),
        false => known,
    }
}

fn missing(parts: &[Part<'_>]) -> Vec<String> {
    let missing = parts.iter().filter_map(|part| match part {
        Part::Missing(words) => Some(words.clone()),
        Part::Compared(_) | Part::MayHaveCrossed(_) => None,
    });
    missing.collect()
}

impl Pair<'_> {
    /// Whether it is true, or untrue below a `not`. A cross that is not where it leads to has not
    /// happened.
    fn is_as_wanted(&self) -> bool {
        let holds = match self.of.relation {
            Relation::Compare(comparison) => comparison.holds(self.left, self.right),
            Relation::Cross(_) => false,
        };
        holds != self.of.negated
    }

    fn words(&self) -> String {
        let comparison = match self.of.relation {
            Relation::Compare(comparison) => comparison,
            Relation::Cross(_) => return self.cross_words(false),
        };
        let (left, right) = (&self.of.left, &self.of.right);
        // A person reads where the series is, not where the limit is.
        let (pair, comparison) = match (left, right) {
            (Numeric::Constant(_), Numeric::Constant(_)) | (_, Numeric::Constant(_)) => {
                ((left, self.left, right, self.right), comparison)
            }
            (Numeric::Constant(_), _) => {
                ((right, self.right, left, self.left), comparison.mirrored())
            }
            _ => ((left, self.left, right, self.right), comparison),
        };
        let (left, is, right, limit) = pair;
        let relation = relation_words(comparison, comparison.holds(is, limit));
        let wanted = if self.of.negated { comparison.negated() } else { comparison };
        let distance = distance_words(wanted, is, limit);
        format!("{} {relation} {}{distance}", subject(left, is), object(right, limit))
    }

    fn cross_words(&self, crossed: bool) -> String {
        let Relation::Cross(direction) = self.of.relation else { return String::new() };
        let there = leads_to(direction);
        let verb = match (direction, crossed) {
            (CrossDirection::Over, true) => "crossed above",
            (CrossDirection::Over, false) => "did not cross above",
            (CrossDirection::Under, true) => "crossed below",
            (CrossDirection::Under, false) => "did not cross below",
        };
        let hint = match (direction, crossed, there.holds(self.left, self.right)) {
            (_, true, _) => String::new(),
            (_, false, false) => distance_words(there, self.left, self.right),
            (CrossDirection::Over, false, true) => " (it is above already)".to_owned(),
            (CrossDirection::Under, false, true) => " (it is below already)".to_owned(),
        };
        let (left, right) = (object(&self.of.left, self.left), object(&self.of.right, self.right));
        format!("{left} {verb} {right}{hint}")
    }
}

/// Where the first series of a cross stands after it.
const fn leads_to(direction: CrossDirection) -> Comparison {
    match direction {
        CrossDirection::Over => Comparison::Greater,
        CrossDirection::Under => Comparison::Less,
    }
}

/// By how much a comparison that is wanted does not hold; nothing where it does.
fn distance_words(wanted: Comparison, is: f64, limit: f64) -> String {
    if wanted.holds(is, limit) {
        return String::new();
    }
    let distance = shorten((is - limit).abs());
    match wanted {
        Comparison::NotEqual => String::new(),
        Comparison::Equal => format!(" ({distance} apart)"),
        Comparison::Greater | Comparison::Less if Comparison::Equal.holds(is, limit) => {
            " (they are equal)".to_owned()
        }
        Comparison::Greater | Comparison::GreaterOrEqual => format!(" ({distance} too low)"),
        Comparison::Less | Comparison::LessOrEqual => format!(" ({distance} too high)"),
    }
}

fn subject(number: &Numeric, value: f64) -> String {
    match number {
        Numeric::Constant(_) => format!("{number} is"),
        _ => format!("{number} is {},", shorten(value)),
    }
}

fn object(number: &Numeric, value: f64) -> String {
    match number {
        Numeric::Constant(_) => number.to_string(),
        _ => format!("{number} at {}", shorten(value)),
    }
}

const fn relation_words(comparison: Comparison, holds: bool) -> &'static str {
    match (comparison, holds) {
        (Comparison::Less, true) | (Comparison::GreaterOrEqual, false) => "below",
        (Comparison::Less, false) => "not below",
        (Comparison::Greater, true) | (Comparison::LessOrEqual, false) => "above",
        (Comparison::Greater, false) => "not above",
        (Comparison::LessOrEqual, true) => "at or below",
        (Comparison::GreaterOrEqual, true) => "at or above",
        (Comparison::Equal, true) | (Comparison::NotEqual, false) => "equal to",
        (Comparison::Equal, false) | (Comparison::NotEqual, true) => "different from",
    }
}

/// Six significant digits, enough to see by how much a rule failed.
fn shorten(value: f64) -> String {
    let magnitude = value.abs().max(1e-12).log10().floor() as i32;
    let decimals = (5 - magnitude).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
