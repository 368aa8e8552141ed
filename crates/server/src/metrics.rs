//! Counters and gauges in Prometheus' text form.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// What the process has counted; cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts for this process from now on. A second one in the same process, as in tests, shows
    /// nothing.
    pub(crate) fn install() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Only the first recorder of a process counts.
        let _ = metrics::set_global_recorder(recorder);
        Self(handle)
    }

    /// Everything as Prometheus reads it.
    pub(crate) fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
