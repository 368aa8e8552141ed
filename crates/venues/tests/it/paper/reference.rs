//! The same engine and matcher, driven synchronously close by close, as a back-test drives them.

use std::sync::Arc;

use ballast_domain::{
    Bar, BrokerEvent, ControlSnapshot, Event, Money, ProfileStatus, StrategyConfig, Symbol,
    Timestamp,
};
use ballast_engine::market::Frame;
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::state::State;
use ballast_engine::step::{Action, Command, Effects, Engine, Input, Settings};
use rust_decimal::Decimal;

use super::world;

pub(super) struct Reference {
    pub(super) engine: Engine,
    pub(super) matcher: Matcher,
    pub(super) events: Vec<Event>,
    said: Vec<BrokerEvent>,
    submitted: bool,
}

impl Reference {
    /// Plays all of `bars` to one profile.
    pub(super) fn run(
        config: &Arc<StrategyConfig>,
        rules: &FillRules,
        bars: &[(Symbol, Bar)],
    ) -> Self {
        let (mut board, mut plans) = world::board(std::slice::from_ref(config), bars);
        let document = world::document(config, rules);
        let cash = Money::new(Decimal::from(world::CASH), world::currency());
        let mut desk = Self {
            engine: Engine::new(State::new("tenant".parse().unwrap()), Settings::default()),
            matcher: Matcher::new(rules.clone(), document.instruments.clone(), cash),
            events: Vec::new(),
            said: Vec::new(),
            submitted: false,
        };
        let at = Timestamp::MIN;
        desk.step(Input::Control { at, control: Some(Arc::new(ControlSnapshot::default())) });
        let profile = world::profile(1);
        let (plan, by) = (Box::new(plans.remove(0)), "test".to_owned());
        let (status, reason, acknowledge) = (ProfileStatus::Running, "test".to_owned(), false);
        let start = Command::SetStatus { profile, status, acknowledge, reason, by: by.clone() };
        let (document, expected_version) = (Box::new(document), None);
        let put = Command::PutProfile { profile, document, plan, expected_version, by };
        for command in [put, start] {
            desk.step(Input::Command { at, request_id: None, command });
        }
        for group in bars.chunk_by(|(_, one), (_, other)| one.close_time == other.close_time) {
            let mut closed: Vec<PlayedBar> =
                group.iter().map(|(symbol, bar)| world::played(*symbol, *bar)).collect();
            closed.sort_by_key(|played| played.symbol);
            let mut frames = Vec::new();
            let before = closed[0].bar.close_time.saturating_add_nanos(-1);
            board.expire(before, |frame| frames.push(frame.clone()));
            frames.drain(..).for_each(|frame| desk.show(&frame));
            desk.play(&closed);
            for (symbol, bar) in group {
                board.push(*symbol, bar, |frame| frames.push(frame.clone())).unwrap();
            }
            board.expire(closed[0].bar.close_time, |frame| frames.push(frame.clone()));
            frames.drain(..).for_each(|frame| desk.show(&frame));
            desk.each(&closed, Matcher::at_close);
        }
        desk
    }

    fn show(&mut self, frame: &Frame) {
        self.step(Input::Frame { frame, now: frame.id.close });
    }

    fn play(&mut self, closed: &[PlayedBar]) {
        loop {
            self.submitted = false;
            if closed.len() > 1 {
                self.each(closed, Matcher::leave_at_open);
            }
            self.each(closed, Matcher::open);
            if !self.submitted {
                break;
            }
        }
        self.each(closed, Matcher::inside);
        self.each(closed, |matcher, played, said| {
            matcher.end(played, world::session_ends(played.bar.close_time), said);
        });
    }

    fn each(
        &mut self,
        closed: &[PlayedBar],
        phase: impl Fn(&mut Matcher, &PlayedBar, &mut Vec<BrokerEvent>),
    ) {
        for played in closed {
            phase(&mut self.matcher, played, &mut self.said);
            self.listen(played);
        }
    }

    fn listen(&mut self, played: &PlayedBar) {
        while !self.said.is_empty() {
            for event in std::mem::take(&mut self.said) {
                self.step(Input::Broker(BrokerMessage { at: played.open_time, event }));
            }
        }
    }

    fn step(&mut self, input: Input<'_>) {
        let mut effects = Effects::default();
        self.engine.step(input, &mut effects).unwrap();
        self.events.extend(effects.events.into_iter().map(|envelope| envelope.event));
        for action in effects.actions {
            match action {
                Action::Submit(intent) => {
                    self.submitted = true;
                    self.matcher.submit(intent.terms(), &mut self.said);
                }
                Action::Amend(approved) => {
                    let (order, amendment) = (approved.order(), *approved.amendment());
                    self.matcher.amend(order, &amendment, &mut self.said);
                }
                Action::Cancel(order) => self.matcher.cancel(order, &mut self.said),
                Action::Protect(trade, levels) => self.matcher.protect(trade, &levels),
                Action::Query(order) => self.matcher.query(order, &mut self.said),
            }
        }
    }
}
