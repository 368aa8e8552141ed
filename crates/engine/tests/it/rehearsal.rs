//! A world whose orders go to a simulated venue, over a wire on which everything arrives at once.
//! What a bad wire does is the business of the simulator.

use std::collections::{BTreeMap, VecDeque};

use ballast_domain::{
    ActionId, Bar, BrokerEvent, CorporateAction, IntentId, Money, ProfileDocument, ProfileId,
    Symbol, Timestamp, TradeId,
};
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::step::{Action, Answer};

use crate::auditor::Auditor;
use crate::world::World;

pub(crate) struct Rehearsal {
    pub(crate) world: World,
    pub(crate) venues: BTreeMap<ProfileId, Matcher>,
    /// The venue's messages that the engine has not heard yet.
    said: VecDeque<BrokerEvent>,
    submitted: bool,
    /// Looks over the gate's shoulder.
    pub(crate) auditor: Option<Auditor>,
}

impl Rehearsal {
    pub(crate) fn new(world: World) -> Self {
        let (venues, said) = (BTreeMap::new(), VecDeque::new());
        Self { world, venues, said, submitted: false, auditor: None }
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
        self.audit(|auditor, rehearsal| auditor.begin(at, rehearsal));
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
            self.audit(|auditor, _| auditor.closed(*symbol, bar.close));
            self.each_venue(|venue, said| venue.at_close(&played, said));
        }
    }

    /// The venue does what the issuer of an instrument has done.
    pub(crate) fn venue_acts(
        &mut self,
        profile: ProfileId,
        id: ActionId,
        (symbol, action): (Symbol, &CorporateAction),
    ) {
        let (at, mut said) = (self.world.now, Vec::new());
        let venue = self.venues.get_mut(&profile).unwrap();
        assert!(venue.act(id, (symbol, action), at, &mut said), "{action:?}");
        self.said.extend(said);
        self.listen();
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
        self.said.extend(said);
        self.listen();
    }

    fn carry_out(&mut self) {
        for action in std::mem::take(&mut self.world.actions) {
            let mut said = Vec::new();
            match action {
                Action::Submit(intent) => {
                    self.submitted = true;
                    let (terms, quiet) = (intent.terms(), self.said.is_empty());
                    self.audit(|auditor, rehearsal| auditor.accepted(terms, rehearsal, quiet));
                    self.venues.get_mut(&terms.intent.profile).unwrap().submit(terms, &mut said);
                }
                Action::Amend(approved) => {
                    let (order, amendment) = (approved.order(), *approved.amendment());
                    let venue = self.venues.get_mut(&order.intent.profile).unwrap();
                    venue.amend(order, &amendment, &mut said);
                }
                Action::Cancel(order) => {
                    self.venues.get_mut(&order.intent.profile).unwrap().cancel(order, &mut said);
                }
                Action::Protect(trade, levels) => {
                    self.venues.get_mut(&trade.0.profile).unwrap().protect(trade, &levels);
                }
                Action::Query(order) => {
                    self.venues[&order.intent.profile].query(order, &mut said);
                }
            }
            self.said.extend(said);
        }
        self.listen();
    }

    /// Tells the engine what the venue has said.
    fn listen(&mut self) {
        while let Some(event) = self.said.pop_front() {
            self.act(|world| world.say(event));
        }
    }
}
