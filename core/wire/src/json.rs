//! Strict JSON: every refusal names the field, and no refusal repeats a value.

use serde::de::DeserializeOwned;

use crate::error::WireError;

/// Parses a whole document.
///
/// # Errors
/// [`WireError::TooLarge`], [`WireError::NotJson`], or [`WireError::Field`] with the path.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, WireError> {
    if bytes.len() > limit {
        return Err(WireError::TooLarge { limit });
    }
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|e| refusal(&e))?;
    from.end().map_err(|e| WireError::NotJson { line: e.line(), column: e.column() })?;
    Ok(value)
}

/// Writes a document. All our types serialise; a failure would be a bug, and yields a field error.
///
/// # Errors
/// [`WireError::Field`] where a map has a key that is no string.
pub fn write<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, WireError> {
    serde_json::to_vec(value).map_err(|_| WireError::field("", "cannot be written as JSON"))
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> WireError {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() {
        return WireError::NotJson { line: inner.line(), column: inner.column() };
    }
    let text = inner.to_string();
    let mut path = readable(error.path());
    let reason = if text.starts_with("missing field") {
        append(&mut path, &text);
        "is missing"
    } else if text.starts_with("unknown field") {
        append(&mut path, &text);
        "is not known"
    } else if text.starts_with("duplicate field") {
        append(&mut path, &text);
        "stands twice"
    } else if text.starts_with("unknown variant") {
        "is none of the allowed words"
    } else if text.starts_with("invalid type") {
        "has the wrong type"
    } else {
        "has a value that is not allowed"
    };
    WireError::Field { path, reason }
}

/// The path, with `?` for every key that does not look like a field's name: a document may have
/// keys that hold anything.
fn readable(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut readable = String::new();
    for segment in path.iter() {
        let key = match segment {
            Segment::Seq { index } => {
                readable.push_str(&format!("[{index}]"));
                continue;
            }
            Segment::Map { key } => plain(key).unwrap_or("?"),
            Segment::Enum { variant } => plain(variant).unwrap_or("?"),
            Segment::Unknown => "?",
        };
        push(&mut readable, key);
    }
    readable
}

/// Names the field that serde's refusal names, unless the path ends with it already.
fn append(path: &mut String, text: &str) {
    if let Some(name) = text.split('`').nth(1).and_then(plain)
        && path.rsplit(['.', ']']).next() != Some(name)
    {
        push(path, name);
    }
}

fn push(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// The key, where it looks like a field's name.
fn plain(key: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (key.len() <= 64 && key.chars().all(plain)).then_some(key)
}

#[cfg(test)]
mod tests;
