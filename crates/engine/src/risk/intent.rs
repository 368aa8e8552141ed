//! The approval, as a type.

use std::sync::Arc;

use ballast_domain::OrderTerms;

/// A signal that the gate accepted. Only the gate can make one, and nobody can make two of one:
///
/// ```compile_fail,E0451
/// # use std::sync::Arc;
/// # use {ballast_domain::OrderTerms, ballast_engine::risk::OrderIntent};
/// fn forge(terms: Arc<OrderTerms>) -> OrderIntent {
///     OrderIntent { terms }
/// }
/// ```
/// ```compile_fail,E0599
/// # use ballast_engine::risk::OrderIntent;
/// fn double(intent: OrderIntent) -> (OrderIntent, OrderIntent) {
///     (intent.clone(), intent)
/// }
/// ```
/// ```compile_fail,E0599
/// let intent = ballast_engine::risk::OrderIntent::default();
/// ```
/// ```compile_fail,E0277
/// # use std::sync::Arc;
/// # use {ballast_domain::OrderTerms, ballast_engine::risk::OrderIntent};
/// fn forge(terms: Arc<OrderTerms>) -> OrderIntent {
///     terms.into()
/// }
/// ```
/// ```compile_fail,E0277
/// let intent: ballast_engine::risk::OrderIntent = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct OrderIntent {
    terms: Arc<OrderTerms>,
}

impl OrderIntent {
    /// Called by the gate alone.
    pub(super) const fn accepted(terms: Arc<OrderTerms>) -> Self {
        Self { terms }
    }

    /// What was accepted.
    #[must_use]
    pub const fn terms(&self) -> &Arc<OrderTerms> {
        &self.terms
    }
}
