//! How a server starts: what it refuses, and that it can be stopped while it does.

use super::process::Server;
use crate::run::Desk;

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
