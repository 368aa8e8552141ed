//! The codes that trading adds to those of every route.

use std::fmt::Write as _;

use ballast_domain::refusal::REFUSALS as REFUSAL_ROWS;
use ballast_platform::problem_codes;
use ballast_platform::request::{Code, code};

problem_codes! {
    /// What trading's routes may answer.
    CODES;
    NOT_POSSIBLE = 409 "notPossible":
        "It is not possible now",
        "The detail says what stands in the way.";
    PAUSE_OVERTOOK = 409 "pauseOvertook":
        "Trading was paused meanwhile",
        "The pause stays. See who has paused it and why, then let entries go again if that is \
         over.";
    REFUSED = 422 "refused":
        "The risk gate refuses this",
        "The detail says why; 'refusal' has the code and the numbers.";
    STRATEGY_INVALID = 422 "strategyInvalid":
        "The strategy config has faults",
        "Correct what 'errors' lists; nothing was changed.";
    LIVE_UNAVAILABLE = 422 "liveUnavailable":
        "This deployment trades paper only",
        "Use mode 'paper' and venue 'paper'.";
    FEATURE_OFF = 404 "featureOff":
        "This is not switched on here",
        "Ask an administrator to switch the feature on.";
    TOO_MANY_CONNECTIONS = 429 "tooManyConnections":
        "There are too many sockets of this user or address",
        "Close some; sockets alone are refused so.";
    ANSWER_LATE = 504 "answerLate":
        "Trading did not answer in time",
        "What was asked for may have been done: look before you try again.";
}

const HEAD: &str = "\
# Errors

Every error of the HTTP API is `application/problem+json` (RFC 9457) with a stable `code`, a
`detail` for people, the `requestId`, and where fields are wrong `errors` with a `field` and a
`message` each.
A refused socket has the same code as its message. This page is generated: `cargo xtask generate`.

| code | status | what happened | what to do |
|---|---|---|---|
";

const REFUSALS: &str = "
## What the risk gate refuses

`refused` has a `refusal` with one of these codes, a `text`, and the numbers of its kind. The
preview of an order and the timeline of a profile have the same.

| code | what it means |
|---|---|
";

/// Every code, as a page.
pub(super) fn page() -> String {
    let all = [code::CODES, ballast_platform::account::code::ACCOUNT_CODES, CODES];
    let mut codes: Vec<&Code> = all.into_iter().flatten().copied().collect();
    codes.sort_by_key(|code| (code.status, code.name));
    let mut page = HEAD.to_owned();
    for Code { name, status, title, remedy } in codes {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}` | {status} | {title} | {remedy} |");
    }
    page.push_str(REFUSALS);
    for row in REFUSAL_ROWS {
        let _ = writeln!(page, "| `{}` | {} |", row.code, row.means);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_two_meanings() {
        let page = page();
        let names = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let mut names: Vec<_> = names.collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > 25, "{count}");
    }
}
