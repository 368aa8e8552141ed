//! Integration tests of the venues, in one binary.

mod paper;
