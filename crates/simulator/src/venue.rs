//! The venue of one tenant, and the wire to it: the engine's own matcher behind messages that come
//! late, never, twice or in another order.
//!
//! It lives outside of every process of the tenant and never forgets. What it has said is true;
//! only whether it arrives, and when, is open.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::{
    ActionId, Amendment, BrokerEvent, CorporateAction, IntentId, Money, OrderId, OrderTerms,
    ProfileDocument, ProfileId, Symbol, Timestamp, TradeId,
};
use ballast_engine::matching::{FillRules, Matcher};

use crate::report::Tally;
use crate::scenario::Fault;

/// What the tenant asks of the venue.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Submit(Arc<OrderTerms>),
    Amend(OrderId, Amendment),
    Cancel(OrderId),
    Protect(TradeId, Levels),
    Query(OrderId),
}

/// Something on its way, until the turn in which it arrives.
#[derive(Debug)]
struct OnTheWay<T> {
    due: u64,
    what: T,
}

/// The venue with the accounts of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Venue {
    pub(crate) accounts: BTreeMap<ProfileId, Matcher>,
    /// Everything said about each intent, in order.
    told: BTreeMap<IntentId, Vec<BrokerEvent>>,
    messages: Vec<OnTheWay<BrokerEvent>>,
    requests: Vec<OnTheWay<Request>>,
    /// What will go wrong with the next message, order, cancel and moved stop.
    message_faults: VecDeque<Fault>,
    order_faults: VecDeque<Fault>,
    cancel_faults: VecDeque<Fault>,
    amend_faults: VecDeque<Fault>,
    stop_faults: VecDeque<Fault>,
    /// Profiles of which something was lost, which the engine has to ask for again.
    astray: BTreeSet<ProfileId>,
    /// Counted up with each bar.
    turn: u64,
    orders_taken: u64,
    pub(crate) tally: Tally,
}

impl Venue {
    /// Opens the account of a profile, or follows what its document allocates.
    pub(crate) fn fund(
        &mut self,
        profile: ProfileId,
        before: Option<Money>,
        document: &ProfileDocument,
        rules: FillRules,
    ) {
        let cash = document.capital.money();
        let open = || Matcher::new(rules, document.instruments.clone(), cash);
        let account = self.accounts.entry(profile).or_insert_with(open);
        if let Some(change) = before.and_then(|before| cash.checked_sub(before)) {
            account.deposit(change);
        }
    }

    /// Something will go wrong.
    pub(crate) fn arm(&mut self, fault: Fault) {
        use Fault::{
            AmendmentLate, AmendmentLost, CancelLate, CancelLost, MessageLate, MessageLost,
            MessageTwice, OrderAnswerLost, OrderLate, OrderLost, OrderRejected, StopLate, StopLost,
        };
        match fault {
            MessageLate(_) | MessageLost | MessageTwice(_) => self.message_faults.push_back(fault),
            OrderLate(_) | OrderLost | OrderAnswerLost | OrderRejected => {
                self.order_faults.push_back(fault);
            }
            AmendmentLate(_) | AmendmentLost => self.amend_faults.push_back(fault),
            CancelLate(_) | CancelLost => self.cancel_faults.push_back(fault),
            StopLate(_) | StopLost => self.stop_faults.push_back(fault),
            Fault::VenueCancels(which) => self.cancel_some(usize::from(which)),
            _ => {}
        }
    }

    /// Nothing goes wrong any more.
    pub(crate) fn disarm(&mut self) {
        for faults in [
            &mut self.message_faults,
            &mut self.order_faults,
            &mut self.cancel_faults,
            &mut self.amend_faults,
            &mut self.stop_faults,
        ] {
            faults.clear();
        }
    }

    /// Time goes on by so many bars; requests that arrive by then are carried out.
    pub(crate) fn advance(&mut self, turns: u64) {
        self.turn += turns;
        let (due, later) =
            std::mem::take(&mut self.requests).into_iter().partition(|it| it.due <= self.turn);
        self.requests = later;
        let due: Vec<OnTheWay<Request>> = due;
        for request in due {
            self.perform(request.what);
        }
    }

    /// Takes what the tenant asks for, as far as the wire lets it through.
    pub(crate) fn ask(&mut self, request: Request) {
        match request {
            Request::Submit(terms) => self.take_order(terms),
            Request::Amend(..) => match self.amend_faults.pop_front() {
                Some(fault @ Fault::AmendmentLate(bars)) => {
                    self.tally.fault(fault);
                    self.later(bars, request);
                }
                Some(fault) => self.tally.fault(fault),
                None => self.perform(request),
            },
            Request::Cancel(_) => match self.cancel_faults.pop_front() {
                Some(fault @ Fault::CancelLate(bars)) => {
                    self.tally.fault(fault);
                    self.later(bars, request);
                }
                Some(fault) => self.tally.fault(fault),
                None => self.perform(request),
            },
            Request::Protect(trade, _) => self.take_levels(trade, request),
            Request::Query(_) => self.perform(request),
        }
    }

    fn take_order(&mut self, terms: Arc<OrderTerms>) {
        let order = terms.order_id();
        let fault = self.order_faults.pop_front();
        if let Some(fault) = fault {
            self.tally.fault(fault);
        }
        match fault {
            Some(Fault::OrderLate(bars)) => self.later(bars, Request::Submit(terms)),
            Some(Fault::OrderLost) => {}
            Some(Fault::OrderRejected) => {
                let reason = "the venue has a bad day".to_owned();
                return self.say(BrokerEvent::Rejected { order, reason });
            }
            _ => self.perform(Request::Submit(terms)),
        }
        if matches!(fault, Some(Fault::OrderLate(_) | Fault::OrderLost | Fault::OrderAnswerLost)) {
            // The adapter says so, not the venue.
            self.send(0, BrokerEvent::Unknown { order, reason: "timed out".to_owned() });
        }
    }

    /// Levels of one trade reach the venue in the order in which they were moved.
    fn take_levels(&mut self, trade: TradeId, request: Request) {
        let of_trade = |waiting: &&OnTheWay<Request>| match &waiting.what {
            Request::Protect(other, _) => *other == trade,
            _ => false,
        };
        let behind = self.requests.iter().rfind(of_trade).map(|waiting| waiting.due);
        match (self.stop_faults.pop_front(), behind) {
            (Some(fault @ Fault::StopLate(bars)), _) => {
                self.tally.fault(fault);
                let due = behind.unwrap_or_default().max(self.turn + u64::from(bars));
                self.requests.push(OnTheWay { due, what: request });
            }
            (Some(fault), _) => {
                self.tally.fault(fault);
                self.astray.insert(trade.0.profile);
            }
            (None, Some(due)) => self.requests.push(OnTheWay { due, what: request }),
            (None, None) => self.perform(request),
        }
    }

    fn later(&mut self, bars: u8, what: Request) {
        self.requests.push(OnTheWay { due: self.turn + u64::from(bars), what });
    }

    fn perform(&mut self, request: Request) {
        let mut said = Vec::new();
        match request {
            Request::Submit(terms) => {
                self.orders_taken += 1;
                let order = terms.order_id();
                match self.accounts.get_mut(&order.intent.profile) {
                    Some(account) => account.submit(&terms, &mut said),
                    None => {
                        let reason = "no account".to_owned();
                        said.push(BrokerEvent::Rejected { order, reason });
                    }
                }
            }
            Request::Amend(order, amendment) => {
                if let Some(account) = self.accounts.get_mut(&order.intent.profile) {
                    account.amend(order, &amendment, &mut said);
                }
                let told = self.told.entry(order.intent).or_default();
                said.retain(|event| !told.contains(event));
                if said.is_empty() {
                    return self.answer(order);
                }
            }
            Request::Cancel(order) => match self.accounts.get_mut(&order.intent.profile) {
                Some(account) if works(account, order) => account.cancel(order, &mut said),
                _ => return self.answer(order),
            },
            Request::Protect(trade, levels) => {
                if let Some(account) = self.accounts.get_mut(&trade.0.profile) {
                    account.protect(trade, &levels);
                }
            }
            Request::Query(order) => return self.answer(order),
        }
        for event in said {
            self.say(event);
        }
    }

    /// Everything said about an order, again; that it was accepted only while it works.
    fn answer(&mut self, order: OrderId) {
        let account = self.accounts.get(&order.intent.profile);
        let works = account.is_some_and(|account| works(account, order));
        let told = self.told.get(&order.intent).map_or(&[][..], Vec::as_slice);
        let asked = |event: &&BrokerEvent| order.leg == Leg::Main || event.order() == order;
        let stands = |event: &&BrokerEvent| match event {
            BrokerEvent::Accepted { order: accepted } => works && *accepted == order,
            _ => true,
        };
        let mut answer: Vec<_> = told.iter().filter(asked).filter(stands).cloned().collect();
        match (answer.is_empty(), order.leg) {
            (_, Leg::Main) | (false, _) => {}
            (true, _) if works => answer.push(BrokerEvent::Accepted { order }),
            // It went with its trade.
            (true, _) if !told.is_empty() => answer.push(BrokerEvent::Cancelled { order }),
            (true, _) => {}
        }
        if answer.is_empty() {
            answer.push(BrokerEvent::NotFound { order });
        }
        for event in answer {
            self.tell(event);
        }
    }

    /// The venue says something new.
    pub(crate) fn say(&mut self, event: BrokerEvent) {
        self.told.entry(event.order().intent).or_default().push(event.clone());
        self.tell(event);
    }

    /// Plays something to every account.
    pub(crate) fn play(&mut self, mut play: impl FnMut(&mut Matcher, &mut Vec<BrokerEvent>)) {
        let mut said = Vec::new();
        for account in self.accounts.values_mut() {
            play(account, &mut said);
        }
        for event in said {
            self.say(event);
        }
    }

    /// The issuer of an instrument does something to those who hold it; whether it was done.
    pub(crate) fn act(
        &mut self,
        profile: ProfileId,
        id: ActionId,
        what: (Symbol, &CorporateAction),
        at: Timestamp,
    ) -> bool {
        let mut said = Vec::new();
        let account = self.accounts.get_mut(&profile);
        let done = account.is_some_and(|account| account.act(id, what, at, &mut said));
        for event in said {
            self.say(event);
        }
        done
    }

    fn cancel_some(&mut self, which: usize) {
        let orders = self.accounts.values().flat_map(Matcher::working);
        let orders: Vec<_> = orders.map(|terms| terms.order_id()).collect();
        if let Some(order) = orders.get(which % orders.len().max(1)).copied() {
            self.tally.fault(Fault::VenueCancels(0));
            self.perform(Request::Cancel(order));
        }
    }

    fn tell(&mut self, event: BrokerEvent) {
        let fault = self.message_faults.pop_front();
        if let Some(fault) = fault {
            self.tally.fault(fault);
        }
        match fault {
            Some(Fault::MessageLate(bars)) => self.send(bars, event),
            Some(Fault::MessageTwice(bars)) => {
                self.send(0, event.clone());
                self.send(bars, event);
            }
            // Nobody lists the orders that work at the venue, so that an order of which nobody
            // hears at all would work for ever.
            Some(Fault::MessageLost) if matches!(event, BrokerEvent::Accepted { .. }) => {
                self.send(2, event);
            }
            Some(Fault::MessageLost) => drop(self.astray.insert(event.order().intent.profile)),
            _ => self.send(0, event),
        }
    }

    fn send(&mut self, bars: u8, what: BrokerEvent) {
        self.messages.push(OnTheWay { due: self.turn + u64::from(bars), what });
    }

    /// What arrives at the tenant by now.
    pub(crate) fn arriving(&mut self) -> Vec<BrokerEvent> {
        let turn = self.turn;
        let (due, later) =
            std::mem::take(&mut self.messages).into_iter().partition(|it| it.due <= turn);
        self.messages = later;
        let mut due: Vec<OnTheWay<BrokerEvent>> = due;
        due.sort_by_key(|message| message.due);
        due.into_iter().map(|message| message.what).collect()
    }

    /// Whether something is still on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.messages.is_empty() && self.requests.is_empty()
    }

    /// Whether everything that was ever said and asked of a profile has arrived.
    pub(crate) fn all_arrived(&self, profile: ProfileId) -> bool {
        self.is_quiet() && !self.astray.contains(&profile)
    }

    /// Both sides agree about everything.
    pub(crate) fn agrees(&mut self) {
        self.astray.clear();
    }

    /// How many orders have reached the venue so far.
    pub(crate) const fn orders_taken(&self) -> u64 {
        self.orders_taken
    }

    pub(crate) const fn turn(&self) -> u64 {
        self.turn
    }
}

fn works(account: &Matcher, order: OrderId) -> bool {
    match order.leg {
        Leg::Main => account.working().any(|terms| terms.order_id() == order),
        Leg::Stop | Leg::Target(_) => account.held().any(|held| held.id == TradeId(order.intent)),
    }
}
