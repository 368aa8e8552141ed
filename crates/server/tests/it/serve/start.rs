//! How a server starts: what it refuses, and that it can be stopped while it does.

use std::net::TcpListener;

use super::process::{Server, command};
use crate::run::{Desk, Ended};

const LISTEN: &str = "listen = \"127.0.0.1:0\"\n";

/// As the first process of a container it would not even end by a signal that nobody catches.
#[test]
fn a_server_that_is_told_to_stop_while_it_starts_stops_in_good_order() {
    let desk = Desk::new();
    desk.write("ballast.toml", &format!("{LISTEN}[market]\nwarm_up_bars = 1000000\n"));
    let mut server = Server::start(&desk);
    server.hears("ballast is starting");
    let said = server.stop();
    assert!(said.ends_with("stopped\n"), "{said}");
    assert!(!said.contains("ballast is running"), "{said}");
}

/// What `ballast.toml` in `desk` is refused with, in an environment of its own.
fn refused(desk: &Desk, environment: &[(&str, &str)]) -> Ended {
    let mut command = command(desk);
    command.env_remove("BALLAST_DATA_DIR").env_remove("BALLAST_LISTEN");
    let mut ended: Ended = command.envs(environment.iter().copied()).output().unwrap().into();
    // The log of what went well before comes first.
    let error = ended.stderr.find("error: ").unwrap();
    ended.stderr.drain(..error);
    ended
}

#[test]
fn a_server_that_cannot_start_leaves_nothing_behind() {
    let desk = Desk::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    desk.write("ballast.toml", &format!("listen = \"{address}\"\n"));
    let before = desk.files();
    let words = ["cannot listen on 127.0.0.1:", "another process uses it", "with --listen"];
    refused(&desk, &[]).refused(1, &words);
    assert_eq!(desk.files(), before);
    desk.write("ballast.toml", LISTEN);
    refused(&desk, &[("BALLAST_DATA_DIR", "")]).refused(2, &["data_dir is empty", "--data-dir"]);
    assert_eq!(desk.files(), before);
}
