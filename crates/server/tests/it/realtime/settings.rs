//! What servers that sockets connect to run with.

use crate::support::{LOOPBACK, market};

pub(super) const SECRET: &str = "a secret for tests alone, of more than 32 bytes";

/// Nobody is counted out.
const UNCOUNTED: &str = "\
[http]
requests_per_minute_per_user = 100000
requests_per_minute_per_address = 100000
";

/// A market that closes six bars of 5 s a second, with more behind it.
pub(super) fn settings(more: &str) -> String {
    [LOOPBACK, UNCOUNTED, &market(30, 100), more].concat()
}

/// Has tokens signed with [`SECRET`].
pub(super) const SHARED: &str = "[identity]\nhs256_compatibility = true\n";

/// A tenant whose profiles enter at every close and leave at the next.
pub(super) fn busy(tenant: &str, profiles: &[&str]) -> String {
    let head = format!("[[tenants]]\nid = '{tenant}'\n");
    let profile = |name: &&str| {
        format!(
            "[[tenants.profiles]]\nname = '{name}'\ncapital = 10000\n\
             [tenants.profiles.strategy]\nversion = 1\nkind = 'rules'\ntimeframe = '5s'\n\
             symbols = ['ACME']\nentry = 'close > 0'\n\
             sizing = {{ type = 'percentOfEquity', value = 10 }}\nexits = {{ maxBars = 1 }}\n"
        )
    };
    head + &profiles.iter().map(profile).collect::<String>()
}
