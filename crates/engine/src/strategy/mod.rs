//! What a profile wants to do at a bar's close, and why.

pub mod expression;
