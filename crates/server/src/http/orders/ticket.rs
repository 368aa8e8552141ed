//! A ticket: an order as a person writes it, on its way to the engine.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::number::decimal_or_number;
use ballast_domain::strategy::optional_decimal;
use ballast_domain::{Instrument, OrderType, Price, Protection, TimeInForce};
use ballast_engine::step::{ManualOrder, Partner};
use ballast_platform::request::{FieldError, Problem};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::caller::{Caller, order_id, profile_id, trade_id};
use super::super::market;
use crate::app::App;
use crate::views::words::{OrderKind, SideWord};

/// A target that lies further away than a thousand times the price is a slip of the hand.
const MOST_PERCENT: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);

/// An order by hand. Give `quantity` or `notional`. An order whose side leaves an open position of
/// the profile and symbol leaves it, never more than is held; any other enters.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"profileId": "prf_0000000000001", "symbol": "ACME", "side": "buy",
    "type": "limit", "quantity": "10", "limitPrice": "99.5", "stopLoss": {"percent": "2"}}))]
pub(super) struct Ticket {
    profile_id: String,
    symbol: String,
    side: SideWord,
    #[serde(rename = "type")]
    kind: OrderKind,
    /// Units; rounded down to the lot.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    quantity: Option<Decimal>,
    /// What it may cost, in quote currency, fees apart.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    notional: Option<Decimal>,
    /// With types `limit` and `stop_limit`.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    limit_price: Option<Decimal>,
    /// With types `stop` and `stop_limit`.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    stop_price: Option<Decimal>,
    /// With type `trailing_stop`: distance from the extreme, in the price's unit.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    trail_distance: Option<Decimal>,
    #[serde(default)]
    time_in_force: TicketTime,
    /// What protects the trade that it enters.
    #[serde(default)]
    #[schema(value_type = Option<TicketLevel>, nullable = false)]
    stop_loss: Option<Level>,
    #[serde(default)]
    #[schema(value_type = Option<TicketLevel>, nullable = false)]
    take_profit: Option<Level>,
    /// The position that it leaves, where the profile has several that it can.
    #[serde(default)]
    #[schema(nullable = false)]
    trade_id: Option<String>,
    /// Refuse it rather than enter.
    #[serde(default)]
    reduce_only: bool,
    /// The other order of a pair (OCO), of the same profile and symbol: the first to fill, even in
    /// part, cancels the other. Both enter, and neither at the market. Each reserves what it may
    /// cost.
    #[serde(default)]
    #[schema(value_type = Option<TicketOther>, nullable = false)]
    oco: Option<Other>,
}

/// The other order of a pair.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Other {
    Order(String),
    Entry(Box<OtherEntry>),
}

/// The other order as it is described: one of the two.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes what is read as an Other")]
enum TicketOther {
    /// The id of an entry that works and has not begun to fill.
    Order(String),
    /// One that is placed with this one: both or neither. Where one of them never comes to work,
    /// the other is cancelled.
    Entry(Box<OtherEntry>),
}

/// An entry that is placed with another, with the fields of a ticket.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OtherEntry {
    side: SideWord,
    #[serde(rename = "type")]
    kind: OrderKind,
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    quantity: Option<Decimal>,
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    notional: Option<Decimal>,
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    limit_price: Option<Decimal>,
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    stop_price: Option<Decimal>,
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    trail_distance: Option<Decimal>,
    #[serde(default)]
    time_in_force: TicketTime,
    #[serde(default)]
    #[schema(value_type = Option<TicketLevel>, nullable = false)]
    stop_loss: Option<Level>,
    #[serde(default)]
    #[schema(value_type = Option<TicketLevel>, nullable = false)]
    take_profit: Option<Level>,
}

/// For how long it stands.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum TicketTime {
    Day,
    #[default]
    Gtc,
    Ioc,
    Fok,
}

/// A level, as a distance from the fill in percent or as a price.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Level {
    /// 2 is 2 % away from the fill.
    Percent(#[serde(with = "decimal_or_number")] Decimal),
    /// At this price.
    Price(#[serde(with = "decimal_or_number")] Decimal),
}

/// A level as it is described: one of the two.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes what is read as a Level")]
enum TicketLevel {
    /// 2 is 2 % away from the fill.
    Percent(String),
    /// At this price.
    Price(String),
}

/// The price that an order names; none for those that take what there is.
pub(super) const fn price_of(order_type: &OrderType) -> Option<Price> {
    match order_type {
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
            Some(*limit_price)
        }
        OrderType::Stop { stop_price } => Some(*stop_price),
        OrderType::Market | OrderType::TrailingStop { .. } => None,
    }
}

impl Ticket {
    /// What it asks for; everything that is wrong with it is said at once.
    pub(super) fn order(&self, app: &App, caller: &Caller) -> Result<ManualOrder, Problem> {
        let profile = profile_id(&self.profile_id)?;
        if caller.tenant.view.document(profile).is_none() {
            return Err(Problem::not_found("There is no such profile."));
        }
        let trade = self.trade_id.as_deref().map(trade_id).transpose()?;
        let instrument = market::find(app, &self.symbol)?;
        let mut errors = Vec::new();
        let order_type = self.order_type(&mut errors);
        let protection = self.protection(&mut errors);
        let quantity = order_type
            .as_ref()
            .and_then(|order_type| self.quantity(app, instrument, order_type, &mut errors));
        let partner = self.partner(app, caller, &mut errors)?;
        let (Some(order_type), Some(quantity), []) = (order_type, quantity, errors.as_slice())
        else {
            return Err(Problem::invalid(errors));
        };
        Ok(ManualOrder {
            profile,
            symbol: instrument.symbol,
            side: self.side.into(),
            quantity,
            order_type,
            time_in_force: self.time_in_force.into(),
            protection,
            trade,
            reduce_only: self.reduce_only || trade.is_some(),
            partner,
            by: caller.identity.user.to_string(),
        })
    }

    /// The other order of a pair; what is wrong with it is told by its place in the ticket.
    fn partner(
        &self,
        app: &App,
        caller: &Caller,
        errors: &mut Vec<FieldError>,
    ) -> Result<Option<Partner>, Problem> {
        let Some(other) = &self.oco else { return Ok(None) };
        let at_market = "an order at the market fills at once; give each of a pair a price";
        if self.kind == OrderKind::Market {
            errors.push(FieldError::new("type", at_market));
        }
        if self.reduce_only || self.trade_id.is_some() {
            let message = "both orders of a pair enter; leave out reduceOnly and tradeId";
            errors.push(FieldError::new("oco", message));
        }
        let entry = match other {
            Other::Order(id) => return Ok(Some(Partner::Works(order_id(id)?))),
            Other::Entry(entry) => entry.ticket(self),
        };
        if entry.kind == OrderKind::Market {
            errors.push(FieldError::new("oco.entry.type", at_market));
        }
        match entry.order(app, caller) {
            Ok(order) => Ok(Some(Partner::Entry(Box::new(order)))),
            Err(problem) if problem.errors().is_empty() => Err(problem),
            Err(problem) => {
                let place = |error: &FieldError| FieldError {
                    field: format!("oco.entry.{}", error.field),
                    ..error.clone()
                };
                errors.extend(problem.errors().iter().map(place));
                Ok(None)
            }
        }
    }

    fn order_type(&self, errors: &mut Vec<FieldError>) -> Option<OrderType> {
        let wants = |kinds: &[OrderKind]| kinds.contains(&self.kind);
        let limit = self.limit_price;
        let limit =
            asked("limitPrice", limit, wants(&[OrderKind::Limit, OrderKind::StopLimit]), errors);
        let stop = self.stop_price;
        let stop =
            asked("stopPrice", stop, wants(&[OrderKind::Stop, OrderKind::StopLimit]), errors);
        let trail = self.trail_distance;
        let trail = asked("trailDistance", trail, wants(&[OrderKind::TrailingStop]), errors);
        Some(match self.kind {
            OrderKind::Market => OrderType::Market,
            OrderKind::Limit => OrderType::Limit { limit_price: limit? },
            OrderKind::Stop => OrderType::Stop { stop_price: stop? },
            OrderKind::StopLimit => OrderType::StopLimit { stop_price: stop?, limit_price: limit? },
            OrderKind::TrailingStop => OrderType::TrailingStop { distance: trail?.get() },
        })
    }

    fn quantity(
        &self,
        app: &App,
        instrument: &Instrument,
        order_type: &OrderType,
        errors: &mut Vec<FieldError>,
    ) -> Option<Decimal> {
        let (field, amount) = match (self.quantity, self.notional) {
            (Some(quantity), None) => ("quantity", quantity),
            (None, Some(notional)) => ("notional", notional),
            _ => {
                let message = "give either quantity or notional";
                errors.push(FieldError::new("quantity", message));
                return None;
            }
        };
        if amount <= Decimal::ZERO {
            errors.push(FieldError::new(field, "must be above zero"));
            return None;
        }
        if field == "quantity" {
            return Some(amount);
        }
        let last = || app.prices.of(instrument.symbol).map(|last| last.price);
        let Some(price) = price_of(order_type).or_else(last) else {
            errors.push(FieldError::new("notional", "no price is known yet; give a quantity"));
            return None;
        };
        let quantity = amount.checked_div(price.get());
        if quantity.is_none() {
            errors.push(FieldError::new("notional", "is more than can be reckoned with"));
        }
        quantity
    }

    fn protection(&self, errors: &mut Vec<FieldError>) -> Protection {
        let stop_loss = self.stop_loss.and_then(|level| level.distance("stopLoss", true, errors));
        // Above a price there is room without end, below it only the whole of it.
        let is_below = self.side == SideWord::Sell;
        let target = self.take_profit;
        let target = target.and_then(|level| level.distance("takeProfit", is_below, errors));
        let targets = target.map(|distance| TargetTerms { distance, portion: Decimal::ONE });
        Protection { stop_loss, targets: targets.into_iter().collect(), ..Protection::default() }
    }
}

impl OtherEntry {
    /// As a ticket of its own, beside `first`.
    fn ticket(&self, first: &Ticket) -> Ticket {
        Ticket {
            profile_id: first.profile_id.clone(),
            symbol: first.symbol.clone(),
            side: self.side,
            kind: self.kind,
            quantity: self.quantity,
            notional: self.notional,
            limit_price: self.limit_price,
            stop_price: self.stop_price,
            trail_distance: self.trail_distance,
            time_in_force: self.time_in_force,
            stop_loss: self.stop_loss,
            take_profit: self.take_profit,
            trade_id: None,
            reduce_only: false,
            oco: None,
        }
    }
}

impl Level {
    fn distance(
        self,
        field: &str,
        is_below: bool,
        errors: &mut Vec<FieldError>,
    ) -> Option<Distance> {
        let most = if is_below { Decimal::ONE_HUNDRED } else { MOST_PERCENT };
        match self {
            Self::Percent(percent) if percent > Decimal::ZERO && percent < most => {
                Some(Distance::Percent(percent))
            }
            Self::Percent(_) => {
                let message = format!("must be above 0 and below {most} percent");
                errors.push(FieldError::new(field, message));
                None
            }
            Self::Price(price) => match Price::new(price) {
                Ok(price) => Some(Distance::At(price)),
                Err(error) => {
                    errors.push(FieldError::new(field, error.to_string()));
                    None
                }
            },
        }
    }
}

impl From<TicketTime> for TimeInForce {
    fn from(time: TicketTime) -> Self {
        match time {
            TicketTime::Day => Self::Day,
            TicketTime::Gtc => Self::Gtc,
            TicketTime::Ioc => Self::Ioc,
            TicketTime::Fok => Self::Fok,
        }
    }
}

/// A price that this type of order needs, or must not have.
fn asked(
    field: &str,
    given: Option<Decimal>,
    wanted: bool,
    errors: &mut Vec<FieldError>,
) -> Option<Price> {
    let message = match (given, wanted) {
        (None, false) => return None,
        (None, true) => "is needed for this type of order".to_owned(),
        (Some(_), false) => "does not belong to this type of order".to_owned(),
        (Some(price), true) => match Price::new(price) {
            Ok(price) => return Some(price),
            Err(error) => error.to_string(),
        },
    };
    errors.push(FieldError::new(field, message));
    None
}
