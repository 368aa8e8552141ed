//! The part of history that a back-test runs over.

use ballast_domain::{Timeframe, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From an instant to another; everything when neither is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TimeRange {
    /// Bars that open earlier are passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) from: Option<Timestamp>,
    /// Bars that close later are passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether a bar that closes at `close` lies within.
    pub(super) fn holds(self, timeframe: Timeframe, close: Timestamp) -> bool {
        self.to.is_none_or(|to| close <= to)
            && self.from.is_none_or(|from| timeframe.open_of(close) >= from)
    }

    /// What is told of it, when it leaves anything out.
    pub(super) fn note(self) -> Option<String> {
        let from = self.from.map(|from| format!(" from {from}"));
        let to = self.to.map(|to| format!(" to {to}"));
        let words: String = [from, to].into_iter().flatten().collect();
        (!words.is_empty()).then(|| format!("Only bars{words} were used; indicators start there."))
    }
}
