//! The loop of one tenant: step, append, release. The engine's only asynchronous file.

/// Something that the journal holds: it can be acted on without ever being forgotten.
///
/// Only this module makes one, from a value and the journal's receipt for it:
///
/// ```compile_fail
/// # fn forge(intent: ballast_engine::risk::OrderIntent) {
/// let durable = ballast_engine::run::Durable { inner: intent };
/// # }
/// ```
#[derive(Debug)]
pub struct Durable<T> {
    inner: T,
}

impl<T> Durable<T> {
    /// What is durable.
    pub const fn get(&self) -> &T {
        &self.inner
    }
}
