//! The market board: takes closed bars of one venue and gives a frame per timeframe and close.
//!
//! Everyone who trades at the venue shares one board. Longer bars are made from the shortest; at
//! equal closes the longer timeframe's frame comes first, so that what is computed on the shorter
//! one may read it.

mod grow;

use std::collections::BTreeMap;

use ballast_domain::{Bar, FrameId, Symbol, Timeframe, Timestamp, VenueId};
use thiserror::Error;

use super::aggregate::Aggregate;
use super::frame::{Frame, Row, SeriesId};
use super::series::{Longer, Program, SeriesError};
use crate::strategy::expression::{Condition, Numeric};

pub use grow::AdoptError;

/// Why the board did not take a bar or a series.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BoardError {
    /// Nobody subscribed the instrument.
    #[error("{0} is not subscribed")]
    NotSubscribed(Symbol),
    /// The board's bars are longer than what is asked for.
    #[error(
        "bars of {asked} cannot be made from bars of {base}; use shorter bars or a longer timeframe"
    )]
    TooShort {
        /// What was asked for.
        asked: Timeframe,
        /// What the board gets.
        base: Timeframe,
    },
    /// The bar closes before or with one that is known.
    #[error("a bar of {symbol} that closes {close} came after one that closes {last}")]
    OutOfOrder {
        /// The instrument.
        symbol: Symbol,
        /// The bar's close.
        close: Timestamp,
        /// The latest close known.
        last: Timestamp,
    },
    /// The series cannot be computed.
    #[error(transparent)]
    Series(#[from] SeriesError),
}

/// All bars and series of one venue.
#[derive(Debug, Clone)]
pub struct Board {
    venue: VenueId,
    base: Timeframe,
    rows: BTreeMap<Symbol, usize>,
    /// Longest timeframe first, the base last.
    sheets: Vec<Sheet>,
    /// Everything that closed up to this instant was told, or never comes.
    told_to: Timestamp,
}

/// One timeframe: its frame as it stands, and how its rows are computed.
#[derive(Debug, Clone)]
struct Sheet {
    timeframe: Timeframe,
    frame: Frame,
    programs: Vec<Program>,
    aggregates: Vec<Aggregate>,
    /// Rows that have a bar for the frame's close.
    reported: usize,
    /// Whether the frame was handed out.
    closed: bool,
}

impl Board {
    /// A board of `venue` that gets bars of `base`.
    #[must_use]
    pub fn new(venue: VenueId, base: Timeframe) -> Self {
        let sheets = vec![Sheet::new(venue, base)];
        Self { venue, base, rows: BTreeMap::new(), sheets, told_to: Timestamp::MIN }
    }

    /// The timeframe of the bars that the board gets.
    #[must_use]
    pub const fn base(&self) -> Timeframe {
        self.base
    }

    /// The venue whose bars these are.
    #[must_use]
    pub const fn venue(&self) -> VenueId {
        self.venue
    }

    /// The subscribed instruments.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.rows.keys().copied()
    }

    /// The last base frame that was handed out; none before the first.
    #[must_use]
    pub fn latest(&self) -> Option<&Frame> {
        let base = self.base_sheet();
        (base.closed && base.frame.id.close > Timestamp::MIN).then_some(&base.frame)
    }

    /// The place of an instrument in the rows of every frame.
    #[must_use]
    pub fn row_of(&self, symbol: Symbol) -> Option<usize> {
        self.rows.get(&symbol).copied()
    }

    /// Adds a row for `symbol` to every frame from now on.
    pub fn subscribe(&mut self, symbol: Symbol) {
        let next = self.rows.len();
        if *self.rows.entry(symbol).or_insert(next) == next && self.rows.len() > next {
            for sheet in &mut self.sheets {
                sheet.subscribe(symbol);
            }
        }
    }

    /// Makes frames of `timeframe` from now on.
    ///
    /// # Errors
    /// [`BoardError::TooShort`] when it is shorter than the bars that the board gets.
    pub fn keep(&mut self, timeframe: Timeframe) -> Result<(), BoardError> {
        if timeframe < self.base {
            return Err(BoardError::TooShort { asked: timeframe, base: self.base });
        }
        if self.sheets.iter().any(|sheet| sheet.timeframe == timeframe) {
            return Ok(());
        }
        let mut sheet = Sheet::new(self.venue, timeframe);
        let mut symbols: Vec<_> = self.rows.iter().collect();
        symbols.sort_by_key(|(_, row)| **row);
        for (symbol, _) in symbols {
            sheet.subscribe(*symbol);
        }
        let place = self.sheets.partition_point(|other| other.timeframe > timeframe);
        self.sheets.insert(place, sheet);
        Ok(())
    }

    /// The series of a number on an instrument's bars of `timeframe`; the same number is the same
    /// series. It warms up from the bars that come after.
    ///
    /// # Errors
    /// [`BoardError`] when the instrument, the timeframe or the series is not possible.
    pub fn numeric(
        &mut self,
        symbol: Symbol,
        timeframe: Timeframe,
        numeric: &Numeric,
    ) -> Result<SeriesId, BoardError> {
        self.compile(symbol, timeframe, |program, longer| program.numeric(numeric, longer))
    }

    /// The series of a condition, as [`Self::numeric`].
    ///
    /// # Errors
    /// [`BoardError`] when the instrument, the timeframe or the series is not possible.
    pub fn condition(
        &mut self,
        symbol: Symbol,
        timeframe: Timeframe,
        condition: &Condition,
    ) -> Result<SeriesId, BoardError> {
        self.compile(symbol, timeframe, |program, longer| program.condition(condition, longer))
    }

    fn compile(
        &mut self,
        symbol: Symbol,
        timeframe: Timeframe,
        compile: impl FnOnce(&mut Program, &mut LongerSheets<'_>) -> Result<SeriesId, SeriesError>,
    ) -> Result<SeriesId, BoardError> {
        let row = *self.rows.get(&symbol).ok_or(BoardError::NotSubscribed(symbol))?;
        self.keep(timeframe)?;
        let mut program = std::mem::take(self.program(timeframe, row));
        let mut longer = LongerSheets { board: self, symbol, than: timeframe };
        let series = compile(&mut program, &mut longer);
        *self.program(timeframe, row) = program;
        Ok(series?)
    }

    fn program(&mut self, timeframe: Timeframe, row: usize) -> &mut Program {
        let place = self.sheets.partition_point(|other| other.timeframe > timeframe);
        &mut self.sheets[place].programs[row]
    }

    /// The timeframes, the longest first, each with the number of bars that its deepest series
    /// reaches back.
    pub fn reaches(&self) -> impl Iterator<Item = (Timeframe, usize)> {
        self.sheets.iter().map(|sheet| {
            let reach = sheet.programs.iter().map(Program::look_back_bars).max();
            (sheet.timeframe, reach.unwrap_or_default())
        })
    }

    /// Takes a bar of the past of a longer timeframe, so that its series need not wait for as many
    /// base bars. Bars of the past come in the order of their closes, at equal closes the longest
    /// first; base bars from before the close are left out of the longer bar that forms after it.
    ///
    /// # Errors
    /// [`BoardError`] when the bar is of no subscribed instrument or out of order.
    pub fn seed(
        &mut self,
        symbol: Symbol,
        timeframe: Timeframe,
        bar: &Bar,
        mut on_frame: impl FnMut(&Frame),
    ) -> Result<(), BoardError> {
        let row = *self.rows.get(&symbol).ok_or(BoardError::NotSubscribed(symbol))?;
        self.keep(timeframe)?;
        self.expire(bar.close_time.saturating_add_nanos(-1), &mut on_frame);
        let place = self.sheets.partition_point(|other| other.timeframe > timeframe);
        let (longer, rest) = self.sheets.split_at_mut(place);
        let Some(sheet) = rest.first_mut() else { return Ok(()) };
        let last = sheet.frame.id.close;
        let known = bar.close_time == last && sheet.frame.rows[row].bar.is_some();
        if bar.close_time < last || known {
            return Err(BoardError::OutOfOrder { symbol, close: bar.close_time, last });
        }
        sheet.aggregates[row].seed(bar.close_time);
        sheet.report(row, bar, longer);
        if sheet.reported == self.rows.len() {
            sheet.close(&mut on_frame);
        }
        Ok(())
    }

    /// How many series are computed at each close, over all instruments and timeframes.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.sheets.iter().flat_map(|sheet| &sheet.programs).map(Program::len).sum()
    }

    /// Takes a closed bar of the base timeframe. Frames that are complete with it are handed to
    /// `on_frame`, the longest timeframe first.
    ///
    /// # Errors
    /// [`BoardError`] when the bar is of no subscribed instrument or out of order.
    pub fn push(
        &mut self,
        symbol: Symbol,
        bar: &Bar,
        mut on_frame: impl FnMut(&Frame),
    ) -> Result<(), BoardError> {
        let row = *self.rows.get(&symbol).ok_or(BoardError::NotSubscribed(symbol))?;
        let base = self.base_sheet();
        let last = base.frame.id.close;
        let late = bar.close_time < last;
        if late || (bar.close_time == last && (base.closed || base.frame.rows[row].bar.is_some())) {
            return Err(BoardError::OutOfOrder { symbol, close: bar.close_time, last });
        }
        let opened = self.base.open_of(bar.close_time);
        self.opens(symbol, opened);
        // A bar of a later close says that what is missing of earlier ones never comes.
        let over = match bar.close_time > last {
            true => bar.close_time.saturating_add_nanos(-1),
            false => opened,
        };
        self.expire(over, &mut on_frame);
        self.add(row, bar, opened);
        if self.base_sheet().reported == self.rows.len() {
            self.told_to = self.told_to.max(bar.close_time);
            self.close_frames(&mut on_frame);
        }
        Ok(())
    }

    /// Says that a base bar of `symbol` opens at `opened`: nothing more comes of its longer bars
    /// whose interval has ended by then, and [`Self::expire`] hands them out.
    pub fn opens(&mut self, symbol: Symbol, opened: Timestamp) {
        if let Some(row) = self.row_of(symbol) {
            self.sheets.iter_mut().for_each(|sheet| sheet.aggregates[row].opens(opened));
        }
    }

    /// Hands out frames that are due at `now` although bars of them are missing: longer ones whose
    /// interval is over, and the base frame when a bar of a later close cannot be waited for. They
    /// come in the order of their closes, so that none of them sees what closed after it.
    pub fn expire(&mut self, now: Timestamp, mut on_frame: impl FnMut(&Frame)) {
        self.told_to = self.told_to.max(now);
        let due = |sheets: &[Sheet]| sheets.iter().filter_map(Sheet::due).min();
        while let Some(close) = due(&self.sheets).filter(|close| *close <= now) {
            self.close_due(close, &mut on_frame);
        }
    }

    /// Hands out the frames of one close, the longest timeframe first.
    fn close_due(&mut self, close: Timestamp, on_frame: &mut impl FnMut(&Frame)) {
        for place in 0..self.sheets.len() {
            let (longer, rest) = self.sheets.split_at_mut(place);
            let Some(sheet) = rest.first_mut() else { continue };
            if sheet.due().is_none_or(|due| due > close) {
                continue;
            }
            for row in 0..sheet.aggregates.len() {
                if let Some(bar) = sheet.aggregates[row].expire(close) {
                    sheet.report(row, &bar, longer);
                }
            }
            sheet.close(on_frame);
        }
    }

    fn add(&mut self, row: usize, bar: &Bar, opened: Timestamp) {
        for place in 0..self.sheets.len() {
            let (longer, rest) = self.sheets.split_at_mut(place);
            let Some(sheet) = rest.first_mut() else { continue };
            let complete = match sheet.timeframe == self.base {
                true => Some(*bar),
                false => sheet.aggregates[row].add(bar, opened),
            };
            if let Some(complete) = complete {
                sheet.report(row, &complete, longer);
            }
        }
    }

    fn close_frames(&mut self, on_frame: &mut impl FnMut(&Frame)) {
        for sheet in &mut self.sheets {
            sheet.close(on_frame);
        }
    }

    fn base_sheet(&self) -> &Sheet {
        // The base is made with the board and is the shortest, hence the last.
        &self.sheets[self.sheets.len() - 1]
    }
}

impl Sheet {
    const fn new(venue: VenueId, timeframe: Timeframe) -> Self {
        let id = FrameId { venue, timeframe, close: Timestamp::MIN, revision: 0 };
        Self {
            timeframe,
            frame: Frame { id, rows: Vec::new() },
            programs: Vec::new(),
            aggregates: Vec::new(),
            reported: 0,
            closed: true,
        }
    }

    fn subscribe(&mut self, symbol: Symbol) {
        self.frame.rows.push(Row::new(symbol));
        self.programs.push(Program::new(self.timeframe));
        self.aggregates.push(Aggregate::new(self.timeframe));
    }

    /// The earliest close of which something has not been handed out yet.
    fn due(&self) -> Option<Timestamp> {
        let forming = self.aggregates.iter().filter_map(Aggregate::due);
        forming.chain((!self.closed).then_some(self.frame.id.close)).min()
    }

    fn report(&mut self, row: usize, bar: &Bar, longer: &[Self]) {
        // What comes late to a frame that was handed out is handed out alone.
        if self.frame.id.close < bar.close_time || self.closed {
            self.frame.id.close = self.frame.id.close.max(bar.close_time);
            self.reported = 0;
            for row in &mut self.frame.rows {
                row.bar = None;
            }
        }
        self.reported += 1;
        self.closed = false;
        let cells = &mut self.frame.rows[row];
        cells.bar = Some(*bar);
        self.programs[row].update(cells, bar, |borrowed| {
            let place = longer.partition_point(|sheet| sheet.timeframe > borrowed.timeframe);
            longer[place].frame.rows[row].value(borrowed.series)
        });
    }

    fn close(&mut self, on_frame: &mut impl FnMut(&Frame)) {
        if !self.closed {
            self.closed = true;
            on_frame(&self.frame);
        }
    }
}

struct LongerSheets<'a> {
    board: &'a mut Board,
    symbol: Symbol,
    than: Timeframe,
}

impl Longer for LongerSheets<'_> {
    fn numeric(&mut self, timeframe: Timeframe, of: &Numeric) -> Result<SeriesId, SeriesError> {
        debug_assert!(timeframe > self.than, "only longer timeframes are borrowed from");
        self.board.numeric(self.symbol, timeframe, of).map_err(into_series_error)
    }

    fn condition(&mut self, timeframe: Timeframe, of: &Condition) -> Result<SeriesId, SeriesError> {
        self.board.condition(self.symbol, timeframe, of).map_err(into_series_error)
    }
}

fn into_series_error(error: BoardError) -> SeriesError {
    match error {
        BoardError::Series(error) => error,
        other => SeriesError::Board(other.to_string()),
    }
}
