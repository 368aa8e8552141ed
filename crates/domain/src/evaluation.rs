//! Evaluations: what a strategy saw at one bar's close, as data that is put into words when read.

use serde::{Deserialize, Serialize};

use crate::id::ProfileId;
use crate::instrument::Symbol;
use crate::time::Timestamp;
use crate::trade::Direction;

/// One run of a strategy at a bar's close.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evaluation {
    /// Whose strategy.
    pub profile: ProfileId,
    /// On which instrument.
    pub symbol: Symbol,
    /// The bar's close.
    pub close_time: Timestamp,
    /// The position that it was made for; none while nothing is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Direction>,
    /// What came of it.
    pub decision: Decision,
    /// Each rule's outcome, in the order of the config.
    pub rules: Vec<RuleOutcome>,
}

/// What a strategy decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// Open a trade.
    Enter(Direction),
    /// Leave the trade.
    Exit,
    /// Leave the trade and open one the other way.
    Reverse(Direction),
    /// Do nothing.
    Hold(Hold),
}

/// Why a strategy did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hold {
    /// Some operand is still warming up or undefined.
    NotReady,
    /// An entry condition is true, but an average true range that the size or the exits read has
    /// no value yet.
    RangeNotReady,
    /// No entry condition is true.
    NoEntry,
    /// A trade is open and no exit condition is true.
    NoExit,
    /// Both entry conditions are true, so that neither is followed.
    Conflict,
    /// An order of this profile and symbol is already working.
    OrderWorking,
    /// The profile's session is closed.
    SessionClosed,
    /// The profile is not running.
    Stopped,
    /// Something of the profile has to be looked at before it goes on.
    UnderReview,
    /// Bars missed while the process was down are caught up on; they make no signals.
    CatchingUp,
}

/// Which of the config's conditions a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleRole {
    /// `entry`.
    Entry,
    /// `exit`.
    Exit,
    /// `entryShort`.
    EntryShort,
    /// `exitShort`.
    ExitShort,
}

/// How one rule came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleState {
    /// True.
    Pass,
    /// False.
    Fail,
    /// Some operand is still warming up or undefined.
    NotReady,
}

/// One rule's outcome with the numbers it compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleOutcome {
    /// Which condition it belongs to.
    pub role: RuleRole,
    /// Its place among the condition's rules, from zero.
    pub index: u16,
    /// How it came out.
    pub state: RuleState,
    /// Left and right side of each of its comparisons, in the order of its text; null while not
    /// ready.
    pub operands: Vec<(Option<f64>, Option<f64>)>,
}
