//! The venue's task: one owner of the accounts, between the market and the tenant's inbox.
//!
//! The tenant waits for room in the venue's queue while the venue waits for room in the tenant's.
//! So that they never wait for each other, whatever waits here goes on serving requests, and what
//! the inbox has no room for waits in the outbox. That is bounded by what the tenant asks for in
//! one batch, because it asks for nothing more before it has read its inbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ballast_domain::{BrokerEvent, ProfileId, Symbol, Timestamp};
use ballast_engine::matching::{Matcher, PlayedBar};
use ballast_engine::ports::{Clock, Gap, Gaps, Journal, JournalError};
use ballast_engine::run::Delivery;
use tokio::sync::{mpsc, oneshot};

use super::accounts::{Accounts, Draft};
use super::handles::{Happening, Request};
use super::outbox::Outbox;
use super::record::{PaperEntry, PaperRecord};
use super::{AccountError, MarketClose, PaperError, PaperVenue};

/// Requests that may share a record.
const BATCH: usize = 64;

type Done = Result<(), PaperError>;
/// The accounts and instruments whose orders have come.
type Came = Result<BTreeSet<(ProfileId, Symbol)>, PaperError>;
type SyncPhase<'a> = &'a (dyn Fn(&mut Matcher, &PlayedBar, &mut Vec<BrokerEvent>) + Sync);

pub(super) struct Task<J> {
    journal: J,
    /// Records in the stream.
    seq: u64,
    /// Records whose news the tenant has carried out.
    settled: u64,
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    gaps: Arc<dyn Gaps>,
    requests: mpsc::Receiver<Request>,
    market: mpsc::Receiver<Happening>,
    outbox: Outbox,
    /// Whether the tenant got something that it may not have carried out yet.
    unsettled: bool,
    /// Who waits for the venue to end.
    finish: Option<oneshot::Sender<()>>,
    /// When each instrument last traded, as far as ticks were played.
    ticked: BTreeMap<Symbol, Timestamp>,
}

/// What somebody waits for until a batch of requests is durable.
type Answers = Vec<(oneshot::Sender<Result<(), AccountError>>, Result<(), AccountError>)>;

impl<J: Journal<PaperRecord>> Task<J> {
    pub(super) fn new(
        venue: PaperVenue<J>,
        requests: mpsc::Receiver<Request>,
        market: mpsc::Receiver<Happening>,
        inbox: mpsc::Sender<Delivery>,
    ) -> Self {
        let PaperVenue { journal, seq, settled, accounts, news, queue: _, clock, gaps } = venue;
        let mut outbox = Outbox::new(inbox, Arc::clone(&gaps));
        let unsettled = !news.is_empty();
        outbox.tell(clock.now(), news);
        Self {
            journal,
            seq,
            settled,
            accounts,
            clock,
            gaps,
            requests,
            market,
            outbox,
            unsettled,
            finish: None,
            ticked: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self) -> Done {
        loop {
            if let Some(answer) = self.finish.take() {
                return self.finish(answer).await;
            }
            let asked = is_open(&self.requests);
            let played = is_open(&self.market);
            if !asked && !played && self.outbox.is_empty() {
                return Ok(());
            }
            tokio::select! {
                biased;
                delivered = self.outbox.deliver() => delivered?,
                request = self.requests.recv(), if asked => {
                    if let Some(request) = request {
                        self.serve(request).await?;
                    }
                }
                happening = self.market.recv(), if played => {
                    if let Some(happening) = happening {
                        self.take(happening).await?;
                    }
                }
            }
        }
    }

    /// What the tenant answers with to what it is told may be told about in turn.
    async fn finish(&mut self, answer: oneshot::Sender<()>) -> Done {
        while self.unsettled {
            self.settle().await?;
        }
        // Whoever waited may have gone.
        let _ = answer.send(());
        Ok(())
    }

    async fn take(&mut self, happening: Happening) -> Done {
        self.serve_arrived().await?;
        match happening {
            Happening::Close(close) => self.play_close(close).await,
            Happening::Tick(tick) => self.play_tick(&tick).await,
            Happening::Settled(answer) => {
                self.settle().await?;
                // Whoever waited may have gone.
                let _ = answer.send(());
                Ok(())
            }
        }
    }

    /// Plays everything that closed at one instant, phase by phase.
    async fn play_close(&mut self, close: MarketClose) -> Done {
        let MarketClose { close_time, mut bars, frames, seen, session_ends } = close;
        self.accounts.begin_close(close_time);
        // In whatever order the bars of one close came, the same happens.
        bars.sort_unstable_by_key(|played| played.symbol);
        if let Some(open_time) = bars.first().map(|bar| bar.open_time) {
            let unseen: Vec<PlayedBar> =
                bars.iter().filter(|bar| !self.saw_ticks_of(bar)).copied().collect();
            if !unseen.is_empty() {
                self.play_open(&unseen, open_time).await?;
                self.play_each(&unseen, open_time, &Matcher::inside).await?;
            }
            let mut draft = Draft::new(close_time);
            self.accounts.deliver(open_time, false, &mut draft);
            let end = |matcher: &mut Matcher, bar: &PlayedBar, out: &mut Vec<BrokerEvent>| {
                matcher.end(bar, false, out);
                matcher.follow(bar.symbol, &bar.bar);
            };
            self.accounts.play(&bars, None, &end, &mut draft);
            self.commit(draft, Answers::new()).await?;
        }
        if session_ends {
            let mut draft = Draft::new(close_time);
            self.accounts.end_session(close_time, &mut draft);
            self.commit(draft, Answers::new()).await?;
        }
        self.unsettled |= !frames.is_empty() || !seen.is_empty();
        for frame in seen {
            self.outbox.push(Delivery::Seen(frame));
        }
        for frame in frames {
            self.outbox.push(Delivery::Frame(frame));
        }
        self.settle().await?;
        if !bars.is_empty() && !self.accounts.are_idle() {
            let mut draft = Draft::new(close_time);
            self.accounts.deliver(close_time, true, &mut draft);
            self.accounts.play(&bars, None, &Matcher::at_close, &mut draft);
            self.commit(draft, Answers::new()).await?;
        }
        self.settle().await
    }

    /// A tick is a bar of one price: there is nothing inside it.
    async fn play_tick(&mut self, tick: &PlayedBar) -> Done {
        self.ticked.insert(tick.symbol, tick.open_time);
        let bars = [*tick];
        self.play_open(&bars, tick.open_time).await?;
        let end = |matcher: &mut Matcher, tick: &PlayedBar, out: &mut Vec<BrokerEvent>| {
            matcher.end(tick, false, out);
        };
        self.play_each(&bars, tick.open_time, &end).await.map(drop)
    }

    /// Whether the bar's prices were played already, tick by tick.
    fn saw_ticks_of(&self, bar: &PlayedBar) -> bool {
        self.ticked.get(&bar.symbol).is_some_and(|last| *last >= bar.open_time)
    }

    /// Plays the open, then again to the accounts that have answered with new orders.
    async fn play_open(&mut self, bars: &[PlayedBar], at: Timestamp) -> Done {
        if bars.len() > 1 {
            self.play_each(bars, at, &Matcher::leave_at_open).await?;
        }
        let mut came = self.play_each(bars, at, &Matcher::open).await?;
        loop {
            let mut draft = Draft::new(at);
            came.append(&mut self.accounts.deliver(at, false, &mut draft));
            self.accounts.play(bars, Some(&came), &Matcher::open, &mut draft);
            self.commit(draft, Answers::new()).await?;
            if came.is_empty() {
                return Ok(());
            }
            came.clear();
            self.settle().await?;
        }
    }

    /// Plays a phase of one bar after the other: what the tenant answers to one, such as the second
    /// half of a reversal, may reserve what another would spend. Gives what came after the first.
    async fn play_each(&mut self, bars: &[PlayedBar], at: Timestamp, phase: SyncPhase<'_>) -> Came {
        let mut came = BTreeSet::new();
        for (place, bar) in bars.iter().enumerate() {
            let mut draft = Draft::new(at);
            let mut delivered = self.accounts.deliver(at, false, &mut draft);
            if place > 0 {
                came.append(&mut delivered);
            }
            self.accounts.play(std::slice::from_ref(bar), None, phase, &mut draft);
            self.commit(draft, Answers::new()).await?;
            self.settle().await?;
        }
        Ok(came)
    }

    /// Waits until the tenant has carried out everything that it got, then serves what it asked
    /// for meanwhile.
    async fn settle(&mut self) -> Done {
        if !self.unsettled {
            return Ok(());
        }
        self.unsettled = false;
        let told = self.seq;
        let (answer, mut answered) = oneshot::channel();
        self.outbox.push(Delivery::Settled(answer));
        loop {
            tokio::select! {
                biased;
                settled = &mut answered => {
                    settled.map_err(|_| PaperError::TenantGone)?;
                    self.settled = told;
                    return self.serve_arrived().await;
                }
                delivered = self.outbox.deliver() => delivered?,
                Some(request) = self.requests.recv() => self.serve(request).await?,
            }
        }
    }

    async fn serve_arrived(&mut self) -> Done {
        while let Ok(request) = self.requests.try_recv() {
            self.serve(request).await?;
        }
        Ok(())
    }

    /// Serves a request, and those that wait behind it, with one record.
    async fn serve(&mut self, first: Request) -> Done {
        let mut draft = Draft::new(self.clock.now());
        let mut answers = Vec::new();
        self.ask(first, &mut draft, &mut answers);
        for _ in 1..BATCH {
            let Ok(request) = self.requests.try_recv() else { break };
            self.ask(request, &mut draft, &mut answers);
        }
        self.commit(draft, answers).await
    }

    fn ask(&mut self, request: Request, draft: &mut Draft, answers: &mut Answers) {
        let accounts = &mut self.accounts;
        match request {
            Request::Fund { profile, cash, instruments, answer } => {
                answers.push((answer, accounts.fund(profile, cash, instruments, draft)));
            }
            Request::Act { profile, id, symbol, action, answer } => {
                answers.push((answer, accounts.act(profile, id, (symbol, action), draft)));
            }
            Request::Submit(terms) => accounts.submit(terms, draft),
            Request::Amend(order, amendment) => accounts.amend(order, &amendment, draft),
            Request::Cancel(order) => accounts.cancel(order, draft),
            Request::Protect(trade, levels) => accounts.protect(trade, &levels, draft),
            Request::Query(order) => accounts.query(order, draft),
            Request::Finish(answer) => self.finish = Some(answer),
        }
    }

    /// Makes a draft durable, then tells.
    async fn commit(&mut self, mut draft: Draft, answers: Answers) -> Done {
        let records = self.accounts.records(&mut draft, self.settled);
        if !records.is_empty() {
            self.pass_unrecorded(&records);
            self.record(&records).await?;
        }
        for (answer, result) in answers {
            // Whoever asked may have gone; what was done is done.
            let _ = answer.send(result);
        }
        self.unsettled |= !draft.tell.is_empty();
        self.outbox.tell(draft.at, draft.tell);
        Ok(())
    }

    /// Appends to the stream, or continues it on this node alone while the store is away: an exit
    /// could not fill otherwise. A real venue does not ask whether our store takes its orders.
    async fn record(&mut self, records: &[PaperRecord]) -> Done {
        let mut away = None;
        if !self.journal.is_away() {
            match self.journal.append(self.seq, records).await {
                Err(JournalError::Unavailable(why)) => away = Some(why),
                appended => {
                    self.seq = appended?.last_seq();
                    self.gaps.pass(Gap::VenueRecorded);
                    return Ok(());
                }
            }
        }
        let kept = self.journal.append_locally(self.seq, records).await;
        self.seq = kept.map_err(|error| error.beside(away))?.last_seq();
        self.gaps.pass(Gap::KeptLocally);
        Ok(())
    }

    fn pass_unrecorded(&self, records: &[PaperRecord]) {
        let mut what = records.iter().flat_map(|record| &record.what);
        let took = |entry: &PaperEntry| matches!(entry, PaperEntry::Submitted { .. });
        let filled = |entry: &PaperEntry| matches!(entry.said(), Some(BrokerEvent::Filled { .. }));
        if what.clone().any(took) {
            self.gaps.pass(Gap::VenueTook);
        }
        if what.any(filled) {
            self.gaps.pass(Gap::VenueFilled);
        }
    }
}

fn is_open<T>(queue: &mpsc::Receiver<T>) -> bool {
    !(queue.is_closed() && queue.is_empty())
}
