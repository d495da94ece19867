//! Reading bodies: never more than the route takes, never longer than the limit.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::timeout;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than the route takes.
    TooLarge,
    /// It did not come in time.
    Slow,
    /// The connection broke.
    Broken,
}

/// Reads a body of at most `limit` bytes. A length that is declared too large is refused at once.
pub(super) async fn read(
    body: &mut Body,
    limit: usize,
    within: Duration,
) -> Result<Vec<u8>, BodyError> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if body.size_hint().lower() > most {
        return Err(BodyError::TooLarge);
    }
    let whole = async {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyError::Broken)?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len().saturating_add(data.len()) > limit {
                return Err(BodyError::TooLarge);
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes)
    };
    timeout(within, whole).await.unwrap_or(Err(BodyError::Slow))
}

/// Takes what is left of a refused request's body, up to `limit` bytes, and keeps nothing of it.
/// A client that is cut off while it still writes might never read the answer.
pub(super) async fn discard(body: &mut Body, limit: usize, within: Duration) {
    let rest = async {
        let mut taken = 0usize;
        while taken <= limit {
            let Some(Ok(frame)) = body.frame().await else { break };
            taken = taken.saturating_add(frame.data_ref().map_or(0, |data| data.len()));
        }
    };
    // Whether it came in time makes no difference: it is refused either way.
    let _ = timeout(within, rest).await;
}
