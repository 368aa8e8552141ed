//! How markets are reached: feeds that bring market data and brokers that take orders.
//!
//! Wire formats stay inside of here; what comes out are the engine's [`ports`]. Data that cannot
//! be true is refused at this door, so that nothing behind it has to ask.
//!
//! [`ports`]: ballast_engine::ports

pub mod csv;
pub mod paper;
pub mod replay;
pub mod simulated;
