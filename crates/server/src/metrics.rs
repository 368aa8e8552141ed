//! Counters and gauges in Prometheus' text form. Labels come from closed sets: routes as they are
//! written in the table, methods, status codes, and the engine's own words.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use ballast_domain::Event;
use ballast_platform::TOKEN_REFRESH_FAILURES;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::views::word;
use crate::views::words::{ControlModeWord, FeedWord, StoreWord};

const REQUESTS: &str = "ballast_requests_total";
const REQUEST_SECONDS: &str = "ballast_request_duration_seconds";
const ORDERS: &str = "ballast_orders_total";
const FILLS: &str = "ballast_fills_total";
const REFUSALS: &str = "ballast_refusals_total";
const REVIEWS: &str = "ballast_profile_reviews_total";
const NEGATIVE: &str = "ballast_capital_invariant_violations_total";
const CONTROL: &str = "ballast_trading_control_paused";
const FEED_AGE: &str = "ballast_feed_age_seconds";
const FEED_UP: &str = "ballast_feed_up";
const STORE_UP: &str = "ballast_store_up";
const STORE_SECONDS: &str = "ballast_store_check_seconds";
const READY: &str = "ballast_ready";
const UPTIME: &str = "ballast_uptime_seconds";
pub(crate) const SOCKETS: &str = "ballast_socket_connections";
pub(crate) const SOCKET_REFUSALS: &str = "ballast_socket_refusals_total";
pub(crate) const SOCKETS_DROPPED: &str = "ballast_socket_dropped_total";

/// Upper edges of the histogram of requests, in seconds.
const BUCKETS: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// What the process has counted; cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts for this process from now on. A second one in the same process, as in tests, shows
    /// nothing.
    pub(crate) fn install() -> Self {
        let builder = PrometheusBuilder::new();
        let seconds = Matcher::Full(REQUEST_SECONDS.to_owned());
        // Only an empty list of edges is refused.
        let builder = builder.set_buckets_for_metric(seconds, &BUCKETS).unwrap_or_default();
        let seconds = Matcher::Full(CONTROL_PROPAGATION_SECONDS.to_owned());
        let builder = builder.set_buckets_for_metric(seconds, &PROPAGATION_BUCKETS);
        let builder = builder.unwrap_or_default();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Only the first recorder of a process counts.
        if metrics::set_global_recorder(recorder).is_ok() {
            describe();
            describe_control();
        }
        Self(handle)
    }

    /// Everything as Prometheus reads it, with what is measured at the moment of reading.
    pub(crate) fn render(&self, app: &App) -> String {
        sample(app);
        self.0.run_upkeep();
        self.0.render()
    }
}

fn describe() {
    describe_counter!(REQUESTS, "Requests by method, route and status; 401 and 403 among them");
    describe_histogram!(REQUEST_SECONDS, "How long requests took to answer");
    describe_counter!(ORDERS, "Orders that came to a state");
    describe_counter!(FILLS, "Fills that were booked");
    describe_counter!(REFUSALS, "Signals and orders that the gate refused, by code");
    describe_counter!(REVIEWS, "Profiles that went under review");
    describe_counter!(NEGATIVE, "Times that an available amount became negative");
    describe_gauge!(CONTROL, "Whether trading is paused or halted everywhere");
    describe_gauge!(FEED_AGE, "Since when the feed has told nothing");
    describe_gauge!(FEED_UP, "Whether the feed tells what it should");
    describe_gauge!(STORE_UP, "Whether the store takes what is written");
    describe_gauge!(STORE_SECONDS, "How long the store's last check took");
    describe_gauge!(READY, "Whether the node is ready");
    describe_gauge!(UPTIME, "Since when the process runs");
    describe_gauge!(SOCKETS, "Sockets that are connected, by namespace");
    describe_counter!(SOCKET_REFUSALS, "Sockets that were refused, by code");
    describe_counter!(SOCKETS_DROPPED, "Sockets that were closed because they fell behind");
}

/// A layer that counts requests by the route that answered them.
pub(crate) async fn count_request(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = word_of(request.method());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    let seconds = begun.elapsed().as_secs_f64();
    histogram!(REQUEST_SECONDS, "route" => route.clone()).record(seconds);
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    response
}

/// Any word may stand for a method on the wire, and each would be a row of its own for good.
fn word_of(method: &axum::http::Method) -> &'static str {
    use axum::http::Method;
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts what is durable.
pub(crate) fn count_event(event: &Event) {
    match event {
        Event::OrderAccepted { .. } => counter!(ORDERS, "state" => "accepted").increment(1),
        Event::OrderDone { state, .. } => counter!(ORDERS, "state" => word(state)).increment(1),
        Event::OrderUnknown { .. } => counter!(ORDERS, "state" => "unknown").increment(1),
        Event::OrderFilled { .. } => counter!(FILLS).increment(1),
        Event::SignalRefused { refusal, .. } => {
            counter!(REFUSALS, "code" => refusal.code()).increment(1);
        }
        Event::ProfileStatusChanged {
            status: ballast_domain::ProfileStatus::UnderReview, ..
        } => counter!(REVIEWS).increment(1),
        Event::AvailableNegative { .. } => counter!(NEGATIVE).increment(1),
        _ => {}
    }
}

fn sample(app: &App) {
    let switch = |on: bool| if on { 1.0 } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a time to be shown")]
    let seconds = |ms: u64| ms as f64 / 1_000.0;
    let mode = app.control.shown().borrow().mode;
    gauge!(CONTROL).set(switch(mode != ControlModeWord::Running));
    let feed = app.health.feed(&app.prices);
    gauge!(FEED_UP, "venue" => feed.venue.clone()).set(switch(feed.state == FeedWord::Live));
    if let Some(age_ms) = feed.last_event_age_ms {
        gauge!(FEED_AGE, "venue" => feed.venue).set(seconds(age_ms));
    }
    let store = app.health.store();
    gauge!(STORE_UP).set(switch(store.state == StoreWord::Ok));
    if let Some(latency_ms) = store.latency_ms {
        gauge!(STORE_SECONDS).set(seconds(latency_ms));
    }
    gauge!(READY).set(switch(app.health.reasons().is_empty()));
    gauge!(UPTIME).set(seconds(app.health.uptime_seconds().saturating_mul(1_000)));
}

pub(crate) const CONTROL_DRIFT: &str = "ballast_control_drift";
pub(crate) const CONTROL_UPDATE_FAILURES: &str = "ballast_control_update_failures_total";
pub(crate) const CONTROL_PROPAGATION_SECONDS: &str = "ballast_control_propagation_seconds";

/// Upper edges of the histogram of control's way to the tenants, in seconds.
const PROPAGATION_BUCKETS: [f64; 9] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0];

fn describe_control() {
    describe_gauge!(CONTROL_DRIFT, "Whether control in memory is not what the store has");
    describe_counter!(CONTROL_UPDATE_FAILURES, "Changes of control that the store did not take");
    describe_histogram!(
        CONTROL_PROPAGATION_SECONDS,
        "From a change of control until a tenant's loop obeys it"
    );
    describe_counter!(TOKEN_REFRESH_FAILURES, "Sessions that did not go on, by reason");
    // Alerts read them from the start on, and not only after the first failure.
    gauge!(CONTROL_DRIFT).set(0.0);
    counter!(CONTROL_UPDATE_FAILURES).increment(0);
}
