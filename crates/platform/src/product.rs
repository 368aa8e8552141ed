//! The product gate: whether clients may work with the product, asked at launch and again and
//! again.

use ballast_domain::Timestamp;
use ballast_storage::{Collection, Documents, Etag, Precondition, ProductStore, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::request::FieldError;

/// Where the gates are.
pub static PRODUCT_STATUS: Collection = Collection { name: "product-status", indexes: &[] };

const MAX_MESSAGE: usize = 500;
/// What every client passes.
const ANY_VERSION: &str = "0.0.0";

/// Whether the product may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Availability {
    /// It may.
    Active,
    /// Clients show the message; nothing is entered, and what is held can be left.
    Maintenance,
    /// Clients show the message and nothing else; nothing is entered.
    Disabled,
}

/// The gate as an administrator sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gate {
    /// Whether the product may be used.
    #[schema(example = "maintenance")]
    pub status: Availability,
    /// What clients show; needed unless the product is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Back at noon UTC")]
    pub message: Option<String>,
    /// Until when it is expected to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The oldest version of a client that may be used.
    #[serde(default = "any_version")]
    #[schema(example = "0.1.0")]
    pub min_client_version: String,
}

fn any_version() -> String {
    ANY_VERSION.to_owned()
}

impl Default for Gate {
    /// Open, for every client.
    fn default() -> Self {
        let status = Availability::Active;
        Self { status, message: None, until: None, min_client_version: any_version() }
    }
}

impl Gate {
    /// What is wrong with it.
    ///
    /// # Errors
    /// Each wrong field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let message = self.message.as_deref().map(str::trim).unwrap_or_default();
        if self.status != Availability::Active && message.is_empty() {
            errors.push(FieldError::new("message", "is needed: clients show it to their users"));
        }
        if message.chars().count() > MAX_MESSAGE {
            let text = format!("is longer than {MAX_MESSAGE} characters");
            errors.push(FieldError::new("message", text));
        }
        if self.status != Availability::Maintenance && self.until.is_some() {
            errors.push(FieldError::new("until", "is said of maintenance only"));
        }
        let numbers = self.min_client_version.split('.').map(str::parse::<u32>);
        if numbers.clone().count() != 3 || numbers.into_iter().any(|number| number.is_err()) {
            errors.push(FieldError::new("minClientVersion", "is not three numbers like 1.4.0"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// The gate of the product.
#[derive(Debug, Clone)]
pub struct ProductGate {
    id: String,
    documents: Documents,
}

impl ProductGate {
    pub(crate) fn new(id: &str, store: &ProductStore) -> Self {
        Self { id: id.to_owned(), documents: store.documents(&PRODUCT_STATUS) }
    }

    /// The product's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The gate as it stands, and its version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(&self) -> Result<(Gate, Etag), StoreError> {
        let known = self.documents.get::<Gate>(&self.id).await?;
        Ok(known.map_or_else(|| (Gate::default(), never_set()), |known| (known.body, known.etag)))
    }

    /// Sets the gate while it has this version.
    pub(crate) async fn write(&self, gate: &Gate, seen: Etag) -> Result<Etag, StoreError> {
        let when = match seen == never_set() {
            true => Precondition::Absent,
            false => Precondition::Matches(seen),
        };
        self.documents.put(&self.id, gate, when, None).await
    }
}

/// The version of a gate that nobody has set yet.
fn never_set() -> Etag {
    let Ok(etag) = "0".parse::<Etag>();
    etag
}
