//! The one place that prints.
//!
//! Results go to standard output, all talk about the work (notes, progress, errors) to standard
//! error. Under `--json` the results are JSON and nothing else. Whatever is printed for people is
//! cleaned of control characters first, for chat titles are written by strangers.

mod clean;
mod progress;
mod table;

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::command::{Colour, Globals};
use crate::error::{CliError, Exit};
pub use clean::{clean, width};
pub use progress::Progress;
pub use table::Table;

/// Where a command prints.
pub struct Output {
    out: Box<dyn Write + Send>,
    err: Shared,
    json: bool,
    quiet: bool,
    colour: bool,
    err_colour: bool,
    live: bool,
    columns: Option<u16>,
    failure: Option<io::Error>,
    begun: bool,
}

/// What was printed to an [`Output::captured`], for tests.
#[derive(Clone, Default)]
pub struct Captured {
    out: Buffer,
    err: Buffer,
}

/// A stream that the progress display shares with the output.
type Shared = Arc<Mutex<Box<dyn Write + Send>>>;

impl Output {
    /// Prints to the process's own streams.
    #[must_use]
    pub fn terminal() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let columns = console::Term::stdout().size_checked().map(|(_, columns)| columns);
        Self {
            colour: out.is_terminal() && !plain,
            err_colour: err.is_terminal() && !plain,
            live: err.is_terminal(),
            columns: if out.is_terminal() { columns } else { None },
            ..Self::plain(Box::new(out), Box::new(err))
        }
    }

    /// Prints into memory, for tests of what a command says.
    #[must_use]
    pub fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        let output = Self::plain(Box::new(captured.out.clone()), Box::new(captured.err.clone()));
        (output, captured)
    }

    fn plain(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            err: Arc::new(Mutex::new(err)),
            json: false,
            quiet: false,
            colour: false,
            err_colour: false,
            live: false,
            columns: None,
            failure: None,
            begun: false,
        }
    }

    pub(crate) fn configure(&mut self, globals: &Globals) {
        self.json = globals.json;
        self.quiet = globals.quiet;
        match globals.color {
            Colour::Auto => {}
            Colour::Always => (self.colour, self.err_colour) = (true, true),
            Colour::Never => (self.colour, self.err_colour) = (false, false),
        }
    }

    /// Whether results are wanted as JSON.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only results and errors are wanted.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// Results, on standard output.
impl Output {
    /// Prints a value as one line of JSON, under `--json` only.
    pub fn json<T: Serialize>(&mut self, value: &T) {
        if self.json {
            match serde_json::to_string(value) {
                Ok(text) => self.write(&format!("{}\n", clean::escape_json(&text))),
                Err(error) => self.failure = Some(io::Error::other(error)),
            }
        }
    }

    /// Prints bytes as they are, whatever the mode: a document, a script, opened lines.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.out.write_all(bytes).err();
        }
    }

    /// Begins a part of the result with a heading.
    pub fn heading(&mut self, text: &str) {
        let gap = if self.begun { "\n" } else { "" };
        let text = format!("{gap}{}\n", self.style(Style::Bold, &clean(text)));
        self.people(&text);
    }

    /// Prints a paragraph.
    pub fn line(&mut self, text: &str) {
        self.people(&format!("{}\n", clean(text)));
    }

    /// Says what may be done next. It is no result.
    pub fn aside(&mut self, text: &str) {
        if !self.quiet {
            let text = format!("{}\n", self.style(Style::Dim, &clean(text)));
            self.people(&text);
        }
    }

    /// Names a command that may come next. It is no result.
    pub fn command(&mut self, text: &str) {
        if !self.quiet {
            let text = format!("    {}\n", self.style(Style::Cyan, &clean(text)));
            self.people(&text);
        }
    }

    /// Prints names and values, the values below each other.
    pub fn facts(&mut self, facts: &[(&str, String)]) {
        let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, value) in facts {
            let gap = " ".repeat(widest.saturating_sub(width(name)).saturating_add(2));
            let text = format!("  {}{gap}{}\n", self.style(Style::Dim, name), clean(value));
            self.people(&text);
        }
    }

    /// Prints a table.
    pub fn table(&mut self, table: &Table) {
        let text = table.render(self.columns);
        self.people(&text);
    }

    /// Says that a step ended well.
    pub fn done(&mut self, text: &str) {
        if !self.quiet {
            let text = format!("{} {}\n", self.style(Style::Green, "✓"), clean(text));
            self.people(&text);
        }
    }

    /// Says that something is not as it should be. It is part of the result.
    pub fn wrong(&mut self, text: &str) {
        let text = format!("{} {}\n", self.style(Style::Red, "✗"), clean(text));
        self.people(&text);
    }

    /// Points out something that is allowed but should be known. It is part of the result.
    pub fn caution(&mut self, text: &str) {
        let text = format!("{} {}\n", self.style(Style::Yellow, "!"), clean(text));
        self.people(&text);
    }
}

/// Talk about the work, on standard error.
impl Output {
    /// Says something about the work that is no result.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&format!("{}\n", clean(text)));
        }
    }

    /// Says what is wrong beside a result that is for a program, such as opened lines. It is said
    /// even where only results and errors are wanted.
    pub fn complain<T: Serialize + std::fmt::Display>(&self, what: &T) {
        let text = match serde_json::to_string(what) {
            Ok(text) if self.json => clean::escape_json(&text).into_owned(),
            Ok(_) | Err(_) => {
                let mark = if self.err_colour { "\x1b[31m✗\x1b[0m" } else { "✗" };
                format!("{mark} {}", clean(&what.to_string()))
            }
        };
        self.say(&format!("{text}\n"));
    }

    /// Begins a progress display of so many steps. It is drawn on a terminal only; elsewhere it
    /// is one plain line at the start and one at the end.
    #[must_use]
    pub fn progress(&self, label: &str, steps: u64) -> Progress {
        let label = clean(label).into_owned();
        if self.quiet {
            Progress::hidden()
        } else if self.live {
            Progress::drawn(&label, steps)
        } else {
            Progress::plain(&label, steps, Arc::clone(&self.err))
        }
    }

    /// Reports why a command did not end well.
    pub(crate) fn failed(&self, error: &CliError) {
        if self.json {
            let value = serde_json::json!({ "error": {
                "code": error.exit().name(),
                "exit": error.exit().code(),
                "message": error.message(),
                "hint": error.next_step(),
            }});
            self.say(&format!("{}\n", clean::escape_json(&value.to_string())));
            return;
        }
        let label = if self.err_colour { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
        self.say(&format!("{label} {}\n", clean(error.message())));
        if let Some(hint) = error.next_step() {
            self.say(&format!("  → {}\n", clean(hint)));
        }
    }

    /// Prints clap's answer: help and version are results, everything else is an error.
    pub(crate) fn usage(&mut self, refusal: &clap::Error) -> Exit {
        let styled = refusal.render();
        if refusal.use_stderr() {
            let text = if self.err_colour { styled.ansi().to_string() } else { styled.to_string() };
            self.say(&text);
            Exit::Input
        } else {
            let text = if self.colour { styled.ansi().to_string() } else { styled.to_string() };
            self.write(&text);
            Exit::Done
        }
    }

    /// Flushes, and says whether everything could be printed. A reader who has seen enough and
    /// went away, as `head` does, is no error.
    pub(crate) fn close(&mut self) -> Result<(), CliError> {
        let failure = self.failure.take().or_else(|| self.out.flush().err());
        match failure {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let text = format!("standard output cannot be written: {error}");
                Err(CliError::new(Exit::Io, text))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Output {
    fn people(&mut self, text: &str) {
        if !self.json {
            self.begun = true;
            self.write(text);
        }
    }

    fn write(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn say(&self, text: &str) {
        say(&self.err, text);
    }

    fn style(&self, style: Style, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Red => "31",
            Style::Green => "32",
            Style::Yellow => "33",
            Style::Cyan => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A number and what it counts, such as `1 batch` and `2 batches`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[derive(Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Where standard error is gone there is nobody to tell.
fn say(err: &Shared, text: &str) {
    let mut err = err.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

impl Captured {
    /// What went to standard output.
    #[must_use]
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// What went to standard error.
    #[must_use]
    pub fn err(&self) -> String {
        self.err.text()
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
