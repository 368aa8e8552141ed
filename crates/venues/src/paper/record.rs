//! What the paper venue remembers: the records of its own stream, and an account.
//!
//! A record is appended before anybody is told of it. It holds the whole state of every account
//! that it changed, so that rebuilding needs no matcher to be run again: the last state wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::exits::TargetTerms;
use ballast_domain::id::Leg;
use ballast_domain::{
    ActionId, Amendment, BrokerEvent, CorporateAction, Instrument, Money, OrderId, OrderTerms,
    ProfileId, Stop, Symbol, Timestamp, TradeId,
};
use ballast_engine::matching::Matcher;
use serde::{Deserialize, Serialize};

/// The version of the record format that this build writes. A stored record keeps its meaning: what
/// changes gets a new entry or an optional field.
pub const PAPER_VERSION: u16 = 1;

/// One entry of the paper venue's stream: what happened together, and what came of it. Where that
/// is a lot, it is spread over several records that are appended together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaperRecord {
    /// The format's version, see [`PAPER_VERSION`].
    #[serde(default = "first_version")]
    pub version: u16,
    /// What happened, in order.
    pub what: Vec<PaperEntry>,
    /// The number of records, counted from the first, whose news the tenant had carried out by
    /// then; what came after them is told again after a restart.
    pub settled: u64,
    /// The close that was being played, or was the last to be: whoever plays a file again begins
    /// with it, because the rest of it may not have been played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub played: Option<Timestamp>,
    /// The accounts that it changed, as they stand afterwards.
    pub accounts: BTreeMap<ProfileId, Account>,
}

/// The first records did not say their version.
const fn first_version() -> u16 {
    1
}

impl Default for PaperRecord {
    fn default() -> Self {
        Self {
            version: PAPER_VERSION,
            what: Vec::new(),
            settled: 0,
            played: None,
            accounts: BTreeMap::new(),
        }
    }
}

/// What happened at the paper venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(deny_unknown_fields)]
pub enum PaperEntry {
    /// A profile got an account.
    AccountOpened {
        /// The profile.
        profile: ProfileId,
        /// What it may use.
        cash: Money,
    },
    /// What an account may use was changed.
    Deposited {
        /// The profile.
        profile: ProfileId,
        /// What came in; negative when it was taken out.
        amount: Money,
    },
    /// An account trades these instruments too, or with other steps.
    Listed {
        /// The profile.
        profile: ProfileId,
        /// The instruments, with the steps that count from now on.
        instruments: Vec<Instrument>,
    },
    /// An order arrived.
    Submitted {
        /// Its terms.
        terms: Arc<OrderTerms>,
    },
    /// An order came again; it was only told about again.
    Repeated {
        /// The order.
        order: OrderId,
    },
    /// A working order was asked to become another.
    AmendAsked {
        /// The order.
        order: OrderId,
        /// What it was to become.
        amendment: Amendment,
    },
    /// A working order was asked to be cancelled.
    CancelAsked {
        /// The order.
        order: OrderId,
    },
    /// The protective stop of a held trade was moved.
    StopMoved {
        /// The trade.
        trade: TradeId,
        /// Where it stands now.
        stop: Stop,
    },
    /// The targets of a held trade were set.
    TargetsMoved {
        /// The trade.
        trade: TradeId,
        /// All of them, by the numbers of their legs.
        terms: Vec<TargetTerms>,
    },
    /// The issuer of an instrument has done something to those who hold it.
    Acted {
        /// The profile.
        profile: ProfileId,
        /// The action's name.
        id: ActionId,
        /// The instrument, under the name that it had.
        symbol: Symbol,
        /// What was done.
        action: CorporateAction,
    },
    /// The tenant is told this, as soon as it is durable.
    Said {
        /// What.
        event: BrokerEvent,
    },
}

impl PaperEntry {
    /// What the tenant is told, when it is that.
    pub(super) const fn said(&self) -> Option<&BrokerEvent> {
        match self {
            Self::Said { event } => Some(event),
            _ => None,
        }
    }
}

/// One profile's account at the paper venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// What works and is held, and by which rules it fills.
    pub matcher: Matcher,
    /// What was paid in, all in all.
    pub deposited: Money,
    /// Orders that have arrived but cannot fill yet, in the order they came: the market has not
    /// reached the instant of their acceptance and the latency after it.
    pub arrived: Vec<Arc<OrderTerms>>,
}

impl Account {
    /// The instruments, orders and holdings that are written with it.
    pub(super) fn parts(&self) -> usize {
        let (working, held) = (self.matcher.working().count(), self.matcher.held().count());
        1 + self.matcher.instruments().len() + working + held + self.arrived.len()
    }

    /// Whether an order waits or works, or protects a trade that is held.
    pub(super) fn works(&self, order: OrderId) -> bool {
        if order.leg != Leg::Main {
            return self.matcher.held().any(|held| held.id == TradeId(order.intent));
        }
        let arrived = self.arrived.iter().map(|terms| terms.order_id());
        arrived.chain(self.matcher.working().map(|terms| terms.order_id())).any(|id| id == order)
    }

    /// Lets `change` decide what has still to arrive; the money that this has reserved is kept
    /// from what works already.
    pub(super) fn arrive<T>(
        &mut self,
        change: impl FnOnce(&mut Vec<Arc<OrderTerms>>, &mut Matcher) -> T,
    ) -> T {
        let changed = change(&mut self.arrived, &mut self.matcher);
        self.matcher.set_aside(self.arrived.iter().map(|terms| terms.reserved.amount()).sum());
        changed
    }
}
