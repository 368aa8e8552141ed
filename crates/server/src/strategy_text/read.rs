//! The text of a strategy config, read strictly.

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_platform::wording::{in_words, quoted};

use super::mend::Mended;
use super::place::Place;
use super::{At, Found, WHOLE};

/// The config that `json` is, or every place where it is none. `timeframe` is one that no
/// expression contradicts.
pub(super) fn parse(json: &str, timeframe: Timeframe) -> Result<StrategyConfig, Mended> {
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let read = serde_path_to_error::deserialize(&mut *deserializer);
    let document = match serde_json::from_str(json) {
        Ok(document) => document,
        Err(error) => {
            let found = read.map_or_else(
                |unread| first(&unread),
                |_: StrategyConfig| fault("after the config", &error.to_string()),
            );
            let at = At::Byte { line: error.line(), column: error.column() };
            return Err(Mended::nothing(Found { at, ..found }));
        }
    };
    let mut mended = Mended::of(document, timeframe);
    match read.map_err(|unread| first(&unread)) {
        Ok(config) if mended.faults.is_empty() => Ok(config),
        // Of fields that are there twice a document keeps one.
        Err(fault) if mended.faults.is_empty() || fault.message.starts_with("duplicate field") => {
            mended.faults.insert(0, fault);
            Err(mended)
        }
        _ => Err(mended),
    }
}

/// What stopped the first reading.
fn first(unread: &serde_path_to_error::Error<serde_json::Error>) -> Found {
    let error = unread.inner().to_string();
    let found = fault(&unread.path().to_string(), &error);
    match quoted(&error, "duplicate field `") {
        Some(name) => {
            Found { at: At::Name(Place::of(unread.path()).field(name).to_string()), ..found }
        }
        None => found,
    }
}

/// What reading says of a place, in words for people.
pub(super) fn fault(path: &str, error: &str) -> Found {
    let path = match path {
        "" | "." | "?" => WHOLE.to_owned(),
        path => path.replace(".?", ""),
    };
    Found { against_schema: true, ..Found::new(path, in_words(error)) }
}
