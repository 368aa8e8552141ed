//! How a server starts: what it refuses, and that it can be stopped while it does.

use std::net::TcpListener;

use crate::support::{Desk, Ended, LOOPBACK, Server};

/// As the first process of a container it would not even end by a signal that nobody catches.
#[test]
fn a_server_that_is_told_to_stop_while_it_starts_stops_in_good_order() {
    let desk = Desk::new();
    desk.write("ballast.toml", &format!("{LOOPBACK}[market]\nwarm_up_bars = 1000000\n"));
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("ballast is starting");
    let said = server.stop();
    assert!(said.ends_with("stopped\n"), "{said}");
    assert!(!said.contains("ballast is running"), "{said}");
}

/// What `ballast.toml` in `desk` is refused with, in an environment of its own.
fn refused(desk: &Desk, environment: &[(&str, &str)]) -> Ended {
    let mut command = desk.serve();
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
    desk.write("ballast.toml", LOOPBACK);
    refused(&desk, &[("BALLAST_DATA_DIR", "")]).refused(2, &["data_dir is empty", "--data-dir"]);
    assert_eq!(desk.files(), before);
}

/// A replay of `files`, whose bars are read as those of `timeframe`.
fn replay(timeframe: &str, start: &str, files: &str) -> String {
    format!(
        "{LOOPBACK}tenants = []\n[market]\nfeed = 'replay'\n[market.replay]\n\
         timeframe = '{timeframe}'\nstart = '{start}'\nfiles = [{files}]\n"
    )
}

#[test]
fn a_replay_says_what_is_wrong_with_its_files() {
    let desk = Desk::new();
    let file = "{ symbol = 'TEST', path = 'bars.csv' }";
    desk.write("ballast.toml", &replay("1d", "2024-01-11", file));
    let words = ["market.replay.start is 2024-01-11T", "closes at 2024-01-11T", "earlier start"];
    refused(&desk, &[]).refused(2, &words);
    desk.write("ballast.toml", &replay("1d", "2020-01-01", "{ symbol = 'TEST', path = '.' }"));
    refused(&desk, &[]).refused(1, &[".: this is a directory; name a CSV file of bars in it"]);

    std::fs::copy(desk.path("bars.csv"), desk.path("early.csv")).unwrap();
    let days = desk.read("bars.csv");
    desk.write("bars.csv", &(days + "2024-02-01,100,100,100,100,1\n"));
    let both = format!("{file}, {{ symbol = 'EARLY', path = 'early.csv' }}");
    desk.write("ballast.toml", &replay("1h", "2024-01-20", &both));
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("the market data has ended");
    let said = server.stop();
    for words in [
        "bars.csv: the bars look like 1d, not 1h; trades are wrong unless market.replay.timeframe",
        "early.csv: its last bar closes at 2024-01-10T01:00:00Z, before market.replay.start",
    ] {
        assert_eq!(said.matches(words).count(), 1, "{words}:\n{said}");
    }
}
