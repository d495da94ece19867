//! Tagging: business, personal or undecided, decided on the chat and explained.

mod verdict;

pub use verdict::{Business, Verdict};
