//! Signed documents: the DSSE envelope (Dead Simple Signing Envelope, version 1.0).
//!
//! The payload travels as the exact bytes that were signed, so no canonical form is needed. The
//! media type is part of what is signed, so one document cannot pass for another.

use std::marker::PhantomData;

use data_encoding::BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::id::{Digest, KeyId};
use crate::json;
use crate::key::{Signer, Verifier};

/// A kind of signed document.
pub trait Document: Serialize + DeserializeOwned {
    /// The media type, which holds the version of the format.
    const TYPE: &'static str;

    /// The largest payload in bytes.
    const LIMIT: usize;

    /// Checks what the types alone cannot express; runs after every parse.
    ///
    /// # Errors
    /// [`WireError::Field`] with the path of the field.
    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }
}

/// A document as it came, its signatures not yet checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope<T> {
    payload_type: String,
    #[serde(with = "base64_bytes")]
    payload: Vec<u8>,
    signatures: Vec<Signature>,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The key that signed.
    pub keyid: KeyId,
    /// The signature over the pre-authentication encoding.
    #[serde(with = "base64_bytes")]
    pub sig: Vec<u8>,
}

/// Most signatures that an envelope may carry: key rotation needs two, a witness some more.
pub const MAX_SIGNATURES: usize = 8;

impl<T: Document> Envelope<T> {
    /// Signs a document.
    ///
    /// # Errors
    /// [`WireError::Field`] where the document breaks its own rules; [`WireError::SignerFailed`].
    pub fn sign(document: &T, signer: &dyn Signer) -> Result<Self, WireError> {
        document.check()?;
        let payload = json::write(document)?;
        if payload.len() > T::LIMIT {
            return Err(WireError::TooLarge { limit: T::LIMIT });
        }
        let sig = signer.sign(&encoding(T::TYPE, &payload))?.to_vec();
        let signatures = vec![Signature { keyid: signer.key_id(), sig }];
        Ok(Self { payload_type: T::TYPE.to_owned(), payload, signatures, kind: PhantomData })
    }

    /// Reads an envelope; nothing is trusted yet.
    ///
    /// # Errors
    /// As [`json::parse`], and [`WireError::WrongType`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        // Base64 grows by a third; a kilobyte holds type and signatures.
        let limit = T::LIMIT / 3 * 4 + 4096;
        let envelope: Self = json::parse(bytes, limit)?;
        if envelope.payload_type != T::TYPE {
            return Err(WireError::WrongType { expected: T::TYPE });
        }
        if envelope.signatures.len() > MAX_SIGNATURES {
            return Err(WireError::field("signatures", "has too many entries"));
        }
        Ok(envelope)
    }

    /// The envelope as JSON.
    ///
    /// # Errors
    /// As [`json::write`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        json::write(self)
    }

    /// Checks that one of the keys signed these bytes, then parses them.
    ///
    /// # Errors
    /// [`WireError::UntrustedKey`] where none of the keys is named; [`WireError::BadSignature`]
    /// where one is named and does not fit; parse errors as [`json::parse`].
    pub fn verify<V: Verifier>(&self, keys: &[V]) -> Result<T, WireError> {
        if self.payload_type != T::TYPE {
            return Err(WireError::WrongType { expected: T::TYPE });
        }
        let message = encoding(T::TYPE, &self.payload);
        let mut refusal = WireError::UntrustedKey;
        for signature in self.signatures.iter().take(MAX_SIGNATURES) {
            for key in keys.iter().filter(|key| key.key_id() == signature.keyid) {
                match key.verify(&message, &signature.sig) {
                    Ok(()) => return self.parse(),
                    Err(error) => refusal = error,
                }
            }
        }
        Err(refusal)
    }

    /// Reads the document **without** checking who signed it, for looking at it and for finding
    /// out which key to ask for. Nothing may be decided on what it says.
    ///
    /// # Errors
    /// As [`json::parse`].
    pub fn peek_unverified(&self) -> Result<T, WireError> {
        self.parse()
    }

    /// The digest of the payload, by which other documents refer to this one.
    #[must_use]
    pub fn payload_digest(&self) -> Digest {
        Digest::of(&self.payload)
    }

    /// The signatures.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    fn parse(&self) -> Result<T, WireError> {
        let document: T = json::parse(&self.payload, T::LIMIT)?;
        document.check()?;
        Ok(document)
    }
}

/// DSSE's pre-authentication encoding: what is really signed.
fn encoding(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

pub(crate) mod base64_bytes {
    //! Bytes as base64 with padding.
    use super::BASE64;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests;
