//! The product gate.

use axum::extract::State;
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
) -> Result<Versioned<ProductStatus>, Problem> {
    service.check_product(&id)?;
    let (gate, etag) = service.gate.read().await?;
    Ok(Versioned { etag, body: ProductStatus { product_id: id, gate } })
}

/// Open or close the gate, as long as it is as it was seen.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/status", tag = "admin",
    operation_id = "setProductStatus",
    params(
        ("id" = String, Path, description = "The product's id"),
        ("If-Match" = String, Header, description = "The gate's ETag, as it was seen"),
    ),
    request_body = Gate,
    responses(
        (status = 200, body = ProductStatus),
        (status = 404, description = "`notFound`: another product", body = ProblemBody),
        (status = 412, description = "`preconditionFailed`", body = ProblemBody),
        (status = 422, description = "`invalid`", body = ProblemBody),
        (status = 428, description = "`preconditionRequired`", body = ProblemBody),
    )
)]
pub(super) async fn set_status(
    State(service): State<Service>,
    asking: Asking,
    Path(id): Path<String>,
    seen: IfMatch,
    Body(gate): Body<Gate>,
) -> Result<Versioned<ProductStatus>, Problem> {
    service.check_product(&id)?;
    gate.check().map_err(Problem::invalid)?;
    let (before, current) = service.gate.read().await?;
    seen.check(&current)?;
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
        service.gate.write(&gate, current).await?
    } else {
        let etag = service.gate.write(&gate, current).await?;
        if let Err(error) = service.audit.record(record).await {
            tracing::error!(%error, "a change of the product gate is not recorded");
        }
        etag
    };
    Ok(Versioned { etag, body: ProductStatus { product_id: id, gate } })
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
