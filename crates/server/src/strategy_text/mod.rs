//! Strategy configs as people write them: read strictly, checked as a whole, and every fault told
//! with its place in the text.
//!
//! The command line, HTTP and back-tests all come through [`check`] or [`check_value`], so that a
//! config that one of them takes is taken by all. Nothing here knows files or requests.

mod indent;
mod locate;
mod mend;
mod place;
mod read;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::market::Board;
use ballast_engine::strategy::{ConfigFault, Plan};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use indent::indented;
use locate::Tree;

/// Far more than any config needs.
pub(crate) const LARGEST_CONFIG_BYTES: u64 = 1 << 20;

/// Nobody reads on; what is wrong beyond them is found when these are mended.
const MOST_FAULTS: usize = 100;

/// The path of what is wrong with a config as a whole.
const WHOLE: &str = "the document";

/// What came of checking a config.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The config, when nothing is wrong with it.
    pub(crate) config: Option<Arc<StrategyConfig>>,
    /// All that is wrong, at most a hundred faults.
    pub(crate) faults: Vec<TextFault>,
    /// How many symbols a valid config trades.
    pub(crate) symbols: usize,
    /// How many series a valid config has computed.
    pub(crate) series: usize,
}

/// What is wrong at one place of a config.
///
/// Lines and columns count from one. Columns count UTF-16 code units, which is what editors in a
/// browser count; `\n`, `\r\n` and `\r` end a line. The place is absent where there is no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextFault {
    /// The field, such as `exits.takeProfit[0].portion`, or `the document`.
    pub(crate) path: String,
    /// What is wrong and what to do about it.
    pub(crate) message: String,
    /// The line of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) line: Option<usize>,
    /// The column in that line; within an expression, that of the mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) column: Option<usize>,
    /// The line in which what is to be underlined ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) end_line: Option<usize>,
    /// The column after the last one to be underlined.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) end_column: Option<usize>,
    /// The column within the expression as it is without escapes, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) expression_column: Option<usize>,
    /// Whether the schema says what would be right.
    #[serde(skip)]
    pub(crate) against_schema: bool,
}

impl TextFault {
    /// The field of a request that has the config as its `strategyConfig`.
    pub(crate) fn request_field(&self) -> String {
        match self.path.as_str() {
            "" | WHOLE => "strategyConfig".to_owned(),
            path => format!("strategyConfig.{path}"),
        }
    }

    /// A fault from one line and column to another, where there is a text.
    fn of(found: Found, span: Option<((usize, usize), (usize, usize))>) -> Self {
        Self {
            path: found.path,
            message: found.message,
            line: span.map(|((line, _), _)| line),
            column: span.map(|((_, column), _)| column),
            end_line: span.map(|(_, (line, _))| line),
            end_column: span.map(|(_, (_, column))| column),
            expression_column: found.expression_column,
            against_schema: found.against_schema,
        }
    }
}

impl From<ConfigFault> for TextFault {
    /// Of a config without a text.
    fn from(fault: ConfigFault) -> Self {
        Self::of(Found::from(fault), None)
    }
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expression_column {
            Some(column) => write!(f, "{}, column {column}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// Checks the JSON text of a config that is to run on `bars`; [`Timeframe::S5`] suits them all.
pub(crate) fn check(text: &str, bars: Timeframe) -> Checked {
    check_text(text, bars, |found| Tree::of(text).located(found))
}

/// Checks a config that came as a JSON value, so that its faults have no place in a text.
pub(crate) fn check_value(value: &Value, bars: Timeframe) -> Checked {
    check_text(&value.to_string(), bars, |found| {
        found.into_iter().map(|found| TextFault::of(found, None)).collect()
    })
}

fn check_text(
    text: &str,
    bars: Timeframe,
    locate: impl FnOnce(Vec<Found>) -> Vec<TextFault>,
) -> Checked {
    match compiled(text, bars) {
        Ok((config, Compiled { symbols, series })) => {
            Checked { config: Some(config), faults: Vec::new(), symbols, series }
        }
        Err(mut found) => {
            if found.len() > MOST_FAULTS {
                found.truncate(MOST_FAULTS);
                found.push(Found::new(WHOLE, "has more faults; mend these first"));
            }
            Checked { config: None, faults: locate(found), symbols: 0, series: 0 }
        }
    }
}

/// What a valid config amounts to.
struct Compiled {
    symbols: usize,
    series: usize,
}

fn compiled(text: &str, bars: Timeframe) -> Result<(Arc<StrategyConfig>, Compiled), Vec<Found>> {
    let config = read::parse(text, bars).map_err(|mut mended| {
        let check = |config| compile(&Arc::new(config), bars).err().unwrap_or_default();
        if mended.faults.len() <= MOST_FAULTS {
            let rest = mended.faults_of_the_rest(check);
            mended.faults.extend(rest.into_iter().map(Found::from));
        }
        mended.faults
    })?;
    let config = Arc::new(config);
    let compiled = compile(&config, bars)
        .map_err(|faults| faults.into_iter().map(Found::from).collect::<Vec<_>>())?;
    Ok((config, compiled))
}

/// Compiles a config for `bars`, which finds every fault there is.
fn compile(config: &Arc<StrategyConfig>, bars: Timeframe) -> Result<Compiled, Vec<ConfigFault>> {
    let mut board = Board::new(ballast_backtest::venue(), bars);
    let plan = Plan::compile(Arc::clone(config), &mut board)?;
    Ok(Compiled { symbols: plan.lanes().len(), series: board.series_count() })
}

/// A fault and how its place is found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    path: String,
    message: String,
    expression_column: Option<usize>,
    against_schema: bool,
    at: At,
}

/// What of a text is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// The value of the fault's own path.
    Value,
    /// The name of this field.
    Name(String),
    /// A line, and a byte of it, both from one: where reading stopped.
    Byte { line: usize, column: usize },
}

impl Found {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            expression_column: None,
            against_schema: false,
            at: At::Value,
        }
    }
}

impl From<ConfigFault> for Found {
    fn from(fault: ConfigFault) -> Self {
        let ConfigFault { path, column, message } = fault;
        Self { expression_column: column, ..Self::new(path, message) }
    }
}
