//! The bars that come with a request, matched with what the strategy trades.

use std::sync::Arc;

use ballast_domain::{Bar, Instrument, StrategyConfig, Symbol};

use super::UploadedFile;
use crate::research::request::{DataSource, FieldFault};

/// The bars of one symbol.
#[derive(Debug)]
pub(crate) struct SymbolData {
    /// Whose bars; may be absent where the strategy trades one symbol.
    pub(crate) symbol: Option<Symbol>,
    /// The bars.
    pub(crate) bars: DataBars,
}

/// Where bars are.
#[derive(Debug)]
pub(crate) enum DataBars {
    /// A file of CSV that is complete; it is removed when the back-test has run.
    Upload {
        /// The file.
        file: UploadedFile,
        /// What its owner calls it.
        name: String,
    },
    /// The market's own history.
    History {
        /// In order of closes.
        bars: Arc<[Bar]>,
        /// As the market lists it.
        instrument: Instrument,
    },
}

/// The data of each symbol that the strategy trades.
pub(super) fn matched(
    config: &StrategyConfig,
    source: Option<DataSource>,
    data: Vec<SymbolData>,
) -> Result<Vec<(Symbol, DataBars)>, Vec<FieldFault>> {
    let mut found: Vec<(Symbol, DataBars)> = Vec::new();
    let mut faults = Vec::new();
    let only = (config.symbols.len() == 1 && data.len() == 1).then(|| config.symbols[0]);
    for SymbolData { symbol, bars } in data {
        let kind = match bars {
            DataBars::Upload { .. } => DataSource::Upload,
            DataBars::History { .. } => DataSource::Market,
        };
        let Some(symbol) = symbol.or(only) else {
            let message = "a file without a symbol; name each part after its symbol";
            faults.push(FieldFault::new("file", message));
            continue;
        };
        let field = format!("file[{symbol}]");
        if source != Some(kind) {
            faults.push(FieldFault::new("data.source", "says another source than the data is of"));
        } else if found.iter().any(|(other, _)| *other == symbol) {
            faults.push(FieldFault::new(field, "is there twice; send one for each symbol"));
        } else if !config.symbols.contains(&symbol) {
            let message = "is of a symbol that the strategy does not trade; leave it out";
            faults.push(FieldFault::new(field, message));
        } else {
            found.push((symbol, named(bars)));
        }
    }
    for symbol in &config.symbols {
        if faults.is_empty() && !found.iter().any(|(other, _)| other == symbol) {
            let message = match source {
                Some(DataSource::Market) => "this market has no bars of it",
                _ => "is missing; the strategy trades it, so send a CSV file named after it",
            };
            faults.push(FieldFault::new(format!("file[{symbol}]"), message));
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// With a file's name as it can be shown.
fn named(bars: DataBars) -> DataBars {
    const LONGEST_NAME: usize = 100;
    match bars {
        DataBars::Upload { file, name } => {
            let name = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
            DataBars::Upload { file, name }
        }
        history @ DataBars::History { .. } => history,
    }
}
