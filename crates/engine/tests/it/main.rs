//! The engine as a whole: random histories against a simulated venue, and what must always hold.

#[cfg(test)]
mod auditor;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod journal_fixture;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rehearsal;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod words;
#[cfg(test)]
mod world;
