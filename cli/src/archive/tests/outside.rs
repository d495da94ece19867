//! Without any private key.

use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Digest, Epoch};
use fenming_wire::key::Ed25519Signer;
use fenming_wire::manifest::{Manifest, SealedFile};
use fenming_wire::receipt::Receipt;

use super::super::{Fault, StoredBatch, Trusted, Unread, verify_epoch};
use super::ledger::{Writer, Wrong, chat, day, forged, message, missing};
use super::{faults, only, verify_files, verify_outside};

#[test]
fn a_sound_archive_has_no_findings_even_without_a_key() {
    let writer = day();
    let report = verify_outside(&writer, writer.stored());
    assert_eq!(report.findings, []);
    assert_eq!((report.batches, report.opened, report.end), (3, 0, writer.at));
    assert_eq!(report.books, None);
}

#[test]
fn an_epoch_without_batches_is_sound() {
    let writer = Writer::new();
    assert_eq!(verify_outside(&writer, Vec::new()).findings, []);
}

#[test]
fn sealed_bytes_that_were_changed_are_found() {
    let writer = day();
    let mut files = writer.stored();
    files[1].sealed.as_mut().unwrap()[300] ^= 1;
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(6), Fault::Ciphertext)]);
}

#[test]
fn a_batch_sealed_anew_by_someone_else_is_found() {
    let writer = day();
    let mut files = writer.stored();
    let again = fenming_wire::seal::seal(b"{}\n", &[writer.custodian.recipient()]).unwrap();
    files[0].sealed = Ok(again);
    assert_eq!(faults(&verify_outside(&writer, files))[0], (Some(1), Fault::Ciphertext));
}

#[test]
fn each_missing_file_is_named() {
    let writer = day();
    type Drop<'a> = &'a dyn Fn(&mut StoredBatch);
    let drop: [(Drop<'_>, &str); 3] = [
        (&|batch| batch.sealed = missing(), "sealed file"),
        (&|batch| batch.manifest = missing(), "manifest"),
        (&|batch| batch.receipt = missing(), "receipt"),
    ];
    for (drop, name) in drop {
        let mut files = writer.stored();
        drop(&mut files[2]);
        let report = verify_outside(&writer, files);
        let finding = only(&report, Fault::Missing);
        assert_eq!((finding.place.seq, finding.detail.as_str()), (Some(9), name));
        assert!(!report.is_sound());
    }
}

#[test]
fn a_missing_batch_in_the_middle_or_at_the_start_is_a_gap() {
    let writer = day();
    let mut files = writer.stored();
    files.remove(1);
    let report = verify_outside(&writer, files);
    assert_eq!(faults(&report), [(Some(6), Fault::Gap)]);
    assert_eq!(only(&report, Fault::Gap).detail, "6 to 8");
    let mut files = writer.stored();
    files.remove(0);
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Gap)]);
}

#[test]
fn a_batch_that_stands_twice_overlaps() {
    let writer = day();
    let mut files = writer.stored();
    files.insert(1, writer.stored().remove(0));
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Overlap)]);
}

#[test]
fn a_batch_under_another_name_is_elsewhere() {
    let writer = day();
    let mut files = writer.stored();
    files[2].name.last += 1;
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(9), Fault::Elsewhere)]);
}

#[test]
fn an_epoch_under_another_name_is_elsewhere_and_begins_wrongly() {
    let writer = day();
    let trusted = writer.trusted();
    let mut ledger = writer.ledger(&trusted, &[]);
    ledger.epoch = Epoch::from_bytes([9; 8]);
    let report = verify_epoch(&ledger, writer.stored(), &mut ());
    let found = faults(&report);
    assert_eq!(found.iter().filter(|(_, code)| *code == Fault::Elsewhere).count(), 3);
    assert!(found.contains(&(Some(1), Fault::Head)), "{found:?}");
}

#[test]
fn a_manifest_by_another_device_is_refused() {
    let (writer, stranger) = (day(), Writer::new());
    let mut files = writer.stored();
    let bytes = files[0].manifest.clone().unwrap();
    let manifest = Envelope::<Manifest>::from_bytes(&bytes).unwrap().peek_unverified().unwrap();
    files[0].manifest = Ok(stranger.sign(&manifest).to_bytes().unwrap());
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Refused)]);
}

#[test]
fn a_receipt_by_a_key_that_no_trust_document_names_is_refused() {
    let writer = day();
    let mut files = writer.stored();
    let bytes = files[0].receipt.clone().unwrap();
    let receipt = Envelope::<Receipt>::from_bytes(&bytes).unwrap().peek_unverified().unwrap();
    files[0].receipt = Ok(forged(&receipt, &Ed25519Signer::generate().unwrap().0));
    let report = verify_outside(&writer, files);
    let finding = only(&report, Fault::Refused);
    assert_eq!(finding.detail, "receipt: not signed by a key that may sign it");
}

#[test]
fn the_receipt_of_another_batch_does_not_count() {
    let writer = day();
    let mut files = writer.stored();
    files[0].receipt = files[1].receipt.clone();
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Receipt)]);
}

#[test]
fn a_ledger_that_forks_is_broken_where_it_forks() {
    let mut writer = day();
    writer.at.head = Digest::of(b"another past");
    let from = writer.at.seq + 1;
    writer.batch(&[message(1, 11, "在吗")]);
    assert_eq!(faults(&verify_outside(&writer, writer.stored())), [(Some(from), Fault::Head)]);
}

#[test]
fn a_batch_sealed_to_a_stranger_is_found() {
    let mut writer = day();
    let stranger = fenming_wire::seal::Identity::generate().recipient().key_id();
    let add = |manifest: &mut Manifest| manifest.recipients.push(stranger);
    let wrong = Wrong { manifest: Some(&add), ..Wrong::default() };
    writer.wrong_batch(&[message(1, 11, "在吗")], &wrong);
    let report = verify_outside(&writer, writer.stored());
    assert_eq!(only(&report, Fault::Recipient).detail, stranger.to_string());
    assert!(
        faults(&verify_files(&writer, writer.stored())).contains(&(Some(11), Fault::NotConsented))
    );
}

#[test]
fn a_document_in_other_bytes_or_with_more_signatures_is_found() {
    let writer = day();
    let mut files = writer.stored();
    files[0].manifest.as_mut().unwrap().push(b'\n');
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Rewritten)]);

    let mut files = writer.stored();
    let text = String::from_utf8(files[0].receipt.clone().unwrap()).unwrap();
    let (head, tail) = text.split_once("\"signatures\":[").unwrap();
    let one = tail.trim_end_matches("]}");
    files[0].receipt = Ok(format!("{head}\"signatures\":[{one},{one}]}}").into_bytes());
    assert_eq!(faults(&verify_outside(&writer, files)), [(Some(1), Fault::Signatures)]);
}

#[test]
fn attachments_are_not_passed_over() {
    let mut writer = Writer::new();
    let add = |manifest: &mut Manifest| {
        manifest.attachments.push(SealedFile { ciphertext: Digest::of(b"photo"), size: 9 })
    };
    let wrong = Wrong { manifest: Some(&add), ..Wrong::default() };
    writer.wrong_batch(&[chat(1, "海港物流")], &wrong);
    let report = verify_outside(&writer, writer.stored());
    assert_eq!(faults(&report), [(Some(1), Fault::Attachments)]);
}

#[test]
fn without_the_devices_key_nothing_counts_as_verified() {
    let writer = day();
    let trusted = writer.trusted();
    let mut ledger = writer.ledger(&trusted, &[]);
    ledger.key = None;
    let report = verify_epoch(&ledger, writer.stored(), &mut ());
    assert_eq!(faults(&report), [(None, Fault::DeviceKey)]);
}

#[test]
fn a_key_of_another_device_is_not_taken() {
    let writer = day();
    let trusted = writer.trusted();
    let mut ledger = writer.ledger(&trusted, &[]);
    ledger.key = Some(Writer::new().key());
    let report = verify_epoch(&ledger, writer.stored(), &mut ());
    assert_eq!(faults(&report), [(None, Fault::DeviceKey)]);
}

#[test]
fn files_that_could_not_be_read_are_named() {
    let writer = day();
    let unread = [
        (Unread::TooLarge, Fault::Unread, "manifest: larger than it may be"),
        (Unread::Special, Fault::Special, "manifest"),
        (
            Unread::Failed(std::io::ErrorKind::PermissionDenied),
            Fault::Unread,
            "manifest: permission denied",
        ),
    ];
    for (why, code, detail) in unread {
        let mut files = writer.stored();
        files[2].manifest = Err(why);
        assert_eq!(only(&verify_outside(&writer, files), code).detail, detail);
    }
}

#[test]
fn trust_documents_by_another_root_or_of_another_tenant_are_refused() {
    let writer = day();
    let other = Ed25519Signer::generate().unwrap().0;
    let mut document = writer.trust.peek_unverified().unwrap();
    let good = ("trust.json".to_owned(), writer.trust.to_bytes().unwrap());
    let forged_file = ("trust/2.json".to_owned(), forged(&document, &other));
    document.version = 2;
    document.tenant = "harbour".parse().unwrap();
    let foreign = ("trust/3.json".to_owned(), forged(&document, &*writer.root));
    let (trusted, findings) = Trusted::check(&writer.root_key(), &[good, forged_file, foreign]);
    assert_eq!(trusted.unwrap().versions(), 1);
    let codes: Vec<Fault> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Fault::TrustRefused, Fault::TrustRefused]);
    assert_eq!(findings[0].detail, "trust/2.json: not signed by a key that may sign it");
}

#[test]
fn two_trust_documents_of_one_version_contradict_each_other() {
    let writer = day();
    let mut document = writer.trust.peek_unverified().unwrap();
    document.organisation.en = "Lantern Trading Ltd".to_owned();
    let files = [
        ("trust.json".to_owned(), writer.trust.to_bytes().unwrap()),
        ("trust/1.json".to_owned(), forged(&document, &*writer.root)),
    ];
    let (_, findings) = Trusted::check(&writer.root_key(), &files);
    assert_eq!(findings[0].code, Fault::TrustConflict);
}

#[test]
fn a_receipt_by_a_key_that_was_dropped_before_is_pointed_out() {
    let writer = day();
    let mut document = writer.trust.peek_unverified().unwrap();
    document.version = 2;
    document.receipt_keys = vec![Ed25519Signer::generate().unwrap().0.public()];
    document.issued = fenming_wire::time::Timestamp::from_millis(super::ledger::MORNING);
    let files = [
        ("trust.json".to_owned(), forged(&document, &*writer.root)),
        ("trust/1.json".to_owned(), writer.trust.to_bytes().unwrap()),
    ];
    let trusted = Trusted::check(&writer.root_key(), &files).0.unwrap();
    let report = verify_epoch(&writer.ledger(&trusted, &[]), writer.stored(), &mut ());
    assert!(report.is_sound());
    let retired = report.findings.iter().filter(|f| f.code == Fault::ReceiptKey).count();
    assert_eq!(retired, 3);
}
