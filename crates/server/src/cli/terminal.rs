//! What the terminal can show: its width, whether it takes colours, and a progress line.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use terminal_size::{Width, terminal_size_of};

/// Columns of what is no terminal, such as a file.
const PLAIN_WIDTH: usize = 80;

/// Columns of the standard output.
pub(super) fn width() -> usize {
    match terminal_size_of(io::stdout()) {
        Some((Width(columns), _)) if columns > 0 => columns.into(),
        _ => PLAIN_WIDTH,
    }
}

/// Whether the standard output takes colours: on a terminal, unless `NO_COLOR` is set.
pub(super) fn colour() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && set("NO_COLOR").is_none() && !dumb
}

/// How long work goes on before its progress is worth a line.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line on the standard error, when that is a terminal, that says how far a long run has come.
#[derive(Debug)]
pub(super) struct Progress {
    is_seen: bool,
    started: Instant,
    /// The percentage that stands there.
    shown: Cell<Option<u64>>,
}

impl Default for Progress {
    fn default() -> Self {
        let is_seen = io::stderr().is_terminal();
        Self { is_seen, started: Instant::now(), shown: Cell::new(None) }
    }
}

impl Progress {
    /// Says how much is done, where it is known of how much.
    pub(super) fn show(&self, done: u64, total: Option<u64>) {
        let Some(total) = total.filter(|total| *total > 0 && self.is_seen) else { return };
        let percent = done.saturating_mul(100) / total;
        if self.shown.get() != Some(percent) && self.started.elapsed() >= PATIENCE {
            self.shown.set(Some(percent));
            // A progress line that cannot be written is no loss.
            let _ = write!(io::stderr(), "\rRunning: {percent} % ");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
