//! The accounts of one tenant: what arrives and what the market plays changes them, synchronously.
//!
//! Nothing here is durable or told. Each change adds to a [`Draft`], which the venue's task makes
//! a record of, appends, and only then tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::{
    ActionId, Amendment, BrokerEvent, CorporateAction, Instrument, Money, OrderId, OrderTerms,
    ProfileId, Symbol, TimeInForce, Timestamp, TradeId,
};
use ballast_engine::matching::{Matcher, PlayedBar};

use super::record::{Account, PaperEntry, PaperRecord};
use super::told::Told;
use super::{AccountError, PaperSettings};

/// What a change has brought and is not durable yet.
#[derive(Debug)]
pub(super) struct Draft {
    /// The instant that the tenant is told for it.
    pub(super) at: Timestamp,
    what: Vec<PaperEntry>,
    /// Whether an account changed without anything to say about it.
    changed: bool,
    /// What the tenant is to be told, repetitions included.
    pub(super) tell: Vec<BrokerEvent>,
}

impl Draft {
    pub(super) const fn new(at: Timestamp) -> Self {
        Self { at, what: Vec::new(), changed: false, tell: Vec::new() }
    }
}

/// A phase of playing: what is done with one account and one bar.
pub(super) type Phase<'a> = &'a dyn Fn(&mut Matcher, &PlayedBar, &mut Vec<BrokerEvent>);

/// All accounts, and what was told about their orders.
#[derive(Debug)]
pub(super) struct Accounts {
    settings: PaperSettings,
    accounts: BTreeMap<ProfileId, Account>,
    told: BTreeMap<ProfileId, Told>,
    /// Accounts that have changed since they were last recorded.
    unrecorded: BTreeSet<ProfileId>,
    /// The close that is being played, or was the last to be.
    played: Option<Timestamp>,
}

impl Accounts {
    pub(super) const fn new(settings: PaperSettings) -> Self {
        Self {
            settings,
            accounts: BTreeMap::new(),
            told: BTreeMap::new(),
            unrecorded: BTreeSet::new(),
            played: None,
        }
    }

    pub(super) fn account(&self, profile: ProfileId) -> Option<&Account> {
        self.accounts.get(&profile)
    }

    /// A close is played from now on.
    pub(super) fn begin_close(&mut self, close: Timestamp) {
        self.played = self.played.max(Some(close));
    }

    /// Takes over a record of the stream.
    pub(super) fn restore(&mut self, record: PaperRecord) {
        self.played = record.played.or(self.played);
        for entry in &record.what {
            self.remember(entry);
        }
        for (profile, mut account) in record.accounts {
            account.matcher.fill_by(self.settings.rules.clone());
            self.accounts.insert(profile, account);
        }
        self.forget();
    }

    /// The records of a draft, to be appended together; none when there is nothing to remember.
    /// However many accounts it has changed, each record stays far below what a journal takes.
    pub(super) fn records(&mut self, draft: &mut Draft, settled: u64) -> Vec<PaperRecord> {
        if draft.what.is_empty() && !draft.changed {
            return Vec::new();
        }
        let mut records = Vec::new();
        let mut room = 0;
        for entry in std::mem::take(&mut draft.what) {
            with_room(&mut records, &mut room, 1).what.push(entry);
        }
        for profile in std::mem::take(&mut self.unrecorded) {
            if let Some(account) = self.accounts.get(&profile) {
                let record = with_room(&mut records, &mut room, account.parts());
                record.accounts.insert(profile, account.clone());
            }
        }
        self.forget();
        for record in &mut records {
            (record.settled, record.played) = (settled, self.played);
        }
        records
    }

    /// Opens an account, or brings what was paid in to `cash`.
    pub(super) fn fund(
        &mut self,
        profile: ProfileId,
        cash: Money,
        instruments: Vec<Instrument>,
        draft: &mut Draft,
    ) -> Result<(), AccountError> {
        let Some(account) = self.accounts.get_mut(&profile) else {
            let matcher = Matcher::new(self.settings.rules.clone(), instruments, cash);
            let account = Account { matcher, deposited: cash, arrived: Vec::new() };
            self.accounts.insert(profile, account);
            self.change(profile, PaperEntry::AccountOpened { profile, cash }, draft);
            return Ok(());
        };
        let Some(amount) = cash.checked_sub(account.deposited) else {
            let (has, asked) = (account.deposited, cash);
            return Err(AccountError::Amount { profile, has, asked });
        };
        let before = account.matcher.clone();
        for instrument in &instruments {
            account.matcher.list(*instrument);
        }
        let listed = account.matcher != before;
        if !amount.amount().is_zero() {
            account.matcher.deposit(amount);
            account.deposited = cash;
            self.change(profile, PaperEntry::Deposited { profile, amount }, draft);
        }
        if listed {
            self.change(profile, PaperEntry::Listed { profile, instruments }, draft);
        }
        Ok(())
    }

    /// Takes an order, once. The same order again is only told about again.
    pub(super) fn submit(&mut self, terms: Arc<OrderTerms>, draft: &mut Draft) {
        let order = terms.order_id();
        let profile = order.intent.profile;
        let told = self.told.entry(profile).or_default();
        if told.knows(order.intent.number) {
            self.note(PaperEntry::Repeated { order }, draft);
            return self.query(order, draft);
        }
        if told.may_have_forgotten(order.intent.number) {
            let reason = "the paper venue has forgotten whether it had this order".to_owned();
            return draft.tell.push(BrokerEvent::Rejected { order, reason });
        }
        let symbol = terms.symbol;
        self.note(PaperEntry::Submitted { terms: Arc::clone(&terms) }, draft);
        let event = match self.accounts.get_mut(&profile) {
            Some(account) if account.matcher.lists(symbol) => {
                account.arrive(|arrived, _| arrived.push(terms));
                self.unrecorded.insert(profile);
                BrokerEvent::Accepted { order }
            }
            Some(_) => {
                let reason = format!("the paper venue does not list {symbol}");
                BrokerEvent::Rejected { order, reason }
            }
            None => {
                let reason = format!("{profile} has no account at the paper venue");
                BrokerEvent::Rejected { order, reason }
            }
        };
        self.say(event, draft);
    }

    /// Changes an order that waits or works. The same amendment again is only told about again.
    pub(super) fn amend(&mut self, order: OrderId, amendment: &Amendment, draft: &mut Draft) {
        let profile = order.intent.profile;
        let told = self.told.get(&profile);
        if told.is_some_and(|told| told.has_answered(order, amendment.revision)) {
            return self.query(order, draft);
        }
        let Some(account) = self.accounts.get_mut(&profile) else { return };
        let mut said = Vec::new();
        let waits = account.arrive(|arrived, _| {
            let waiting = arrived.iter_mut().find(|terms| terms.order_id() == order)?;
            *waiting = Arc::new(waiting.amended(amendment));
            Some(())
        });
        let revision = amendment.revision;
        match waits {
            Some(()) => said.push(BrokerEvent::Amended { order, revision }),
            None => account.matcher.amend(order, amendment, &mut said),
        }
        self.change(profile, PaperEntry::AmendAsked { order, amendment: *amendment }, draft);
        self.say_all(said, draft);
    }

    /// Cancels an order that waits or works; about any other is told what is known.
    pub(super) fn cancel(&mut self, order: OrderId, draft: &mut Draft) {
        let profile = order.intent.profile;
        let cancelled = self.accounts.get_mut(&profile).is_some_and(|account| {
            let waiting = account.arrived.len();
            account.arrive(|arrived, _| arrived.retain(|terms| terms.order_id() != order));
            if account.arrived.len() < waiting {
                return true;
            }
            let works = account.matcher.working().any(|terms| terms.order_id() == order);
            if works {
                // What it says is said below, in the same words for an order that waits.
                account.matcher.cancel(order, &mut Vec::new());
            }
            works
        });
        match cancelled {
            true => {
                self.change(profile, PaperEntry::CancelAsked { order }, draft);
                self.say(BrokerEvent::Cancelled { order }, draft);
            }
            false => self.query(order, draft),
        }
    }

    /// Moves what protects a trade that is held; where all of it stands already, nothing changes.
    pub(super) fn protect(&mut self, trade: TradeId, levels: &Levels, draft: &mut Draft) {
        let profile = trade.0.profile;
        let Some(account) = self.accounts.get_mut(&profile) else { return };
        let Some(held) = account.matcher.held().find(|held| held.id == trade) else { return };
        let stop = levels.stop.filter(|stop| held.stop != Some(*stop));
        let terms = levels.targets.clone().filter(|terms| *terms != held.protection.targets);
        account.matcher.protect(trade, levels);
        if let Some(stop) = stop {
            self.change(profile, PaperEntry::StopMoved { trade, stop }, draft);
        }
        if let Some(terms) = terms {
            self.change(profile, PaperEntry::TargetsMoved { trade, terms }, draft);
        }
    }

    /// Does what the issuer of an instrument has done, once: to what is held, and orders for it are
    /// cancelled, those included that cannot fill yet.
    pub(super) fn act(
        &mut self,
        profile: ProfileId,
        id: ActionId,
        (symbol, action): (Symbol, CorporateAction),
        draft: &mut Draft,
    ) -> Result<(), AccountError> {
        let account = self.accounts.get_mut(&profile);
        let account = account.ok_or(AccountError::Unknown { profile })?;
        let before = account.matcher.clone();
        let mut said = Vec::new();
        if !account.matcher.act(id, (symbol, &action), draft.at, &mut said) {
            return Err(AccountError::Action { profile, id });
        }
        if account.matcher.stands_like(&before) {
            return Ok(());
        }
        account.arrive(|arrived, _| {
            let waiting = arrived.extract_if(.., |terms| terms.symbol == symbol);
            said.extend(waiting.map(|terms| BrokerEvent::Cancelled { order: terms.order_id() }));
        });
        self.change(profile, PaperEntry::Acted { profile, id, symbol, action }, draft);
        self.say_all(said, draft);
        Ok(())
    }

    /// Tells everything about an order again.
    pub(super) fn query(&self, order: OrderId, draft: &mut Draft) {
        let profile = order.intent.profile;
        let before = draft.tell.len();
        let account = self.accounts.get(&profile);
        let works = account.is_some_and(|account| account.works(order));
        if works && order.leg != Leg::Main {
            draft.tell.push(BrokerEvent::Accepted { order });
        }
        if let Some(told) = self.told.get(&profile) {
            draft.tell.extend(told.about(order, works).cloned());
        }
        if draft.tell.len() == before {
            draft.tell.push(BrokerEvent::NotFound { order });
        }
    }

    /// Lets the orders work that may fill at `now`; gives their accounts and instruments. With
    /// `closing`, those too that are meant for the very close that is being played.
    pub(super) fn deliver(
        &mut self,
        now: Timestamp,
        closing: bool,
        draft: &mut Draft,
    ) -> BTreeSet<(ProfileId, Symbol)> {
        let latency = i64::try_from(self.settings.latency_ms).unwrap_or(i64::MAX);
        let latency = latency.saturating_mul(NANOS_PER_MILLI);
        let due = |terms: &mut Arc<OrderTerms>| {
            terms.accepted_at.saturating_add_nanos(latency) <= now
                || (closing && terms.time_in_force == TimeInForce::AtClose)
        };
        let mut delivered = BTreeSet::new();
        let mut said = Vec::new();
        for (profile, account) in &mut self.accounts {
            account.arrive(|arrived, matcher| {
                for terms in arrived.extract_if(.., due) {
                    matcher.submit(&terms, &mut said);
                    self.unrecorded.insert(*profile);
                    delivered.insert((*profile, terms.symbol));
                }
            });
        }
        // That it was accepted was told when it arrived.
        said.retain(|event| !matches!(event, BrokerEvent::Accepted { .. }));
        self.say_all(said, draft);
        delivered
    }

    /// Whether no market data can change anything.
    pub(super) fn are_idle(&self) -> bool {
        let idle = |account: &Account| account.matcher.is_idle() && account.arrived.is_empty();
        self.accounts.values().all(idle)
    }

    /// Plays a phase of `bars` to the accounts: to all of them, or to those in `only`.
    pub(super) fn play(
        &mut self,
        bars: &[PlayedBar],
        only: Option<&BTreeSet<(ProfileId, Symbol)>>,
        phase: Phase<'_>,
        draft: &mut Draft,
    ) {
        let mut said = Vec::new();
        for (profile, account) in &mut self.accounts {
            let before = (!account.matcher.is_idle()).then(|| account.matcher.clone());
            for bar in bars {
                if only.is_none_or(|only| only.contains(&(*profile, bar.symbol))) {
                    phase(&mut account.matcher, bar, &mut said);
                }
            }
            if before.is_some_and(|before| !account.matcher.stands_like(&before)) {
                draft.changed = true;
                self.unrecorded.insert(*profile);
            }
        }
        self.say_all(said, draft);
    }

    /// Ends the session of every instrument: `day` orders given before `close` expire, those
    /// included that had no bar to fill in.
    pub(super) fn end_session(&mut self, close: Timestamp, draft: &mut Draft) {
        let mut said = Vec::new();
        for (profile, account) in &mut self.accounts {
            let before = said.len();
            let symbols: BTreeSet<Symbol> =
                account.matcher.working().map(|terms| terms.symbol).collect();
            for symbol in symbols {
                account.matcher.end_session(symbol, &mut said);
            }
            let over = |terms: &mut Arc<OrderTerms>| {
                terms.time_in_force == TimeInForce::Day && terms.accepted_at < close
            };
            account.arrive(|arrived, _| {
                let expired = arrived.extract_if(.., over);
                said.extend(expired.map(|terms| BrokerEvent::Expired { order: terms.order_id() }));
            });
            if said.len() > before {
                self.unrecorded.insert(*profile);
            }
        }
        self.say_all(said, draft);
    }

    fn say_all(&mut self, said: Vec<BrokerEvent>, draft: &mut Draft) {
        for event in said {
            self.say(event, draft);
        }
    }

    fn say(&mut self, event: BrokerEvent, draft: &mut Draft) {
        draft.tell.push(event.clone());
        self.note(PaperEntry::Said { event }, draft);
    }

    fn change(&mut self, profile: ProfileId, entry: PaperEntry, draft: &mut Draft) {
        self.unrecorded.insert(profile);
        self.note(entry, draft);
    }

    fn note(&mut self, entry: PaperEntry, draft: &mut Draft) {
        self.remember(&entry);
        draft.what.push(entry);
    }

    /// Keeps what has to be told again when somebody asks.
    fn remember(&mut self, entry: &PaperEntry) {
        match entry {
            PaperEntry::Submitted { terms } => {
                self.told.entry(terms.intent.profile).or_default().begin(terms.intent.number);
            }
            PaperEntry::Said { event } => {
                self.told.entry(event.order().intent.profile).or_default().note(event);
            }
            PaperEntry::AccountOpened { .. }
            | PaperEntry::Deposited { .. }
            | PaperEntry::Listed { .. }
            | PaperEntry::Repeated { .. }
            | PaperEntry::AmendAsked { .. }
            | PaperEntry::CancelAsked { .. }
            | PaperEntry::Acted { .. }
            | PaperEntry::StopMoved { .. }
            | PaperEntry::TargetsMoved { .. } => {}
        }
    }

    fn forget(&mut self) {
        for (profile, told) in &mut self.told {
            told.forget(self.accounts.get(profile));
        }
    }
}

/// The last record, or a new one when it has no room for `parts` more.
fn with_room<'a>(
    records: &'a mut Vec<PaperRecord>,
    room: &mut usize,
    parts: usize,
) -> &'a mut PaperRecord {
    if parts > *room || records.is_empty() {
        records.push(PaperRecord::default());
        *room = PARTS_PER_RECORD;
    }
    *room = room.saturating_sub(parts);
    let last = records.len() - 1;
    &mut records[last]
}

/// Entries, orders and holdings that one record holds, unless a single account has more.
const PARTS_PER_RECORD: usize = 256;
const NANOS_PER_MILLI: i64 = 1_000_000;
