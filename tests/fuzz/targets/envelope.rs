//! Envelopes of every kind: what is read is written as the same envelope.
#![no_main]

use fenming_wire::balance::Balance;
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::counsel::CounselDecision;
use fenming_wire::envelope::{Document, Envelope};
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::Policy;
use fenming_wire::receipt::{CollectorState, Receipt};
use fenming_wire::trust::TrustDocument;
use libfuzzer_sys::fuzz_target;

fn check<T: Document + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(envelope) = Envelope::<T>::from_bytes(bytes) else { return };
    let written = envelope.to_bytes().expect("an envelope can be written");
    let again = Envelope::<T>::from_bytes(&written).expect("what was written can be read");
    assert_eq!(again, envelope);
    let _ = envelope.peek_unverified();
}

fuzz_target!(|bytes: &[u8]| {
    check::<Balance>(bytes);
    check::<CollectorState>(bytes);
    check::<ConsentGrant>(bytes);
    check::<ConsentWithdrawal>(bytes);
    check::<CounselDecision>(bytes);
    check::<Manifest>(bytes);
    check::<Policy>(bytes);
    check::<Receipt>(bytes);
    check::<TrustDocument>(bytes);
});
