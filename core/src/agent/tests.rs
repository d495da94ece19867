//! The agent as a whole, on a real store with ports in memory.
