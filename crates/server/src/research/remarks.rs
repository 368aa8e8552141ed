//! What a reader should know beside the figures: warnings, which question them, and notes.

use ballast_backtest::{Outcome, Refused, Request};

use super::run::Strategy;
use super::stream::BarStream;

/// Sentences about one run.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    /// The gravest first.
    pub(crate) warnings: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Remarks {
    pub(super) fn of(
        outcome: &Outcome,
        bars: &BarStream<'_>,
        request: &Request,
        strategy: &Strategy,
    ) -> Self {
        let mut remarks = Self { warnings: bars.wrong_timeframes(), notes: Vec::new() };
        remarks.warnings.extend(bars.apart());
        if let Some((at, reason)) = &outcome.activity.stopped {
            remarks.warnings.push(format!("Entries stopped at {at}: {reason}."));
        }
        // Why a run without trades was refused or rejected is told with it.
        if traded(outcome) {
            remarks.warnings.extend(outcome.activity.refusals.iter().map(refused));
            if let Some((at, reason)) = &outcome.activity.first_rejection {
                let orders = counted(outcome.activity.rejections, "order", "orders");
                let sentence = format!("{orders} could not be filled, first at {at}: {reason}.");
                remarks.warnings.push(sentence);
            }
        }
        if !bars.all_have_volume()
            && (request.rules.volume_share.is_some() || strategy.reads_volume())
        {
            let sentence = "The data has no volume column, so every volume counts as zero.";
            remarks.warnings.push(sentence.to_owned());
        }
        match bars.missing_bars() {
            0 => {}
            missing => remarks.notes.push(format!(
                "{} missing in the data, nights and weekends included; nothing is decided and \
                 nothing fills in a missing bar.",
                counted(missing, "bar is", "bars are")
            )),
        }
        remarks
    }

    /// Says why there was no trade.
    pub(super) fn no_trade(&mut self, why: &str) {
        self.warnings.insert(0, format!("The strategy made no trade. {why}").trim_end().to_owned());
    }
}

/// Whether the run has any trade.
pub(super) const fn traded(outcome: &Outcome) -> bool {
    outcome.summary.closed_trades > 0 || !outcome.open.is_empty()
}

fn refused(refused: &Refused) -> String {
    let Refused { code, count, first_at, first } = refused;
    let signals = counted(*count, "signal was", "signals were");
    format!("{signals} refused ({code}), first at {first_at}: {first}.")
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
