//! The engine as a whole: random histories against a simulated venue, and what must always hold.

#[cfg(test)]
mod journal_fixture;
