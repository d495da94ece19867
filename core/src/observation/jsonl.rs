//! Observations from a file: JSON Lines, one observation a line.

use std::fmt;
use std::io::{BufRead, Read};

use fenming_wire::{WireError, json};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Notification, Observation, PlatformFact, Share};
use crate::limits::MAX_INPUT_LINE_BYTES;

/// Reads observations line by line. Blank lines are skipped; a line that cannot be read gives an
/// error and the next line is read on.
pub struct Lines<R> {
    input: R,
    line: u64,
    done: bool,
}

/// Why a line was refused. It holds nothing of the line but the name of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Number of the line, from 1.
    pub line: u64,
    /// The field, such as `change.is`; empty where the line as a whole is wrong.
    pub field: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// Reads observations from a file or from any other input.
pub fn read<R: BufRead>(input: R) -> Lines<R> {
    Lines { input, line: 0, done: false }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Observation, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            self.line += 1;
            match self.next_line() {
                Err(reason) => return Some(Err(self.refuse("", reason))),
                Ok(line) if line.is_empty() => self.done = true,
                Ok(line) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(line) => return Some(self.parse(&line)),
            }
        }
        None
    }
}

impl<R: BufRead> Lines<R> {
    /// The next line with its end; empty at the end of the input.
    fn next_line(&mut self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let mut line = Zeroizing::new(Vec::new());
        let most = MAX_INPUT_LINE_BYTES as u64 + 1;
        let mut input = (&mut self.input).take(most);
        if input.read_until(b'\n', &mut line).is_err() {
            self.done = true;
            return Err("cannot be read");
        }
        if line.len() > MAX_INPUT_LINE_BYTES {
            self.skip_line(line.last() == Some(&b'\n'));
            return Err("is longer than 256 KiB");
        }
        Ok(line)
    }

    fn skip_line(&mut self, mut ended: bool) {
        while !ended {
            let Ok(chunk) = self.input.fill_buf() else {
                self.done = true;
                return;
            };
            let end = chunk.iter().position(|b| *b == b'\n');
            let used = end.map_or(chunk.len(), |at| at + 1);
            ended = end.is_some() || chunk.is_empty();
            self.input.consume(used);
        }
    }

    fn parse(&self, line: &[u8]) -> Result<Observation, LineError> {
        if std::str::from_utf8(line).is_err() {
            return Err(self.refuse("", "is not UTF-8"));
        }
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(self.refuse("", "is no JSON object"));
        }
        json::parse(line, MAX_INPUT_LINE_BYTES).map_err(|whole| {
            let (field, reason) = blame(part_error(line).unwrap_or(whole));
            self.refuse(&field, reason)
        })
    }

    fn refuse(&self, field: &str, reason: &'static str) -> LineError {
        LineError { line: self.line, field: field.to_owned(), reason }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, reason } = self;
        if field.is_empty() {
            write!(f, "line {line} {reason}")
        } else {
            write!(f, "line {line}: `{field}` {reason}")
        }
    }
}

impl std::error::Error for LineError {}

/// Parses the line once more as the kind that it says it is: the parser of a tagged kind does not
/// tell which of its fields is wrong.
fn part_error(line: &[u8]) -> Option<WireError> {
    let mut fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let source = fields.remove("source")?;
    match source.as_str()? {
        "wechat_notification" => error_as::<Notification>(&fields),
        "wechat_share" => error_as::<Share>(&fields),
        "platform" => fact_error(fields),
        _ => Some(WireError::field("source", "is none of the allowed words")),
    }
}

/// A fact is tagged once more. Parsed with one field at a time, one that is right leaves only
/// others missing.
fn fact_error(mut fields: Map<String, Value>) -> Option<WireError> {
    let fact = fields.remove("fact")?;
    let alone = Map::from_iter([("fact".to_owned(), fact)]);
    let wrong = |name: &str, part: &Map<String, Value>| match error_as::<PlatformFact>(part)? {
        WireError::Field { reason, .. } if reason != "is missing" => {
            Some(WireError::field(name, reason))
        }
        _ => None,
    };
    wrong("fact", &alone).or_else(|| {
        fields.into_iter().find_map(|(name, value)| {
            let mut part = alone.clone();
            part.insert(name.clone(), value);
            wrong(&name, &part)
        })
    })
}

fn error_as<T: DeserializeOwned>(fields: &Map<String, Value>) -> Option<WireError> {
    let bytes = Zeroizing::new(serde_json::to_vec(fields).ok()?);
    json::parse::<T>(&bytes, bytes.len()).err()
}

fn blame(error: WireError) -> (String, &'static str) {
    match error {
        WireError::Field { path, reason } if path == "." => (String::new(), reason),
        WireError::Field { path, reason } => (path, reason),
        WireError::NotJson { .. } => (String::new(), "is not JSON"),
        _ => (String::new(), "cannot be read"),
    }
}

#[cfg(test)]
mod tests;
