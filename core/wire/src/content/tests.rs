use std::fmt::{Debug, Display};

use super::*;

/// Fails to compile where a type has a trait: the call would then have two candidates.
macro_rules! lacks {
    ($kind:ty, $marker:path) => {{
        trait Candidate<A> {
            fn here() {}
        }
        struct Has;
        impl<T: ?Sized> Candidate<()> for T {}
        impl<T: ?Sized + $marker> Candidate<Has> for T {}
        <$kind as Candidate<_>>::here();
    }};
}

#[test]
fn what_people_wrote_cannot_be_printed_or_logged() {
    lacks!(Content, Debug);
    lacks!(Content, Display);
    lacks!(Content, Loggable);
    lacks!(Option<Content>, Debug);
    lacks!(crate::record::Body, Debug);
    lacks!(crate::record::Line, Debug);
    lacks!(crate::evidence::Raw, Debug);
    lacks!(crate::profile::EnrolmentToken, Debug);
    lacks!(crate::profile::EnrolmentToken, Display);
    lacks!(crate::seal::Identity, Debug);
    lacks!(crate::key::Ed25519Signer, Debug);
}

#[test]
fn a_text_of_unknown_origin_cannot_be_logged() {
    lacks!(String, Loggable);
    lacks!(str, Loggable);
    lacks!(crate::text::Bilingual, Loggable);
    lacks!(crate::profile::Endpoint, Loggable);
}

#[test]
fn a_code_is_logged_as_it_is_written() {
    let value: &dyn Loggable = &Code("receipt_invalid");
    assert_eq!(value.to_string(), "receipt_invalid");
}

#[test]
fn content_knows_its_length_in_bytes() {
    let text = Content::from("分明");
    assert_eq!((text.len(), text.is_empty()), (6, false));
    assert!(Content::default().is_empty());
}
