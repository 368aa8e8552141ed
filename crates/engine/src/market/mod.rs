//! The market as everybody sees it: bars, frames and the series computed on them, once for all.

mod aggregate;
mod board;
mod frame;
pub mod indicator;
pub mod number;
mod series;

#[cfg(test)]
mod tests;

pub use board::{AdoptError, Board, BoardError};
pub use frame::{Frame, Row, SeriesId};
pub use series::SeriesError;
