//! Consent: without it nothing is captured. Only this room makes a [`Permit`].

mod permit;

pub use permit::{Naming, Permit};
