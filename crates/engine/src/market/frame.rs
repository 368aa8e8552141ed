//! A frame: all bars of one venue and timeframe that close at one instant, with the current and
//! the previous value of every series that somebody asked for.

use ballast_domain::{Bar, FrameId, Symbol};

/// Names a series of one row: a number or a condition that is computed at each close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub(super) usize);

/// What one instrument did.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The instrument.
    pub symbol: Symbol,
    /// Its bar; `None` is a gap.
    pub bar: Option<Bar>,
    pub(super) values: Vec<f64>,
    pub(super) previous: Vec<f64>,
}

impl Row {
    pub(crate) const fn new(symbol: Symbol) -> Self {
        Self { symbol, bar: None, values: Vec::new(), previous: Vec::new() }
    }

    /// The value of a series at this close; NaN while it is not ready.
    #[must_use]
    pub fn value(&self, series: SeriesId) -> f64 {
        self.values.get(series.0).copied().unwrap_or(f64::NAN)
    }

    /// The value of a series at the bar before; NaN while it was not ready.
    #[must_use]
    pub fn previous(&self, series: SeriesId) -> f64 {
        self.previous.get(series.0).copied().unwrap_or(f64::NAN)
    }

    /// Whether a condition holds at this close; `None` while it is not ready.
    #[must_use]
    pub fn holds(&self, condition: SeriesId) -> Option<bool> {
        let value = self.value(condition);
        (!value.is_nan()).then_some(value != 0.0)
    }
}

/// All bars that close at one instant; never changed once it is handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its name.
    pub id: FrameId,
    /// A row for each subscribed instrument, in the order they were subscribed.
    pub rows: Vec<Row>,
}

impl Frame {
    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let values = self.rows.iter().map(|row| row.values.len() + row.previous.len());
        size_of::<Self>()
            + self.rows.len() * size_of::<Row>()
            + values.sum::<usize>() * size_of::<f64>()
    }

    /// The row of `symbol`, where it is subscribed.
    #[must_use]
    pub fn row(&self, symbol: Symbol) -> Option<&Row> {
        self.rows.iter().find(|row| row.symbol == symbol)
    }
}
