//! The fixed seeds, and what the world can tell apart.

#[cfg(test)]
mod seeds;
