//! Progress of long work, on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Shared, clean, say};

/// A progress display. It ends when it is finished or dropped.
pub struct Progress {
    kind: Kind,
    label: String,
    steps: u64,
    at: u64,
}

enum Kind {
    Hidden,
    Drawn(ProgressBar),
    Plain(Shared),
}

impl Progress {
    pub(super) fn hidden() -> Self {
        Self { kind: Kind::Hidden, label: String::new(), steps: 0, at: 0 }
    }

    pub(super) fn drawn(label: &str, steps: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix}  {bar:28.cyan/dim}  {pos}/{len}  {msg}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(label.to_owned());
        Self { kind: Kind::Drawn(bar), label: label.to_owned(), steps, at: 0 }
    }

    pub(super) fn plain(label: &str, steps: u64, err: Shared) -> Self {
        say(&err, &format!("{label} … ({steps})\n"));
        Self { kind: Kind::Plain(err), label: label.to_owned(), steps, at: 0 }
    }

    /// Moves on by some steps.
    pub fn step(&mut self, steps: u64) {
        self.at = self.at.saturating_add(steps);
        if let Kind::Drawn(bar) = &self.kind {
            bar.set_position(self.at);
        }
    }

    /// Says what is being done just now.
    pub fn message(&mut self, text: &str) {
        if let Kind::Drawn(bar) = &self.kind {
            bar.set_message(clean(text).into_owned());
        }
    }

    /// Ends the display.
    pub fn finish(self) {
        if let Kind::Plain(err) = &self.kind {
            say(err, &format!("{}: {}/{}\n", self.label, self.at, self.steps));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Kind::Drawn(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}
