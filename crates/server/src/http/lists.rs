//! What all lists have in common: pages by cursor.

use ballast_platform::request::{FieldError, Problem};
use ballast_storage::{Cursor, Page, Query, StoreError};
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

    /// The page of `query`, the newest first.
    pub(super) fn newest(&self, query: Query) -> Result<Query, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::invalid_field("limit", format!("is 1 to {MOST}")));
        }
        let after = self.cursor.as_deref().map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|_| bad_cursor())?;
        Ok(Query { descending: true, limit, after, ..query })
    }
}

impl<T> Listed<T> {
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

fn bad_cursor() -> Problem {
    let message = "is not one of this list; start again without it";
    Problem::invalid(vec![FieldError::new("cursor", message)])
}
