//! The payload of every document, and the bodies that the endpoint takes: what is read and obeys
//! its rules is written as the same document.
#![no_main]

use fenming_wire::api::EnrolmentRequest;
use fenming_wire::balance::Balance;
use fenming_wire::consent::{ConsentGrant, ConsentWithdrawal};
use fenming_wire::counsel::{CounselDecision, CounselItem};
use fenming_wire::envelope::Document;
use fenming_wire::heartbeat::{Heartbeat, MAX_HEARTBEAT_BYTES};
use fenming_wire::json;
use fenming_wire::limits::MAX_DOCUMENT_BYTES;
use fenming_wire::manifest::Manifest;
use fenming_wire::policy::Policy;
use fenming_wire::receipt::{CollectorState, Receipt};
use fenming_wire::trust::TrustDocument;
use libfuzzer_sys::fuzz_target;

fn check<T: Document + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(document) = json::parse::<T>(bytes, T::LIMIT) else { return };
    if document.check().is_ok() {
        let written = json::write(&document).expect("a document can be written");
        let again: T = json::parse(&written, usize::MAX).expect("and read again");
        assert_eq!(again, document);
    }
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
    if let Ok(item) = json::parse::<CounselItem>(bytes, MAX_DOCUMENT_BYTES) {
        let written = json::write(&item).expect("an item can be written");
        let _: CounselItem = json::parse(&written, usize::MAX).expect("and read again");
    }
    let _ = json::parse::<EnrolmentRequest>(bytes, MAX_DOCUMENT_BYTES);
    if let Ok(heartbeat) = json::parse::<Heartbeat>(bytes, MAX_HEARTBEAT_BYTES) {
        let written = json::write(&heartbeat).expect("a heartbeat can be written");
        let again: Heartbeat = json::parse(&written, usize::MAX).expect("and read again");
        assert_eq!(again, heartbeat);
    }
});
