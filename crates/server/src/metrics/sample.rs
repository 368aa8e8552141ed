//! What is measured at the moment of reading.

use metrics::gauge;

use super::table::{
    CONTROL, FEED_AGE, FEED_UP, LOCAL_BATCHES, LOCAL_CAPACITY, LOCAL_USED, QUEUE_CAPACITY,
    QUEUE_DEPTH, READY, STORE_SECONDS, STORE_UP, TENANTS, UPTIME,
};
use crate::app::App;
use crate::serve::tenants::Queue;
use crate::views::words::{ControlModeWord, FeedWord, StoreWord};

pub(super) fn sample(app: &App) {
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
    let local = app.health.local();
    gauge!(LOCAL_USED).set(number(local.used_bytes));
    gauge!(LOCAL_CAPACITY).set(number(local.capacity_bytes));
    gauge!(LOCAL_BATCHES).set(number(local.batches));
    gauge!(READY).set(switch(app.reasons().is_empty()));
    gauge!(UPTIME).set(seconds(app.health.uptime_seconds().saturating_mul(1_000)));
    let tenants = app.health.tenants();
    let running = tenants.iter().filter(|tenant| tenant.running).count();
    gauge!(TENANTS, "state" => "running").set(count(running));
    gauge!(TENANTS, "state" => "stopped").set(count(tenants.len() - running));
    queues(app);
}

fn queues(app: &App) {
    for Queue { name, depth, capacity } in app.tenants.queues() {
        gauge!(QUEUE_DEPTH, "queue" => name).set(count(depth));
        if let Some(capacity) = capacity {
            gauge!(QUEUE_CAPACITY, "queue" => name).set(count(capacity));
        }
    }
}

const fn switch(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "a time to be shown")]
const fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "a number to be shown")]
const fn number(number: u64) -> f64 {
    number as f64
}

const fn count(count: usize) -> f64 {
    number(count as u64)
}
