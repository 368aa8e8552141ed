//! Counters, gauges and histograms in Prometheus' text form. Labels come from closed sets: routes
//! as they are written in the table, methods, status codes, venues, and the engine's own words.

pub(crate) mod panics;
mod sample;
mod stopwatch;
mod table;

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use ballast_domain::{ActiveState, DoneState, Envelope, Event, OrderId, OrderState, ProfileStatus};
use ballast_engine::state::State;
use metrics::{counter, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::app::App;
use crate::serve::stopped;
use crate::views::word;
use sample::sample;
pub(crate) use stopwatch::Stopwatch;
use table::{
    CONFIG_FAILURES, FILLS, NEGATIVE, ORDERS, REFUSALS, REQUEST_SECONDS, REQUESTS, REVIEWS,
    describe,
};
pub(crate) use table::{
    CONTROL_DRIFT, CONTROL_PROPAGATION_SECONDS, CONTROL_UPDATE_FAILURES, LOCAL_ORPHANS,
    SOCKET_REFUSALS, SOCKETS, SOCKETS_DROPPED, STRANGERS, page,
};

/// Upper edges of the histograms, in seconds: what people wait for, and what orders do.
const SLOW: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
const FAST: [f64; 13] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5];
/// How often what histograms were given is put into their buckets: until then it takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the process has counted; cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts for this process from now on. A second one in the same process, as in tests, shows
    /// nothing.
    pub(crate) fn install() -> Self {
        let requests = Matcher::Full(REQUEST_SECONDS.to_owned());
        let all = Matcher::Suffix("_seconds".to_owned());
        // Only an empty list of edges is refused.
        let builder = PrometheusBuilder::new().set_buckets_for_metric(requests, &SLOW);
        let builder = builder.and_then(|builder| builder.set_buckets_for_metric(all, &FAST));
        let recorder = builder.unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        // Only the first recorder of a process counts.
        if metrics::set_global_recorder(recorder).is_ok() {
            describe();
        }
        Self(handle)
    }

    /// Keeps what was counted small until everything is to stop, also when nobody reads it.
    pub(crate) async fn keep(self, mut stopping: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(&mut stopping) => return,
                () = tokio::time::sleep(UPKEEP) => self.0.run_upkeep(),
            }
        }
    }

    /// Everything as Prometheus reads it, with what is measured at the moment of reading.
    pub(crate) fn render(&self, app: &App) -> String {
        sample(app);
        self.0.run_upkeep();
        self.0.render()
    }
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

/// Counts a profile that was not made or changed as somebody wanted it.
pub(crate) fn count_config_failure(code: &'static str) {
    counter!(CONFIG_FAILURES, "code" => code).increment(1);
}

/// Counts what is durable, by the state that has booked all of it.
pub(crate) fn count_events(state: &State, events: &[Envelope]) {
    for (place, envelope) in events.iter().enumerate() {
        count_event(state, &envelope.event);
        if let Event::OrderFilled { order, .. } = &envelope.event
            && is_filled(state, *order)
            && !events[place + 1..].iter().any(|later| fills(&later.event, *order))
        {
            count_order(state, *order, word(&DoneState::Filled));
        }
    }
}

fn count_event(state: &State, event: &Event) {
    match event {
        Event::IntentAccepted { terms, .. } => {
            count_order(state, terms.order_id(), word(&ActiveState::PendingSubmit));
        }
        Event::OrderAccepted { order } => count_order(state, *order, word(&ActiveState::Accepted)),
        Event::OrderDone { order, state: done, .. } => count_order(state, *order, word(done)),
        Event::OrderUnknown { order, .. } => {
            count_order(state, *order, word(&ActiveState::Unknown));
        }
        Event::OrderFilled { order, .. } => {
            counter!(FILLS, "venue" => venue(state, *order)).increment(1);
        }
        Event::SignalRefused { refusal, .. } => {
            counter!(REFUSALS, "code" => refusal.code()).increment(1);
        }
        Event::ProfileStatusChanged { status: ProfileStatus::UnderReview, .. } => {
            counter!(REVIEWS).increment(1);
        }
        Event::AvailableNegative { .. } => counter!(NEGATIVE).increment(1),
        _ => {}
    }
}

fn count_order(state: &State, order: OrderId, word: String) {
    counter!(ORDERS, "state" => word, "venue" => venue(state, order)).increment(1);
}

fn fills(event: &Event, id: OrderId) -> bool {
    matches!(event, Event::OrderFilled { order, .. } if *order == id)
}

/// No event of its own says that an order has filled: its last fill does.
fn is_filled(state: &State, order: OrderId) -> bool {
    let known = state.profile(order.intent.profile).and_then(|profile| profile.order(order));
    known.is_some_and(|order| order.state == OrderState::Done(DoneState::Filled))
}

/// The venue of an order's profile.
fn venue(state: &State, order: OrderId) -> String {
    let profile = state.profile(order.intent.profile);
    profile.map_or_else(|| "none".to_owned(), |profile| profile.document.venue.to_string())
}
