//! What settings must satisfy once they can be read; all that is wrong is told at once.

use std::net::IpAddr;

use axum::http::Uri;
use ballast_domain::{Money, Timestamp};
use ballast_engine::ports::Clock as _;
use ballast_engine::strategy::limit_faults;
use ballast_venues::simulated::BEGINNING;
use rust_decimal::Decimal;

use super::super::system::SystemClock;
use super::{
    Environment, FeedKind, Http, Identity, MOST_HALTS_PER_DAY, MOST_WARM_UP_BARS, Market, Paper,
    ProfileSettings, Settings, StorageSettings, TenantSettings,
};
use crate::cli::CliError;
use crate::names::fault_of_name;

/// As long as keys and ended sessions are remembered for.
const LONGEST_ACCESS_MINUTES: u32 = 60;
const LONGEST_SESSION_DAYS: u32 = 365;
/// It is held in memory while the store is away.
const LARGEST_LOCAL_MIB: u32 = 1_024;
/// A year in nine hours.
const HIGHEST_SPEED: u32 = 1_000;
/// How long a server can run at least until its market comes to the end of what can be told.
const LEAST_RUN_NANOS: i64 = 30 * 86_400 * 1_000_000_000;
/// Less is lost to rounding.
const LEAST_CAPITAL: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

impl Settings {
    /// Refuses what can be read and makes no sense.
    pub(super) fn check(&self) -> Result<(), CliError> {
        let faults = self.faults();
        match faults.as_slice() {
            [] => Ok(()),
            [only] => Err(CliError::usage(only)),
            several => {
                let count = several.len();
                let message =
                    format!("{count} settings cannot be:\n  - {}", several.join("\n  - "));
                Err(CliError::usage(message))
            }
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.data_dir.as_os_str().is_empty() {
            let message = "data_dir is empty; name a directory in the settings file, in \
                BALLAST_DATA_DIR or with --data-dir";
            faults.push(message.to_owned());
        }
        faults.extend(self.http.check().err());
        faults.extend(self.check_safety().err());
        faults.extend(self.identity.faults());
        faults.extend(self.market.faults(SystemClock.now()));
        faults.extend(self.paper.faults());
        faults.extend(limit_faults(&self.limits).iter().map(ToString::to_string));
        faults.extend(self.storage.check().err());
        for (index, tenant) in self.tenants.iter().enumerate() {
            if self.tenants[..index].iter().any(|other| other.id == tenant.id) {
                let id = &tenant.id;
                faults.push(format!("tenant {id} is there twice; put its profiles together"));
            }
            faults.extend(tenant.faults());
        }
        faults
    }
}

impl Settings {
    /// Refuses what would let anybody in, or what production must not run on.
    fn check_safety(&self) -> Result<(), String> {
        let (identity, listen) = (&self.identity, self.listen);
        if !identity.enabled && !listen.ip().is_loopback() {
            return Err(format!(
                "sign-in is switched off (identity.enabled, PLATFORM_AUTH_ENABLED) and the server \
                 would listen on {listen}, where anybody can reach it; switch sign-in on, or \
                 listen on 127.0.0.1"
            ));
        }
        if self.environment == Environment::Development {
            return self.check_mailbox();
        }
        let faults = [
            (!identity.enabled, "sign-in is switched off; set identity.enabled = true"),
            (
                identity.master_key.is_none(),
                "there is no master key; make one with `openssl rand -base64 32` and give it in \
                 BALLAST_MASTER_KEY or in the file that BALLAST_MASTER_KEY_FILE names",
            ),
            (
                identity.hs256_compatibility,
                "tokens signed with a shared secret count; switch identity.hs256_compatibility off",
            ),
            (
                self.http.public_url.is_empty(),
                "http.public_url is empty; say where browsers find the server, such as \
                 \"https://trade.example.com\"",
            ),
        ];
        let faults = faults.into_iter().filter_map(|(is_fault, what)| is_fault.then_some(what));
        let faults: Vec<_> = faults.collect();
        match faults.is_empty() {
            true => Ok(()),
            false => {
                let what = faults.join("; ");
                Err(format!("environment = \"production\": {what}"))
            }
        }
    }

    /// A development server shows its mail to everybody, and whoever reads a password's reset is
    /// that user: it is for one machine.
    fn check_mailbox(&self) -> Result<(), String> {
        if !self.identity.enabled || self.mail.smtp_url.is_some() {
            return Ok(());
        }
        let public_url = &self.http.public_url;
        let names_this_machine = |url: &str| {
            let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
            host.is_some_and(|host| {
                let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
                host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
            })
        };
        let reached = if !self.listen.ip().is_loopback() {
            format!("would listen on {}", self.listen)
        } else if self.http.behind_tls {
            "is behind a proxy (http.behind_tls)".to_owned()
        } else if !public_url.is_empty() && !names_this_machine(public_url) {
            format!("is reached at {public_url} (http.public_url)")
        } else {
            return Ok(());
        };
        Err(format!(
            "environment = \"development\" shows every e-mail, with the links that reset \
             passwords, to whoever asks, and the server {reached}; set environment = \
             \"production\", or mail.smtp_url, or keep to 127.0.0.1"
        ))
    }
}

impl Http {
    /// Links in messages and the addresses of the application begin with the public address.
    fn check(&self) -> Result<(), String> {
        let url = &self.public_url;
        let plain = |rest: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]".contains(c);
            !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain)
        };
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match url.is_empty() || rest.is_some_and(plain) {
            true => Ok(()),
            false => Err(format!(
                "http.public_url is '{url}'; write where browsers find the server, such as \
                 \"https://trade.example.com\" or \"https://example.com/trade\""
            )),
        }
    }
}

impl Identity {
    /// Why people would stay signed in for a time that makes no sense.
    fn faults(&self) -> Vec<String> {
        let lives = [
            ("access_token_minutes", self.access_token_minutes, 1, LONGEST_ACCESS_MINUTES),
            ("refresh_token_days", self.refresh_token_days, 1, LONGEST_SESSION_DAYS),
            ("session_days", self.session_days, 1, LONGEST_SESSION_DAYS),
        ];
        let outside =
            lives.into_iter().filter(|(_, asked, least, most)| asked < least || asked > most);
        let outside = outside.map(|(name, asked, least, most)| {
            format!("identity.{name} must be from {least} to {most}, got {asked}")
        });
        let mut faults: Vec<_> = outside.collect();
        let (idle, whole) = (self.refresh_token_days, self.session_days);
        if faults.is_empty() && idle > whole {
            faults.push(format!(
                "identity.refresh_token_days must be at most identity.session_days, {whole}, got \
                 {idle}: no refresh token outlives its session"
            ));
        }
        faults
    }
}

impl Market {
    fn faults(&self, now: Timestamp) -> Vec<String> {
        let mut faults = Vec::new();
        if self.warm_up_bars > MOST_WARM_UP_BARS {
            let asked = self.warm_up_bars;
            let most = MOST_WARM_UP_BARS;
            faults.push(format!("market.warm_up_bars must be at most {most}, got {asked}"));
        }
        if self.halts_per_day > MOST_HALTS_PER_DAY {
            let (asked, most) = (self.halts_per_day, MOST_HALTS_PER_DAY);
            faults.push(format!("market.halts_per_day must be at most {most}, got {asked}"));
        }
        match self.feed {
            FeedKind::Simulated => faults.extend(self.check_time(now).err()),
            FeedKind::Replay if self.replay.is_none() => {
                faults.push("market.replay is missing; feed = \"replay\" reads it".to_owned());
            }
            FeedKind::Replay => {}
        }
        faults
    }

    /// Whether simulated time is where it can be told, now and for a while.
    fn check_time(&self, now: Timestamp) -> Result<(), String> {
        let speed = self.speed.get();
        if speed > HIGHEST_SPEED {
            return Err(format!("market.speed must be at most {HIGHEST_SPEED}, got {speed}"));
        }
        if speed == 1 {
            return Ok(());
        }
        let Some(anchor) = self.anchor else {
            let message = "market.anchor is missing; a speed above 1 needs the instant at which \
                simulated and real time were the same";
            return Err(message.to_owned());
        };
        if anchor < BEGINNING || anchor > now {
            return Err(format!(
                "market.anchor must be from {BEGINNING}, when the simulated market began, to now, \
                 {now}; got {anchor}: give the instant of the first start"
            ));
        }
        let passed = now.nanos_since(anchor).checked_add(LEAST_RUN_NANOS);
        let simulated = passed.and_then(|passed| passed.checked_mul(i64::from(speed)));
        let end = simulated.and_then(|simulated| simulated.checked_add(anchor.nanos()));
        end.map(drop).ok_or_else(|| {
            format!(
                "market.speed {speed} leads from market.anchor {anchor} beyond the year 2262 \
                 within 30 days from now; choose a lower speed or a later anchor, and another data \
                 directory, for the market goes back with it"
            )
        })
    }
}

impl Paper {
    fn faults(&self) -> Vec<String> {
        let share = self.volume_share.unwrap_or(Decimal::ONE);
        let ranges = [
            ("maker_fee_pct", self.maker_fee_pct, "from 0 to 100", Decimal::ONE_HUNDRED),
            ("taker_fee_pct", self.taker_fee_pct, "from 0 to 100", Decimal::ONE_HUNDRED),
            ("slippage_bps", self.slippage_bps, "from 0 to 9999", Decimal::new(9_999, 0)),
            ("volume_share", share, "above 0 and at most 1", Decimal::ONE),
        ];
        let outside = ranges.into_iter().filter_map(|(name, value, range, most)| {
            let nothing = name == "volume_share" && value.is_zero();
            let fits = value >= Decimal::ZERO && value <= most && !nothing;
            (!fits).then(|| format!("paper.{name} must be {range}, got {value}"))
        });
        outside.collect()
    }
}

impl StorageSettings {
    fn check(&self) -> Result<(), String> {
        match self.local_log_mib.get() {
            1..=LARGEST_LOCAL_MIB => Ok(()),
            asked => Err(format!(
                "storage.local_log_mib must be from 1 to {LARGEST_LOCAL_MIB}, got {asked}"
            )),
        }
    }
}

impl TenantSettings {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (index, profile) in self.profiles.iter().enumerate() {
            if let Some(fault) = fault_of_name(&profile.name) {
                let number = index + 1;
                faults.push(format!("tenant {}, profile {number}: the name {fault}", self.id));
                continue;
            }
            let place = format!("tenant {}, profile '{}'", self.id, profile.name);
            faults.extend(profile.check().err().map(|fault| format!("{place}: {fault}")));
            if self.profiles[..index].iter().any(|other| other.name == profile.name) {
                faults.push(format!("{place} is there twice; names tell profiles apart"));
            }
        }
        faults
    }
}

impl ProfileSettings {
    fn check(&self) -> Result<(), String> {
        let (capital, currency) = (self.capital, self.currency().map_err(|e| e.to_string())?);
        if capital < LEAST_CAPITAL || Money::checked(capital, currency).is_none() {
            return Err(format!(
                "capital must be at least {LEAST_CAPITAL} and at most 10^15, got {capital}"
            ));
        }
        match limit_faults(&self.limits).first() {
            Some(fault) => Err(fault.to_string()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::super::{Flags, Settings};
    use super::*;

    /// The settings of a profile with this name, followed by `more`.
    fn profile(name: &str, more: &str) -> String {
        format!(
            "[[tenants]]\nid = 'a'\n[[tenants.profiles]]\nname = \"{name}\"\n{more}\n\
             [tenants.profiles.strategy]\nversion = 1\nkind = 'rules'\ntimeframe = '5s'\n\
             symbols = ['ACME']\nentry = 'close > open'\n\
             sizing = {{ type = 'percentOfEquity', value = 10 }}\n"
        )
    }

    #[test]
    fn a_profile_that_cannot_be_is_refused() {
        let capital = "capital = 1000";
        let limits = |limit: &str| format!("{capital}\n[tenants.profiles.limits]\n{limit}\n");
        let cases = [
            (profile("", capital), "tenant a, profile 1: the name is empty"),
            (profile(" ", capital), "tenant a, profile 1: the name is empty"),
            (profile(&"x".repeat(101), capital), "the name has 101 characters; choose one of"),
            (profile("A\\nB", capital), "the name has a line break"),
            (profile("P", "capital = 0"), "profile 'P': capital must be at least 0.000001 and at"),
            (profile("P", "capital = '0.0000000000001'"), "got 0.0000000000001"),
            (profile("P", "capital = '1000000000000000.01'"), "at most 10^15, got 10000000000000"),
            (
                profile("P", &limits("maxOrderNotional = '-5'")),
                "profile 'P': limits.maxOrderNotional: must be above zero",
            ),
            (profile("P", &limits("maxOpenPositions = 0")), "limits.maxOpenPositions: must be"),
            (profile("P", "capital = 1\ncurrency = '-'"), "tenant a, profile 'P': "),
        ];
        for (text, expected) in cases {
            let error = load(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text} gave: {error}");
        }
        let name = "\u{e4}".repeat(100);
        let good = profile(&name, "capital = '1000000000000000'");
        assert_eq!(load(&good).unwrap().tenants[0].profiles[0].name, name);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "[http]\npublic_url = 'ftp://localhost'\n[identity]\naccess_token_minutes = 0\n\
            session_days = 9999\n[paper]\nslippage_bps = -1\n[market]\nspeed = 2000\n";
        let told = load(text).unwrap_err().to_string();
        assert!(told.starts_with("5 settings cannot be:\n  - "), "{told}");
        for name in
            ["http.public_url", "access_token_minutes", "session_days", "slippage_bps", "speed"]
        {
            assert!(told.contains(name), "{told}");
        }
    }

    #[test]
    fn a_fast_market_stays_within_the_years_that_can_be_told() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let check = |speed: u32, anchor: &str| {
            let mut market = Settings::load(None, Flags::default()).unwrap().market;
            market.speed = speed.try_into().unwrap();
            market.anchor = Some(anchor.parse().unwrap());
            market.check_time(now)
        };
        for (speed, anchor) in [(1, "1999-01-01"), (1_000, "2026-11-01"), (30, "2020-01-01")] {
            assert_eq!(check(speed, anchor), Ok(()), "{speed} since {anchor}");
        }
        let cases = [
            (1_001, "2026-11-01", "market.speed must be at most 1000, got 1001"),
            (300, "2026-01-01", "market.speed 300 leads from market.anchor 2026-01-01T00:00:00Z"),
            (2, "2019-12-31", "to now, 2026-11-25T12:00:00Z; got 2019-12-31T00:00:00Z: give"),
            (2, "2030-01-01", "market.anchor must be from 2020-01-01T00:00:00Z"),
        ];
        for (speed, anchor, expected) in cases {
            let message = check(speed, anchor).unwrap_err();
            assert!(message.contains(expected), "{speed} since {anchor}: {message}");
        }
    }

    #[test]
    fn faults_name_their_place() {
        let cases = [
            ("data_dir = ''\n", "data_dir is empty; name a directory"),
            ("[market]\nsped = 2\n", "unknown field `sped`"),
            (
                "[market]\nspeed = 0\n",
                ": market.speed: invalid value: integer `0`, expected a whole number from 1 to \
                 4294967295; `ballast.default.toml` lists every setting",
            ),
            ("[market]\nwarm_up_bars = -1\n", "expected a whole number from 0 to 4294967295;"),
            ("[engine]\nsnapshot_every = 'a'\n", "expected a whole number, zero or more;"),
            ("[market]\nspeed = 5\n", "market.anchor is missing"),
            ("[market]\nfeed = 'replay'\n", "market.replay is missing"),
            ("[paper]\nslippage_bps = -1\n", "paper.slippage_bps must be from 0 to 9999, got -1"),
            ("[paper]\nslippage_bps = 20000\n", "paper.slippage_bps must be from 0 to 9999"),
            ("[paper]\ntaker_fee_pct = 150\n", "paper.taker_fee_pct must be from 0 to 100"),
            ("[paper]\nvolume_share = 0\n", "paper.volume_share must be above 0 and at most 1"),
            ("[paper]\nvolume_share = 7\n", "paper.volume_share must be above 0 and at most 1"),
            ("[market]\nwarm_up_bars = 4294967295\n", "warm_up_bars must be at most 1000000"),
            ("[market]\nhalts_per_day = 101\n", "market.halts_per_day must be at most 100, got"),
            (
                "[identity]\naccess_token_minutes = 0\n",
                "identity.access_token_minutes must be from 1 to 60, got 0",
            ),
            ("[identity]\naccess_token_minutes = 61\n", "from 1 to 60, got 61"),
            ("[identity]\nsession_days = 366\n", "identity.session_days must be from 1 to 365"),
            (
                "[identity]\nsession_days = 7\n",
                "identity.refresh_token_days must be at most identity.session_days, 7, got 30",
            ),
            ("[[tenants]]\nid = 'a'\n[[tenants]]\nid = 'a'\n", "tenant a is there twice"),
            ("[storage]\nlocal_log_mib = 1025\n", "storage.local_log_mib must be from 1 to 1024"),
            ("listen = 'here'\n", "listen"),
            ("x = \n", "x = "),
        ];
        for (text, expected) in cases {
            let error = load(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text} gave: {error}");
            assert!(!error.ends_with('\n') && !error.contains("\n;"), "{text} gave: {error}");
        }
    }
}
