//! The pages about the risk gate, `docs/limits.md` and `docs/refusals.md`, made from the tables
//! that the gate itself is written by.

use std::fmt::Write as _;

use ballast_domain::Limits;
use ballast_domain::limits::{LIMITS, LimitRow, MAX_TRADES, Measures};
use ballast_domain::refusal::{Concerns, REFUSALS, RefusalRow};
use serde_json::Value;

const LIMITS_HEAD: &str = "\
# Limits

Every order of every origin passes the risk gate, which compares it with limits. Product, tenant,
profile and strategy config set limits by the same names: `[limits]` of the settings file is the
product's, `PUT /api/limits` sets the tenant's, and the documents of profiles and strategies have
their own. All that are set hold, so that the strictest does; the refusal says whose it was. An
absent limit is off. In a back-test only those of the strategy config hold.

What a limit measures: `order` is the order at hand, `profile` the profile, whoever sets it. `scope`
is the profile where the profile or its strategy config sets the limit, and all profiles of the
tenant where the tenant or the product does; then amounts are those of one currency. What is used
counts fees: an entry reserves cost and fee.

The default is the product's. It stops accidents and no strategy; the settings file can change it,
and switches it off in effect by a number that is never reached.

";

const LIMITS_TAIL: &str = "
## What is counted, and since when

Counters are folds of the journal: neither a restart nor a snapshot sets them back. Of each
instrument the last TRADES closed trades are kept, and as many that a stop has left at a loss; a
limit that would look back on more is refused. Of entries the last minute is kept, 1,000 at most.

A day begins at midnight in the profile's `timeZone`, UTC unless it has another one, with its
equity at the last prices before. Where a limit of the day is set later, the day counts from then
on. Equity now is at the last prices that the engine has. While something is held of which no price
is known, after a restart, nobody can tell what was lost: entries that such a limit concerns are
refused (`equityUnknown`) until one is, and the day begins with it. A profile whose strategy does
not run on this market data, which the log says, has no prices to wait for: it counts at cost, and
its days are not followed. What a venue has sold beyond what was held is owed, and no gain. Money
that is put in or taken out is no gain and no loss.

Protections (losses in a row, the cooldown, the stop guard, the low-profit lock) look when a trade
closes. What they find is a lock, with the instant at which it ends, in the journal. A person can
lift it: `POST /api/profiles/{id}/unlock`. A limit that is changed changes no lock that stands.

Prices are those of closed bars. A reversal's second half is an entry like any other. A self-trade
is looked for among working orders that rest at a limit, and among the targets of open trades that
the last price has not reached.

Whether a market is open the gate knows from its feed alone: this release has no calendars. Stocks
are bounded by the bars that come, and by `maxDataAgeMs`.
";

const REFUSALS_HEAD: &str = "\
# Refusals

The risk gate checks in this order, and the first refusal wins. `entries` are checks that every
order which only reduces passes; `all` concern every order, `exits` those that reduce, `levels` the
stops and targets that people choose. Cancels always pass. The code is stable; an answer has beside
it the numbers of its kind and a sentence that says what would change it.

| code | concerns | check | limits | it means | what to do |
|---|---|---|---|---|---|
";

/// Every limit, with the product's `defaults`.
pub(super) fn limits_page(defaults: &Limits) -> String {
    let set = serde_json::to_value(defaults).unwrap_or_default();
    let mut page = LIMITS_HEAD.to_owned();
    page.push_str("| limit | unit | measures | default | refusal | what it does |\n");
    page.push_str("|---|---|---|---|---|---|\n");
    for LimitRow { name, unit, measures, refusal, does } in LIMITS {
        let measures = match measures {
            Measures::Order => "order",
            Measures::Profile => "profile",
            Measures::Scope => "scope",
        };
        let default = match &set[name] {
            Value::Null => "off".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "| `{name}` | {unit} | {measures} | {default} | `{refusal}` | {does} |");
    }
    page + &LIMITS_TAIL.replace("TRADES", &MAX_TRADES.to_string())
}

/// Every refusal.
pub(super) fn refusals_page() -> String {
    let mut page = REFUSALS_HEAD.to_owned();
    for RefusalRow { code, concerns, check, limits, means, remedy } in REFUSALS {
        let concerns = match concerns {
            Concerns::Entries => "entries",
            Concerns::All => "all",
            Concerns::Exits => "exits",
            Concerns::Levels => "levels",
        };
        let limits = limits.iter().map(|limit| format!("`{limit}`")).collect::<Vec<_>>();
        let limits = limits.join(", ");
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "| `{code}` | {concerns} | {check} | {limits} | {means} | {remedy} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_a_line_for_each() {
        let defaults = crate::serve::default_limits().unwrap();
        let page = limits_page(&defaults);
        for row in LIMITS {
            assert!(page.contains(&format!("\n| `{}` | ", row.name)), "{}", row.name);
        }
        assert!(page.contains("| `maxDataAgeMs` | milliseconds | order | 300000 |"), "{page}");
        let page = refusals_page();
        for row in REFUSALS {
            assert!(page.contains(&format!("\n| `{}` | ", row.code)), "{}", row.code);
        }
    }
}
