//! Integration tests of the venues, in one binary.

#[cfg(test)]
mod paper;
