//! The settings of `ballast serve`: defaults compiled in, file, environment, flags.

mod check;
mod environment;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use ballast_domain::number::decimal_or_number;
use ballast_domain::strategy::optional_decimal;
use ballast_domain::{Currency, Limits, StrategyConfig, Symbol, TenantId, Timeframe, Timestamp};
use ballast_platform::wording::in_words;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::cli::CliError;
use crate::flags::FlagSettings;
use crate::research::BacktestSettings;

/// Every setting with its default, commented.
const DEFAULTS: &str = include_str!("../../../../ballast.default.toml");

/// What can be computed in seconds at the start.
pub(super) const MOST_WARM_UP_BARS: u32 = 1_000_000;
/// Halts of an instrument in a day, at most: more would leave nothing to trade.
pub(super) const MOST_HALTS_PER_DAY: u32 = 100;

/// What the server runs with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) internal_listen: SocketAddr,
    pub(crate) product_id: String,
    pub(crate) environment: Environment,
    pub(crate) http: Http,
    pub(crate) identity: Identity,
    pub(crate) mail: Mail,
    pub(crate) flags: FlagSettings,
    pub(crate) backtest: BacktestSettings,
    pub(crate) market: Market,
    pub(crate) paper: Paper,
    pub(crate) engine: EngineSettings,
    /// What holds for every tenant.
    pub(crate) limits: Limits,
    pub(crate) storage: StorageSettings,
    #[serde(default)]
    pub(crate) tenants: Vec<TenantSettings>,
}

/// What the server is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Environment {
    /// Trying and building: messages go to a mailbox page, and to the log.
    Development,
    /// Everything that must be safe is asked for at the start.
    Production,
}

/// How browsers and programs reach the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) public_url: String,
    pub(crate) behind_tls: bool,
    pub(crate) cors_allowed_origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) requests_per_minute_per_user: NonZeroU32,
    pub(crate) requests_per_minute_per_address: NonZeroU32,
}

impl Http {
    /// The path of the public address, with a slash at both ends.
    pub(crate) fn public_path(&self) -> String {
        let after_scheme = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
        match path.trim_matches('/') {
            "" => "/".to_owned(),
            path => format!("/{path}/"),
        }
    }
}

/// Who may come in, and whose tokens count.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) enabled: bool,
    pub(crate) registration_open: bool,
    pub(crate) verified_email_required: bool,
    pub(crate) first_administrator: TenantId,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) algorithm: String,
    pub(crate) access_token_minutes: u32,
    pub(crate) refresh_token_days: u32,
    pub(crate) session_days: u32,
    pub(crate) roles_claim: String,
    pub(crate) hs256_compatibility: bool,
    #[serde(default)]
    pub(crate) public_key: Option<String>,
    #[serde(default)]
    pub(crate) jwks_url: Option<String>,
    #[serde(default)]
    pub(crate) shared_secret: Option<String>,
    #[serde(default)]
    pub(crate) master_key: Option<String>,
}

/// How messages are sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    #[serde(default)]
    pub(crate) smtp_url: Option<String>,
    pub(crate) from: String,
}

/// Where market data comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Market {
    pub(crate) feed: FeedKind,
    pub(crate) seed: u64,
    pub(crate) speed: NonZeroU32,
    pub(crate) warm_up_bars: u32,
    pub(crate) frame_grace_ms: u32,
    pub(crate) halts_per_day: u32,
    pub(crate) anchor: Option<Timestamp>,
    pub(crate) replay: Option<Replay>,
}

/// The feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FeedKind {
    Simulated,
    Replay,
}

/// Files to play.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    pub(crate) timeframe: Timeframe,
    #[serde(default)]
    pub(crate) stamped: ballast_venues::csv::Stamped,
    pub(crate) start: Timestamp,
    pub(crate) files: Vec<ReplayFile>,
}

/// One file of bars.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayFile {
    pub(crate) symbol: Symbol,
    pub(crate) path: PathBuf,
}

/// How simulated orders fill.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paper {
    #[serde(with = "decimal_or_number")]
    pub(crate) maker_fee_pct: Decimal,
    #[serde(with = "decimal_or_number")]
    pub(crate) taker_fee_pct: Decimal,
    #[serde(with = "decimal_or_number")]
    pub(crate) slippage_bps: Decimal,
    pub(crate) latency_ms: u64,
    #[serde(default, with = "optional_decimal")]
    pub(crate) volume_share: Option<Decimal>,
}

/// What the engine is told once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineSettings {
    pub(crate) unknown_grace_ms: u32,
    pub(crate) snapshot_every: u64,
}

/// What may be taken of the disk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSettings {
    pub(crate) max_mib: Option<NonZeroU32>,
    pub(crate) local_log_mib: NonZeroU32,
}

/// One tenant's profiles.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantSettings {
    pub(crate) id: TenantId,
    #[serde(default)]
    pub(crate) profiles: Vec<ProfileSettings>,
}

/// One profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileSettings {
    pub(crate) name: String,
    #[serde(with = "decimal_or_number")]
    pub(crate) capital: Decimal,
    #[serde(default = "usd")]
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) limits: Limits,
    pub(crate) strategy: StrategyConfig,
}

fn usd() -> String {
    "USD".to_owned()
}

impl ProfileSettings {
    pub(crate) fn currency(&self) -> Result<Currency, CliError> {
        self.currency.parse().map_err(CliError::usage)
    }
}

/// What flags set, before everything else.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) internal_listen: Option<SocketAddr>,
}

impl Settings {
    /// Reads the defaults, then `file`, then the environment, then `flags`.
    pub(crate) fn load(file: Option<&Path>, flags: Flags) -> Result<Self, CliError> {
        let mut table = parse(DEFAULTS, "the built-in defaults")?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                CliError::failed(format!("cannot read {}: {error}", path.display()))
            })?;
            merge(&mut table, parse(&text, &path.display().to_string())?);
        }
        environment::apply(&mut table)?;
        let place = file.map_or("the built-in defaults".to_owned(), |p| p.display().to_string());
        let mut settings: Self = serde_path_to_error::deserialize(toml::Value::Table(table))
            .map_err(|error| {
                let advice = "`ballast.default.toml` lists every setting";
                let why = in_words(error.inner().message());
                CliError::usage(format!("{place}: {}: {why}; {advice}", error.path()))
            })?;
        settings.data_dir = flags.data_dir.unwrap_or(settings.data_dir);
        settings.listen = flags.listen.unwrap_or(settings.listen);
        settings.internal_listen = flags.internal_listen.unwrap_or(settings.internal_listen);
        settings.check()?;
        Ok(settings)
    }
}

fn parse(text: &str, place: &str) -> Result<toml::Table, CliError> {
    // The message shows the line, and ends with a line break of its own.
    let shown = |error: toml::de::Error| format!("{place}: {}", error.to_string().trim_end());
    text.parse().map_err(|error| CliError::usage(shown(error)))
}

/// Lays `over` over `under`: tables key by key, everything else as a whole.
fn merge(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a file with this text.
    pub(super) fn load(text: &str) -> Result<Settings, CliError> {
        let file = std::env::temp_dir().join(format!("ballast-settings-{:x}", fingerprint(text)));
        std::fs::write(&file, text).unwrap();
        let settings = Settings::load(Some(&file), Flags::default());
        std::fs::remove_file(&file).unwrap();
        settings
    }

    fn fingerprint(text: &str) -> u64 {
        text.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
    }

    #[test]
    fn the_defaults_are_complete() {
        let settings = Settings::load(None, Flags::default()).unwrap();
        assert_eq!(settings.tenants.len(), 1);
        assert_eq!(settings.tenants[0].profiles.len(), 3);
    }

    #[test]
    fn the_path_of_the_public_address_is_where_the_application_is() {
        for (url, path) in [
            ("", "/"),
            ("http://localhost:4018", "/"),
            ("http://localhost/", "/"),
            ("http://localhost/trade", "/trade/"),
            ("http://[::1]:80/a/b/", "/a/b/"),
        ] {
            let settings = load(&format!("[http]\npublic_url = '{url}'\n")).unwrap();
            assert_eq!(settings.http.public_path(), path, "{url}");
        }
        for bad in ["localhost/trade", "ftp://localhost", "http://", "http://localhost/a\"b"] {
            let refused = load(&format!("[http]\npublic_url = '{bad}'\n")).unwrap_err();
            assert!(refused.to_string().contains("https://example.com/trade"), "{refused}");
        }
    }

    /// Whoever reads another's mail is that user.
    #[test]
    fn a_development_server_shows_its_mail_on_its_own_machine_alone() {
        for reached in [
            "listen = '0.0.0.0:4018'\n",
            "[http]\nbehind_tls = true\n",
            "[http]\npublic_url = 'https://trade.example.com'\n",
        ] {
            let refused = load(reached).unwrap_err().to_string();
            assert!(refused.contains("shows every e-mail"), "{reached}: {refused}");
            let elsewhere = "[mail]\nsmtp_url = 'smtp://mail.example.com'\nfrom = 'a@b.co'\n";
            assert!(load(&format!("{reached}{elsewhere}")).is_ok(), "{reached}");
        }
        for own in ["listen = '[::1]:4018'\n", "[http]\npublic_url = 'http://localhost:80'\n"] {
            assert!(load(own).is_ok(), "{own}");
        }
    }

    #[test]
    fn a_file_overrides_what_it_names() {
        let settings = load("[market]\nseed = 9\n").unwrap();
        assert_eq!(settings.market.seed, 9);
        assert_eq!(settings.market.speed.get(), 1);
        let settings = load("[[tenants]]\nid = 'alice'\n").unwrap();
        assert_eq!(settings.tenants[0].profiles.len(), 0);
    }
}
