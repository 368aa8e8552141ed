//! A back-test as it is asked for over HTTP, with everything that is wrong with it told at once.
//!
//! Defaults and limits are those of the command line. A request is read field by field, so that one
//! that cannot be read hides nothing that is wrong with others.

use std::num::NonZeroU32;
use std::sync::Arc;

use ballast_backtest::Request;
use ballast_domain::number::decimal_or_number;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::strategy::optional_decimal;
use ballast_domain::{
    AssetClass, Currency, Instrument, Quantity, StrategyConfig, Symbol, Timeframe,
};
use ballast_engine::matching::FillRules;
use ballast_platform::request::{Document, DocumentError, FieldError};
use ballast_venues::csv::Stamped;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::limits;
use super::range::TimeRange;
use super::run::{Backtest, Strategy};
use crate::names::fault_of_name;
use crate::strategy_text;

/// A back-test to run. Amounts are decimal text; numbers are taken too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RunRequest {
    /// What the run is called in lists and in its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100)]
    pub(crate) name: Option<String>,
    /// The symbols of the data; the strategy's when absent, which they must equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    pub(crate) symbols: Option<Vec<Symbol>>,
    /// The interval of the bars: 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M; the strategy's when absent.
    #[schema(value_type = Option<String>, nullable = false, example = "1d")]
    #[serde(default)]
    pub(crate) timeframe: Option<Timeframe>,
    /// The strategy config.
    #[schema(value_type = Object, required = true)]
    #[serde(default)]
    pub(crate) strategy_config: Value,
    /// Capital before the first bar, 0.000001 to 10^15.
    #[serde(default = "ten_thousand", with = "decimal_or_number")]
    #[schema(value_type = String, default = "10000")]
    pub(crate) cash: Decimal,
    /// What cash, prices and fees are counted in. When absent, USD for uploads, and on the market's
    /// own data what its instruments are priced in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "USD")]
    pub(crate) currency: Option<Currency>,
    /// Fee in percent of each fill: 0.1 is 0.1 %. When no fee is named, nothing for uploads, and
    /// what the paper venue takes on the market's own data.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) fee_pct: Option<Decimal>,
    /// Fee in percent of limit and target fills, when it differs.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) maker_fee_pct: Option<Decimal>,
    /// Fee in percent of market and stop fills, instead of `feePct`.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) taker_fee_pct: Option<Decimal>,
    /// By how much market and stop fills are worse than the price, in basis points. When absent,
    /// nothing for uploads, and as at the paper venue on the market's own data.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) slippage_bps: Option<Decimal>,
    /// The largest share of a bar's volume that one fill may take, above 0 and at most 1. When
    /// absent, any for uploads, and as at the paper venue on the market's own data.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) volume_share: Option<Decimal>,
    /// The part of the data that is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) range: Option<TimeRange>,
    /// Which end of its interval a time in a file names.
    #[serde(default)]
    #[schema(value_type = StampedText, default = "open")]
    pub(crate) stamped: Stamped,
    /// The step of quantities. When absent, any quantity for uploads, and each instrument's own on
    /// the market's own data.
    #[serde(default, with = "optional_decimal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) lot: Option<Decimal>,
    /// The kind of the uploads' market, which sets how many days a year has in ratios.
    #[serde(default)]
    #[schema(value_type = AssetText, default = "stock")]
    pub(crate) asset: AssetClass,
    /// Returns per year, when neither 252, 365, 52 nor 12 is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, nullable = false)]
    pub(crate) periods_per_year: Option<NonZeroU32>,
    /// Where the bars come from.
    #[schema(value_type = DataChoice, required = true)]
    #[serde(default)]
    pub(crate) data: Option<DataChoice>,
}

/// Where the bars of a back-test come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DataChoice {
    /// Files that come with the request, or the market's own history.
    pub(crate) source: DataSource,
}

/// Sources of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DataSource {
    /// A CSV file for each symbol.
    Upload,
    /// The history of the market that this server trades on.
    Market,
}

/// How [`Stamped`] is written.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = Stamped)]
#[expect(dead_code, reason = "only describes what another crate's type reads")]
pub(crate) enum StampedText {
    Open,
    Close,
}

/// How [`AssetClass`] is written.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = AssetClass)]
#[expect(dead_code, reason = "only describes what another crate's type reads")]
pub(crate) enum AssetText {
    Stock,
    Forex,
    Crypto,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldFault {
    /// The path of the field, such as `strategyConfig.entry`; empty for the whole.
    pub(crate) field: String,
    /// What is wrong and what to do about it.
    pub(crate) message: String,
    /// The column within an expression, from one, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) column: Option<usize>,
}

impl FieldFault {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), column: None }
    }
}

impl From<FieldError> for FieldFault {
    fn from(error: FieldError) -> Self {
        let FieldError { field, message, column } = error;
        Self { field, message, column }
    }
}

fn ten_thousand() -> Decimal {
    Decimal::from(10_000)
}

impl RunRequest {
    /// Reads the JSON text of a request.
    ///
    /// # Errors
    /// Everything that is wrong with it, fields that can be read and make no sense included.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<FieldFault>> {
        let document = Document::parse(text.as_bytes()).map_err(|error| match error {
            DocumentError::Invalid(error) => vec![error.into()],
            error @ DocumentError::NotJson(_) => vec![FieldFault::new("", error.to_string())],
        })?;
        match document.read::<Self>() {
            Ok(request) => {
                let request = request.timed();
                request.checked().map(|_| request)
            }
            Err(first) => Err(faults_of(document, first)),
        }
    }

    /// With the timeframe of its strategy where it names none.
    fn timed(self) -> Self {
        let own = || self.strategy_config.get("timeframe")?.as_str()?.parse().ok();
        Self { timeframe: self.timeframe.or_else(own), ..self }
    }

    /// With what a venue that fills by `rules` takes, where it says nothing of it.
    pub(crate) fn at_venue(mut self, rules: &FillRules) -> Self {
        let named = [self.fee_pct, self.maker_fee_pct, self.taker_fee_pct];
        if let (FeeSchedule::Percent { maker, taker }, [None, None, None]) = (rules.fees, named) {
            (self.fee_pct, self.maker_fee_pct) = (Some(taker), Some(maker));
        }
        self.slippage_bps = self.slippage_bps.or(Some(rules.slippage_bps));
        self.volume_share = self.volume_share.or(rules.volume_share);
        self
    }

    /// The run that is meant.
    ///
    /// # Errors
    /// Every field that makes no sense, faults of the strategy config included.
    pub(crate) fn checked(&self) -> Result<Backtest, Vec<FieldFault>> {
        let mut faults = self.number_faults();
        let name = self.name.as_deref().filter(|name| !name.is_empty()).and_then(fault_of_name);
        faults.extend(name.map(|fault| FieldFault::new("name", fault)));
        if let Some(TimeRange { from: Some(from), to: Some(to) }) = self.range
            && from >= to
        {
            faults.push(FieldFault::new("range.to", format!("must be later than 'from', {from}")));
        }
        if self.data.is_none() {
            let message = "is missing; write {\"source\": \"upload\"} or {\"source\": \"market\"}";
            faults.push(FieldFault::new("data", message));
        }
        if self.timeframe.is_none() {
            let message = "is missing; name the interval of the bars, such as \"1d\"";
            faults.push(FieldFault::new("timeframe", message));
        }
        // Without a timeframe, the shortest contradicts no config.
        let timeframe = self.timeframe.unwrap_or(Timeframe::S5);
        let config = self.config(timeframe).map_err(|found| faults.extend(found)).ok();
        faults.extend(config.as_ref().and_then(|config| self.fault_of_symbols(config)));
        let currency = self.currency.map_or_else(|| "USD".parse(), Ok);
        match (config, currency) {
            (Some(config), Ok(currency)) if faults.is_empty() => {
                Ok(self.backtest(config, timeframe, currency))
            }
            (_, Err(error)) => Err(vec![FieldFault::new("currency", error.to_string())]),
            _ => Err(faults),
        }
    }

    fn config(&self, timeframe: Timeframe) -> Result<Arc<StrategyConfig>, Vec<FieldFault>> {
        if self.strategy_config.is_null() {
            return Err(vec![FieldFault::new("strategyConfig", "is missing")]);
        }
        let checked = strategy_text::check_value(&self.strategy_config, timeframe);
        let fault = |fault: strategy_text::TextFault| FieldFault {
            field: fault.request_field(),
            message: fault.message,
            column: fault.expression_column,
        };
        checked.config.ok_or_else(|| checked.faults.into_iter().map(fault).collect())
    }

    fn number_faults(&self) -> Vec<FieldFault> {
        type Check = fn(Decimal) -> Result<(), &'static str>;
        let numbers: [(&str, Option<Decimal>, Check); 7] = [
            ("cash", Some(self.cash), limits::cash),
            ("feePct", self.fee_pct, limits::percent),
            ("makerFeePct", self.maker_fee_pct, limits::percent),
            ("takerFeePct", self.taker_fee_pct, limits::percent),
            ("slippageBps", self.slippage_bps, limits::basis_points),
            ("volumeShare", self.volume_share, limits::share),
            ("lot", self.lot, limits::lot),
        ];
        let mut faults = Vec::new();
        for (field, value, check) in numbers {
            if let Some(Err(rule)) = value.map(check) {
                faults.push(FieldFault::new(field, rule));
            }
        }
        if self.fee_pct.is_some() && self.taker_fee_pct.is_some() {
            let message = "says what feePct says too; give one of both";
            faults.push(FieldFault::new("takerFeePct", message));
        }
        faults
    }

    fn fault_of_symbols(&self, config: &StrategyConfig) -> Option<FieldFault> {
        let named = self.symbols.as_ref()?;
        let traded = config.symbols.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let same = named.len() == config.symbols.len()
            && config.symbols.iter().all(|symbol| named.contains(symbol));
        (!same).then(|| {
            let message = format!(
                "must be those that the strategy trades: {traded}; leave the field out, or change \
                 the \"symbols\" of the strategy"
            );
            FieldFault::new("symbols", message)
        })
    }

    /// What a request without faults means.
    fn backtest(
        &self,
        config: Arc<StrategyConfig>,
        timeframe: Timeframe,
        currency: Currency,
    ) -> Backtest {
        let taker = self.taker_fee_pct.or(self.fee_pct).unwrap_or_default();
        let maker = self.maker_fee_pct.unwrap_or(taker);
        let instruments = config.symbols.iter().map(|symbol| Instrument {
            lot_size: self.lot.and_then(|lot| Quantity::new(lot).ok()),
            ..Instrument::unrestricted(*symbol, self.asset, currency)
        });
        let request = Request {
            instruments: instruments.collect(),
            config,
            timeframe,
            cash: self.cash,
            currency,
            rules: FillRules {
                fees: FeeSchedule::Percent { maker, taker },
                slippage_bps: self.slippage_bps.unwrap_or_default(),
                volume_share: self.volume_share,
            },
            periods_per_year: self.periods_per_year.map(|periods| f64::from(periods.get())),
            keep_equity: true,
            keep_trades: true,
        };
        let name = self.name.clone().unwrap_or_default();
        let strategy = Strategy { name, text: self.strategy_config.to_string() };
        let range = self.range.unwrap_or_default();
        Backtest { request, strategy, stamped: self.stamped, range }
    }
}

/// Everything that is wrong with a request that cannot be read, of which `fault` was found first.
fn faults_of(mut document: Document, mut fault: FieldError) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let mut removed = Vec::new();
    loop {
        let name = top(&fault.field).to_owned();
        faults.push(fault.into());
        if !document.remove(&name) || faults.len() == MOST_FAULTS {
            return faults;
        }
        removed.push(name);
        match document.read::<RunRequest>() {
            Ok(request) => {
                let rest = request.timed().checked().err().unwrap_or_default();
                let untold = |fault: &FieldFault| !removed.iter().any(|n| n == top(&fault.field));
                faults.extend(rest.into_iter().filter(untold));
                return faults;
            }
            Err(next) => fault = next,
        }
    }
}

/// Nobody reads on.
const MOST_FAULTS: usize = 100;

/// The field of the request that a path leads into.
fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
