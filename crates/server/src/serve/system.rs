//! The machine's clock, randomness and signals, and the gaps that tests end the process in.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU32;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;
use ballast_engine::ports::{Clock, Entropy, Gap, Gaps};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// The clock of a simulated market that runs faster than real time.
#[derive(Debug, Clone, Copy)]
pub(super) struct MarketClock {
    /// The instant at which both clocks showed the same.
    pub(super) anchor: Timestamp,
    pub(super) speed: NonZeroU32,
}

impl Clock for MarketClock {
    fn now(&self) -> Timestamp {
        let passed = SystemClock.now().nanos_since(self.anchor);
        self.anchor.saturating_add_nanos(passed.saturating_mul(i64::from(self.speed.get())))
    }
}

/// The clock of a file that is played: it shows the close that was told last.
#[derive(Debug)]
pub(super) struct ReplayClock(AtomicI64);

impl ReplayClock {
    pub(super) const fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.nanos()))
    }

    pub(super) fn set(&self, close: Timestamp) {
        self.0.store(close.nanos(), Ordering::Relaxed);
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// The machine's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bits(&self) -> u64 {
        rand::random()
    }
}

/// SIGTERM and Ctrl-C, from the moment this is made: the first process of a container never hears
/// of one that came before somebody listened.
#[derive(Debug)]
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(super) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits until the server is told to stop.
    pub(super) async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Names every gap to a driver and waits until it answers, so that the driver can end the process
/// exactly there.
#[derive(Debug)]
pub(super) struct DrivenGaps {
    driver: Mutex<UnixStream>,
}

impl DrivenGaps {
    pub(super) fn connect(socket: &Path) -> std::io::Result<Self> {
        Ok(Self { driver: Mutex::new(UnixStream::connect(socket)?) })
    }
}

impl Gaps for DrivenGaps {
    fn pass(&self, gap: Gap) {
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = writeln!(driver, "{}", gap.name());
        // A driver that has gone lets every gap pass.
        let _ = asked.and_then(|()| driver.read_exact(&mut [0]));
    }
}
