//! A profile as people write it, on its way to the document that is journaled.

use std::fmt::Display;
use std::str::FromStr;

use ballast_domain::number::decimal_or_number;
use ballast_domain::{Capital, Currency, Limits, Mode, ProfileDocument, ProfileId, StrategyConfig};
use ballast_engine::strategy::{ConfigFault, limit_faults};
use ballast_platform::request::{FieldError, Problem};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::codes::{LIVE_UNAVAILABLE, NOT_POSSIBLE, STRATEGY_INVALID};
use crate::app::App;
use crate::names::fault_of_name;
use crate::strategy_text::{self, TextFault};
use crate::views::rows::ProfileRow;

/// Profiles of one tenant.
const MOST_PROFILES: usize = 100;
/// What money can count exactly.
const MOST_CAPITAL: i64 = 1_000_000_000_000_000;

/// A profile as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "name": "Trend", "venue": "paper", "mode": "paper",
    "capital": {"currency": "USD", "allocated": "10000"},
    "strategyConfig": {"version": 1, "kind": "rules", "timeframe": "5s", "symbols": ["ACME"],
        "entry": "crossover(ema(close, 12), ema(close, 36))",
        "exit": "crossunder(ema(close, 12), ema(close, 36))",
        "sizing": {"type": "percentOfEquity", "value": "50"}}
}))]
pub(in crate::http) struct ProfileBody {
    /// Tells it from the tenant's other profiles; at most 100 characters.
    name: String,
    /// How it trades; `ballast config schema` describes it.
    #[schema(value_type = Object)]
    strategy_config: Value,
    capital: CapitalBody,
    /// Where it trades.
    #[serde(default = "paper")]
    venue: String,
    /// `paper` or `live`.
    #[serde(default = "paper")]
    mode: String,
    /// Limits beside those of the strategy config, of which the stricter hold.
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    limits: Option<Limits>,
    /// The time zone that its days are counted in, by its IANA name; UTC when absent.
    #[serde(default)]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// The preset that its strategy config was made from; lower-case letters, digits and '-'.
    #[serde(default)]
    #[schema(nullable = false)]
    preset: Option<String>,
}

/// What it may use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CapitalBody {
    /// Such as USD.
    currency: String,
    /// How much, in that currency.
    #[serde(with = "decimal_or_number")]
    #[schema(value_type = String, example = "10000")]
    allocated: Decimal,
}

fn paper() -> String {
    "paper".to_owned()
}

/// Refuses more profiles than a tenant may have.
pub(super) fn check_room(known: &[ProfileRow]) -> Result<(), Problem> {
    if known.len() < MOST_PROFILES {
        return Ok(());
    }
    let detail = format!("There are {MOST_PROFILES} profiles already; remove one first.");
    Err(Problem::new(&NOT_POSSIBLE, detail))
}

impl ProfileBody {
    /// The document, with everything that is wrong with it said at once. `known` are the tenant's
    /// profiles, `own` the one that is changed.
    pub(super) fn document(
        self,
        app: &App,
        known: &[ProfileRow],
        own: Option<ProfileId>,
    ) -> Result<ProfileDocument, Problem> {
        if self.mode == "live" || self.venue != "paper" {
            let detail = "This deployment trades paper only: use mode 'paper' and venue 'paper'.";
            return Err(Problem::new(&LIVE_UNAVAILABLE, detail));
        }
        let mut errors = Vec::new();
        let name = self.name.trim().to_owned();
        errors.extend(name_error(&name, known, own));
        if self.mode != "paper" {
            errors.push(FieldError::new("mode", "must be 'paper' or 'live'"));
        }
        let time_zone = read_name(self.time_zone.as_deref(), "timeZone", &mut errors);
        let preset = read_name(self.preset.as_deref(), "preset", &mut errors);
        let capital = self.capital.read(&mut errors);
        let limits = self.limits.unwrap_or_default();
        errors.extend(limit_faults(&limits).iter().map(limit_field));
        let strategy = read_strategy(&self.strategy_config, app);
        let strategy = match strategy {
            Ok(strategy) => Some(strategy),
            Err(faults) => {
                errors.extend(faults.into_iter().map(strategy_field));
                None
            }
        };
        let instruments = match (&strategy, capital) {
            (Some(strategy), Some(capital)) => {
                let listed = app.listing.instruments_of(strategy, capital.currency);
                listed.map_err(|error| {
                    errors.push(FieldError::new("strategyConfig.symbols", error.to_string()));
                })
            }
            _ => Err(()),
        };
        let (Some(capital), Some(strategy), Ok(instruments), []) =
            (capital, strategy, instruments, errors.as_slice())
        else {
            return Err(Problem::invalid(errors));
        };
        let venue =
            self.venue.parse().map_err(|_| Problem::invalid_field("venue", "must be 'paper'"))?;
        Ok(ProfileDocument {
            name,
            venue,
            mode: Mode::Paper,
            capital,
            instruments,
            fees: app.paper.fees,
            limits,
            time_zone: time_zone.unwrap_or_default(),
            preset,
            strategy,
        })
    }
}

impl CapitalBody {
    fn read(&self, errors: &mut Vec<FieldError>) -> Option<Capital> {
        let allocated = self.allocated;
        let fits = allocated > Decimal::ZERO && allocated <= Decimal::from(MOST_CAPITAL);
        if !fits {
            let message = format!("must be above zero and at most {MOST_CAPITAL}");
            errors.push(FieldError::new("capital.allocated", message));
        }
        match self.currency.parse::<Currency>() {
            Ok(currency) if fits => Some(Capital { currency, allocated }),
            Ok(_) => None,
            Err(error) => {
                errors.push(FieldError::new("capital.currency", error.to_string()));
                None
            }
        }
    }
}

/// What a field says, where it is there and says something.
fn read_name<T: FromStr<Err: Display>>(
    text: Option<&str>,
    field: &'static str,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let read = text?.trim().parse::<T>();
    read.map_err(|error| errors.push(FieldError::new(field, error.to_string()))).ok()
}

fn name_error(name: &str, known: &[ProfileRow], own: Option<ProfileId>) -> Option<FieldError> {
    let own = own.map(|own| own.to_string());
    if let Some(fault) = fault_of_name(name) {
        return Some(FieldError::new("name", fault));
    }
    let taken = known.iter().any(|row| row.name == name && Some(&row.id) != own.as_ref());
    taken.then(|| FieldError::new("name", "belongs to another of your profiles; choose another"))
}

/// Reads a config; all that is wrong with it is told.
fn read_strategy(config: &Value, app: &App) -> Result<StrategyConfig, Vec<TextFault>> {
    let checked = strategy_text::check_value(config, app.base);
    checked.config.map(|config| (*config).clone()).ok_or(checked.faults)
}

/// The problem of a config that does not compile.
pub(super) fn faulty(faults: &[ConfigFault]) -> Problem {
    let errors: Vec<_> = faults.iter().cloned().map(TextFault::from).map(strategy_field).collect();
    Problem::new(&STRATEGY_INVALID, STRATEGY_INVALID.remedy).with_errors(errors)
}

/// A fault of the config as an error of its field.
pub(in crate::http) fn strategy_field(fault: TextFault) -> FieldError {
    let error = FieldError::new(fault.request_field(), fault.message);
    match fault.expression_column {
        Some(column) => error.at_column(column),
        None => error,
    }
}

/// A fault of the limits; its path says that it is of them.
fn limit_field(fault: &ConfigFault) -> FieldError {
    FieldError::new(fault.path.clone(), fault.message.clone())
}
