//! The notice's phrases.
