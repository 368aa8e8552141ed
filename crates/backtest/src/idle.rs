//! Why a run made no trade, in words.
//!
//! What happened during the run says how far the strategy came. When its entry was never true, the
//! data is read once more to count how often each part of the entry held: the part that never does
//! is what its owner wants to know. Only runs without trades pay for it.

use ballast_domain::strategy::{DirectionRule, RuleSet};
use ballast_domain::{Bar, StrategyConfig, Symbol, Timeframe, Timestamp};
use ballast_engine::market::{Board, Frame, SeriesId};
use ballast_engine::strategy::expression::{self, Condition};

use crate::run::{Outcome, Request, RunError, venue};

/// How often one part of an entry held: a named rule, or an operand of the entry's outermost `and`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartCount {
    /// The rule's name, or the operand's text.
    pub part: String,
    /// Closes at which it was true, over all symbols.
    pub held: u64,
    /// Closes at which it was true or false.
    pub ready: u64,
}

/// Counts how often each part of the entries of `request` held over `bars`.
///
/// # Errors
/// As [`crate::run`].
pub fn count_parts(
    request: &Request,
    bars: impl IntoIterator<Item = (Symbol, Bar)>,
) -> Result<Vec<PartCount>, RunError> {
    let mut board = Board::new(venue(), request.timeframe);
    for instrument in &request.instruments {
        board.subscribe(instrument.symbol);
    }
    let mut counter = Counter::new(&request.config, &mut board)?;
    let mut last: Option<Timestamp> = None;
    for (symbol, bar) in bars {
        last = Some(bar.close_time);
        board.push(symbol, &bar, |frame| counter.count(frame))?;
    }
    if let Some(last) = last {
        board.expire(last, |frame| counter.count(frame));
    }
    Ok(counter.counts)
}

/// Why `outcome` has no trade; `None` when it has one. `parts` come from [`count_parts`] and are
/// only read when the entry was never true or never ready.
#[must_use]
pub fn why_idle(outcome: &Outcome, parts: &[PartCount]) -> Option<String> {
    let activity = &outcome.activity;
    if outcome.summary.closed_trades > 0 || !outcome.open.is_empty() {
        return None;
    }
    Some(if let Some((at, reason)) = &activity.first_rejection {
        let orders = times(activity.rejections);
        format!("No order could be filled: rejected {orders}, first at {at}: {reason}.")
    } else if let Some(at) = activity.first_short_of_volume {
        format!(
            "The entry signalled at {at} never filled: the share of a bar's volume that one fill \
             may take is less than a lot at every later bar; allow a larger share or a smaller lot."
        )
    } else if activity.entries_accepted > 0 {
        "The only signal came at the last bar, and there is no later open to fill it.".to_owned()
    } else if let Some(first) = activity.refusals.first() {
        let signals: u64 = activity.refusals.iter().map(|refused| refused.count).sum();
        format!(
            "Every signal was refused: {}, first at {}: {}.",
            times(signals),
            first.first_at,
            first.first
        )
    } else if activity.entries_conflicted {
        "The long and the short entry were only ever true together, so neither was followed; make \
         them exclude each other."
            .to_owned()
    } else if activity.entries_without_range {
        format!(
            "The entry was only true while an average true range that its size or exits read had \
             no value yet{}; give more bars before it or a shorter period.",
            held(parts)
        )
    } else if activity.entry_was_ready {
        format!("The entry was never true{}.", held(parts))
    } else {
        let why = unready(parts);
        format!("The entry was never ready{why}; give more bars or a shorter look-back.")
    })
}

struct Counter {
    timeframe: Timeframe,
    counts: Vec<PartCount>,
    /// For each symbol of the config its row and the series of each part.
    rows: Vec<(usize, Vec<SeriesId>)>,
}

impl Counter {
    fn new(config: &StrategyConfig, board: &mut Board) -> Result<Self, RunError> {
        let parts = parts(config);
        let mut rows = Vec::with_capacity(config.symbols.len());
        for symbol in &config.symbols {
            let series = parts
                .iter()
                .map(|(_, condition)| board.condition(*symbol, config.timeframe, condition))
                .collect::<Result<Vec<_>, _>>()?;
            rows.push((board.row_of(*symbol).unwrap_or_default(), series));
        }
        let counts = parts.into_iter().map(|(part, _)| PartCount { part, held: 0, ready: 0 });
        Ok(Self { timeframe: config.timeframe, counts: counts.collect(), rows })
    }

    fn count(&mut self, frame: &Frame) {
        if frame.id.timeframe != self.timeframe {
            return;
        }
        for (row, series) in &self.rows {
            let Some(row) = frame.rows.get(*row).filter(|row| row.bar.is_some()) else { continue };
            for (count, series) in self.counts.iter_mut().zip(series) {
                if let Some(holds) = row.holds(*series) {
                    count.ready += 1;
                    count.held += u64::from(holds);
                }
            }
        }
    }
}

/// The parts of the entries, labelled. A text that does not parse has no part: such a config does
/// not run.
fn parts(config: &StrategyConfig) -> Vec<(String, Condition)> {
    let short = config.entry_short.as_ref().filter(|_| config.direction == DirectionRule::Both);
    let mut parts = Vec::new();
    for rules in std::iter::once(&config.entry).chain(short) {
        match rules {
            RuleSet::Expression(text) => {
                let conditions = match expression::parse_condition(text) {
                    Ok(Condition::And(operands)) => operands,
                    Ok(condition) => vec![condition],
                    Err(_) => Vec::new(),
                };
                let labelled = conditions.into_iter().map(|part| (format!("`{part}`"), part));
                parts.extend(labelled);
            }
            RuleSet::Named(named) => {
                let labelled = named.rules.iter().filter_map(|rule| {
                    let condition = expression::parse_condition(&rule.when).ok()?;
                    Some((rule.name.clone(), condition))
                });
                parts.extend(labelled);
            }
        }
    }
    parts
}

/// At how many closes each part held, the rarest first.
fn held(parts: &[PartCount]) -> String {
    let mut parts: Vec<_> = parts.iter().filter(|part| part.ready > 0).collect();
    parts.sort_by_key(|part| part.held);
    let told = parts.iter().take(MOST_PARTS).map(|part| {
        let PartCount { part, held, ready } = part;
        format!("{part} held at {held} of {ready} closes")
    });
    match told.collect::<Vec<_>>().join(", ") {
        told if told.is_empty() => told,
        told => format!(": {told}"),
    }
}

/// Names the parts that had no value at any close.
fn unready(parts: &[PartCount]) -> String {
    let unready = parts.iter().filter(|part| part.ready == 0).take(MOST_PARTS);
    match unready.map(|part| part.part.as_str()).collect::<Vec<_>>().join(", ") {
        names if !names.is_empty() => format!(": {names} had no value at any close"),
        _ => String::new(),
    }
}

/// More parts than these are not told.
const MOST_PARTS: usize = 7;

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}
