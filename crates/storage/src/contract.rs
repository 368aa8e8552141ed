//! The nouns of the contract and its limits: what every back end stores, whatever it is made of.

use std::fmt;
use std::str::FromStr;

use ballast_domain::TenantId;
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// The largest record of a journal or body of a document, in bytes of JSON.
pub const MAX_VALUE_BYTES: usize = 1_572_864;
/// The largest batch that one append takes, in bytes of JSON.
pub const MAX_APPEND_BYTES: usize = 16 << 20;
/// The most records that one append takes.
pub const MAX_APPEND_RECORDS: usize = 10_000;
/// The largest snapshot, in bytes.
pub const MAX_SNAPSHOT_BYTES: usize = 64 << 20;
/// The most documents that one page of a query holds.
pub const MAX_PAGE: usize = 200;
/// The longest key of a document, name of a lease or holder of one, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// How deep JSON may nest: less than what its reader takes, so that all that is written is read.
const MAX_DEPTH: usize = 100;

/// The sequences of records that a tenant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// The tenant's journal, of which its state is the fold.
    Journal,
    /// What the simulated venue knows of the tenant's orders.
    Paper,
}

impl StreamName {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a stream ends and who owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The sequence of its last record; zero when it has none.
    pub last_seq: u64,
    /// The epoch that may append.
    pub epoch: u64,
}

/// What a walk over a whole stream has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every record is there and is what was written.
    Intact {
        /// The sequence of the last one.
        last_seq: u64,
    },
    /// Something was changed, removed or added.
    Broken {
        /// The first sequence that is not as it was written.
        seq: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// A cache of a stream's fold, as its owner encoded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last sequence that it holds.
    pub seq: u64,
    /// The encoded fold.
    pub bytes: Vec<u8>,
}

impl Snapshot {
    pub(crate) fn refused(&self) -> StoreError {
        let seq = self.seq;
        StoreError::Refused(format!("a snapshot at {seq}: the stream has no such record"))
    }
}

/// Which waits for which when the store is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// What trading waits for: intents, broker events, control, leases.
    High,
    /// Everything else: evaluations, projections, snapshots.
    Low,
}

/// A kind of document, declared when the store is opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its name as operators know it: lower-case letters, digits, `-` and `_`.
    pub name: &'static str,
    /// By what it can be queried, besides by key.
    pub indexes: &'static [Index],
}

/// A way to query a collection: documents that share the `equal` fields, ordered by `order`.
///
/// Fields are top-level fields of the document, of letters, digits and `_`. They hold a text, an
/// integer of at most 2^53, or nothing; a document that lacks one of them is not in the index.
/// Text orders by its bytes, so instants that are ordered by are given as integers.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// The fields that the query gives a value for.
    pub equal: &'static [&'static str],
    /// The field that orders the answer; the document's key when there is none.
    pub order: Option<&'static str>,
}

impl Index {
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.equal.iter().copied().chain(self.order)
    }
}

/// The version of a document: opaque, and never the same for two contents of one key.
///
/// It holds the store's running number of the write and the beginning of a hash over the document,
/// so that it also proves on reading that the document is what was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(String);

impl Etag {
    /// For the `revision`th write of the store.
    pub(crate) fn seal(revision: u64, collection: &str, key: &str, body: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(revision.to_be_bytes());
        for part in [collection, key, body] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let digest = hasher.finalize();
        Self(format!("{revision:x}-{}", hex(&digest[..8])))
    }

    /// Whether the document is what was written under this version.
    pub(crate) fn seals(&self, collection: &str, key: &str, body: &str) -> bool {
        let revision = self.0.split('-').next();
        revision
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .is_some_and(|revision| Self::seal(revision, collection, key, body) == *self)
    }

    /// As stored.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As text, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Etag {
    type Err = std::convert::Infallible;

    /// Takes what a client sends; a version that never was matches nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// What must be true of a document for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing: the last writer wins.
    Any,
    /// It is not there.
    Absent,
    /// It is there in this version.
    Matches(Etag),
}

impl Precondition {
    pub(crate) fn allows(&self, current: Option<&Etag>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => current.is_none(),
            Self::Matches(etag) => current == Some(etag),
        }
    }
}

/// Whose data something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Partition {
    /// The product's own.
    Product,
    /// One tenant's.
    Tenant(TenantId),
}

/// The value as compact JSON that can be stored and read again.
pub(crate) fn encode<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    let text = serde_json::to_string(value)
        .map_err(|error| StoreError::Refused(format!("it is not JSON: {error}")))?;
    if text.len() > MAX_VALUE_BYTES {
        let size = text.len();
        let message = format!("it has {size} bytes; the most is {MAX_VALUE_BYTES}");
        return Err(StoreError::Refused(message));
    }
    if depth(text.as_bytes()) > MAX_DEPTH {
        let message = format!("it nests deeper than {MAX_DEPTH} levels");
        return Err(StoreError::Refused(message));
    }
    Ok(text)
}

/// Refuses what is not a name: 1 to 255 bytes without control characters.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), StoreError> {
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{name:?} is not {what}: 1 to {MAX_NAME_BYTES} bytes without control characters"
    )))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut open, mut in_text, mut escaped) = (0, 0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_texts() {
        let cases =
            [("1", 0), ("{}", 1), (r#"[[],{"a":[]}]"#, 3), (r#"["[[[","\"[[","\\",[1]]"#, 2)];
        for (json, expected) in cases {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn an_etag_seals_its_document_and_no_other() {
        let etag = Etag::seal(31, "order", "a", "{}");
        assert!(etag.as_str().starts_with("1f-"), "{etag}");
        assert!(etag.seals("order", "a", "{}"));
        assert!(!etag.seals("order", "a", "{ }"));
        assert!(!etag.seals("order", "b", "{}"));
        assert!(!etag.seals("ordera", "", "{}"));
        assert_ne!(etag, Etag::seal(32, "order", "a", "{}"));
        let odd: Result<Etag, _> = "*".parse();
        assert!(odd.is_ok_and(|odd| !odd.seals("order", "a", "{}")));
    }
}
