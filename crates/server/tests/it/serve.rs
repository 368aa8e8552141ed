//! `ballast serve` as whoever runs it meets it: what it refuses, what it says, how it stops.

mod health;
mod log;
mod process;
mod start;
