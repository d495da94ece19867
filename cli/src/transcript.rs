//! Runs the program in tests: a command line in, what it printed and how it ended out.

use std::path::Path;

use crate::{Exit, output::Output};

/// What a run printed and how it ended.
pub(crate) struct Run {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `fenming` with these words; `{}` in a word stands for the folder.
pub(crate) fn fenming(folder: &Path, words: &str) -> Run {
    let (mut output, captured) = Output::captured();
    let folder = folder.display().to_string();
    let words = words.split_whitespace().map(|word| word.replace("{}", &folder));
    let exit = crate::run(std::iter::once("fenming".to_owned()).chain(words), &mut output);
    Run { exit, out: captured.out(), err: captured.err() }
}

impl Run {
    /// Fails unless it ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.exit, Exit::Done, "{}", self.err);
        self
    }

    /// Fails unless it ended so, with a message that holds these words.
    #[track_caller]
    pub(crate) fn ends(self, exit: Exit, words: &str) -> Self {
        assert_eq!(self.exit, exit, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{}", self.err);
        self
    }

    /// The one JSON document that was printed.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
