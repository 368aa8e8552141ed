//! The store goes away under a running tenant and its venue: what is held is left, and nothing
//! enters.

use ballast_domain::{
    ActiveState, Direction, DoneState, Event, ExitReason, OrderState, OrderType, Origin,
    ProfileStatus, Protection, Refusal, Signal, SignalTerms, Slot, TimeInForce, TradeId,
};
use ballast_engine::ports::JournalError;
use ballast_engine::step::{Answer, Command};
use ballast_venues::paper::{MarketClose, PaperEntry, PaperSettings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rig::{Disk, Process, Start};
use super::world;

/// One profile on one instrument, and a market that falls after three hours.
struct Desk {
    disk: Disk,
    process: Process,
    closes: Vec<MarketClose>,
}

impl Desk {
    async fn open(config: Value) -> Self {
        let configs = [world::config(&["AAA"], config)];
        let quiet = [10_000, 10_010, 9_990, 10_000];
        let falling = [9_990, 9_990, 9_000, 9_100];
        let prices = [quiet, quiet, quiet, falling, quiet, quiet];
        let bars = (0..).zip(prices).map(|(at, prices)| world::bar(at, prices, 1_000));
        let bars: Vec<_> = bars.map(|bar| (world::symbol("AAA"), bar)).collect();
        let (plans, closes) = world::closes(&configs, &bars);
        let disk = Disk::new();
        let settings = PaperSettings::default();
        let process = Process::start(&disk, Start::new(settings.clone()), &plans).await;
        process.set_up(&configs, &plans, &settings).await.unwrap();
        Self { disk, process, closes }
    }

    async fn play(&self, closes: std::ops::Range<usize>) {
        for close in &self.closes[closes] {
            self.process.play(close).await.unwrap();
        }
    }

    async fn buy(&self) -> Answer {
        let terms = SignalTerms::Enter {
            direction: Direction::Long,
            slot: Slot("b".parse().unwrap()),
            quantity: Decimal::TEN,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            protection: Protection::default(),
            cut_to_available: false,
            cancels: None,
        };
        self.process.command(signal(terms)).await.unwrap()
    }

    async fn close(&self, trade: TradeId) -> Answer {
        self.process.command(close_of(trade)).await.unwrap()
    }

    /// The trades that are open, by the journal and what continues it.
    fn open_trades(&self) -> Vec<TradeId> {
        let state = self.disk.state();
        state.profile(world::profile(1)).unwrap().trades.keys().copied().collect()
    }

    /// How many orders the venue took.
    fn taken(&self) -> usize {
        let records = self.disk.paper.records();
        let entries = records.iter().flat_map(|record| &record.what);
        entries.filter(|entry| matches!(entry, PaperEntry::Submitted { .. })).count()
    }
}

/// Holds from the second hour on, with a stop five percent below.
fn protected() -> Value {
    json!({"entry": "close > 0", "exit": null,
        "exits": {"stopLoss": {"type": "percent", "value": "5"}}})
}

#[tokio::test]
async fn a_stop_is_hit_and_its_fill_is_booked() {
    let desk = Desk::open(protected()).await;
    desk.play(0..2).await;
    assert_eq!(desk.open_trades().len(), 1);
    let stored = (desk.disk.journal.lines().len(), desk.disk.paper.lines().len());
    desk.disk.set_away(true);
    desk.play(2..6).await;
    assert_eq!(desk.open_trades(), [], "the stop was passed");
    assert_eq!(desk.taken(), 1, "and nothing was entered again");
    let now = (desk.disk.journal.lines().len(), desk.disk.paper.lines().len());
    assert_eq!(now, stored, "none of it is in the store");
    assert!(desk.disk.journal.kept() > 0 && desk.disk.paper.kept() > 0);
    desk.disk.set_away(false);
    desk.play(5..6).await;
    assert_eq!((desk.disk.journal.kept(), desk.disk.paper.kept()), (0, 0));
    assert_eq!(desk.taken(), 2, "entries go again");
}

#[tokio::test]
async fn the_entry_that_finds_the_store_away_is_refused_and_never_sent() {
    let desk = Desk::open(json!({"entry": "close < 0", "exit": null})).await;
    desk.play(0..1).await;
    desk.disk.set_away(true);
    assert_eq!(desk.buy().await, Answer::Refused(Refusal::StoreAway));
    desk.play(1..3).await;
    assert_eq!(desk.taken(), 0);
    let state = desk.disk.state();
    let profile = state.profile(world::profile(1)).unwrap();
    let ended = profile.ended.iter().next_back().unwrap();
    assert_eq!(ended.state, OrderState::Done(DoneState::Voided), "it may be in the store");
    assert_eq!(profile.book.available(), Decimal::from(world::CASH), "its money is free again");
    let kept = desk.disk.journal.kept();
    assert_eq!(desk.buy().await, Answer::Refused(Refusal::StoreAway));
    assert_eq!(desk.disk.journal.kept(), kept, "the next one leaves no trace");
}

#[tokio::test]
async fn people_close_and_stop_and_start_nothing() {
    let desk = Desk::open(protected()).await;
    desk.play(0..2).await;
    let trade = desk.open_trades()[0];
    desk.disk.set_away(true);
    assert!(matches!(desk.close(trade).await, Answer::Accepted(_)));
    let set = |status| Command::SetStatus {
        profile: world::profile(1),
        status,
        acknowledge: false,
        reason: "test".to_owned(),
        by: "someone".to_owned(),
    };
    let stop = desk.process.command(set(ProfileStatus::Stopped)).await.unwrap();
    assert_eq!(stop, Answer::Done);
    desk.play(2..3).await;
    assert_eq!(desk.open_trades(), []);
    let start = desk.process.command(set(ProfileStatus::Running)).await.unwrap();
    assert_eq!(start, Answer::Refused(Refusal::StoreAway));
    desk.process.kill().await;
    let state = desk.disk.state();
    let profile = state.profile(world::profile(1)).unwrap();
    assert_eq!(profile.status, ProfileStatus::Stopped, "it is still stopped after a crash");
    assert!(profile.is_idle());
}

/// What was accepted and not answered when the store went away is no reason to send it again.
#[tokio::test]
async fn an_exit_that_was_on_its_way_is_sent_once() {
    let desk = Desk::open(protected()).await;
    desk.play(0..2).await;
    let trade = desk.open_trades()[0];
    desk.disk.set_away(true);
    assert!(matches!(desk.close(trade).await, Answer::Accepted(_)));
    let again = desk.close(trade).await;
    assert!(matches!(again, Answer::Refused(Refusal::NothingToReduce { .. })), "{again:?}");
    desk.play(2..3).await;
    let state = desk.disk.state();
    let working = state.profile(world::profile(1)).unwrap().working.values();
    let unknown = OrderState::Active(ActiveState::Unknown);
    assert!(working.into_iter().all(|order| order.state != unknown));
    let exits = desk.disk.events().into_iter().filter(|event| match event {
        Event::IntentAccepted { terms, .. } => terms.is_reducing(),
        _ => false,
    });
    assert_eq!((exits.count(), desk.taken()), (1, 2));
}

/// A node without room of its own stops the tenant, as a store that is away always did.
#[tokio::test]
async fn a_node_that_can_keep_nothing_ends_the_loop_and_says_both_reasons() {
    let both = JournalError::Unavailable("local.log is full".to_owned())
        .beside(Some("the disk is full".to_owned()));
    assert_eq!(both.to_string(), "the store is unavailable: the disk is full; local.log is full");
    let desk = Desk::open(protected()).await;
    desk.play(0..2).await;
    desk.disk.set_away(true);
    desk.disk.journal.fill();
    let trade = desk.open_trades()[0];
    assert_eq!(desk.process.command(close_of(trade)).await, None, "nobody answers");
    assert_eq!(desk.open_trades(), [trade], "and nothing was done");
}

fn close_of(trade: TradeId) -> Command {
    let terms = SignalTerms::Exit {
        trade,
        quantity: None,
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        reason: ExitReason::Manual,
        then: None,
    };
    signal(terms)
}

fn signal(terms: SignalTerms) -> Command {
    let origin = Origin::Manual { by: "someone".to_owned() };
    let (profile, symbol) = (world::profile(1), world::symbol("AAA"));
    Command::Signal(Box::new(Signal { origin, profile, symbol, terms }))
}
