//! What Prometheus reads is what the documentation says, and agrees with what was traded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::client::{Client, send};
use super::people::Person;
use super::trading::{bought, closed, idle, order, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually, repository};

/// What was read, by the names and labels as they are written.
struct Scrape {
    values: BTreeMap<String, f64>,
    /// The kind of each metric, with the labels that it has.
    metrics: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Scrape {
    fn of(server: &Server) -> Self {
        let text = server.internal("/metrics");
        let (mut values, mut metrics) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                metrics.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
            } else if !line.starts_with('#') {
                let (key, value) = line.rsplit_once(' ').unwrap();
                values.insert(key.to_owned(), value.parse().unwrap());
            }
        }
        let mut scrape = Self { values, metrics };
        scrape.find_labels();
        scrape
    }

    fn find_labels(&mut self) {
        for key in self.values.keys() {
            let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
            let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let name = bare.filter(|bare| self.metrics.contains_key(*bare)).unwrap_or(name);
            let (_, known) = self.metrics.get_mut(name).unwrap_or_else(|| panic!("no TYPE: {key}"));
            let labels = labels.trim_end_matches('}').split("\",");
            let labels = labels.filter(|label| !label.is_empty());
            let labels = labels.map(|label| label.split_once('=').unwrap().0.to_owned());
            known.extend(labels.filter(|label| label != "le"));
        }
    }

    fn value(&self, key: &str) -> f64 {
        self.values.get(key).copied().unwrap_or_else(|| panic!("no {key} in {:#?}", self.values))
    }

    /// How often a histogram was told something, and the mean of it in seconds.
    fn mean(&self, name: &str, labels: &str) -> (f64, f64) {
        let count = self.value(&format!("{name}_count{labels}"));
        let sum = self.value(&format!("{name}_sum{labels}"));
        let all = match labels.strip_suffix('}') {
            Some(labels) => format!("{name}_bucket{labels},le=\"+Inf\"}}"),
            None => format!("{name}_bucket{{le=\"+Inf\"}}"),
        };
        assert!((self.value(&all) - count).abs() < 0.5, "{name} has values in no bucket");
        (count, sum / count)
    }
}

/// The metrics of the documentation, as a scrape has them.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let page = std::fs::read_to_string(repository().join("docs/metrics.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `ballast_"));
    let metric = |row: &str| {
        let cells: Vec<_> = row.split(" | ").collect();
        let labels = cells[2].split(", ").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.trim_matches('`').to_owned());
        (format!("ballast_{}", cells[0].trim_matches('`')), (cells[1].to_owned(), labels.collect()))
    };
    rows.map(metric).collect()
}

/// Opens a socket by polling; gives what its connection is answered.
async fn socket(public: &Client, auth: &serde_json::Value) -> String {
    let path = "/socket.io/?EIO=4&transport=polling";
    let opened = public.get(path).await;
    let opened: serde_json::Value = serde_json::from_str(&opened.text[1..]).unwrap();
    let path = format!("{path}&sid={}", opened["sid"].as_str().unwrap());
    let connect = format!("40/trading,{auth}");
    assert_eq!(send(public.request("POST", &path).body(connect)).await.status, 200);
    loop {
        let packets = public.get(&path).await.text;
        // The server may ask meanwhile whether anybody is there.
        if let Some(answer) = packets.split('\u{1e}').find(|packet| *packet != "2") {
            return answer.to_owned();
        }
    }
}

/// Pauses and resumes, and fails to go on with a session.
async fn measured(server: &Server) {
    let admin = Person::first(server).await;
    for what in ["pause", "resume"] {
        let path = format!("/internal/trading/{what}");
        admin.client.post(&path, &json!({"reason": "To measure it"})).await.json(200);
    }
    let refresh = json!({"refreshToken": "none of ours"});
    let nobody = Client::nobody(&server.url());
    assert_eq!(nobody.post("/platform/api/auth/refresh", &refresh).await.status, 401);
}

#[tokio::test]
async fn metrics_are_those_of_the_documentation_and_tell_what_was_traded() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let profile = running(&ann.client, &idle("Secret plan", "ACME")).await;
    let position = bought(&ann.client, &profile, "ACME", "1").await;
    closed(&ann.client, position["tradeId"].as_str().unwrap()).await;
    let further = json!({"type": "market", "quantity": "100000000"});
    let too_much = order(&profile, "ACME", "buy", &further);
    ann.client.post("/api/orders/manual", &too_much).await.problem(422, "refused");
    let mut faulty = idle("Faulty", "ACME");
    faulty["strategyConfig"]["entry"] = json!("close >");
    ann.client.post("/api/profiles", &faulty).await.problem(422, "invalid");
    measured(&server).await;
    let public = Client::nobody(&server.url());
    for (auth, packet) in [(json!({}), "44/"), (json!({"token": ann.client.token()}), "40/")] {
        let answer = socket(&public, &auth).await;
        assert!(answer.starts_with(packet), "{answer}");
    }

    let late = ["ballast_feed_age_seconds{venue=\"market\"}", "ballast_control_drift"];
    let scrape = eventually("what is measured now and then is told of", async || {
        let scrape = Scrape::of(&server);
        late.iter().all(|name| scrape.values.contains_key(*name)).then_some(scrape)
    })
    .await;
    assert_eq!(scrape.metrics, documented(), "run `cargo xtask generate`, or add what is missing");

    let orders = |state: &str| {
        scrape.value(&format!("ballast_orders_total{{state=\"{state}\",venue=\"paper\"}}"))
    };
    let counts = [
        (orders("pendingSubmit"), 2.0),
        (orders("accepted"), 2.0),
        (orders("filled"), 2.0),
        (scrape.value("ballast_fills_total{venue=\"paper\"}"), 2.0),
        (scrape.value("ballast_config_update_failures_total{code=\"invalid\"}"), 1.0),
        (scrape.value("ballast_socket_refusals_total{code=\"unauthenticated\"}"), 1.0),
        (scrape.value("ballast_socket_connections{namespace=\"trading\"}"), 1.0),
        (scrape.value("ballast_control_drift"), 0.0),
        (scrape.value("ballast_control_update_failures_total"), 0.0),
        (scrape.value("ballast_panics_total"), 0.0),
        (scrape.value("ballast_capital_invariant_violations_total"), 0.0),
        (scrape.value("ballast_ready"), 1.0),
    ];
    for (place, (value, expected)) in counts.into_iter().enumerate() {
        assert!((value - expected).abs() < 0.5, "count {place}: {value}, not {expected}");
    }
    assert!(scrape.value("ballast_tenants{state=\"running\"}") > 0.5);
    let (submits, mean) = scrape.mean("ballast_order_submit_seconds", "{venue=\"paper\"}");
    assert!((submits - 2.0).abs() < 0.5, "{submits}");
    let (appends, append) = scrape.mean("ballast_journal_append_seconds", "");
    let (commits, commit) = scrape.mean("ballast_store_commit_seconds", "");
    assert!(appends > 5.0 && commits > 5.0, "{appends} appends, {commits} commits");
    for seconds in [mean, append, commit] {
        assert!(seconds > 0.000_01 && seconds < 5.0, "{seconds} s");
    }
    let (obeyed, propagation) = scrape.mean("ballast_control_propagation_seconds", "");
    assert!(obeyed > 0.5 && propagation < 5.0, "{obeyed} times, {propagation} s");
    for queue in ["tenant_inbox", "realtime", "operators"] {
        let value =
            |what: &str| scrape.value(&format!("ballast_queue_{what}{{queue=\"{queue}\"}}"));
        assert!(value("depth") <= value("capacity") && value("capacity") > 100.0, "{queue}");
    }
    let text = server.internal("/metrics");
    for secret in [&ann.id, &ann.email, &profile, "Secret plan"] {
        assert!(!text.contains(secret), "metrics tell {secret}");
    }
}
