//! Interruptions of trading: spans of five minutes in which an instrument has neither trades nor
//! bars, while its price moves on unseen.

use super::random::{Stream, unit};

/// Bars of five seconds in a span.
const SPAN_BARS: i64 = 60;
const DAY_SPANS: f64 = 288.0;

/// When trading of one instrument is interrupted.
#[derive(Debug)]
pub(super) struct Halts {
    stream: Stream,
    /// The chance of each span.
    chance: f64,
}

impl Halts {
    pub(super) fn new(seed: u64, name: &str, per_day: u32) -> Self {
        Self { stream: Stream::new(seed, name, 4), chance: f64::from(per_day) / DAY_SPANS }
    }

    /// Whether nothing trades in the bar of a place.
    pub(super) fn covers(&self, index: i64) -> bool {
        self.chance > 0.0 && unit(self.stream.bits(index.div_euclid(SPAN_BARS))) < self.chance
    }
}
