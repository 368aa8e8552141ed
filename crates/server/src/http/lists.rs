//! What all lists have in common: pages by cursor, and the versions of what is in them.

use std::str::FromStr;

use ballast_domain::Timestamp;
use ballast_platform::request::{FieldError, Problem};
use ballast_storage::{Cursor, Etag, Page, Query, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page at most.
const MOST: usize = 200;
/// Rows of a page when nobody says.
const USUAL: usize = 50;

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    /// Where to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) next_cursor: Option<String>,
}

impl PageQuery {
    pub(super) fn new(cursor: Option<&str>, limit: Option<usize>) -> Self {
        Self { cursor: cursor.map(str::to_owned), limit }
    }

    fn rows(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        match (1..=MOST).contains(&limit) {
            true => Ok(limit),
            false => Err(Problem::invalid_field("limit", format!("must be 1 to {MOST}"))),
        }
    }

    /// The page of `query`, the newest first.
    pub(super) fn newest(&self, query: Query) -> Result<Query, Problem> {
        let limit = self.rows()?;
        let after = self.cursor.as_deref().map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|_| bad_cursor())?;
        Ok(Query { descending: true, limit, after, ..query })
    }
}

impl<T> Listed<T> {
    /// The page of rows that are all at hand, in the order of their keys; a page begins behind the
    /// key that is its cursor, whether or not its row is still there.
    pub(super) fn at_hand<K: Ord + ToString + FromStr>(
        rows: impl IntoIterator<Item = (K, T)>,
        asked: &PageQuery,
    ) -> Result<Self, Problem> {
        let limit = asked.rows()?;
        let after = asked.cursor.as_deref().map(str::parse::<K>).transpose();
        let after = after.map_err(|_| bad_cursor())?;
        let rows =
            rows.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let mut rows = rows.peekable();
        let (mut items, mut last) = (Vec::new(), None);
        while items.len() < limit
            && let Some((key, row)) = rows.next()
        {
            items.push(row);
            last = Some(key);
        }
        let next_cursor = rows.peek().and(last).map(|last| last.to_string());
        Ok(Self { items, next_cursor })
    }

    /// What a page of documents shows.
    pub(super) fn of<D>(page: Page<D>, row: impl Fn(D) -> T) -> Self {
        let items = page.documents.into_iter().map(|document| row(document.body)).collect();
        Self { items, next_cursor: page.next.map(|next| next.to_string()) }
    }
}

/// What a failed query means to whoever asked.
pub(super) fn failed(error: StoreError) -> Problem {
    match error {
        // The queries here are declared; only a cursor can be somebody else's.
        StoreError::Refused(_) => bad_cursor(),
        error => error.into(),
    }
}

/// The ETag of what has versions.
pub(super) fn version_tag(version: u64) -> Result<Etag, Problem> {
    version.to_string().parse().map_err(|_| Problem::internal("a version is no ETag"))
}

/// Refuses a span that ends before it begins, of which nothing could be told.
pub(super) fn check_span(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<(), Problem> {
    match (from, to) {
        (Some(from), Some(to)) if from >= to => {
            let message = format!("must be earlier than 'to', which is {to}");
            Err(Problem::invalid_field("from", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn bad_cursor() -> Problem {
    let message = "is not one of this list; start again without it";
    Problem::invalid(vec![FieldError::new("cursor", message)])
}
