//! Panics are defects: each is logged with its place and counted, wherever it happens.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};

use metrics::counter;

use super::table::PANICS;

/// Logs and counts every panic of the process from now on. What follows upon one, such as the
/// answer to a request, is left to whoever catches it.
pub(crate) fn watch() {
    set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    counter!(PANICS).increment(1);
    let place = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    tracing::error!(
        place,
        thread = thread.name(),
        message = panic.payload_as_str().unwrap_or("no message"),
        backtrace = backtrace.map(tracing::field::display),
        "a defect, please report it"
    );
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::panic::{catch_unwind, take_hook};
    use std::sync::{Arc, Mutex};

    use metrics::with_local_recorder;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_counted_and_logged_with_its_place() {
        let (recorder, log) = (PrometheusBuilder::new().build_recorder(), Log::default());
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || written.clone())
            .with_ansi(false)
            .finish();
        let before = take_hook();
        watch();
        with_local_recorder(&recorder, || {
            tracing::subscriber::with_default(subscriber, || {
                catch_unwind(|| panic!("no row {}", 7)).unwrap_err();
            });
        });
        set_hook(before);
        let metrics = recorder.handle().render();
        assert!(metrics.contains("ballast_panics_total 1\n"), "{metrics}");
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for words in ["ERROR", "metrics/panics.rs:", "no row 7", "a defect"] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }
}
