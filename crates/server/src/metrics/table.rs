//! Every metric that the server has. From this table come what Prometheus is told of them and the
//! page in the documentation; a test finds every one of them in a running server.

use std::fmt::Write as _;

use ballast_platform::TOKEN_REFRESH_FAILURES;
use ballast_storage::COMMIT_SECONDS;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};

pub(super) const REQUESTS: &str = "ballast_requests_total";
pub(super) const REQUEST_SECONDS: &str = "ballast_request_duration_seconds";
pub(super) const ORDERS: &str = "ballast_orders_total";
pub(super) const FILLS: &str = "ballast_fills_total";
pub(super) const REFUSALS: &str = "ballast_refusals_total";
pub(super) const REVIEWS: &str = "ballast_profile_reviews_total";
pub(super) const NEGATIVE: &str = "ballast_capital_invariant_violations_total";
pub(crate) const STRANGERS: &str = "ballast_stranger_fills_total";
pub(super) const SUBMIT_SECONDS: &str = "ballast_order_submit_seconds";
pub(super) const APPEND_SECONDS: &str = "ballast_journal_append_seconds";
pub(super) const CONFIG_FAILURES: &str = "ballast_config_update_failures_total";
pub(super) const PANICS: &str = "ballast_panics_total";
pub(super) const CONTROL: &str = "ballast_trading_control_paused";
pub(crate) const CONTROL_DRIFT: &str = "ballast_control_drift";
pub(crate) const CONTROL_UPDATE_FAILURES: &str = "ballast_control_update_failures_total";
pub(crate) const CONTROL_PROPAGATION_SECONDS: &str = "ballast_control_propagation_seconds";
pub(super) const FEED_AGE: &str = "ballast_feed_age_seconds";
pub(super) const FEED_UP: &str = "ballast_feed_up";
pub(super) const STORE_UP: &str = "ballast_store_up";
pub(super) const STORE_SECONDS: &str = "ballast_store_check_seconds";
pub(super) const LOCAL_USED: &str = "ballast_local_log_used_bytes";
pub(super) const LOCAL_CAPACITY: &str = "ballast_local_log_capacity_bytes";
pub(super) const LOCAL_BATCHES: &str = "ballast_local_log_batches";
pub(crate) const LOCAL_ORPHANS: &str = "ballast_local_log_orphans_total";
pub(super) const QUEUE_DEPTH: &str = "ballast_queue_depth";
pub(super) const QUEUE_CAPACITY: &str = "ballast_queue_capacity";
pub(super) const TENANTS: &str = "ballast_tenants";
pub(super) const READY: &str = "ballast_ready";
pub(super) const UPTIME: &str = "ballast_uptime_seconds";
pub(crate) const SOCKETS: &str = "ballast_socket_connections";
pub(crate) const SOCKET_REFUSALS: &str = "ballast_socket_refusals_total";
pub(crate) const SOCKETS_DROPPED: &str = "ballast_socket_dropped_total";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One metric: its name with the unit as a suffix, and labels whose values are a closed set.
struct Metric {
    kind: Kind,
    name: &'static str,
    labels: &'static [&'static str],
    says: &'static str,
}

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    says: &'static str,
) -> Metric {
    Metric { kind: Kind::Counter, name, labels, says }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], says: &'static str) -> Metric {
    Metric { kind: Kind::Gauge, name, labels, says }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    says: &'static str,
) -> Metric {
    Metric { kind: Kind::Histogram, name, labels, says }
}

const METRICS: [Metric; 34] = [
    counter(
        REQUESTS,
        &["method", "route", "status"],
        "Requests by method, route and status; 401 and 403 among them",
    ),
    histogram(REQUEST_SECONDS, &["route"], "How long requests took to answer"),
    gauge(SOCKETS, &["namespace"], "Sockets that are connected, by namespace"),
    counter(SOCKET_REFUSALS, &["code"], "Sockets that were refused, by code"),
    counter(SOCKETS_DROPPED, &[], "Sockets that were told less because they fell behind"),
    counter(CONFIG_FAILURES, &["code"], "Profiles that were not made or changed, by code"),
    gauge(CONTROL, &[], "Whether trading is paused or halted everywhere"),
    gauge(CONTROL_DRIFT, &[], "Whether control in memory is not what the store has"),
    counter(CONTROL_UPDATE_FAILURES, &[], "Changes of control that the store did not take"),
    histogram(
        CONTROL_PROPAGATION_SECONDS,
        &[],
        "From a change of control until a tenant's loop obeys it",
    ),
    counter(TOKEN_REFRESH_FAILURES, &["reason"], "Sessions that did not go on, by reason"),
    counter(ORDERS, &["state", "venue"], "Orders that came to a state, by venue"),
    counter(FILLS, &["venue"], "Fills that were booked, by venue"),
    counter(REFUSALS, &["code"], "Signals and orders that the gate refused, by code"),
    histogram(
        SUBMIT_SECONDS,
        &["venue"],
        "From an order's acceptance by the gate, which is then journaled, until the venue has it",
    ),
    histogram(APPEND_SECONDS, &[], "How long a tenant's events took to be durable, waits included"),
    histogram(
        COMMIT_SECONDS,
        &[],
        "How long the store took to write one group to its log and flush it to the disk",
    ),
    gauge(FEED_AGE, &["venue"], "Since when the feed has told nothing"),
    gauge(FEED_UP, &["venue"], "Whether the feed tells what it should"),
    counter(REVIEWS, &[], "Profiles that went under review"),
    counter(NEGATIVE, &[], "Times that an available amount became negative"),
    counter(STRANGERS, &[], "Fills of profiles that their tenant never had; the log has each"),
    gauge(QUEUE_DEPTH, &["queue"], "What waits in the fullest queue of its kind"),
    gauge(QUEUE_CAPACITY, &["queue"], "What such a queue can hold, where it has a limit"),
    gauge(TENANTS, &["state"], "Tenants by whether they run"),
    gauge(STORE_UP, &[], "Whether the store takes what is written"),
    gauge(STORE_SECONDS, &[], "How long the store's last check took"),
    gauge(
        LOCAL_USED,
        &[],
        "What of local.log is in use, which is above zero while the store is away",
    ),
    gauge(LOCAL_CAPACITY, &[], "How much local.log can hold"),
    gauge(LOCAL_BATCHES, &[], "Batches that are kept on the node because the store is away"),
    counter(
        LOCAL_ORPHANS,
        &[],
        "Records that were kept on the node and could not come into a journal; the log has each",
    ),
    counter(PANICS, &[], "Defects that ended a request or a task; the log has the place of each"),
    gauge(READY, &[], "Whether the node is ready"),
    gauge(UPTIME, &[], "Since when the process runs"),
];

/// Tells Prometheus what there is. What counts without labels begins at zero, so that the first
/// time is seen as a rise.
pub(super) fn describe() {
    for Metric { kind, name, labels, says } in METRICS {
        match kind {
            Kind::Counter => describe_counter!(name, says),
            Kind::Gauge => describe_gauge!(name, says),
            Kind::Histogram => describe_histogram!(name, says),
        }
        if kind == Kind::Counter && labels.is_empty() {
            counter!(name).increment(0);
        }
    }
    // Until memory and store are compared for the first time nothing says that they differ.
    gauge!(CONTROL_DRIFT).set(0.0);
}

const HEAD: &str = "\
# Metrics

`GET /metrics` on the internal listener answers in Prometheus' text form. There is no sign-in on
that listener: keep it on loopback or in the operator's own network. Times are in seconds, each
histogram has the usual `_bucket`, `_sum` and `_count`. Labels have few values, and never the name
of a tenant, a profile or a person. A counter with labels is there from its first event on. This
page is generated: `cargo xtask generate`.

Queues: `tenant_inbox` is what a tenant's engine has yet to take, `rows` what waits to be written
behind a tenant's journal, `realtime` the messages that the slowest socket of a tenant has yet to
take, `operators` the same of operators' sockets, `store` the writes that wait for the disk. Of each
kind the fullest is told.

| name | kind | labels | says |
|---|---|---|---|
";

/// Every metric, as a page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for Metric { kind, name, labels, says } in METRICS {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}` | {kind} | {} | {says} |", labels.join(", "));
    }
    page
}
