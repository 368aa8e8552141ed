//! What limits look back on: entries, closed trades, equity and locks, as the journal tells them.
//!
//! All of it is bounded, and a restart never resets it.

use std::collections::{BTreeMap, VecDeque};

use ballast_domain::limits::{MAX_ORDERS, MAX_TRADES};
use ballast_domain::{
    Day, Direction, ExitReason, Lock, OrderTerms, Purpose, Symbol, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Nanoseconds in which entries are counted for the order rate.
pub const RATE_WINDOW: i64 = 60_000_000_000;

/// For how long what has ended is kept all the same: a clock that was ahead and is set back has not
/// ended it.
const CLOCK_SLACK: i64 = 3_600_000_000_000;

/// What limits look back on, of one profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// When the entries of the last hour were accepted, in order.
    entries: VecDeque<Timestamp>,
    /// When the last entry of each instrument was accepted, by direction.
    last_entries: BTreeMap<Symbol, LastEntries>,
    outcomes: BTreeMap<Symbol, Outcomes>,
    /// Trades that have closed so far.
    closes: u64,
    /// Locks of entries, those that have ended among them until the next one comes.
    pub locks: Vec<Lock>,
    /// The day that was opened last, where something of the day is limited.
    pub day: Option<OpenedDay>,
    /// The highest equity so far, where the drawdown is limited, in the profile's currency.
    pub peak: Option<Decimal>,
}

/// A day and what the profile was worth as it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedDay {
    /// The day where the profile is.
    pub day: Day,
    /// Equity at its opening, in the profile's currency; money that came or went since is in it.
    pub equity: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct LastEntries {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    long: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short: Option<Timestamp>,
}

/// What a closed trade came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The trade.
    pub trade: TradeId,
    /// Which of the profile's trades it was to close, counted from one.
    pub number: u64,
    /// When it closed.
    pub closed_at: Timestamp,
    /// Profit net of all fees, in quote currency.
    pub profit: Decimal,
    /// What its entry cost, in quote currency.
    pub cost: Decimal,
    /// Whether a stop has left it.
    pub by_stop: bool,
}

impl Outcome {
    /// Whether a stop has left it at a loss.
    #[must_use]
    pub fn is_stopped_out(&self) -> bool {
        self.by_stop && self.profit < Decimal::ZERO
    }
}

/// The latest outcomes of one instrument, oldest first: so many trades, and so many stop-outs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Outcomes {
    /// The latest trades.
    pub trades: VecDeque<Outcome>,
    /// The latest of them that a stop has left at a loss.
    pub stopped_out: VecDeque<Outcome>,
}

impl Counters {
    /// Entries that were accepted within the minute before `at`.
    #[must_use]
    pub fn entries_of_minute(&self, at: Timestamp) -> usize {
        let since = at.saturating_add_nanos(-RATE_WINDOW);
        self.entries.len() - self.entries.partition_point(|entry| *entry <= since)
    }

    /// When the last entry of an instrument and direction was accepted.
    #[must_use]
    pub fn last_entry(&self, symbol: Symbol, direction: Direction) -> Option<Timestamp> {
        let last = self.last_entries.get(&symbol)?;
        match direction {
            Direction::Long => last.long,
            Direction::Short => last.short,
        }
    }

    /// The latest outcomes of each instrument.
    pub fn outcomes(&self) -> impl Iterator<Item = (Symbol, &Outcomes)> {
        self.outcomes.iter().map(|(symbol, outcomes)| (*symbol, outcomes))
    }

    /// The latest outcomes of one instrument.
    #[must_use]
    pub fn outcomes_of(&self, symbol: Symbol) -> Option<&Outcomes> {
        self.outcomes.get(&symbol)
    }

    /// The locks that hold for an instrument at `at`.
    pub fn locks_at(&self, symbol: Symbol, at: Timestamp) -> impl Iterator<Item = &Lock> {
        let holds =
            move |lock: &&Lock| lock.until > at && lock.symbol.is_none_or(|of| of == symbol);
        self.locks.iter().filter(holds)
    }

    /// An instrument has another name.
    pub(super) fn rename(&mut self, from: Symbol, to: Symbol) {
        if let Some(entries) = self.last_entries.remove(&from) {
            self.last_entries.insert(to, entries);
        }
        if let Some(outcomes) = self.outcomes.remove(&from) {
            self.outcomes.insert(to, outcomes);
        }
        for lock in self.locks.iter_mut().filter(|lock| lock.symbol == Some(from)) {
            lock.symbol = Some(to);
        }
    }

    pub(super) fn entered(&mut self, terms: &OrderTerms) {
        let Purpose::Enter { direction, .. } = terms.purpose else { return };
        let last = self.last_entries.entry(terms.symbol).or_default();
        let last = match direction {
            Direction::Long => &mut last.long,
            Direction::Short => &mut last.short,
        };
        *last = (*last).max(Some(terms.accepted_at));
        // Frames are stamped with their close, so that one may follow what a person did after it.
        let place = self.entries.partition_point(|entry| *entry <= terms.accepted_at);
        self.entries.insert(place, terms.accepted_at);
        // Not since the newest: one accepted while the clock was ahead would hide the rest.
        let since = terms.accepted_at.saturating_add_nanos(-RATE_WINDOW - CLOCK_SLACK);
        while self.entries.len() > MAX_ORDERS as usize
            || self.entries.front().is_some_and(|entry| *entry <= since)
        {
            self.entries.pop_front();
        }
    }

    /// A trade has closed; one that a correction has changed stays which it was to close.
    pub(super) fn closed(&mut self, trade: &mut Trade) {
        let closes = &mut self.closes;
        let number = *trade.close_number.get_or_insert_with(|| {
            *closes += 1;
            *closes
        });
        let profit = trade.net_profit().map(|profit| profit.amount()).unwrap_or_default();
        let outcome = Outcome {
            trade: trade.id,
            number,
            closed_at: trade.closed_at.unwrap_or(trade.opened_at),
            profit,
            cost: trade.entry_notional.amount(),
            by_stop: matches!(
                trade.exit_reason,
                Some(ExitReason::StopLoss | ExitReason::TrailingStop | ExitReason::Liquidation)
            ),
        };
        let outcomes = self.outcomes.entry(trade.symbol).or_default();
        if outcome.is_stopped_out() {
            keep(&mut outcomes.stopped_out, outcome.clone());
        }
        keep(&mut outcomes.trades, outcome);
    }

    /// A late fill has opened a closed trade again.
    pub(super) fn reopened(&mut self, trade: &Trade) {
        if let Some(outcomes) = self.outcomes.get_mut(&trade.symbol) {
            outcomes.trades.retain(|outcome| outcome.trade != trade.id);
            outcomes.stopped_out.retain(|outcome| outcome.trade != trade.id);
        }
    }

    /// A lock takes the place of one of the same kind, and of those that ended long ago.
    pub(super) fn locked(&mut self, lock: Lock, at: Timestamp) {
        let same =
            |other: &Lock| other.symbol == lock.symbol && other.why.limit() == lock.why.limit();
        let since = at.saturating_add_nanos(-CLOCK_SLACK);
        self.locks.retain(|other| other.until > since && !same(other));
        self.locks.push(lock);
    }

    /// Without an instrument all locks end.
    pub(super) fn unlocked(&mut self, symbol: Option<Symbol>) {
        self.locks.retain(|lock| symbol.is_some() && lock.symbol != symbol);
    }

    /// Money that comes or goes is no gain and no loss.
    pub(super) fn paid(&mut self, change: Decimal) {
        if let Some(day) = &mut self.day {
            day.equity = day.equity.saturating_add(change);
        }
        if let Some(peak) = &mut self.peak {
            *peak = peak.saturating_add(change);
        }
    }
}

/// Keeps an outcome at its place, unless enough later ones are known.
fn keep(latest: &mut VecDeque<Outcome>, outcome: Outcome) {
    let place = latest.partition_point(|known| known.number < outcome.number);
    latest.insert(place, outcome);
    if latest.len() > MAX_TRADES as usize {
        latest.pop_front();
    }
}
