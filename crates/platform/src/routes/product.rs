//! The product gate.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use ballast_storage::Precondition;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asking, Service};
use crate::account::AccountError;
use crate::audit::{AuditEvent, AuditRecord};
use crate::product::{Availability, Gate};
use crate::request::{Body, IfMatch, Path, Problem, ProblemBody, Versioned};

/// The gate of a product.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductStatus {
    #[schema(example = "trading")]
    product_id: String,
    #[serde(flatten)]
    gate: Gate,
}

/// Whether a product may be used. Clients ask at launch and every 30 seconds.
#[utoipa::path(
    get, path = "/api/products/{id}/status", tag = "products", operation_id = "productStatus",
    params(("id" = String, Path, description = "The product's id")),
    responses(
        (status = 200, body = ProductStatus),
        (status = 404, description = "`notFound`: another product", body = ProblemBody),
    )
)]
pub(super) async fn status(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    service.check_product(&id)?;
    let (gate, etag) = service.gate.read().await?;
    let body = ProductStatus { product_id: id, gate };
    Ok(match etag {
        Some(etag) => Versioned { etag, body }.into_response(),
        None => Json(body).into_response(),
    })
}

/// Open or close the gate. With `If-Match` only when nobody has changed it meanwhile.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/status", tag = "admin",
    operation_id = "setProductStatus",
    params(("id" = String, Path, description = "The product's id")),
    request_body = Gate,
    responses(
        (status = 200, body = ProductStatus),
        (status = 404, description = "`notFound`: another product", body = ProblemBody),
        (status = 412, description = "`preconditionFailed`", body = ProblemBody),
        (status = 422, description = "`invalid`", body = ProblemBody),
    )
)]
pub(super) async fn set_status(
    State(service): State<Service>,
    asking: Asking,
    headers: HeaderMap,
    Path(id): Path<String>,
    Body(gate): Body<Gate>,
) -> Result<Response, Problem> {
    service.check_product(&id)?;
    let seen = IfMatch::of(&headers)?;
    gate.check().map_err(Problem::invalid)?;
    let (before, current) = service.gate.read().await?;
    let when = match (seen, current) {
        (None, _) => Precondition::Any,
        (Some(_), None) => return Err(Problem::precondition_failed()),
        (Some(seen), Some(current)) => {
            seen.check(&current)?;
            Precondition::Matches(current)
        }
    };
    let event = AuditEvent::ProductStatusChanged {
        before: serde_json::to_value(&before).map_err(Problem::internal)?,
        after: serde_json::to_value(&gate).map_err(Problem::internal)?,
    };
    let record = AuditRecord {
        event,
        user: None,
        actor: asking.cause.actor,
        request_id: asking.cause.request_id,
        address: asking.cause.address,
    };
    // Opening raises risk and is recorded first; closing never waits for the record.
    let etag = if gate.status == Availability::Active {
        service.audit.record(record).await.map_err(AccountError::from)?;
        service.gate.write(&gate, when).await?
    } else {
        let etag = service.gate.write(&gate, when).await?;
        if let Err(error) = service.audit.record(record).await {
            tracing::error!(%error, "a change of the product gate is not recorded");
        }
        etag
    };
    Ok(Versioned { etag, body: ProductStatus { product_id: id, gate } }.into_response())
}

impl Service {
    fn check_product(&self, id: &str) -> Result<(), Problem> {
        if id == self.gate.id() {
            return Ok(());
        }
        let detail = format!("This server has the product '{}' and no other.", self.gate.id());
        Err(Problem::not_found(detail))
    }
}
