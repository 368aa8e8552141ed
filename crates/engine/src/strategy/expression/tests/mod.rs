//! The language as a whole: what is read, what is refused and how, and what holds for any text.

mod accepted;
mod documentation;
mod properties;
mod refused;
