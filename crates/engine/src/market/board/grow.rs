//! A board that grows while it runs.
//!
//! A new plan is compiled on a copy without state, [`Board::unwarmed`], and that copy is warmed up
//! from history beside the running board. Then the running board adopts what it lacks: rows,
//! timeframes and series, with the state that history gave them. What it has goes on untouched, so
//! that nobody who reads it notices. Numbers of rows and series never change, so that plans from
//! before and from after read the same frames.

use std::collections::BTreeSet;

use ballast_domain::{Symbol, Timestamp};
use thiserror::Error;

use super::super::aggregate::Aggregate;
use super::super::frame::{Frame, Row};
use super::super::series::Program;
use super::{Board, Sheet};

/// Why a board did not adopt another; neither has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdoptError {
    /// The other was not made from this one, or this one has grown since: compile and warm up anew.
    #[error("this board holds what the warmed one does not; make another by `unwarmed`")]
    Foreign,
    /// They were not told the same part of the market: feed and expire the one that is behind.
    #[error("this board was told the market up to {told}, the warmed one up to {warmed}")]
    Apart {
        /// What this board was told up to.
        told: Timestamp,
        /// What the other was told up to.
        warmed: Timestamp,
    },
    /// A close is being gathered: adopt once its frames were handed out.
    #[error("a close is being gathered; adopt when its frames were handed out")]
    MidClose,
}

impl Board {
    /// The instant up to which the market was told: what closed by then has come, or never comes.
    #[must_use]
    pub const fn told_to(&self) -> Timestamp {
        self.told_to
    }

    /// The same rows, timeframes and series in the same places, as if no bar had come yet.
    #[must_use]
    pub fn unwarmed(&self) -> Self {
        Self {
            venue: self.venue,
            base: self.base,
            rows: self.rows.clone(),
            sheets: self.sheets.iter().map(Sheet::unwarmed).collect(),
            told_to: Timestamp::MIN,
        }
    }

    /// The instruments whose past this board needs before `running` can adopt it: those of which it
    /// has a row or a series that `running` lacks, or all where it has a timeframe that `running`
    /// lacks, because its bars are forming of every instrument.
    #[must_use]
    pub fn symbols_new_to(&self, running: &Self) -> BTreeSet<Symbol> {
        let lacks_sheet = self.sheets.iter().any(|sheet| running.same_sheet(sheet).is_none());
        let lacks_series = |row: usize| {
            self.sheets.iter().any(|sheet| {
                let known = running.same_sheet(sheet).and_then(|known| known.programs.get(row));
                known.is_none_or(|known| known.len() < sheet.programs[row].len())
            })
        };
        let rows = self.rows.iter().filter(|(_, row)| lacks_sheet || lacks_series(**row));
        rows.map(|(symbol, _)| *symbol).collect()
    }

    /// Takes over from `warmed`, which was made by [`Self::unwarmed`] and told the past of
    /// [`Self::symbols_new_to`] up to [`Self::told_to`], what this board lacks. Everything that it
    /// has keeps its own state.
    ///
    /// # Errors
    /// [`AdoptError`], by what the caller does next.
    pub fn adopt(&mut self, warmed: &Self) -> Result<(), AdoptError> {
        self.can_adopt(warmed)?;
        self.rows.clone_from(&warmed.rows);
        for sheet in &warmed.sheets {
            let place = self.sheets.partition_point(|own| own.timeframe > sheet.timeframe);
            match self.sheets.get_mut(place).filter(|own| own.timeframe == sheet.timeframe) {
                Some(own) => own.adopt(sheet),
                None => self.sheets.insert(place, sheet.clone()),
            }
        }
        // Base bars that the new series have seen are not taken a second time.
        let seen = warmed.base_sheet().frame.id.close;
        if let Some(base) = self.sheets.last_mut() {
            base.frame.id.close = base.frame.id.close.max(seen);
        }
        Ok(())
    }

    fn can_adopt(&self, warmed: &Self) -> Result<(), AdoptError> {
        let same_market = (self.venue, self.base) == (warmed.venue, warmed.base);
        let same_rows = self.rows.iter().all(|(symbol, row)| warmed.rows.get(symbol) == Some(row));
        let continued = |sheet: &Sheet| {
            warmed.same_sheet(sheet).is_some_and(|other| {
                let pairs = sheet.programs.iter().zip(&other.programs);
                pairs.into_iter().all(|(own, other)| own.is_continued_by(other))
            })
        };
        if !(same_market && same_rows && self.sheets.iter().all(continued)) {
            return Err(AdoptError::Foreign);
        }
        if !self.sheets.iter().chain(&warmed.sheets).all(|sheet| sheet.closed) {
            return Err(AdoptError::MidClose);
        }
        match (self.told_to, warmed.told_to) {
            (told, warmed) if told != warmed => Err(AdoptError::Apart { told, warmed }),
            _ => Ok(()),
        }
    }

    fn same_sheet(&self, sheet: &Sheet) -> Option<&Sheet> {
        self.sheets.iter().find(|own| own.timeframe == sheet.timeframe)
    }
}

impl Sheet {
    fn unwarmed(&self) -> Self {
        let empty = Self::new(self.frame.id.venue, self.timeframe);
        let rows = self.frame.rows.iter().map(|row| Row::new(row.symbol)).collect();
        Self {
            frame: Frame { rows, ..empty.frame },
            programs: self.programs.iter().map(Program::unwarmed).collect(),
            aggregates: vec![Aggregate::new(self.timeframe); self.aggregates.len()],
            ..empty
        }
    }

    fn adopt(&mut self, warmed: &Self) {
        let same_close = self.frame.id.close == warmed.frame.id.close;
        for (place, row) in warmed.frame.rows.iter().enumerate() {
            let program = &warmed.programs[place];
            match self.frame.rows.get_mut(place) {
                Some(own) => {
                    own.adopt(row, self.programs[place].len());
                    self.programs[place].adopt(program);
                }
                None => {
                    let bar = row.bar.filter(|_| same_close);
                    self.frame.rows.push(Row { bar, ..row.clone() });
                    self.programs.push(program.clone());
                    self.aggregates.push(warmed.aggregates[place].clone());
                }
            }
        }
    }
}

impl Row {
    /// Takes over the values of the series that come after the first `known`.
    fn adopt(&mut self, warmed: &Self, known: usize) {
        for (own, warmed) in
            [(&mut self.values, &warmed.values), (&mut self.previous, &warmed.previous)]
        {
            own.resize(known, f64::NAN);
            own.extend(warmed.iter().skip(known));
        }
    }
}
