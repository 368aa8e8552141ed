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
    ActionId, Amendment, BrokerEvent, CorporateAction, Fill, FillId, IntentId, Money, OrderId,
    OrderTerms, Price, ProfileDocument, ProfileId, Purpose, Quantity, Side, Symbol, Timestamp,
    TradeId,
};
use ballast_engine::matching::{FillRules, Matcher};
use rust_decimal::Decimal;

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
    /// What the venue will say of fills that it has told wrongly.
    corrections: Vec<OnTheWay<BrokerEvent>>,
    /// Exits that it has been asked for, of which trade and how much.
    exits: BTreeMap<OrderId, (TradeId, Arc<OrderTerms>)>,
    /// Trades of which it has left more than was held.
    pub(crate) overfilled: BTreeSet<TradeId>,
    /// Fills that no account has counted.
    other_fills: u64,
    /// What will go wrong with the next message, order, cancel and moved stop.
    message_faults: VecDeque<Fault>,
    order_faults: VecDeque<Fault>,
    cancel_faults: VecDeque<Fault>,
    amend_faults: VecDeque<Fault>,
    stop_faults: VecDeque<Fault>,
    fill_faults: VecDeque<Fault>,
    overfill_faults: VecDeque<Fault>,
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
        (rules, in_kind): (FillRules, bool),
    ) {
        let cash = document.capital.money();
        let open = || {
            let mut account = Matcher::new(rules, document.instruments.clone(), cash);
            if in_kind {
                account.take_fees_in_kind();
            }
            account
        };
        let account = self.accounts.entry(profile).or_insert_with(open);
        if let Some(change) = before.and_then(|before| cash.checked_sub(before)) {
            account.deposit(change);
        }
    }

    /// Something will go wrong.
    pub(crate) fn arm(&mut self, fault: Fault) {
        use Fault::{
            AmendmentLate, AmendmentLost, CancelLate, CancelLost, MessageLate, MessageLost,
            MessageTwice, OrderAnswerLost, OrderLate, OrderLost, OrderRejected, OrderVeryLate,
            StopLate, StopLost,
        };
        match fault {
            MessageLate(_) | MessageLost | MessageTwice(_) => self.message_faults.push_back(fault),
            OrderLate(_) | OrderVeryLate(_) | OrderLost | OrderAnswerLost | OrderRejected => {
                self.order_faults.push_back(fault);
            }
            AmendmentLate(_) | AmendmentLost => self.amend_faults.push_back(fault),
            CancelLate(_) | CancelLost => self.cancel_faults.push_back(fault),
            StopLate(_) | StopLost => self.stop_faults.push_back(fault),
            Fault::FillMistold(_) => self.fill_faults.push_back(fault),
            Fault::ExitFillsToo => self.overfill_faults.push_back(fault),
            Fault::VenueCancels(which) => self.cancel_some(usize::from(which)),
            _ => {}
        }
    }

    /// Nothing goes wrong any more. Corrections are told again: whoever was not there when they
    /// were told does not ask for them.
    pub(crate) fn disarm(&mut self) {
        let told = self.told.values().flatten();
        let told = told.filter(|event| matches!(event, BrokerEvent::Corrected { .. })).cloned();
        for correction in told.collect::<Vec<_>>() {
            self.send(0, correction);
        }
        for faults in [
            &mut self.message_faults,
            &mut self.order_faults,
            &mut self.cancel_faults,
            &mut self.amend_faults,
            &mut self.stop_faults,
            &mut self.fill_faults,
            &mut self.overfill_faults,
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
        let (corrected, later) =
            std::mem::take(&mut self.corrections).into_iter().partition(|it| it.due <= self.turn);
        self.corrections = later;
        let corrected: Vec<OnTheWay<BrokerEvent>> = corrected;
        for correction in corrected {
            self.say_so(correction.what);
        }
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
            Some(Fault::OrderVeryLate(bars)) => {
                self.later(20 + 20 * bars, Request::Submit(terms));
            }
            Some(Fault::OrderLost) => {}
            Some(Fault::OrderRejected) => {
                let reason = "the venue has a bad day".to_owned();
                return self.say(BrokerEvent::Rejected { order, reason });
            }
            _ => self.perform(Request::Submit(terms)),
        }
        let silent = matches!(fault, Some(Fault::OrderLost | Fault::OrderAnswerLost));
        if silent || matches!(fault, Some(Fault::OrderLate(_) | Fault::OrderVeryLate(_))) {
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
                if let Purpose::Exit { trade, .. } = &terms.purpose {
                    self.exits.insert(order, (*trade, Arc::clone(&terms)));
                }
                match self.accounts.get_mut(&order.intent.profile) {
                    Some(account) => account.submit(&terms, &mut said),
                    None => {
                        let reason = "no account".to_owned();
                        said.push(BrokerEvent::Rejected { order, reason });
                    }
                }
            }
            // What was answered once is not decided anew: the order may have filled since.
            Request::Amend(order, amendment) if self.has_answered(order, amendment.revision) => {
                return self.answer(order);
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

    fn has_answered(&self, order: OrderId, asked: u32) -> bool {
        let told = self.told.get(&order.intent);
        told.into_iter().flatten().any(|event| match event {
            BrokerEvent::Amended { order: of, revision }
            | BrokerEvent::AmendmentRejected { order: of, revision, .. } => {
                (*of, *revision) == (order, asked)
            }
            _ => false,
        })
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

    /// The venue says something new, unless it tells something else for it.
    pub(crate) fn say(&mut self, event: BrokerEvent) {
        match event {
            BrokerEvent::Filled { order, fill } if !self.fill_faults.is_empty() => {
                self.mistell(order, fill);
            }
            _ => self.say_so(event),
        }
    }

    /// Tells a fill as another: at another price, of half the units, or for another fee. What is
    /// true comes later.
    fn mistell(&mut self, order: OrderId, fill: Fill) {
        let Some(fault @ Fault::FillMistold(bars)) = self.fill_faults.pop_front() else { return };
        self.tally.fault(fault);
        self.astray.insert(order.intent.profile);
        let id = self.other_fill();
        let changed = |quantity: Decimal, price: Decimal, fee: Decimal| {
            let quantity = Quantity::new(fill.quantity.get() * quantity).ok()?;
            let price = Price::new((fill.price.get() * price).round_dp(2)).ok()?;
            let fee = Money::new(fill.fee.amount() * fee, fill.fee.currency());
            Some(Fill { id, at: fill.at, price, quantity, fee })
        };
        let (one, half) = (Decimal::ONE, Decimal::new(5, 1));
        let told = match bars {
            1 => changed(one, Decimal::new(101, 2), one),
            2 => changed(half, one, one),
            _ => changed(one, Decimal::new(99, 2), Decimal::TWO),
        };
        let due = self.turn + u64::from(bars);
        let by = Some(fill.clone());
        let what = BrokerEvent::Corrected { order, fill: id, by };
        self.corrections.push(OnTheWay { due, what });
        self.say_so(BrokerEvent::Filled { order, fill: told.unwrap_or(fill) });
    }

    fn other_fill(&mut self) -> FillId {
        self.other_fills += 1;
        FillId::from_number(1_000_000 + self.other_fills)
    }

    /// Beside the stop or target that has left a trade, the venue fills an exit of it that it would
    /// have cancelled: more is left than was held.
    fn overfill(&mut self, said: &mut [BrokerEvent]) {
        let legs = said.iter().filter_map(|event| match event {
            BrokerEvent::Filled { order, fill } if order.leg != Leg::Main => {
                Some((TradeId(order.intent), fill.clone()))
            }
            _ => None,
        });
        let legs: Vec<_> = legs.collect();
        let fills = said.iter().filter(|event| matches!(event, BrokerEvent::Filled { .. }));
        let filled: BTreeSet<OrderId> = fills.map(BrokerEvent::order).collect();
        for event in said {
            let BrokerEvent::Cancelled { order } = *event else { continue };
            let Some((trade, terms)) = self.exits.get(&order).cloned() else { continue };
            let untouched = |told: &Vec<BrokerEvent>| {
                told.iter().all(|told| matches!(told, BrokerEvent::Accepted { .. }))
            };
            let leg = legs.iter().find(|(of, _)| *of == trade);
            let account = self.accounts.get_mut(&order.intent.profile);
            let (Some((_, leg)), Some(account)) = (leg, account) else { continue };
            let fills_now = filled.contains(&order);
            if fills_now || !self.told.get(&order.intent).is_some_and(untouched) {
                continue;
            }
            let Some(fault) = self.overfill_faults.pop_front() else { return };
            let currency = account.cash().currency();
            let Some(notional) = leg.price.notional(terms.quantity, currency) else { continue };
            account.deposit(match terms.side {
                Side::Sell => notional,
                Side::Buy => Money::new(-notional.amount(), currency),
            });
            self.tally.fault(fault);
            self.overfilled.insert(trade);
            let (id, fee) = (self.other_fill(), Money::zero(currency));
            let (at, price, quantity) = (leg.at, leg.price, terms.quantity);
            *event = BrokerEvent::Filled { order, fill: Fill { id, at, price, quantity, fee } };
        }
    }

    fn say_so(&mut self, event: BrokerEvent) {
        self.told.entry(event.order().intent).or_default().push(event.clone());
        self.tell(event);
    }

    /// Plays something to every account.
    pub(crate) fn play(&mut self, mut play: impl FnMut(&mut Matcher, &mut Vec<BrokerEvent>)) {
        let mut said = Vec::new();
        for account in self.accounts.values_mut() {
            play(account, &mut said);
        }
        self.overfill(&mut said);
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
            // Neither is asked for a correction of what has filled.
            Some(Fault::MessageLost)
                if matches!(
                    event,
                    BrokerEvent::Accepted { .. } | BrokerEvent::Corrected { .. }
                ) =>
            {
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
        self.messages.is_empty() && self.requests.is_empty() && self.corrections.is_empty()
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
