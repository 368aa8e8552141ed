//! Our tokens as a library that others wrote sees them: `jose` of npm, over the served keys.

use std::path::Path;
use std::time::Duration;

use ballast_platform::request::Role;
use ballast_platform::token::SigningAlgorithm;
use ballast_storage::Clock as _;
use serde_json::Value;
use tokio::process::Command;

use crate::support::service::{settings, start_with};

const FILES: [&str; 3] = ["package.json", "package-lock.json", "verify.mjs"];

/// Whether Node can be run here. Where it cannot, the test says so; a build machine must have it.
async fn has_node() -> bool {
    let found = Command::new("npm").arg("--version").output().await.is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "a build machine has Node and npm");
    if !found {
        eprintln!("not run: Node and npm are not installed");
    }
    found
}

async fn run(directory: &Path, program: &str, arguments: &[String]) -> String {
    let mut command = Command::new(program);
    let output = command.current_dir(directory).args(arguments).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// In a folder of its own, so that nothing is left behind in the tree.
async fn install() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    // Where the tree is now: a target folder may have been made for a tree that was elsewhere.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let source = Path::new(&own).join("tests/jose");
    for file in FILES {
        std::fs::copy(source.join(file), directory.path().join(file)).unwrap();
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    run(directory.path(), "npm", &arguments.map(str::to_owned)).await;
    directory
}

#[tokio::test]
async fn another_library_accepts_our_tokens_and_refuses_tampered_ones() {
    if !has_node().await {
        return;
    }
    let directory = install().await;
    for algorithm in [SigningAlgorithm::ES256, SigningAlgorithm::RS256] {
        let mut settings = settings();
        settings.issuer.algorithm = algorithm;
        let running = start_with(settings).await;
        running.user("ann@example.com", Role::Operator).await;
        let before = running.sign_in("ann@example.com").await.access;
        running.platform.issuer().rotate_if_older_than(Duration::ZERO).await.unwrap();
        let after = running.sign_in("ann@example.com").await.access;
        let [header, claims, signature] = after.split('.').collect::<Vec<_>>()[..] else {
            panic!("{after}")
        };
        let other_claims = before.split('.').nth(1).unwrap();
        let seconds = running.clock.now().nanos() / 1_000_000_000;
        let arguments = [
            "verify.mjs".to_owned(),
            format!("{}/platform/.well-known/jwks.json", running.server.url),
            "https://trade.example".to_owned(),
            "ballast".to_owned(),
            seconds.to_string(),
            before.clone(),
            after.clone(),
            format!("{header}.{other_claims}.{signature}"),
            format!("{header}.{claims}.{}", before.rsplit('.').next().unwrap()),
        ];
        let output = run(directory.path(), "node", &arguments).await;
        let lines: Vec<Value> =
            output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for accepted in &lines[..2] {
            assert_eq!(accepted["alg"], format!("{algorithm:?}"), "{accepted}");
            assert_eq!(accepted["claims"]["product_id"], "trading");
            assert_eq!(accepted["claims"]["roles"][1], "operator");
        }
        for refused in &lines[2..] {
            assert_eq!(refused["refused"], "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "{refused}");
        }
    }
}
