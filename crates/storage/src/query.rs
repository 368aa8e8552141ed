//! Queries by declared indexes: what may be asked, in which order it comes, and where a page ends.
//!
//! A query that no declared index answers is refused rather than answered by a scan, so that no
//! route grows slower with the number of documents.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::contract::{Collection, Index, MAX_PAGE, hex};
use crate::error::StoreError;

/// Integers beyond this are not exact in every back end.
const MAX_INTEGER: i64 = 1 << 53;
const MAX_INDEXED_BYTES: usize = 1_024;

/// The value of an indexed field. Integers order before texts, texts by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number of at most 2^53 either way.
    Integer(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Which documents of one collection and partition, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Fields and the values that they must have.
    pub equal: Vec<(&'static str, Value)>,
    /// The field to order by; the key when there is none.
    pub order_by: Option<&'static str>,
    /// The least value of what it is ordered by.
    pub from: Option<Value>,
    /// The first value of what it is ordered by that is no longer wanted.
    pub until: Option<Value>,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// How many documents at most: 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// Where the page before this one ended.
    pub after: Option<Cursor>,
}

impl Default for Query {
    /// The first full page, by key.
    fn default() -> Self {
        Self {
            equal: Vec::new(),
            order_by: None,
            from: None,
            until: None,
            descending: false,
            limit: MAX_PAGE,
            after: None,
        }
    }
}

/// Where a page of a query ended: opaque, and good for the same query only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = std::convert::Infallible;

    /// Takes what a client sends; the query refuses it when it is not one of its own.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// A place in the order of a query: what it is ordered by, unless that is the key, and the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) value: Option<Value>,
    pub(crate) key: String,
}

/// A query that a declared index answers.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) collection: &'static Collection,
    /// `None` is the order by key alone.
    pub(crate) index: Option<&'static Index>,
    /// In the order of the index's `equal`.
    pub(crate) equal: Vec<Value>,
    pub(crate) from: Option<Value>,
    pub(crate) until: Option<Value>,
    pub(crate) descending: bool,
    pub(crate) limit: usize,
    pub(crate) after: Option<Place>,
    fingerprint: String,
}

impl Plan {
    pub(crate) fn new(collection: &'static Collection, query: &Query) -> Result<Self, StoreError> {
        if !(1..=MAX_PAGE).contains(&query.limit) {
            return refuse(format!("a page holds 1 to {MAX_PAGE}, not {}", query.limit));
        }
        let index = find_index(collection, query)?;
        let is_number = |value: &Value| matches!(value, Value::Integer(_));
        let mut range = query.from.iter().chain(&query.until);
        if query.order_by.is_none() && range.any(is_number) {
            return refuse("keys are texts: a range of them has no numbers".to_owned());
        }
        let fields = index.map_or(&[][..], |index| index.equal);
        let equal: Vec<Value> = fields
            .iter()
            .filter_map(|field| query.equal.iter().find(|(name, _)| name == field))
            .map(|(_, value)| value.clone())
            .collect();
        let fingerprint = fingerprint(collection, query, &equal);
        let after = query.after.as_ref().map(|cursor| place(cursor, &fingerprint));
        Ok(Self {
            collection,
            index,
            equal,
            from: query.from.clone(),
            until: query.until.clone(),
            descending: query.descending,
            limit: query.limit,
            after: after.transpose()?,
            fingerprint,
        })
    }

    /// The field to order by; `None` is the key.
    pub(crate) fn order(&self) -> Option<&'static str> {
        self.index.and_then(|index| index.order)
    }

    /// Where the document with this key and body stands in the order, if the query wants it.
    pub(crate) fn place_of(&self, key: &str, body: &str) -> Option<Place> {
        let key = key.to_owned();
        let Some(index) = self.index else {
            return Some(Place { value: None, key });
        };
        let document: Json = serde_json::from_str(body).ok()?;
        let wanted = index.equal.iter().zip(&self.equal);
        let matches =
            wanted.into_iter().all(|(field, value)| read(&document, field).as_ref() == Some(value));
        if !matches {
            return None;
        }
        match index.order {
            None => Some(Place { value: None, key }),
            Some(field) => Some(Place { value: Some(read(&document, field)?), key }),
        }
    }

    /// Whether a document at this place belongs on the page or behind it.
    pub(crate) fn wants(&self, place: &Place) -> bool {
        let by_key = Value::Text(place.key.clone());
        let value = place.value.as_ref().unwrap_or(&by_key);
        let in_range = self.from.as_ref().is_none_or(|from| value >= from)
            && self.until.as_ref().is_none_or(|until| value < until);
        let after = self.after.as_ref();
        in_range && after.is_none_or(|after| self.compare(place, after).is_gt())
    }

    /// Which of two places comes first.
    pub(crate) fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let ascending = a.cmp(b);
        if self.descending { ascending.reverse() } else { ascending }
    }

    /// The cursor for a page that ended with this document.
    pub(crate) fn cursor(&self, key: &str, body: &str) -> Option<Cursor> {
        let place = self.place_of(key, body)?;
        let json = serde_json::to_string(&(&self.fingerprint, place)).ok()?;
        Some(Cursor(hex(json.as_bytes())))
    }
}

fn refuse<T>(message: String) -> Result<T, StoreError> {
    Err(StoreError::Refused(message))
}

fn find_index(
    collection: &'static Collection,
    query: &Query,
) -> Result<Option<&'static Index>, StoreError> {
    if query.equal.is_empty() && query.order_by.is_none() {
        return Ok(None);
    }
    let asked: BTreeSet<&str> = query.equal.iter().map(|(field, _)| *field).collect();
    let found = collection.indexes.iter().find(|index| {
        index.order == query.order_by
            && index.equal.iter().copied().collect::<BTreeSet<_>>() == asked
    });
    if found.is_none() || asked.len() != query.equal.len() {
        return refuse(format!(
            "collection '{}' has no index on {asked:?} ordered by {:?}; declare one",
            collection.name, query.order_by
        ));
    }
    Ok(found)
}

fn fingerprint(collection: &Collection, query: &Query, equal: &[Value]) -> String {
    let asked = format!(
        "{} {equal:?} {:?} {:?} {:?} {}",
        collection.name, query.order_by, query.from, query.until, query.descending
    );
    hex(&Sha256::digest(asked)[..4])
}

fn place(cursor: &Cursor, fingerprint: &str) -> Result<Place, StoreError> {
    let digits = cursor.0.as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let read: Option<(String, Place)> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match read {
        Some((found, place)) if found == fingerprint => Ok(place),
        Some(_) => refuse("the cursor belongs to another query: start again without it".into()),
        None => refuse("the cursor is not one: start again without it".into()),
    }
}

fn read(document: &Json, field: &str) -> Option<Value> {
    match document.get(field)? {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        _ => None,
    }
}

/// Refuses a document whose indexed fields hold what no index can.
pub(crate) fn check_fields(collection: &Collection, body: &str) -> Result<(), StoreError> {
    if collection.indexes.is_empty() {
        return Ok(());
    }
    let document: Json = serde_json::from_str(body)
        .map_err(|error| StoreError::Refused(format!("it cannot be read again: {error}")))?;
    if !document.is_object() {
        return refuse("a document of a collection with indexes is a JSON object".to_owned());
    }
    let fields = collection.indexes.iter().flat_map(Index::fields);
    for field in fields {
        let fits = match document.get(field) {
            None | Some(Json::Null) => true,
            Some(Json::String(text)) => text.len() <= MAX_INDEXED_BYTES,
            Some(Json::Number(number)) => {
                number.as_i64().is_some_and(|n| n.unsigned_abs() <= MAX_INTEGER.unsigned_abs())
            }
            Some(_) => false,
        };
        if !fits {
            return refuse(format!(
                "the indexed field '{field}' of '{}' holds a text of at most {MAX_INDEXED_BYTES} \
                 bytes, an integer of at most 2^53, or nothing",
                collection.name
            ));
        }
    }
    Ok(())
}

/// Refuses declarations that no back end could serve; says which.
pub(crate) fn check_collections(collections: &'static [Collection]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    let mut spellings = BTreeMap::new();
    for collection in collections {
        let name = collection.name;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(format!("'{name}' is not a collection's name (a-z, 0-9, -, _)"));
        }
        if !names.insert(name) {
            return Err(format!("'{name}' is declared twice"));
        }
        for index in collection.indexes {
            let mut seen = BTreeSet::new();
            for field in index.fields() {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                if field.is_empty() || !field.bytes().all(plain) || !seen.insert(field) {
                    return Err(format!("'{field}' cannot stand in an index of '{name}'"));
                }
            }
            for field in index.fields() {
                let spelling = spellings.entry(field.to_ascii_lowercase()).or_insert(field);
                if *spelling != field {
                    return Err(format!("'{field}' and '{spelling}' differ only by case"));
                }
            }
            if seen.is_empty() {
                return Err(format!("an index of '{name}' names no field"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    static ORDERS: Collection = Collection {
        name: "order",
        indexes: &[
            Index { equal: &["profileId", "status"], order: Some("at") },
            Index { equal: &["status"], order: None },
        ],
    };

    fn by_profile() -> Query {
        Query {
            equal: vec![("status", "open".into()), ("profileId", "p".into())],
            order_by: Some("at"),
            ..Query::default()
        }
    }

    fn refusal(query: &Query) -> String {
        Plan::new(&ORDERS, query).unwrap_err().to_string()
    }

    #[test]
    fn only_declared_indexes_answer() {
        let plan = Plan::new(&ORDERS, &by_profile()).unwrap();
        assert_eq!(plan.equal, ["p".into(), "open".into()], "in the index's order");
        let unordered = Query { order_by: None, ..by_profile() };
        assert!(refusal(&unordered).contains("no index"), "{}", refusal(&unordered));
        let twice = Query {
            equal: vec![("status", "a".into()), ("status", "b".into())],
            ..Query::default()
        };
        assert!(refusal(&twice).contains("no index"), "{}", refusal(&twice));
        for limit in [0, MAX_PAGE + 1] {
            let query = Query { limit, ..Query::default() };
            assert!(refusal(&query).contains("1 to 200"), "{limit}");
        }
    }

    #[test]
    fn a_cursor_fits_its_query_only() {
        let plan = Plan::new(&ORDERS, &by_profile()).unwrap();
        let body = r#"{"profileId":"p","status":"open","at":5}"#;
        let cursor = plan.cursor("é/%", body);
        let next = Query { after: cursor.clone(), limit: 3, ..by_profile() };
        let place = Plan::new(&ORDERS, &next).unwrap().after.unwrap();
        assert_eq!(place, Place { value: Some(5.into()), key: "é/%".into() });
        let other = Query { descending: true, ..next };
        assert!(refusal(&other).contains("another query"));
        for text in ["", "zz", "abc", "7b7d", "ée", "+1+1"] {
            let query = Query { after: text.parse().ok(), ..by_profile() };
            assert!(refusal(&query).contains("not one"), "{text}");
        }
    }

    #[test]
    fn indexed_fields_hold_what_every_back_end_orders_alike() {
        let cases = [
            (r#"{"at":9007199254740992,"status":"é"}"#, true),
            (r#"{"at":null}"#, true),
            (r#"{"other":1.5}"#, true),
            (r#"{"at":9007199254740993}"#, false),
            (r#"{"at":1.5}"#, false),
            (r#"{"at":true}"#, false),
            (r#"{"at":[1]}"#, false),
            (r#"[1]"#, false),
        ];
        for (body, fits) in cases {
            assert_eq!(check_fields(&ORDERS, body).is_ok(), fits, "{body}");
        }
    }

    #[test]
    fn careless_declarations_are_named() {
        const fn with(name: &'static str, indexes: &'static [Index]) -> Collection {
            Collection { name, indexes }
        }
        static CASES: [(&str, &[Collection]); 6] = [
            ("'Order'", &[with("Order", &[])]),
            ("'a' is declared twice", &[with("a", &[]), with("a", &[])]),
            ("'x'y'", &[with("a", &[Index { equal: &["x'y"], order: None }])]),
            ("'x'", &[with("a", &[Index { equal: &["x"], order: Some("x") }])]),
            ("differ only by case", &[with("a", &[Index { equal: &["At", "at"], order: None }])]),
            ("names no field", &[with("a", &[Index { equal: &[], order: None }])]),
        ];
        for (expected, collections) in CASES {
            let message = check_collections(collections).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(check_collections(std::slice::from_ref(&ORDERS)), Ok(()));
    }
}
