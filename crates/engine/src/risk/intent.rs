//! The approval, as a type.

use std::sync::Arc;

use ballast_domain::OrderTerms;

/// A signal that the gate accepted. Only the gate can make one, and nobody can make two of one:
///
/// ```compile_fail
/// # fn forge(terms: ballast_domain::OrderTerms) {
/// let intent = ballast_engine::risk::OrderIntent { terms };
/// # }
/// ```
/// ```compile_fail
/// # fn forge(intent: &ballast_engine::risk::OrderIntent) {
/// let second = intent.clone();
/// # }
/// ```
/// ```compile_fail
/// let intent = ballast_engine::risk::OrderIntent::default();
/// ```
/// ```compile_fail
/// # fn forge(terms: ballast_domain::OrderTerms) {
/// let intent: ballast_engine::risk::OrderIntent = terms.into();
/// # }
/// ```
/// ```compile_fail
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
