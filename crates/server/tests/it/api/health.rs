//! What anybody, and what only the operator's own network, learns of how the server does.

use super::client::{Client, status_elsewhere};
use super::people::Person;
use super::trading::{bought, idle, running};
use super::{OPEN, desk};
use crate::support::Server;

#[tokio::test]
async fn health_tells_the_public_nothing_of_anybody_and_the_operator_everything() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let profile = running(&ann.client, &idle("Secret plan", "ACME")).await;
    bought(&ann.client, &profile, "ACME", "1").await;
    let public = Client::nobody(&server.url());
    let data = desk.data();
    let secrets = [&ann.email, &ann.id, &profile, "Secret plan", "ACME", data.to_str().unwrap()];
    for path in ["/health", "/health/live", "/health/ready", "/api/config", "/api/openapi.json"] {
        let answer = public.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        for secret in secrets.iter().filter(|secret| **secret != "ACME" || !path.contains("open")) {
            assert!(!answer.text.contains(*secret), "{path} tells {secret}");
        }
    }
    let internal = Client::nobody(&server.internal_url());
    let dump = internal.get("/internal/health").await.json(200);
    assert!(dump["tenants"][&ann.id].is_object(), "{dump}");
    let metrics = internal.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for secret in [&ann.email, "Secret plan"] {
        assert!(!metrics.text.contains(secret), "metrics tell {secret}");
    }
    // Neither listener has what the other has.
    for path in ["/internal/health", "/metrics"] {
        public.get(path).await.problem(404, "notFound");
        ann.client.get(path).await.problem(404, "notFound");
    }
    let on_internal = ann.client.at(&server.internal_url());
    for path in ["/", "/health", "/api/state", "/api/openapi.json", "/platform/api/auth/me"] {
        let status = status_elsewhere(on_internal.request("GET", path)).await;
        assert_eq!(status, 404, "{path}");
    }
}
