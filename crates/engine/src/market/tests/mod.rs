//! The board as those see it who read its frames.

mod frames;
mod grow;
mod series;
