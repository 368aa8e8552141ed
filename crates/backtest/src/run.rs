//! One back-test: the live engine, played over history.
//!
//! Bars go to the simulated venue first, then to the market board, whose frames go to the engine:
//! the same step, gate, ledger and matcher as in paper and live. Nothing is journaled, because a
//! run can always be repeated; everything else is the same.

use std::sync::Arc;

use ballast_domain::control::ControlSnapshot;
use ballast_domain::number::MONEY_DECIMALS;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    AssetClass, Bar, BrokerEvent, Capital, Currency, Direction, Event, Instrument, Limits, Mode,
    Money, OrderTerms, Price, ProfileDocument, ProfileId, ProfileStatus, StrategyConfig, Symbol,
    TenantId, Timeframe, Timestamp, Trade, TradeId, VenueId, Zone,
};
use ballast_engine::market::{Board, BoardError, Frame, number::float_of};
use ballast_engine::matching::{FillRules, Matcher, PlayedBar};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::state::{ApplyError, Profile, State};
use ballast_engine::step::{Action, Command, Effects, Engine, Input, Settings};
use ballast_engine::strategy::{ConfigFault, Plan};
use rust_decimal::Decimal;
use thiserror::Error;

use crate::activity::Activity;
use crate::statistics::{Basis, ClosedTrade, EquityPoint, Statistics, Summary};

/// What is run.
#[derive(Debug, Clone)]
pub struct Request {
    /// How to trade.
    pub config: Arc<StrategyConfig>,
    /// The instruments of the data, with their steps.
    pub instruments: Vec<Instrument>,
    /// The interval of the bars; the config's timeframe is the same or longer.
    pub timeframe: Timeframe,
    /// Capital before the first bar, above zero.
    pub cash: Decimal,
    /// What cash, prices and fees are counted in.
    pub currency: Currency,
    /// How orders fill.
    pub rules: FillRules,
    /// Overrides the returns per year that ratios are annualised with.
    pub periods_per_year: Option<f64>,
    /// Whether the equity at every bar is kept.
    pub keep_equity: bool,
    /// Whether closed trades are kept; the figures need none of them.
    pub keep_trades: bool,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The figures.
    pub summary: Summary,
    /// From the opening of the first bar to the last close.
    pub span: (Timestamp, Timestamp),
    /// From the first to the last close in percent, when one instrument was traded.
    pub price_change_pct: Option<f64>,
    /// Equity at the last close, exactly.
    pub final_equity: Decimal,
    /// All fees, exactly.
    pub fees: Decimal,
    /// Trades from entry to flat, in the order they closed, when they were asked for.
    pub closed: Vec<Trade>,
    /// Trades still open at the end of the data.
    pub open: Vec<OpenTrade>,
    /// Equity at every bar's close, when it was asked for.
    pub equity: Vec<EquityPoint>,
    /// What became of the strategy's decisions on their way to a trade.
    pub activity: Activity,
}

/// A trade that is open at the end of the data.
#[derive(Debug, Clone)]
pub struct OpenTrade {
    /// The trade.
    pub trade: Trade,
    /// Its profit or loss net of the fees so far, marked at the last close, exactly.
    pub pnl: Decimal,
}

/// Why there is no outcome.
#[derive(Debug, Error)]
pub enum RunError {
    /// The config has faults; all of them are listed.
    #[error("the strategy config has {} fault(s)", .0.len())]
    Config(Vec<ConfigFault>),
    /// A run needs capital that can be counted exactly.
    #[error("the starting cash must be above zero and at most 10^15, got {0}")]
    Cash(Decimal),
    /// Negative fees or slippage would print money.
    #[error("{what} must not be negative, got {value}")]
    Negative {
        /// Fee or slippage.
        what: &'static str,
        /// What was given.
        value: Decimal,
    },
    /// The config trades an instrument without data.
    #[error("the config trades {0}, but there is no data for it")]
    NoData(Symbol),
    /// The data holds nothing to run on.
    #[error("the data holds no bar")]
    NoBars,
    /// A bar is out of place.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The engine's own state did not fit an event, which is a fault of Ballast.
    #[error("the engine stopped: {0}; please report this with the config and data")]
    Apply(#[from] ApplyError),
    /// The numbers do not fit a decimal.
    #[error("the equity does not fit a decimal; check prices and quantities")]
    Overflow,
}

/// Runs `request` over `bars`, which come in order of their closes.
///
/// # Errors
/// [`RunError`]; nothing is half done, because a run changes nothing.
pub fn run(
    request: &Request,
    bars: impl IntoIterator<Item = (Symbol, Bar)>,
) -> Result<Outcome, RunError> {
    check(request)?;
    let mut run = Run::new(request)?;
    for (symbol, bar) in bars {
        run.gather(symbol, bar)?;
    }
    run.play_close()?;
    run.finish()
}

fn check(request: &Request) -> Result<(), RunError> {
    let cash = Money::checked(request.cash, request.currency).map(Money::amount);
    if cash.is_none_or(|cash| cash <= Decimal::ZERO) {
        return Err(RunError::Cash(request.cash));
    }
    let fees = match request.rules.fees {
        FeeSchedule::Percent { maker, taker } => [maker, taker],
        FeeSchedule::PerUnit { amount, minimum } => [amount, minimum],
    };
    for (what, value) in fees
        .map(|fee| ("the fee", fee))
        .into_iter()
        .chain([("slippage", request.rules.slippage_bps)])
    {
        if value.is_sign_negative() && !value.is_zero() {
            return Err(RunError::Negative { what, value });
        }
    }
    let listed = |symbol: &&Symbol| request.instruments.iter().any(|i| i.symbol == **symbol);
    match request.config.symbols.iter().find(|symbol| !listed(symbol)) {
        Some(missing) => Err(RunError::NoData(*missing)),
        None => Ok(()),
    }
}

/// The only profile and tenant of a back-test.
const PROFILE: ProfileId = ProfileId::from_bits(1);

/// A run under way: the board, and the desk that trades on its frames.
struct Run {
    board: Board,
    desk: Desk,
    timeframe: Timeframe,
    /// Whether a frame may lack the bar of some instrument; of a single one it is complete.
    has_several: bool,
    /// The bars of one close, one for each instrument that has one.
    close: Vec<PlayedBar>,
    statistics: Statistics,
    bars_in_position: u64,
    /// The first close and the last, each with the price of some instrument.
    ends: Option<[(Timestamp, Price); 2]>,
    equity: Vec<EquityPoint>,
    keep_equity: bool,
    keep_trades: bool,
    closed: Vec<Trade>,
}

/// The engine and its simulated venue.
struct Desk {
    engine: Engine,
    matcher: Matcher,
    /// The strategy's timeframe, at whose closes trails move.
    timeframe: Timeframe,
    effects: Effects,
    /// The venue's messages that the engine has not heard yet.
    heard: Vec<BrokerEvent>,
    said: Vec<BrokerEvent>,
    /// Trades that have closed since they were last counted.
    closed: Vec<Trade>,
    last_closed: Option<TradeId>,
    activity: Activity,
    /// What equity is made of, until something happens.
    valuation: Option<Valuation>,
    submitted: bool,
    failed: Option<ApplyError>,
}

impl Run {
    fn new(request: &Request) -> Result<Self, RunError> {
        let venue = venue();
        let mut board = Board::new(venue, request.timeframe);
        for instrument in &request.instruments {
            board.subscribe(instrument.symbol);
        }
        let plan = Plan::compile(Arc::clone(&request.config), &mut board);
        let plan = plan.map_err(RunError::Config)?;
        let asset = request.instruments.first().map_or(AssetClass::Stock, |i| i.asset_class);
        let has_several = request.instruments.len() > 1;
        let mut basis = match has_several {
            true => Basis::of_several(asset, request.timeframe),
            false => Basis::of(asset, request.timeframe),
        };
        basis.periods_per_year = request.periods_per_year.unwrap_or(basis.periods_per_year);
        Ok(Self {
            board,
            desk: Desk::new(request, plan)?,
            timeframe: request.timeframe,
            has_several,
            close: Vec::with_capacity(request.instruments.len()),
            statistics: Statistics::new(float_of(request.cash), basis),
            bars_in_position: 0,
            ends: None,
            equity: Vec::new(),
            keep_equity: request.keep_equity,
            keep_trades: request.keep_trades,
            closed: Vec::new(),
        })
    }

    /// Takes a bar; what was gathered is played once the bar is of a later close.
    fn gather(&mut self, symbol: Symbol, bar: Bar) -> Result<(), RunError> {
        let first = self.close.first().map(|played| played.bar.close_time);
        if first.is_some_and(|close_time| close_time != bar.close_time) {
            self.play_close()?;
        }
        let open_time = self.timeframe.open_of(bar.close_time);
        self.close.push(PlayedBar { symbol, open_time, bar });
        Ok(())
    }

    /// Plays all bars of one close to the venue, then shows the frames to the engine.
    fn play_close(&mut self) -> Result<(), RunError> {
        let Some(PlayedBar { bar, .. }) = self.close.first().copied() else { return Ok(()) };
        // In whatever order the bars of one close came, the same happens.
        self.close.sort_unstable_by_key(|played| played.symbol);
        let desk = &mut self.desk;
        for played in &self.close {
            self.board.opens(played.symbol, played.open_time);
        }
        // What closed before these bars is decided before them.
        let before = bar.close_time.saturating_add_nanos(-1);
        self.board.expire(before, |frame| desk.on_frame(frame));
        desk.play(&self.close);
        for played in &self.close {
            self.board.push(played.symbol, &played.bar, |frame| desk.on_frame(frame))?;
        }
        if self.has_several {
            self.board.expire(bar.close_time, |frame| desk.on_frame(frame));
        }
        desk.close(&self.close);
        self.close.clear();
        if let Some(error) = desk.failed.take() {
            return Err(error.into());
        }
        for trade in self.desk.closed.drain(..) {
            self.statistics.trade(&closed_trade(&trade));
            if self.keep_trades {
                self.closed.push(trade);
            }
        }
        let last = (bar.close_time, bar.close);
        self.ends = Some([self.ends.map_or(last, |[first, _]| first), last]);
        self.book_equity(bar.close_time)
    }

    /// Equity counts each position at its last close.
    fn book_equity(&mut self, close_time: Timestamp) -> Result<(), RunError> {
        let equity = self.desk.equity().ok_or(RunError::Overflow)?;
        self.bars_in_position += u64::from(self.desk.holds());
        self.statistics.push(close_time, equity);
        if self.keep_equity {
            self.equity.push(EquityPoint { close_time, equity });
        }
        Ok(())
    }

    fn finish(self) -> Result<Outcome, RunError> {
        let [first, last] = self.ends.ok_or(RunError::NoBars)?;
        let change = (float_of(last.1.get()) / float_of(first.1.get()) - 1.0) * 100.0;
        let final_equity = self.desk.exact_equity().ok_or(RunError::Overflow)?;
        let profile = self.desk.profile().ok_or(RunError::Overflow)?;
        let open = profile.trades.values().map(|trade| self.desk.open_trade(trade));
        let open = open.collect::<Option<Vec<_>>>().ok_or(RunError::Overflow)?;
        let fees = profile.book.balance(ballast_domain::Account::Fees);
        Ok(Outcome {
            summary: self.statistics.summary(Some(self.bars_in_position)),
            span: (self.timeframe.open_of(first.0), last.0),
            price_change_pct: Some(change).filter(|it| it.is_finite() && !self.has_several),
            final_equity: final_equity.normalize(),
            fees: fees.normalize(),
            closed: self.closed,
            open,
            equity: self.equity,
            activity: self.desk.activity,
        })
    }
}

impl Desk {
    fn new(request: &Request, plan: Plan) -> Result<Self, RunError> {
        let tenant = tenant();
        let settings = Settings { keep_evaluations: false, ..Settings::default() };
        let cash = Money::new(request.cash, request.currency);
        let mut desk = Self {
            engine: Engine::new(State::new(tenant), settings),
            matcher: Matcher::new(request.rules.clone(), request.instruments.clone(), cash),
            timeframe: request.config.timeframe,
            effects: Effects::default(),
            heard: Vec::new(),
            said: Vec::new(),
            closed: Vec::new(),
            last_closed: None,
            activity: Activity::default(),
            valuation: None,
            submitted: false,
            failed: None,
        };
        let at = Timestamp::MIN;
        let control = Some(Arc::new(ControlSnapshot::default()));
        desk.step(Input::Control { at, control });
        let document = Box::new(document(request));
        let by = "back-test".to_owned();
        let start = Command::SetStatus {
            profile: PROFILE,
            status: ProfileStatus::Running,
            acknowledge: false,
            reason: "back-test".to_owned(),
            by: by.clone(),
        };
        let (plan, expected_version) = (Box::new(plan), None);
        let put = Command::PutProfile { profile: PROFILE, document, plan, expected_version, by };
        for command in [put, start] {
            desk.step(Input::Command { at, request_id: None, command });
        }
        match desk.failed.take() {
            Some(error) => Err(error.into()),
            None => Ok(desk),
        }
    }

    fn profile(&self) -> Option<&Profile> {
        self.engine.state().profile(PROFILE)
    }

    /// Plays the bars of one close to the venue, up to the close itself: the open of each before
    /// the inside of any, and what leaves at the open before what enters, so that no money is
    /// spent before it is there.
    fn play(&mut self, bars: &[PlayedBar]) {
        if !self.matcher.is_idle() {
            loop {
                self.submitted = false;
                if bars.len() > 1 {
                    self.each(bars, Matcher::leave_at_open);
                }
                self.each(bars, Matcher::open);
                if !self.submitted {
                    break;
                }
            }
            self.each(bars, Matcher::inside);
            self.note_short_volume(bars);
        }
        self.each(bars, |matcher, played, said| {
            let session_ends = played.open_time.utc_day() != played.bar.close_time.utc_day();
            matcher.end(played, session_ends, said);
        });
    }

    /// Entries are market orders, which only the limit on a bar's volume keeps waiting.
    fn note_short_volume(&mut self, bars: &[PlayedBar]) {
        let waits = |terms: &&Arc<OrderTerms>| {
            !terms.is_reducing() && bars.iter().any(|played| played.symbol == terms.symbol)
        };
        if self.activity.first_short_of_volume.is_none() {
            let waiting = self.matcher.working().find(waits);
            self.activity.first_short_of_volume = waiting.map(|terms| terms.accepted_at);
        }
    }

    /// Lets orders fill that were given for this very close.
    fn close(&mut self, bars: &[PlayedBar]) {
        if !self.matcher.is_idle() {
            self.each(bars, Matcher::at_close);
        }
    }

    /// Plays one phase of every bar, and lets the engine hear what came of it.
    fn each(
        &mut self,
        bars: &[PlayedBar],
        phase: impl Fn(&mut Matcher, &PlayedBar, &mut Vec<BrokerEvent>),
    ) {
        for played in bars {
            phase(&mut self.matcher, played, &mut self.said);
            self.listen(played);
        }
    }

    fn on_frame(&mut self, frame: &Frame) {
        if self.failed.is_some() {
            return;
        }
        if frame.id.timeframe == self.timeframe && !self.matcher.is_idle() {
            for row in &frame.rows {
                if let Some(bar) = &row.bar {
                    self.matcher.follow(row.symbol, bar);
                }
            }
        }
        self.step(Input::Frame { frame, now: frame.id.close });
    }

    /// Lets the engine hear everything that the venue has said.
    fn listen(&mut self, played: &PlayedBar) {
        while !self.said.is_empty() && self.failed.is_none() {
            std::mem::swap(&mut self.said, &mut self.heard);
            let mut heard = std::mem::take(&mut self.heard);
            for event in heard.drain(..) {
                let at = played.open_time;
                self.step(Input::Broker(BrokerMessage { at, event }));
            }
            self.heard = heard;
        }
    }

    /// Takes one step and carries out what it asks for.
    fn step(&mut self, input: Input<'_>) {
        if let Err(error) = self.engine.step(input, &mut self.effects) {
            self.failed = Some(error);
            return;
        }
        if self.effects.events.is_empty() {
            return;
        }
        self.valuation = None;
        self.record();
        for action in self.effects.actions.drain(..) {
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

    /// Keeps what the result will tell.
    fn record(&mut self) {
        for envelope in &self.effects.events {
            self.activity.note(envelope);
            if let Event::OrderFilled { .. } = &envelope.event {
                let profile = self.engine.state().profile(PROFILE);
                let latest = profile.and_then(|profile| profile.closed.back());
                if let Some(trade) = latest.filter(|trade| Some(trade.id) != self.last_closed) {
                    self.last_closed = Some(trade.id);
                    self.closed.push(trade.clone());
                }
            }
        }
    }

    /// Reckoned exactly and rounded once: in floats, an equity that comes back to its peak might
    /// stay a hair below, and ratios that are not defined would be numbers.
    fn equity(&mut self) -> Option<f64> {
        if self.valuation.is_none() {
            self.valuation = Some(Valuation::of(self.profile()?));
        }
        let valuation = self.valuation.as_ref()?;
        let equity = valuation.held.iter().try_fold(valuation.base, |equity, (symbol, units)| {
            let (mark, _) = self.engine.mark(PROFILE, *symbol)?;
            equity.checked_add(mark.get().checked_mul(*units)?)
        });
        equity.map(|equity| float_of(equity.round_dp(MONEY_DECIMALS)))
    }

    /// Whether a position is open; known once [`Self::equity`] has been asked.
    fn holds(&self) -> bool {
        self.valuation.as_ref().is_some_and(|valuation| !valuation.held.is_empty())
    }

    fn exact_equity(&self) -> Option<Decimal> {
        self.profile()?.equity(|symbol| Some(self.engine.mark(PROFILE, symbol)?.0))
    }

    fn open_trade(&self, trade: &Trade) -> Option<OpenTrade> {
        let (price, _) = self.engine.mark(PROFILE, trade.symbol)?;
        Some(OpenTrade {
            trade: trade.clone(),
            pnl: trade.net_profit_at(price)?.amount().normalize(),
        })
    }
}

/// Equity between two events: what does not move, and the units that move with the price.
struct Valuation {
    base: Decimal,
    held: Vec<(Symbol, Decimal)>,
}

impl Valuation {
    fn of(profile: &Profile) -> Self {
        let mut base = profile.book.equity_at_cost();
        let mut held = Vec::with_capacity(profile.trades.len());
        for trade in profile.trades.values() {
            let units = trade.open_quantity().get();
            match trade.direction {
                Direction::Long => {
                    base -= trade.reserved.amount();
                    held.push((trade.symbol, units));
                }
                Direction::Short => {
                    base += trade.reserved.amount();
                    held.push((trade.symbol, -units));
                }
            }
        }
        Self { base, held }
    }
}

fn closed_trade(trade: &Trade) -> ClosedTrade {
    let pnl = trade.net_profit().map_or(f64::NAN, |profit| float_of(profit.amount()));
    ClosedTrade {
        pnl,
        return_pct: pnl / float_of(trade.entry_notional.amount()) * 100.0,
        holding_ns: trade.held_nanos().unwrap_or_default(),
    }
}

fn document(request: &Request) -> ProfileDocument {
    ProfileDocument {
        name: "back-test".to_owned(),
        venue: venue(),
        mode: Mode::Backtest,
        capital: Capital { currency: request.currency, allocated: request.cash },
        instruments: request.instruments.clone(),
        fees: request.rules.fees,
        limits: Limits::default(),
        time_zone: Zone::default(),
        preset: None,
        strategy: (*request.config).clone(),
    }
}

/// The name of the simulated venue that back-tests trade at.
#[expect(clippy::expect_used, reason = "the literal is a valid venue name")]
#[must_use]
pub fn venue() -> VenueId {
    "backtest".parse().expect("a valid venue name")
}

#[expect(clippy::expect_used, reason = "the literal is a valid tenant id")]
fn tenant() -> TenantId {
    "backtest".parse().expect("a valid tenant id")
}
