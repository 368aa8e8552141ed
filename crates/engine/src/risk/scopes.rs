//! Whose limits hold for a profile.

use ballast_domain::{LimitScope, Limits, Product};

use crate::state::{Profile, State};

/// The limits of every scope that holds for a profile, from the widest to the narrowest.
#[derive(Debug, Clone, Copy)]
pub struct Scopes<'a>([(LimitScope, Option<&'a Limits>); 4]);

impl<'a> Scopes<'a> {
    /// Those of the product, the tenant, the profile and its strategy config.
    #[must_use]
    pub fn of(product: &'a Product, state: &'a State, profile: &'a Profile) -> Self {
        let tenant = state.limits().map(|known| &*known.limits);
        Self([
            (LimitScope::Product, Some(&product.limits)),
            (LimitScope::Tenant, tenant),
            (LimitScope::Profile, Some(&profile.document.limits)),
            (LimitScope::Strategy, Some(&profile.document.strategy.limits)),
        ])
    }

    /// All of them, the widest first.
    pub fn all(&self) -> impl Iterator<Item = (LimitScope, &'a Limits)> {
        self.0.into_iter().filter_map(|(scope, limits)| Some((scope, limits?)))
    }

    /// The lowest value of one limit; of equal ones the widest.
    pub(super) fn least<T: Ord>(
        &self,
        limit: impl Fn(&Limits) -> Option<T>,
    ) -> Option<(T, LimitScope)> {
        let set = self.all().filter_map(|(scope, limits)| Some((limit(limits)?, scope)));
        set.min_by(|one, other| one.0.cmp(&other.0))
    }

    /// As [`Self::least`], of those whose sums go over the whole tenant (`wide`), or of the others.
    pub(super) fn least_of<T: Ord>(
        &self,
        wide: bool,
        limit: impl Fn(&Limits) -> Option<T>,
    ) -> Option<(T, LimitScope)> {
        let set = self.all().filter(|(scope, _)| scope.is_wide() == wide);
        let set = set.filter_map(|(scope, limits)| Some((limit(limits)?, scope)));
        set.min_by(|one, other| one.0.cmp(&other.0))
    }
}
