//! The market as the engine sees it.

pub mod indicator;
