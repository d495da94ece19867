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
    let mut path = error.path().to_string();
    let reason = if text.starts_with("missing field") {
        append(&mut path, &text);
        "is missing"
    } else if text.starts_with("unknown field") {
        if !path.ends_with(quoted(&text).unwrap_or("\0")) {
            append(&mut path, &text);
        }
        "is not known"
    } else if text.starts_with("duplicate field") {
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

fn append(path: &mut String, text: &str) {
    if let Some(name) = quoted(text) {
        if path == "." {
            path.clear();
        } else {
            path.push('.');
        }
        path.push_str(name);
    }
}

/// The field name in a refusal of serde's, where it looks like a field name.
fn quoted(text: &str) -> Option<&str> {
    let name = text.split('`').nth(1)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (name.len() <= 64 && name.chars().all(plain)).then_some(name)
}
