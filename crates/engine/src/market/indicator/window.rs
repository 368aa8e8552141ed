//! How every indicator over the last `period` values keeps its window.
//!
//! The window is split at a block border: `older`, what is left of the previous block, and
//! `recent`, the current block so far. A border is crossed once per `period` updates, and only
//! then are the values of the block folded, backwards, into one running total per slot: slot `i`
//! then holds the total of the slots from `i` to the end. From there on each update only adds to
//! `recent` and combines it with `older[i + 1]`.
//!
//! Nothing is ever subtracted, and that is the point: a rolling sum that adds the newest and
//! subtracts the oldest value keeps every rounding error for ever and is ruined by one huge value.
//! Here the total is as exact as a fresh one over the window, a spike is gone the moment it
//! leaves, and a million bars do not drift. The same layout serves sums, weighted sums, sums of
//! squares and extremes; for extremes it is known as the van Herk / Gil-Werman algorithm (1992,
//! 1993), which TA-Lib's MAX and MIN use too.
//!
//! Slots hold the current block's raw values up to the cursor and totals of the previous block
//! after it, so one array of `period + 1` places serves both; the last place stays neutral.

/// The place in the ring, and whether a whole window has been seen.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    period: u32,
    position: u32,
    is_full: bool,
}

impl Cursor {
    pub(super) fn new(period: u32) -> Self {
        Self { period, position: 0, is_full: false }
    }

    /// Slot of the value that comes next, below `period`.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.position as usize
    }

    /// Values of the current block once the next one is in, from 1 to `period`.
    #[inline]
    pub(super) fn recent_count(&self) -> f64 {
        f64::from(self.position + 1)
    }

    /// Values of the previous block still in the window once the next one is in.
    #[inline]
    pub(super) fn older_count(&self) -> f64 {
        f64::from(self.period - self.position - 1)
    }

    /// Length of the window, in values.
    pub(super) fn period(&self) -> usize {
        self.period as usize
    }

    /// Moves on by one value. True when a block is complete: the caller then folds its slots.
    #[inline]
    pub(super) fn advance(&mut self) -> bool {
        self.position += 1;
        if self.position < self.period {
            return false;
        }
        self.position = 0;
        self.is_full = true;
        true
    }

    /// Whether `period` values have been taken since the start or the last reset.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Forgets all values. The slots may keep theirs: nothing reads them before the next fold.
    pub(super) fn reset(&mut self) {
        self.position = 0;
        self.is_full = false;
    }

    /// Values taken before the one that fills the window.
    pub(super) fn warm_up_bars(&self) -> u32 {
        self.period - 1
    }
}

/// The last `period` values, for comparing a value with the one `period` values before.
#[derive(Clone, Debug)]
pub(super) struct Lag {
    cursor: Cursor,
    slots: Box<[f64]>,
}

impl Lag {
    pub(super) fn new(period: u32) -> Self {
        Self { cursor: Cursor::new(period), slots: vec![f64::NAN; period as usize].into() }
    }

    /// Takes a value and returns the one `period` values before it, NaN when there is none.
    #[inline]
    pub(super) fn replace(&mut self, value: f64) -> f64 {
        let is_full = self.cursor.is_full();
        let before = std::mem::replace(&mut self.slots[self.cursor.position()], value);
        self.cursor.advance();
        if is_full { before } else { f64::NAN }
    }

    pub(super) fn reset(&mut self) {
        self.cursor.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.cursor.warm_up_bars() + 1
    }
}
