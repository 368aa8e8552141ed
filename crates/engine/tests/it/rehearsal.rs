//! A world whose orders go to a simulated venue, over a wire that delays, repeats and loses.
//!
//! Messages of the venue come late but in order, and some of them a second time; what is sent to it
//! may arrive late or never, of which the wire says that it cannot tell.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ballast_domain::{
    Bar, BrokerEvent, IntentId, Money, OrderTerms, ProfileDocument, ProfileId, Symbol, Timestamp,
    TradeId,
};
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::step::{Action, Answer, Input};

use crate::auditor::Auditor;
use crate::world::World;

/// What the wire does to the messages and orders that pass, in turn.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    /// By how many bars each message of the venue is late.
    pub(crate) lags: Vec<u8>,
    /// After how many bars each message comes again; zero for never.
    pub(crate) repeats: Vec<u8>,
    /// By how many bars each order is late; `None` when it never arrives.
    pub(crate) fates: Vec<Option<u8>>,
}

impl Wire {
    /// Everything arrives at once, once.
    pub(crate) fn perfect() -> Self {
        Self { lags: vec![0], repeats: vec![0], fates: vec![Some(0)] }
    }
}

pub(crate) struct Rehearsal {
    pub(crate) world: World,
    pub(crate) venues: BTreeMap<ProfileId, Matcher>,
    wire: Wire,
    /// Bars played so far.
    turn: u64,
    /// The venue's messages with the turn in which each arrives, in order.
    said: VecDeque<(u64, BrokerEvent)>,
    said_count: usize,
    repeated: Vec<(u64, BrokerEvent)>,
    /// Orders on their way to the venue.
    sent: Vec<(u64, Arc<OrderTerms>)>,
    sent_count: usize,
    submitted: bool,
    /// Looks over the gate's shoulder.
    pub(crate) auditor: Option<Auditor>,
}

impl Rehearsal {
    pub(crate) fn new(world: World, wire: Wire) -> Self {
        Self {
            world,
            venues: BTreeMap::new(),
            wire,
            turn: 0,
            said: VecDeque::new(),
            said_count: 0,
            repeated: Vec::new(),
            sent: Vec::new(),
            sent_count: 0,
            submitted: false,
            auditor: None,
        }
    }

    /// Opens a profile's account at the venue and lets it trade.
    pub(crate) fn open(&mut self, profile: ProfileId, rules: FillRules, document: ProfileDocument) {
        let capital = document.capital.money();
        let account = Matcher::new(rules, document.instruments.clone(), capital);
        self.venues.insert(profile, account);
        assert_eq!(self.world.put(profile, document), Answer::Done);
        self.world.set(profile, ballast_domain::ProfileStatus::Running);
    }

    /// Lets an auditor look at everything from here on.
    pub(crate) fn watch_by(&mut self, auditor: Option<Auditor>) {
        self.auditor = auditor;
        self.audit(|auditor, rehearsal| auditor.look(rehearsal));
    }

    /// Changes a profile's document; what it has more or less is paid in or out.
    pub(crate) fn change(&mut self, profile: ProfileId, document: ProfileDocument) {
        let known = self.world.engine.state().profile(profile).unwrap();
        let before = known.document.capital.allocated;
        let paid = Money::new(document.capital.allocated - before, document.capital.currency);
        if self.world.put(profile, document) == Answer::Done {
            self.venues.get_mut(&profile).unwrap().deposit(paid);
            self.audit(|auditor, _| auditor.paid(profile, paid.amount()));
        }
        self.carry_out();
    }

    /// Takes an input and carries out what comes of it.
    pub(crate) fn act(&mut self, act: impl FnOnce(&mut World)) {
        self.act_at(self.world.now, act);
    }

    fn act_at(&mut self, at: Timestamp, act: impl FnOnce(&mut World)) {
        self.audit(|auditor, _| auditor.begin(at));
        act(&mut self.world);
        self.carry_out();
        if self.said.is_empty() {
            self.audit(|auditor, rehearsal| auditor.look(rehearsal));
        }
    }

    fn audit(&mut self, look: impl FnOnce(&mut Auditor, &Self)) {
        if let Some(mut auditor) = self.auditor.take() {
            look(&mut auditor, self);
            self.auditor = Some(auditor);
        }
    }

    /// Plays a bar of each instrument that has one: to the venue first, then to the engine.
    pub(crate) fn bars(&mut self, bars: &[(Symbol, Bar)]) {
        self.turn += 1;
        self.arrive();
        self.listen();
        for (symbol, bar) in bars {
            let open_time = self.world.board.base().open_of(bar.close_time);
            let played = PlayedBar { symbol: *symbol, open_time, bar: *bar };
            loop {
                self.submitted = false;
                self.each_venue(|venue, said| venue.open(&played, said));
                if !self.submitted {
                    break;
                }
            }
            self.each_venue(|venue, said| venue.inside(&played, said));
            let day_ends = open_time.utc_day() != bar.close_time.utc_day();
            self.each_venue(|venue, said| venue.end(&played, day_ends, said));
            self.each_venue(|venue, _| venue.follow(*symbol, bar));
            self.act_at(bar.close_time, |world| world.bar(*symbol, bar));
            self.each_venue(|venue, said| venue.at_close(&played, said));
        }
    }

    /// Lets everything that is on its way arrive, and asks for what nobody can tell, until nothing
    /// is left to be said.
    pub(crate) fn settle(&mut self) {
        for _ in 0..20 {
            self.turn += 10;
            self.world.now = self.world.now.saturating_add_nanos(36_000_000_000_000);
            self.arrive();
            self.listen();
            self.act(|world| world.take(Input::Clock(world.now)));
            self.listen();
        }
        assert!(self.said.is_empty() && self.sent.is_empty() && self.repeated.is_empty());
    }

    /// The trades that a venue holds.
    pub(crate) fn held(&self, profile: ProfileId) -> BTreeMap<TradeId, ballast_domain::Trade> {
        self.venues[&profile].held().map(|trade| (trade.id, trade.clone())).collect()
    }

    /// The orders that work at a venue.
    pub(crate) fn working(&self, profile: ProfileId) -> Vec<IntentId> {
        let mut working: Vec<_> =
            self.venues[&profile].working().map(|terms| terms.intent).collect();
        working.sort_unstable();
        working
    }

    fn each_venue(&mut self, play: impl Fn(&mut Matcher, &mut Vec<BrokerEvent>)) {
        let mut said = Vec::new();
        for venue in self.venues.values_mut() {
            play(venue, &mut said);
        }
        self.say(said);
        self.listen();
    }

    fn carry_out(&mut self) {
        for action in std::mem::take(&mut self.world.actions) {
            let mut said = Vec::new();
            match action {
                Action::Submit(intent) => self.send(intent.terms(), &mut said),
                Action::Cancel(order) => {
                    self.venues.get_mut(&order.intent.profile).unwrap().cancel(order, &mut said);
                }
                Action::MoveStop(trade, stop) => {
                    self.venues.get_mut(&trade.0.profile).unwrap().move_stop(trade, stop);
                }
                Action::Query(order) => {
                    self.venues[&order.intent.profile].query(order, &mut said);
                }
            }
            self.say(said);
        }
        self.listen();
    }

    fn send(&mut self, terms: &Arc<OrderTerms>, said: &mut Vec<BrokerEvent>) {
        self.submitted = true;
        let quiet = self.said.is_empty();
        self.audit(|auditor, rehearsal| auditor.accepted(terms, rehearsal, quiet));
        let fate = self.wire.fates[self.sent_count % self.wire.fates.len()];
        self.sent_count += 1;
        if fate == Some(0) {
            let venue = self.venues.get_mut(&terms.intent.profile).unwrap();
            return venue.submit(terms, said);
        }
        if let Some(late) = fate {
            self.sent.push((self.turn + u64::from(late), Arc::clone(terms)));
        }
        let reason = "timed out".to_owned();
        said.push(BrokerEvent::Unknown { order: terms.order_id(), reason });
    }

    /// Orders that were late reach the venue.
    fn arrive(&mut self) {
        let (due, later) =
            std::mem::take(&mut self.sent).into_iter().partition(|(turn, _)| *turn <= self.turn);
        self.sent = later;
        let due: Vec<(u64, Arc<OrderTerms>)> = due;
        for (_, terms) in due {
            let mut said = Vec::new();
            self.venues.get_mut(&terms.intent.profile).unwrap().submit(&terms, &mut said);
            self.say(said);
        }
    }

    fn say(&mut self, said: Vec<BrokerEvent>) {
        for event in said {
            let place = self.said_count;
            self.said_count += 1;
            let lag = u64::from(self.wire.lags[place % self.wire.lags.len()]);
            let repeat = u64::from(self.wire.repeats[place % self.wire.repeats.len()]);
            let in_order = self.said.back().map_or(0, |(turn, _)| *turn);
            let due = in_order.max(self.turn + lag);
            if repeat > 0 {
                self.repeated.push((due + repeat, event.clone()));
            }
            self.said.push_back((due, event));
        }
    }

    /// Tells the engine what has arrived.
    fn listen(&mut self) {
        while let Some((turn, _)) = self.said.front()
            && *turn <= self.turn
            && let Some((_, event)) = self.said.pop_front()
        {
            self.act(|world| world.say(event));
        }
        let turn = self.turn;
        if let Some(place) = self.repeated.iter().position(|(due, _)| *due <= turn) {
            let (_, event) = self.repeated.remove(place);
            self.act(|world| world.say(event));
        }
    }
}
