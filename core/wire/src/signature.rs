//! Signed requests: HTTP Message Signatures (RFC 9421) with `Content-Digest` (RFC 9530).
//!
//! Every request covers `@method`, `@authority`, `@path` and `content-digest` (of the empty body
//! where there is none), with `created`, `nonce`, `keyid` (the device id) and
//! `alg="ecdsa-p256-sha256"`. No bearer secret travels, so a balancer that ends TLS learns
//! nothing that it could use.

use data_encoding::BASE64;

use crate::error::WireError;
use crate::id::{DeviceId, Digest};
use crate::key::{Signer, Verifier};
use crate::time::Timestamp;

/// What is signed of a request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// Host, and port where it is not the scheme's own.
    pub authority: &'a str,
    /// The path, without a query.
    pub path: &'a str,
    /// The body, empty where there is none.
    pub body: &'a [u8],
}

/// The header fields that carry a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Value of `Content-Digest`.
    pub content_digest: String,
    /// Value of `Signature-Input`.
    pub signature_input: String,
    /// Value of `Signature`.
    pub signature: String,
}

/// A signature as it came, parsed and not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The device that claims to have signed.
    pub device: DeviceId,
    /// When it was made, in whole seconds.
    pub created: Timestamp,
    /// Makes the request unique.
    pub nonce: String,
    input: String,
    signature: Vec<u8>,
    content_digest: String,
}

/// The label of our signature in both fields.
const LABEL: &str = "fenming=";
/// The components that are covered, in this order.
const COMPONENTS: &str = r#"("@method" "@authority" "@path" "content-digest")"#;
/// The only algorithm.
const ALGORITHM: &str = "ecdsa-p256-sha256";
/// Longest nonce and longest header field, in bytes.
const MAX_NONCE_BYTES: usize = 64;
const MAX_FIELD_BYTES: usize = 1024;

/// Signs a request.
///
/// # Errors
/// [`WireError::SignerFailed`], or [`WireError::Field`] for a nonce that is not plain.
pub fn sign(
    request: Request<'_>,
    device: DeviceId,
    created: Timestamp,
    nonce: &str,
    signer: &dyn Signer,
) -> Result<Headers, WireError> {
    check_nonce(nonce)?;
    let input = format!(
        "{COMPONENTS};created={};nonce=\"{nonce}\";keyid=\"{device}\";alg=\"{ALGORITHM}\"",
        created.seconds()
    );
    let content_digest = content_digest(request.body);
    let signature = signer.sign(&base(request, &content_digest, &input))?;
    Ok(Headers {
        content_digest,
        signature_input: format!("{LABEL}{input}"),
        signature: format!("{LABEL}:{}:", BASE64.encode(&signature)),
    })
}

/// Reads the fields of a request.
///
/// # Errors
/// [`WireError::Field`] with the field's name.
pub fn parse(headers: &Headers) -> Result<Presented, WireError> {
    let fields = [&headers.content_digest, &headers.signature_input, &headers.signature];
    if fields.iter().any(|field| field.len() > MAX_FIELD_BYTES) {
        return Err(WireError::field("signature-input", "is longer than 1024 bytes"));
    }
    let wrong = |reason| WireError::field("signature-input", reason);
    let input = headers
        .signature_input
        .strip_prefix(LABEL)
        .ok_or_else(|| wrong("must have the label `fenming`"))?;
    let parameters = input
        .strip_prefix(COMPONENTS)
        .ok_or_else(|| wrong("must cover @method, @authority, @path and content-digest"))?;
    let mut found = Parameters::default();
    let parameters = parameters.strip_prefix(';').ok_or_else(|| wrong("lacks its parameters"))?;
    for parameter in parameters.split(';') {
        found.take(parameter)?;
    }
    let signature = headers
        .signature
        .strip_prefix(LABEL)
        .and_then(|value| value.strip_prefix(':')?.strip_suffix(':'))
        .and_then(|value| BASE64.decode(value.as_bytes()).ok())
        .ok_or_else(|| WireError::field("signature", "must be `fenming=:base64:`"))?;
    if found.algorithm.as_deref() != Some(ALGORITHM) {
        return Err(wrong("must have alg=\"ecdsa-p256-sha256\""));
    }
    Ok(Presented {
        device: found.device.ok_or_else(|| wrong("lacks `keyid`"))?,
        created: found.created.ok_or_else(|| wrong("lacks `created`"))?,
        nonce: found.nonce.ok_or_else(|| wrong("lacks `nonce`"))?,
        input: input.to_owned(),
        signature,
        content_digest: headers.content_digest.clone(),
    })
}

impl Presented {
    /// Checks body and signature. Age and replay are for the caller to check.
    ///
    /// # Errors
    /// [`WireError::Field`] where the body does not fit its digest; [`WireError::BadSignature`].
    pub fn verify(&self, request: Request<'_>, key: &dyn Verifier) -> Result<(), WireError> {
        self.check_body(request.body)?;
        self.verify_head(request, key)
    }

    /// Checks the signature before the body has come, so that a stranger's body need not be read.
    /// The request's `body` is not looked at; [`Self::check_body`] must follow.
    ///
    /// # Errors
    /// [`WireError::BadSignature`].
    pub fn verify_head(&self, head: Request<'_>, key: &dyn Verifier) -> Result<(), WireError> {
        key.verify(&base(head, &self.content_digest, &self.input), &self.signature)
    }

    /// Checks that this is the body that was signed.
    ///
    /// # Errors
    /// [`WireError::Field`] where the body does not fit its digest.
    pub fn check_body(&self, body: &[u8]) -> Result<(), WireError> {
        if self.content_digest == content_digest(body) {
            Ok(())
        } else {
            Err(WireError::field("content-digest", "does not fit the body"))
        }
    }
}

/// The value of `Content-Digest` for a body.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(Digest::of(body).as_bytes()))
}

#[derive(Default)]
struct Parameters {
    device: Option<DeviceId>,
    created: Option<Timestamp>,
    nonce: Option<String>,
    algorithm: Option<String>,
}

impl Parameters {
    fn take(&mut self, parameter: &str) -> Result<(), WireError> {
        let wrong = |reason| WireError::field("signature-input", reason);
        let (name, value) =
            parameter.split_once('=').ok_or_else(|| wrong("has a parameter without a value"))?;
        let text = || value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        let twice = match name {
            "created" => self.created.is_some(),
            "nonce" => self.nonce.is_some(),
            "keyid" => self.device.is_some(),
            "alg" => self.algorithm.is_some(),
            _ => return Err(wrong("has a parameter that is not known")),
        };
        if twice {
            return Err(wrong("has a parameter twice"));
        }
        match name {
            "created" => {
                let seconds: i64 = value.parse().map_err(|_| wrong("`created` is no number"))?;
                self.created = Some(Timestamp::from_millis(seconds.saturating_mul(1000)));
            }
            "nonce" => {
                let nonce = text().ok_or_else(|| wrong("`nonce` is no string"))?;
                check_nonce(nonce)?;
                self.nonce = Some(nonce.to_owned());
            }
            "keyid" => {
                let device = text().and_then(|id| id.parse().ok());
                self.device = Some(device.ok_or_else(|| wrong("`keyid` is no device id"))?);
            }
            _ => self.algorithm = text().map(str::to_owned),
        }
        Ok(())
    }
}

fn check_nonce(nonce: &str) -> Result<(), WireError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (16..=MAX_NONCE_BYTES).contains(&nonce.len()) && nonce.bytes().all(plain) {
        Ok(())
    } else {
        Err(WireError::field("signature-input", "`nonce` is 16 to 64 of A-Z a-z 0-9 - _"))
    }
}

/// The signature base of RFC 9421, section 2.5.
fn base(request: Request<'_>, content_digest: &str, input: &str) -> Vec<u8> {
    format!(
        "\"@method\": {}\n\"@authority\": {}\n\"@path\": {}\n\"content-digest\": {content_digest}\n\
         \"@signature-params\": {input}",
        request.method,
        request.authority.to_ascii_lowercase(),
        request.path,
    )
    .into_bytes()
}

#[cfg(test)]
mod tests;
