//! What of a feed is played to the accounts.

use std::collections::{BTreeMap, VecDeque};

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::{
    AssetClass, BrokerEvent, Direction, Instrument, IntentId, Money, OrderId, OrderTerms,
    OrderType, Price, ProfileId, Protection, Purpose, Quantity, Side, Slot, Stop, StopKind,
    StrategyConfig, TimeInForce, Timeframe, TradeId,
};
use ballast_engine::matching::{FillRules, Matcher};
use ballast_engine::ports::{Clock, FeedError, Journal, NoGaps};
use ballast_engine::run::Delivery;
use ballast_engine::strategy::expression::parse_condition;
use ballast_storage::{Store, StreamName};
use ballast_venues::paper::{Account, PaperRecord, PaperSettings, PaperVenue};
use ballast_venues::simulated::{SimulatedFeed, SimulatedMarket, Speed, sim_instruments};
use rust_decimal::Decimal;
use tokio::sync::mpsc;

use super::*;

const GRACE: Duration = Duration::from_secs(2);
const SECOND: i64 = 1_000_000_000;

/// A market that has told all that it has to tell; `live`, it goes on without a word.
struct Told {
    events: VecDeque<MarketEvent>,
    live: bool,
}

impl Feed for Told {
    async fn next(&mut self) -> Result<Option<MarketEvent>, FeedError> {
        match self.events.pop_front() {
            None if self.live => std::future::pending().await,
            event => Ok(event),
        }
    }

    fn history(
        &self,
        _: Symbol,
        _: Timeframe,
        _: Timestamp,
        _: Timestamp,
    ) -> impl Future<Output = Result<Vec<Bar>, FeedError>> + Send + 'static + use<> {
        std::future::ready(Ok(Vec::new()))
    }
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        second(0)
    }
}

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_nanos(1_700_006_400 * SECOND + seconds * SECOND)
}

fn symbol() -> Symbol {
    "AAA".parse().unwrap()
}

fn price(price: i64) -> Price {
    Price::new(Decimal::from(price)).unwrap()
}

fn intent() -> IntentId {
    IntentId { profile: ProfileId::from_bits(1), number: 1 }
}

fn tick(at: i64, cost: i64) -> MarketEvent {
    let quantity = Quantity::new(Decimal::ONE).unwrap();
    MarketEvent::Tick { symbol: symbol(), at: second(at), price: price(cost), quantity }
}

/// The bar of the five seconds that begin `at`.
fn bar(at: i64, [open, high, low, close]: [i64; 4]) -> MarketEvent {
    let [open, high, low, close] = [open, high, low, close].map(price);
    let volume = Quantity::new(Decimal::ONE).unwrap();
    let bar = Bar { close_time: second(at + 5), open, high, low, close, volume };
    MarketEvent::Bar { symbol: symbol(), timeframe: Timeframe::S5, bar }
}

/// An account that holds one unit, bought at 100 in second 2, with a stop at 90.
fn account() -> Account {
    let usd = "USD".parse().unwrap();
    let instrument = Instrument::unrestricted(symbol(), AssetClass::Stock, usd);
    let deposited = Money::new(Decimal::from(1_000), usd);
    let mut matcher = Matcher::new(FillRules::default(), vec![instrument], deposited);
    let terms = OrderTerms {
        intent: intent(),
        accepted_at: second(2),
        symbol: symbol(),
        side: Side::Buy,
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        quantity: Quantity::new(Decimal::ONE).unwrap(),
        reserved: Money::new(Decimal::from(100), usd),
        cancels: None,
        purpose: Purpose::Enter {
            direction: Direction::Long,
            slot: Slot::default(),
            protection: Protection::default(),
        },
    };
    let mut said = Vec::new();
    matcher.submit(&Arc::new(terms), &mut said);
    let at = Bar::tick(second(2), price(100), Quantity::ZERO);
    matcher.open(&PlayedBar { symbol: symbol(), open_time: second(2), bar: at }, &mut said);
    let stop = Stop { level: price(90), kind: StopKind::StopLoss };
    matcher.protect(TradeId(intent()), &Levels::of_stop(stop));
    Account { matcher, deposited, arrived: Vec::new() }
}

/// When the stop fills on `events`, in a process that begins in second 3.
async fn stop_fills(events: Vec<MarketEvent>) -> Option<Timestamp> {
    let (store, _) = Store::memory(&[], Arc::new(StoppedClock)).unwrap();
    let journal = store.tenant(&"alice".parse().unwrap()).journal(StreamName::Paper, 0);
    let accounts = BTreeMap::from([(intent().profile, account())]);
    let record = PaperRecord { settled: 1, accounts, ..PaperRecord::default() };
    journal.append(0, &[record]).await.unwrap();
    let (settings, clock) = (PaperSettings::default(), Arc::new(StoppedClock));
    let venue = PaperVenue::open(journal, settings, clock, Arc::new(NoGaps)).await.unwrap();
    let (inbox, mut deliveries) = mpsc::channel(64);
    let (broker, market, _venue) = venue.start(inbox);
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    let (_slot, tenant) = watch::channel(Some(market.clone()));
    let feed = Told { events: events.into(), live: false };
    let tenants = vec![Seat::new(tenant, None)];
    let served = Market { tenants, ..market_of(feed, board, second(3)) };
    let (_stop, stopping) = watch::channel(false);
    let told = async {
        served.run(stopping).await;
        market.settled().await.unwrap();
        broker.finish().await.unwrap();
    };
    let hear = async {
        let mut filled = None;
        while let Some(delivery) = deliveries.recv().await {
            match delivery {
                Delivery::Broker(message) => {
                    if let BrokerEvent::Filled { order, fill } = message.event {
                        assert_eq!(order, OrderId { intent: intent(), leg: Leg::Stop });
                        filled = Some(fill.at);
                    }
                }
                Delivery::Settled(settled) => settled.send(()).unwrap(),
                _ => {}
            }
        }
        filled
    };
    tokio::join!(told, hear).1
}

/// A market with nobody in it.
fn market_of<F>(feed: F, board: Board, start: Timestamp) -> Market<F> {
    Market {
        feed,
        board,
        tenants: Vec::new(),
        recent: RecentFrames::default(),
        start,
        replay: None,
        frame_grace: GRACE,
        warm_up_bars: 3_000,
        requests: MarketDesk::new().1,
        growth: Growth::default(),
        prices: Prices::default(),
        markets: watch::Sender::new(Arc::default()),
        last_close: watch::channel(None).0,
    }
}

/// The feed tells the whole bar that the start falls into.
#[tokio::test]
async fn what_was_traded_before_the_start_is_not_played_again() {
    let early = vec![tick(1, 80), bar(0, [80, 100, 80, 100])];
    assert_eq!(stop_fills(early).await, None);
    let since = vec![tick(1, 80), tick(4, 85), bar(0, [80, 85, 80, 85])];
    assert_eq!(stop_fills(since).await, Some(second(4)));
    let next = vec![tick(1, 80), bar(0, [80, 100, 80, 100]), bar(5, [100, 100, 80, 90])];
    assert_eq!(stop_fills(next).await, Some(second(5)));
}

/// After a restart a strategy on a long timeframe must be able to leave what it holds at once.
#[tokio::test]
async fn what_longer_bars_are_needed_for_is_ready_at_the_start() {
    let simulated = Arc::new(SimulatedMarket::new(1, &sim_instruments()).unwrap());
    let traded = simulated.instruments().next().unwrap().symbol;
    let start: Timestamp = "2024-05-15T13:37:20Z".parse().unwrap();
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(traded);
    let rule = "close > sma(close, 50) and tf(\"1d\", close > sma(close, 30))";
    let rule = parse_condition(rule).unwrap();
    let ready = board.condition(traded, Timeframe::H1, &rule).unwrap();
    let feed = SimulatedFeed::new(simulated, Arc::new(StoppedClock), start, Speed::Max).unwrap();
    let recent = RecentFrames::default();
    let mut market = Market { recent: recent.clone(), ..market_of(feed, board, start) };
    market.warm_up(start).await.unwrap();
    let kept = recent.lock();
    let closes: Vec<Timestamp> = kept.frames.iter().map(|frame| frame.id.close).collect();
    assert!(closes.is_sorted(), "frames of the past come in order");
    let hour = kept.frames.iter().rfind(|frame| frame.id.timeframe == Timeframe::H1).unwrap();
    assert_eq!(hour.id.close.to_string(), "2024-05-15T13:00:00Z");
    assert!(hour.rows[0].holds(ready).is_some());
    let last = kept.frames.back().unwrap();
    assert_eq!((last.id.timeframe, last.id.close), (Timeframe::S5, start));
}

/// Lines of a log that a test reads.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn bars_that_are_refused_without_end_do_not_fill_the_log() {
    let lines = Lines::default();
    let log = lines.clone();
    let log = tracing_subscriber::fmt().with_writer(move || log.clone()).with_ansi(false).finish();
    let _log = tracing::subscriber::set_default(log);
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    let events = vec![bar(0, [100; 4]); 1_001];
    let market = market_of(Told { events: events.into(), live: false }, board, second(0));
    let (_stop, stopping) = watch::channel(false);
    market.run(stopping).await;
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let told = log.lines().filter(|line| line.contains("a bar was refused")).count();
    assert_eq!(told, 10, "the first, and then at every doubling: {log}");
    assert!(log.contains("refused=512"), "{log}");
}

/// One instrument that says nothing keeps nobody waiting for longer than the grace.
#[tokio::test(start_paused = true)]
async fn a_frame_is_told_without_those_that_do_not_report_in_time() {
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    board.subscribe("SILENT".parse().unwrap());
    let feed = Told { events: vec![bar(0, [100; 4])].into(), live: true };
    let (last_close, mut told) = watch::channel(None);
    let recent = RecentFrames::default();
    let kept = recent.clone();
    let market = Market { recent: kept, last_close, ..market_of(feed, board, second(0)) };
    let (_stop, stopping) = watch::channel(false);
    let begun = Instant::now();
    tokio::spawn(market.run(stopping));
    told.changed().await.unwrap();
    assert_eq!(begun.elapsed(), GRACE);
    assert_eq!(*told.borrow(), Some(second(5)));
    let frame = Arc::clone(&recent.lock().frames[0]);
    let bars: Vec<bool> = frame.rows.iter().map(|row| row.bar.is_some()).collect();
    assert_eq!(bars, [true, false]);
}

/// A paper venue without accounts, and the frames that its tenant got.
async fn listening() -> (PaperMarket, tokio::task::JoinHandle<()>, mpsc::Receiver<Timestamp>) {
    let (store, _) = Store::memory(&[], Arc::new(StoppedClock)).unwrap();
    let journal = store.tenant(&"alice".parse().unwrap()).journal(StreamName::Paper, 0);
    let (settings, clock) = (PaperSettings::default(), Arc::new(StoppedClock));
    let venue = PaperVenue::open(journal, settings, clock, Arc::new(NoGaps)).await.unwrap();
    let (inbox, mut deliveries) = mpsc::channel(64);
    let (_broker, market, _venue) = venue.start(inbox);
    let (got, frames) = mpsc::channel(64);
    let hears = tokio::spawn(async move {
        while let Some(delivery) = deliveries.recv().await {
            match delivery {
                Delivery::Frame(frame) => got.send(frame.id.close).await.unwrap(),
                Delivery::Settled(settled) => drop(settled.send(())),
                _ => {}
            }
        }
    });
    (market, hears, frames)
}

/// A file waits for tenants that fail, and tells them again what they had not carried out, whoever
/// is back first.
#[tokio::test(start_paused = true)]
async fn tenants_that_fail_in_a_file_lose_nothing_of_it() {
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    let events = VecDeque::from([bar(5, [100; 4]), bar(10, [100; 4])]);
    let (slots, joined): (Vec<_>, Vec<_>) = (0..2).map(|_| watch::channel(None)).unzip();
    let tenants = joined.into_iter().map(|tenant| Seat::new(tenant, None)).collect();
    let replay = Some(Arc::new(ReplayClock::new(second(0))));
    let feed = Told { events, live: true };
    let served = Market { replay, tenants, ..market_of(feed, board, second(5)) };
    let (_stop, stopping) = watch::channel(false);
    let run = tokio::spawn(served.run(stopping));
    for slot in &slots {
        let (market, hears, _) = listening().await;
        // Its loop has ended, and its venue will when it has something to tell.
        hears.abort();
        slot.send_replace(Some(market));
    }
    // Each wait ends when nothing else can go on.
    tokio::time::sleep(GRACE).await;
    let mut back = Vec::new();
    for slot in slots.iter().rev() {
        slot.send_replace(None);
        tokio::time::sleep(GRACE).await;
        let (market, hears, frames) = listening().await;
        slot.send_replace(Some(market));
        back.push((hears, frames));
        tokio::time::sleep(GRACE).await;
    }
    for (_, frames) in &mut back {
        let told =
            tokio::time::timeout(GRACE, async { [frames.recv().await, frames.recv().await] });
        assert_eq!(told.await, Ok([Some(second(10)), Some(second(15))]));
    }
    run.abort();
}

/// What a tenant has acted on is not told it again; its prices are.
#[test]
fn a_close_that_was_acted_on_tells_its_prices_alone() {
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    board.keep(Timeframe::S15).unwrap();
    let mut close = Gathering::default();
    for at in [0, 5, 10] {
        let MarketEvent::Bar { bar, .. } = bar(at, [100; 4]) else { continue };
        close.frames.clear();
        board.push(symbol(), &bar, |frame| close.add(frame)).unwrap();
    }
    let (close_time, frames) = (second(15), close.frames);
    let close = MarketClose { close_time, bars: vec![], frames, seen: vec![], session_ends: true };
    let told = |place: i64, framed| {
        let rest = Place { close: second(place), framed }.rest(&close);
        let of = |frames: &[Arc<Frame>]| -> Vec<Timeframe> {
            frames.iter().map(|frame| frame.id.timeframe).collect()
        };
        (of(&rest.frames), of(&rest.seen), rest.session_ends)
    };
    let (short, long) = (Timeframe::S5, Timeframe::S15);
    assert_eq!(told(10, Some(short)), (vec![long, short], vec![], true), "all is new");
    assert_eq!(told(15, None), (vec![long, short], vec![], true), "the bars were being played");
    assert_eq!(told(15, Some(long)), (vec![short], vec![long], false));
    assert_eq!(told(15, Some(short)), (vec![], vec![long, short], false));
    assert_eq!(told(20, Some(short)), (vec![], vec![long, short], false));
}

/// A feed that tells what a test sends, and whose past is there when the test says so.
struct Sent {
    events: mpsc::UnboundedReceiver<MarketEvent>,
    past: watch::Receiver<bool>,
}

impl Feed for Sent {
    async fn next(&mut self) -> Result<Option<MarketEvent>, FeedError> {
        Ok(self.events.recv().await)
    }

    fn history(
        &self,
        _: Symbol,
        _: Timeframe,
        _: Timestamp,
        _: Timestamp,
    ) -> impl Future<Output = Result<Vec<Bar>, FeedError>> + Send + 'static + use<> {
        let mut past = self.past.clone();
        async move {
            past.wait_for(|there| *there).await.unwrap();
            Ok(Vec::new())
        }
    }
}

fn strategy() -> Arc<StrategyConfig> {
    let config = r#"{"version": 1, "kind": "rules", "symbols": ["AAA"], "timeframe": "5s",
        "entry": "close > sma(close, 2)", "sizing": {"type": "fixedQuantity", "quantity": 1},
        "exits": {"stopLoss": {"type": "atr", "value": 2, "period": 2}}}"#;
    Arc::new(serde_json::from_str(config).unwrap())
}

/// Nobody's stop waits while somebody else's strategy warms up.
#[tokio::test]
async fn the_market_goes_on_while_a_strategy_warms_up() {
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    let (events, sent) = mpsc::unbounded_channel();
    let (there, past) = watch::channel(false);
    let (last_close, mut told) = watch::channel(None);
    let (desk, requests) = MarketDesk::new();
    let feed = Sent { events: sent, past };
    let market = Market { requests, last_close, ..market_of(feed, board, second(0)) };
    let recent = market.recent.clone();
    let (_stop, stopping) = watch::channel(false);
    let run = tokio::spawn(market.run(stopping));
    events.send(bar(0, [100; 4])).unwrap();
    told.wait_for(|close| *close == Some(second(5))).await.unwrap();
    let asking = desk.clone();
    let asked = tokio::spawn(async move { asking.compile(strategy()).await });
    let faulty = StrategyConfig { symbols: Vec::new(), ..(*strategy()).clone() };
    for at in [5, 10] {
        events.send(bar(at, [100; 4])).unwrap();
        told.wait_for(|close| *close == Some(second(at + 5))).await.unwrap();
    }
    assert!(!asked.is_finished());
    there.send_replace(true);
    let compiled = asked.await.unwrap().unwrap();
    assert_eq!(compiled.prices.unwrap().id.close, second(15));
    assert!(matches!(desk.compile(faulty.into()).await, Err(CompileError::Faults(_))));
    for at in [15, 20, 25] {
        events.send(bar(at, [100; 4])).unwrap();
        told.wait_for(|close| *close == Some(second(at + 5))).await.unwrap();
    }
    let last = recent.lock().frames.back().unwrap().clone();
    let lane = &compiled.plan.lanes()[0];
    assert!(compiled.plan.can_enter(lane, lane.row(&last).unwrap()));
    run.abort();
}

/// A close is not held up for what cannot come: nobody waits out the grace for it.
#[tokio::test(start_paused = true)]
async fn a_halted_instrument_holds_nobody_up() {
    let other: Symbol = "BBB".parse().unwrap();
    let mut board = Board::new("market".parse().unwrap(), Timeframe::S5);
    board.subscribe(symbol());
    board.subscribe(other);
    let (events, sent) = mpsc::unbounded_channel();
    let (last_close, mut told) = watch::channel(None);
    let feed = Sent { events: sent, past: watch::channel(true).1 };
    let market = Market { last_close, ..market_of(feed, board, second(0)) };
    let mut markets = market.markets.subscribe();
    let (_stop, stopping) = watch::channel(false);
    let run = tokio::spawn(market.run(stopping));
    let begun = Instant::now();
    events.send(bar(0, [100; 4])).unwrap();
    told.wait_for(|close| *close == Some(second(5))).await.unwrap();
    assert_eq!(begun.elapsed(), GRACE, "it is waited for while it trades");
    let status = |status| MarketEvent::Status { symbol: other, at: second(5), status };
    events.send(status(MarketStatus::Halted)).unwrap();
    events.send(bar(5, [100; 4])).unwrap();
    told.wait_for(|close| *close == Some(second(10))).await.unwrap();
    assert_eq!(begun.elapsed(), GRACE);
    assert_eq!(markets.borrow_and_update().status(other), MarketStatus::Halted);
    // One that is halted while it is waited for.
    events.send(status(MarketStatus::Open)).unwrap();
    events.send(bar(10, [100; 4])).unwrap();
    events.send(status(MarketStatus::Halted)).unwrap();
    told.wait_for(|close| *close == Some(second(15))).await.unwrap();
    assert_eq!(begun.elapsed(), GRACE);
    run.abort();
}
