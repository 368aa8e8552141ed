//! The closed sets of words in rows, as they are spelled on the wire.

use ballast_domain::{
    ActiveState, ControlMode, Decision, Direction, DoneState, Mode, OrderState, OrderType, Origin,
    ProfileStatus, RuleState, Side, StopKind, TimeInForce, evaluation::RuleRole,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares a set of words in camel case.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) enum $name { $($word),+ }
    };
}

words!(
    /// For practice or for money.
    ModeWord { Backtest, Paper, Live }
);
words!(
    /// What a profile does.
    StatusWord { Running, Stopped, UnderReview }
);
words!(
    /// What a venue may hold, or the engine does in its place: the stop and the targets of a
    /// position, its trail, its move to break-even and its limit on bars, that one of two orders
    /// cancels the other, and that a stop order trails.
    PartWord { Stop, Targets, Trail, BreakEven, BarLimit, Oco, TrailingOrder }
);
words!(
    /// Which way a trade earns.
    DirectionWord { Long, Short }
);
words!(
    /// Which way an order trades.
    SideWord { Buy, Sell }
);
words!(
    /// What an order is for.
    PurposeWord { Enter, Exit }
);
words!(
    /// Who or what asked for an order.
    OriginWord { Strategy, Manual, Protection }
);
words!(
    /// For how long an order stands.
    TimeInForceWord { Day, Gtc, Ioc, Fok, AtClose }
);
words!(
    /// Where an order is in its life.
    OrderStatus {
        PendingSubmit,
        Accepted,
        PartiallyFilled,
        PendingCancel,
        Unknown,
        Filled,
        Cancelled,
        Rejected,
        Expired,
        Voided,
    }
);
words!(
    /// What set a stop where it stands.
    StopWord { StopLoss, BreakEven, Trailing, Liquidation }
);
words!(
    /// What a strategy decided.
    DecisionWord { EnterLong, EnterShort, Exit, ReverseLong, ReverseShort, Hold }
);
words!(
    /// Which condition a rule belongs to.
    RoleWord { Entry, Exit, EntryShort, ExitShort }
);
words!(
    /// How a rule came out.
    RuleWord { Pass, Fail, NotReady }
);
words!(
    /// How much an alert matters.
    Severity { Info, Warning, Critical }
);
words!(
    /// How a feed does.
    FeedWord { Starting, Live, Stale, Ended }
);
words!(
    /// How the store does.
    StoreWord { Ok, Degraded, Unavailable }
);
words!(
    /// How a tenant does.
    TenantWord { Starting, Live, Degraded }
);
words!(
    /// Where the market's data comes from.
    MarketWord { Simulated, Replay }
);

/// The kinds of order, as orders are placed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderKind {
    Market,
    Limit,
    Stop,
    StopLimit,
    TrailingStop,
}

/// What is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ControlModeWord {
    Running,
    Paused,
    Halted,
    /// Nobody can tell: entries are refused.
    Unknown,
}

impl From<Mode> for ModeWord {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Backtest => Self::Backtest,
            Mode::Paper => Self::Paper,
            Mode::Live => Self::Live,
        }
    }
}

impl From<ProfileStatus> for StatusWord {
    fn from(status: ProfileStatus) -> Self {
        match status {
            ProfileStatus::Running => Self::Running,
            ProfileStatus::Stopped => Self::Stopped,
            ProfileStatus::UnderReview => Self::UnderReview,
        }
    }
}

impl From<Direction> for DirectionWord {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Long => Self::Long,
            Direction::Short => Self::Short,
        }
    }
}

impl From<Side> for SideWord {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell => Self::Sell,
        }
    }
}

impl From<SideWord> for Side {
    fn from(side: SideWord) -> Self {
        match side {
            SideWord::Buy => Self::Buy,
            SideWord::Sell => Self::Sell,
        }
    }
}

impl From<&OrderType> for OrderKind {
    fn from(order_type: &OrderType) -> Self {
        match order_type {
            OrderType::Market => Self::Market,
            OrderType::Limit { .. } => Self::Limit,
            OrderType::Stop { .. } => Self::Stop,
            OrderType::StopLimit { .. } => Self::StopLimit,
            OrderType::TrailingStop { .. } => Self::TrailingStop,
        }
    }
}

impl From<TimeInForce> for TimeInForceWord {
    fn from(time_in_force: TimeInForce) -> Self {
        match time_in_force {
            TimeInForce::Day => Self::Day,
            TimeInForce::Gtc => Self::Gtc,
            TimeInForce::Ioc => Self::Ioc,
            TimeInForce::Fok => Self::Fok,
            TimeInForce::AtClose => Self::AtClose,
        }
    }
}

impl From<OrderState> for OrderStatus {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Active(ActiveState::PendingSubmit) => Self::PendingSubmit,
            OrderState::Active(ActiveState::Accepted) => Self::Accepted,
            OrderState::Active(ActiveState::PartiallyFilled) => Self::PartiallyFilled,
            OrderState::Active(ActiveState::PendingCancel) => Self::PendingCancel,
            OrderState::Active(ActiveState::Unknown) => Self::Unknown,
            OrderState::Done(state) => state.into(),
        }
    }
}

impl From<DoneState> for OrderStatus {
    fn from(state: DoneState) -> Self {
        match state {
            DoneState::Filled => Self::Filled,
            DoneState::Cancelled => Self::Cancelled,
            DoneState::Rejected => Self::Rejected,
            DoneState::Expired => Self::Expired,
            DoneState::Voided => Self::Voided,
        }
    }
}

impl From<StopKind> for StopWord {
    fn from(kind: StopKind) -> Self {
        match kind {
            StopKind::StopLoss => Self::StopLoss,
            StopKind::BreakEven => Self::BreakEven,
            StopKind::Trailing => Self::Trailing,
            StopKind::Liquidation => Self::Liquidation,
        }
    }
}

impl From<Decision> for DecisionWord {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Enter(Direction::Long) => Self::EnterLong,
            Decision::Enter(Direction::Short) => Self::EnterShort,
            Decision::Exit => Self::Exit,
            Decision::Reverse(Direction::Long) => Self::ReverseLong,
            Decision::Reverse(Direction::Short) => Self::ReverseShort,
            Decision::Hold(_) => Self::Hold,
        }
    }
}

impl From<RuleRole> for RoleWord {
    fn from(role: RuleRole) -> Self {
        match role {
            RuleRole::Entry => Self::Entry,
            RuleRole::Exit => Self::Exit,
            RuleRole::EntryShort => Self::EntryShort,
            RuleRole::ExitShort => Self::ExitShort,
        }
    }
}

impl From<RuleState> for RuleWord {
    fn from(state: RuleState) -> Self {
        match state {
            RuleState::Pass => Self::Pass,
            RuleState::Fail => Self::Fail,
            RuleState::NotReady => Self::NotReady,
        }
    }
}

impl From<&Origin> for OriginWord {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Strategy => Self::Strategy,
            Origin::Manual { .. } => Self::Manual,
        }
    }
}

impl From<ControlMode> for ControlModeWord {
    fn from(mode: ControlMode) -> Self {
        match mode {
            ControlMode::Running => Self::Running,
            ControlMode::Paused => Self::Paused,
            ControlMode::Halted => Self::Halted,
        }
    }
}
