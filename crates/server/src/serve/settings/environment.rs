//! What the environment sets, over the file and under the flags.

use std::path::Path;

use toml::{Table, Value};

use crate::cli::CliError;

/// How a variable's text is read.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    /// `true` or `false`, `1` or `0`, `yes` or `no`, `on` or `off`.
    Switch,
    /// A whole number.
    Number,
    /// Separated by commas.
    List,
    /// Text that may also stand in the file that the variable with `_FILE` behind its name names.
    Secret,
}

/// Every variable, the setting that it stands for, and its form.
const VARIABLES: [(&str, &[&str], Form); 24] = [
    ("BALLAST_DATA_DIR", &["data_dir"], Form::Text),
    ("BALLAST_LISTEN", &["listen"], Form::Text),
    ("BALLAST_INTERNAL_LISTEN", &["internal_listen"], Form::Text),
    ("BALLAST_PRODUCT_ID", &["product_id"], Form::Text),
    ("BALLAST_ENVIRONMENT", &["environment"], Form::Text),
    ("BALLAST_MASTER_KEY", &["identity", "master_key"], Form::Secret),
    ("BALLAST_PUBLIC_URL", &["http", "public_url"], Form::Text),
    ("CORS_ALLOWED_ORIGINS", &["http", "cors_allowed_origins"], Form::List),
    ("BALLAST_TRUSTED_PROXIES", &["http", "trusted_proxies"], Form::List),
    ("BALLAST_BEHIND_TLS", &["http", "behind_tls"], Form::Switch),
    ("PLATFORM_AUTH_ENABLED", &["identity", "enabled"], Form::Switch),
    ("PLATFORM_REGISTRATION_OPEN", &["identity", "registration_open"], Form::Switch),
    ("PLATFORM_ACCESS_TOKEN_MINUTES", &["identity", "access_token_minutes"], Form::Number),
    ("PLATFORM_REFRESH_TOKEN_DAYS", &["identity", "refresh_token_days"], Form::Number),
    ("PLATFORM_SESSION_DAYS", &["identity", "session_days"], Form::Number),
    ("PLATFORM_JWT_ISSUER", &["identity", "issuer"], Form::Text),
    ("PLATFORM_JWT_AUDIENCE", &["identity", "audience"], Form::Text),
    ("PLATFORM_JWT_PUBLIC_KEY", &["identity", "public_key"], Form::Secret),
    ("PLATFORM_JWT_JWKS_URL", &["identity", "jwks_url"], Form::Text),
    ("JWT_SECRET", &["identity", "shared_secret"], Form::Secret),
    ("SMTP_URL", &["mail", "smtp_url"], Form::Secret),
    ("ENABLE_BACKTEST", &["flags", "backtest"], Form::Switch),
    ("TAB_MARKETPLACE_ENABLED", &["flags", "marketplace_tab"], Form::Switch),
    ("TAB_MEMBERSHIP_ENABLED", &["flags", "membership_tab"], Form::Switch),
];

/// Lays the environment over `table`.
pub(super) fn apply(table: &mut Table) -> Result<(), CliError> {
    for (name, path, form) in VARIABLES {
        if let Some(text) = text_of(name, form)? {
            put(table, path, value(name, &text, form)?);
        }
    }
    Ok(())
}

fn text_of(name: &str, form: Form) -> Result<Option<String>, CliError> {
    let read = |name: &str| match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(CliError::usage(format!("{name}: {error}"))),
    };
    let text = read(name)?;
    if !matches!(form, Form::Secret) {
        return Ok(text);
    }
    let file = format!("{name}_FILE");
    match (text, read(&file)?) {
        (Some(_), Some(_)) => {
            Err(CliError::usage(format!("{name} and {file} are both set; keep one of them")))
        }
        (text, None) => Ok(text),
        (None, Some(path)) => std::fs::read_to_string(Path::new(&path))
            .map(|text| Some(text.trim_end().to_owned()))
            .map_err(|error| CliError::failed(format!("{file}: cannot read {path}: {error}"))),
    }
}

fn value(name: &str, text: &str, form: Form) -> Result<Value, CliError> {
    match form {
        Form::Text | Form::Secret => Ok(text.into()),
        Form::Number => match text.trim().parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(CliError::usage(format!("{name}='{text}' is not a whole number"))),
        },
        Form::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(Value::from).collect()))
        }
        Form::Switch => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true.into()),
            "false" | "0" | "no" | "off" => Ok(false.into()),
            _ => Err(CliError::usage(format!("{name}='{text}' is neither true nor false"))),
        },
    }
}

fn put(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = table.entry(*first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_names_a_setting_once() {
        let mut names: Vec<_> = VARIABLES.iter().map(|(name, ..)| *name).collect();
        let mut paths: Vec<_> = VARIABLES.iter().map(|(_, path, _)| path.join(".")).collect();
        names.sort_unstable();
        paths.sort_unstable();
        names.dedup();
        paths.dedup();
        assert_eq!((names.len(), paths.len()), (VARIABLES.len(), VARIABLES.len()));
    }

    #[test]
    fn forms_are_read_as_people_write_them() {
        assert_eq!(value("X", "Yes", Form::Switch).unwrap(), true.into());
        assert_eq!(value("X", "0", Form::Switch).unwrap(), false.into());
        assert!(value("X", "maybe", Form::Switch).is_err());
        assert_eq!(value("X", " 20 ", Form::Number).unwrap(), 20.into());
        assert!(value("X", "20m", Form::Number).is_err());
        let list = value("X", "https://a.example, https://b.example,", Form::List).unwrap();
        assert_eq!(list.as_array().map(Vec::len), Some(2));
        let mut table = Table::new();
        put(&mut table, &["identity", "issuer"], "me".into());
        assert_eq!(table["identity"]["issuer"].as_str(), Some("me"));
    }
}
