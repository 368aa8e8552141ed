//! Help and completions.

use crate::support::Desk;

#[test]
fn every_command_has_help_with_examples() {
    let desk = Desk::new();
    let commands: [&[&str]; 8] = [
        &[],
        &["serve"],
        &["backtest"],
        &["indicators"],
        &["completions"],
        &["config", "check"],
        &["config", "print"],
        &["config", "schema"],
    ];
    for command in commands {
        let ended = desk.run(&[command, &["--help"]].concat());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{command:?}");
        let example = format!("  ballast {}", command.join(" "));
        assert!(ended.stdout.contains("Example"), "{command:?}\n{}", ended.stdout);
        assert!(ended.stdout.contains(example.trim_end()), "{example}\n{}", ended.stdout);
        assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{command:?}");
    }
}

#[test]
fn the_help_allows_no_share_of_the_volume_that_is_refused() {
    let desk = Desk::new();
    let help = desk.run(&["backtest", "--help"]).stdout;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("that one fill may take, above 0 and at most 1"), "{help}");
    desk.backtest(&["--volume-share", "0"]).refused(2, &["it must be above 0 and at most 1"]);
}

#[test]
fn no_command_or_an_unknown_one_is_wrong_usage() {
    let desk = Desk::new();
    let ended = desk.run(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("Usage: ballast <COMMAND>"));
    desk.run(&["backtets"]).refused(2, &["'backtets'", "'backtest'"]);
}

#[test]
fn completions_are_made_for_every_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = desk.run(&["completions", shell]);
        assert_eq!(ended.code, 0, "{shell}");
        for word in ["backtest", "equity-csv", "slippage-bps", "indicators"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    desk.run(&["completions", "tcsh"]).refused(2, &["possible values: bash"]);
}
