//! `ballast users` where no server has been.

use crate::support::Desk;

#[test]
fn accounts_are_not_looked_for_where_no_server_has_been() {
    let desk = Desk::new();
    for command in [
        &["users", "list"][..],
        &["users", "role", "--email", "ann@example.com", "--role", "admin"],
    ] {
        let place = ["--data-dir", "elsewhere"];
        let ended = desk.run(&[command, &place[..]].concat());
        ended.refused(2, &["no server has kept accounts in elsewhere", "--data-dir", "--config"]);
        assert!(!desk.path("elsewhere").exists(), "nothing is made");
    }
}
