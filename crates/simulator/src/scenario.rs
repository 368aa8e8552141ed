//! What a seed stands for: who trades, and everything that happens to them, in order.
//!
//! A scenario is data. Faults are steps of it like everything else, so that any step can be left
//! out without changing what the others do, which is how a failing one is made small.

use std::fmt;

use ballast_domain::control::ControlMode;
use ballast_domain::{Direction, MarketStatus, ProfileStatus};
use ballast_engine::ports::Gap;
use fastrand::Rng;

use crate::market::Move;
use crate::strategies::{LIMITS, STRATEGIES};

/// Everything that one seed decides.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) tenants: Vec<Vec<Account>>,
    pub(crate) steps: Vec<Step>,
}

/// How a profile begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) strategy: usize,
    pub(crate) lot: Option<&'static str>,
    pub(crate) fees: Fees,
    pub(crate) slippage_bps: u8,
    pub(crate) volume_share: Option<&'static str>,
    pub(crate) allocated: u32,
    pub(crate) limits: usize,
    /// Whether the venue takes the fee of what is bought of the coin itself.
    pub(crate) in_kind: bool,
}

/// What a venue takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fees {
    None,
    Percent,
    PerUnit,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A minute of the market ends.
    Bar([Move; 2]),
    /// A tenant's timer goes off.
    Tick(usize),
    /// Somebody does something.
    Person(usize, Act),
    /// Trading control changes: the stops that were in force are lifted, and this one is set.
    Control(ControlMode, u8),
    /// Nobody can tell any more what control is in force.
    ControlUnknown,
    /// The product is taken out of service or put into it, under one of the sets of limits.
    Product { active: bool, limits: usize },
    /// The venue opens, halts or closes trading of an instrument.
    Market { symbol: u8, status: MarketStatus },
    /// Something will go wrong.
    Fault(usize, Fault),
    /// A tenant's process ends, now or when it next passes the gap, and is started again after so
    /// many bars, from a snapshot if there is one.
    Crash { tenant: usize, at: Option<Gap>, down: u8, snapshot: bool },
    /// Another node takes the tenant over; the process that had it does not know.
    TakeOver(usize),
    /// The clock is set forward or back, in seconds.
    ClockJump(i16),
    /// Nothing goes wrong for a while, until nobody waits for anything any more.
    Quiet,
}

/// What people do. Numbers choose among what there is.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Enter { profile: u8, symbol: u8, direction: Direction, units: u16, kind: u8, extras: u8 },
    Order { profile: u8, symbol: u8, units: u16, sells: bool, kind: u8 },
    Exit { profile: u8, trade: u8, quantity: Option<u8>, limit: bool },
    Cancel { profile: u8, order: u8 },
    Amend { profile: u8, order: u8, units: u16, percent: i8 },
    MoveStop { profile: u8, trade: u8, percent: i8 },
    Pair { profile: u8, symbol: u8, units: [u16; 2], sells: [bool; 2], kinds: [u8; 2] },
    MoveTargets { profile: u8, trade: u8, first: (i8, u8), second: (i8, u8) },
    Flatten(u8),
    Remove(u8),
    Status(u8, ProfileStatus),
    Change { profile: u8, strategy: u8, allocated: u32 },
    Limit(usize),
    Unlock(u8),
}

/// What goes wrong with the next thing of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next append is refused, and nothing was written.
    AppendFails,
    /// The next append is written, and its answer is lost.
    AppendAnswerLost,
    /// The next append takes so many bars, and is written at the end of them.
    AppendSlow(u8),
    /// The next append is written at once, and answered so many bars later.
    AppendAnswerSlow(u8),
    /// Nothing is taken for so many bars: the disk is full.
    StoreFull(u8),
    /// What is to be kept on the node while the store is away finds no room either.
    NodeFull,
    /// The store gets what the node has kept, and the node does not come to forget it.
    DrainHalts,
    /// The process ends while the node writes what it keeps; so many of 256 parts are written.
    NodeTorn(u8),
    /// The venue's next message comes so many bars later; those after it overtake it.
    MessageLate(u8),
    /// The venue's next message never comes.
    MessageLost,
    /// The venue's next message comes again so many bars later.
    MessageTwice(u8),
    /// The next order reaches the venue so many bars later, and the wire times out.
    OrderLate(u8),
    /// The next order is given up, and reaches the venue after many others.
    OrderVeryLate(u8),
    /// The next order never reaches the venue, and the wire times out.
    OrderLost,
    /// The next order reaches the venue, and the wire times out all the same.
    OrderAnswerLost,
    /// The venue does not take the next order.
    OrderRejected,
    /// The next amendment reaches the venue so many bars later.
    AmendmentLate(u8),
    /// The next amendment never reaches the venue.
    AmendmentLost,
    /// The next cancel reaches the venue so many bars later.
    CancelLate(u8),
    /// The next cancel never reaches the venue.
    CancelLost,
    /// The next stop that moves reaches the venue so many bars later, and those after it too.
    StopLate(u8),
    /// The next stop that moves never reaches the venue.
    StopLost,
    /// The venue cancels a working order on its own.
    VenueCancels(u8),
    /// The venue tells the next fill wrongly, and what it was so many bars later.
    FillMistold(u8),
    /// The venue fills an exit of a trade whose stop or target has left it already.
    ExitFillsToo,
}

impl Fault {
    /// One of each kind, with so many bars where it has any.
    const fn of(bars: u8) -> [Self; 25] {
        [
            Self::AppendFails,
            Self::AppendAnswerLost,
            Self::AppendSlow(bars),
            Self::AppendAnswerSlow(bars),
            Self::StoreFull(bars),
            Self::NodeFull,
            Self::DrainHalts,
            Self::NodeTorn(bars * 51),
            Self::MessageLate(bars),
            Self::MessageLost,
            Self::MessageTwice(bars),
            Self::OrderLate(bars),
            Self::OrderVeryLate(bars),
            Self::OrderLost,
            Self::OrderAnswerLost,
            Self::OrderRejected,
            Self::AmendmentLate(bars),
            Self::AmendmentLost,
            Self::CancelLate(bars),
            Self::CancelLost,
            Self::StopLate(bars),
            Self::StopLost,
            Self::VenueCancels(bars),
            Self::FillMistold(bars),
            Self::ExitFillsToo,
        ]
    }

    /// One of each kind.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::of(0).into_iter()
    }

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AppendFails => "append refused",
            Self::AppendAnswerLost => "append written, answer lost",
            Self::AppendSlow(_) => "append slow",
            Self::AppendAnswerSlow(_) => "append written, answer slow",
            Self::StoreFull(_) => "store full",
            Self::NodeFull => "node full too",
            Self::DrainHalts => "drained, not forgotten",
            Self::NodeTorn(_) => "process ended while the node wrote",
            Self::MessageLate(_) => "message late, overtaken",
            Self::MessageLost => "message lost",
            Self::MessageTwice(_) => "message twice",
            Self::OrderLate(_) => "order timed out, arrives late",
            Self::OrderVeryLate(_) => "order given up, arrives much later",
            Self::OrderLost => "order timed out, never arrives",
            Self::OrderAnswerLost => "order timed out, arrives",
            Self::OrderRejected => "order rejected",
            Self::AmendmentLate(_) => "amendment late",
            Self::AmendmentLost => "amendment lost",
            Self::CancelLate(_) => "cancel late",
            Self::CancelLost => "cancel lost",
            Self::StopLate(_) => "stop late",
            Self::StopLost => "stop lost",
            Self::VenueCancels(_) => "venue cancels",
            Self::FillMistold(_) => "fill mistold, corrected later",
            Self::ExitFillsToo => "exit filled beside stop or target",
        }
    }
}

/// The gaps of a tenant's loop, in which its process may end. Those of the paper venue and of the
/// store have tests of their own.
pub const GAPS: [Gap; 9] = [
    Gap::Stepped,
    Gap::Appended,
    Gap::KeptLocally,
    Gap::Submitted,
    Gap::Amended,
    Gap::Cancelled,
    Gap::Protected,
    Gap::Released,
    Gap::Drained,
];

const STEPS: usize = 320;
const QUIET_EVERY: usize = 80;

impl Scenario {
    /// The scenario of a seed: the same one every time.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let tenants = rng.usize(1..=2);
        let tenants = (0..tenants).map(|_| accounts(&mut rng)).collect::<Vec<_>>();
        // Some seeds are calm, in others hardly anything works.
        let weather = rng.usize(0..=3);
        let mut steps = Vec::with_capacity(STEPS);
        for number in 1..=STEPS {
            steps.push(match number % QUIET_EVERY {
                0 => Step::Quiet,
                _ => step(&mut rng, weather, tenants.len()),
            });
        }
        Self { tenants, steps }
    }

    /// How many things happen in it.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, accounts) in self.tenants.iter().enumerate() {
            for account in accounts {
                writeln!(f, "tenant {number}: {account:?}")?;
                writeln!(f, "  strategy: {}", STRATEGIES[account.strategy])?;
            }
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{step:?}"))
    }
}

fn accounts(rng: &mut Rng) -> Vec<Account> {
    let account = |rng: &mut Rng| Account {
        strategy: rng.usize(0..STRATEGIES.len()),
        lot: *pick(rng, &[None, Some("1"), Some("0.001")]),
        fees: *pick(rng, &[Fees::None, Fees::Percent, Fees::PerUnit]),
        slippage_bps: *pick(rng, &[0, 7]),
        volume_share: *pick(rng, &[None, None, Some("0.05")]),
        allocated: *pick(rng, &[10_000, 10_000, 3_000, 250_000]),
        limits: limits(rng),
        // What no order can sell is judged otherwise by engine and venue: not among the seeds yet.
        in_kind: false,
    };
    (0..rng.usize(1..=3)).map(|_| account(rng)).collect()
}

fn step(rng: &mut Rng, weather: usize, tenants: usize) -> Step {
    let tenant = rng.usize(0..tenants);
    match rng.usize(0..100) {
        0..45 => Step::Bar([Move::of(rng), Move::of(rng)]),
        45..50 => Step::Tick(tenant),
        50..75 => Step::Person(tenant, act(rng)),
        75..80 => control(rng),
        // A calm seed has more of what people do instead.
        _ if weather == 0 => Step::Person(tenant, act(rng)),
        80..94 => Step::Fault(tenant, fault(rng)),
        94..98 => crash(rng, tenant),
        98 => Step::TakeOver(tenant),
        _ => Step::ClockJump(rng.i16(-600..=3_600)),
    }
}

/// One of the sets of limits, most often the first, which has none.
fn limits(rng: &mut Rng) -> usize {
    if rng.bool() { 0 } else { rng.usize(0..LIMITS.len()) }
}

fn control(rng: &mut Rng) -> Step {
    use ControlMode::{Halted, Paused, Running};
    match rng.usize(0..15) {
        12.. => market(rng),
        0 => Step::ControlUnknown,
        1..3 => Step::Product { active: rng.usize(0..4) > 0, limits: limits(rng) },
        _ => Step::Control(*pick(rng, &[Running, Running, Running, Paused, Halted]), rng.u8(0..5)),
    }
}

fn market(rng: &mut Rng) -> Step {
    use MarketStatus::{Closed, Halted, Open};
    let status = *pick(rng, &[Open, Open, Halted, Closed { opens_at: None }]);
    Step::Market { symbol: rng.u8(0..2), status }
}

fn crash(rng: &mut Rng, tenant: usize) -> Step {
    // Some are passed seldom.
    let seldom = [Some(Gap::Amended); 4];
    let at = *pick(rng, &[&GAPS.map(Some)[..], &seldom, &[None]].concat());
    Step::Crash { tenant, at, down: rng.u8(0..6), snapshot: rng.bool() }
}

fn act(rng: &mut Rng) -> Act {
    let profile = rng.u8(0..3);
    match rng.usize(0..60) {
        54..60 => Act::Pair {
            profile,
            symbol: rng.u8(0..2),
            units: [rng.u16(1..60), rng.u16(1..60)],
            sells: [rng.bool(), rng.bool()],
            kinds: [rng.u8(1..8), rng.u8(1..8)],
        },
        46..54 => Act::MoveTargets {
            profile,
            trade: rng.u8(0..3),
            first: (rng.i8(-1..4), rng.u8(0..8)),
            second: (rng.i8(-1..4), rng.u8(0..8)),
        },
        32..46 => Act::Amend {
            profile,
            order: rng.u8(0..2),
            units: rng.u16(0..120),
            percent: rng.i8(-4..4),
        },
        30 => Act::Limit(limits(rng)),
        31 => Act::Unlock(profile),
        0..8 => Act::Enter {
            profile,
            symbol: rng.u8(0..2),
            direction: *pick(rng, &[Direction::Long, Direction::Long, Direction::Short]),
            units: rng.u16(1..120),
            kind: rng.u8(0..8),
            extras: rng.u8(..),
        },
        8..12 => Act::Order {
            profile,
            symbol: rng.u8(0..2),
            units: rng.u16(1..120),
            sells: rng.bool(),
            kind: rng.u8(0..8),
        },
        12..16 => Act::Exit {
            profile,
            trade: rng.u8(0..3),
            quantity: rng.bool().then(|| rng.u8(1..40)),
            limit: rng.usize(0..4) > 0,
        },
        16..19 => Act::Cancel { profile, order: rng.u8(0..4) },
        19..22 => Act::MoveStop { profile, trade: rng.u8(0..3), percent: rng.i8(-4..4) },
        22 => Act::Flatten(profile),
        23 => Act::Remove(profile),
        24 => Act::Status(profile, ProfileStatus::Stopped),
        // What is under review goes on only when somebody has looked.
        25..28 => Act::Status(profile, ProfileStatus::Running),
        _ => Act::Change {
            profile,
            strategy: rng.u8(0..STRATEGIES.len() as u8),
            allocated: rng.u32(0..30_000),
        },
    }
}

fn fault(rng: &mut Rng) -> Fault {
    let bars = rng.u8(1..5);
    let often = [
        Fault::MessageLate(bars),
        Fault::MessageTwice(bars),
        Fault::AmendmentLate(bars),
        Fault::AmendmentLost,
        Fault::FillMistold(bars),
        Fault::ExitFillsToo,
        Fault::ExitFillsToo,
        Fault::NodeTorn(rng.u8(..)),
    ];
    let faults: Vec<Fault> = often.into_iter().chain(Fault::of(bars)).collect();
    *pick(rng, &faults)
}

fn pick<'a, T>(rng: &mut Rng, choices: &'a [T]) -> &'a T {
    &choices[rng.usize(0..choices.len())]
}
