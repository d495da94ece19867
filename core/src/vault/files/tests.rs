use std::io::{Cursor, Write as _};

use fenming_wire::id::Digest;
use fenming_wire::time::Timestamp;
use proptest::prelude::*;

use super::at_rest::CHUNK;
use super::*;
use crate::vault::sample::{Office, Phone, chat, general, message, noon, rule, seal, settle};
use crate::vault::{Appended, Pending, ToSeal};

fn keys() -> Digest {
    Digest::of(b"recipients")
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

/// Stores a message with files.
fn captured(vault: &mut Vault, text: &str, files: &[&[u8]]) -> RecordId {
    let record = Office::new().record((chat(1), "陶工"), message(chat(1), None, text));
    let Appended::New(id) = vault.append(&record).unwrap() else { panic!("not new") };
    let stored: Vec<_> =
        files.iter().map(|file| vault.store_file(&mut Cursor::new(file)).unwrap()).collect();
    vault.attach(id, &stored).unwrap();
    id
}

fn pending(vault: &Vault) -> Pending {
    vault.pending(&rule(&general(), 10)).unwrap().unwrap()
}

fn next(vault: &Vault) -> Option<ToSeal> {
    vault.next_to_seal(&pending(vault), &keys()).unwrap()
}

fn on_disk(phone: &Phone) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(phone.dir.path().join(FOLDER)) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(bytes: &mut FileReader) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    bytes.read_to_end(&mut all).map(|_| all)
}

#[test]
fn a_file_comes_back_after_a_restart_whatever_its_length() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17] {
        let phone = Phone::new();
        let mut vault = phone.enrolled();
        let plain = bytes(length);
        captured(&mut vault, "合同", &[&plain]);
        drop(vault);
        let (vault, _) = phone.open();
        phone.wait();
        let mut found = next(&vault).unwrap().bytes.unwrap();
        assert_eq!(read(&mut found).unwrap(), plain, "{length}");
    }
}

#[test]
fn nothing_of_a_file_is_on_disk_in_the_clear() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &["机密报价 k4n4ry".repeat(20_000).as_bytes()]);
    assert_eq!(on_disk(&phone).len(), 1);
    assert!(!phone.holds_text("k4n4ry"));
    let name = on_disk(&phone)[0].to_string_lossy().into_owned();
    assert!(!name.contains("k4n4ry"));
    let sealed = fs::read(&on_disk(&phone)[0]).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"k4n4ry"));
}

#[test]
fn a_file_that_breaks_off_leaves_nothing() {
    struct Broken(u64);
    impl Read for Broken {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.0 -= 1;
            to[0] = 7;
            Ok(1)
        }
    }
    let phone = Phone::new();
    let vault = phone.enrolled();
    let refused = vault.store_file(&mut Broken(100_000));
    assert!(matches!(refused, Err(FileRefused::Unreadable)));
    assert!(on_disk(&phone).is_empty());
}

#[test]
fn a_file_that_is_too_long_leaves_nothing() {
    let phone = Phone::new();
    let vault = phone.enrolled();
    let refused = vault.store_file(&mut io::repeat(0).take(MAX_ATTACHMENT_BYTES + 1));
    assert!(matches!(refused, Err(FileRefused::TooLarge)));
    assert!(on_disk(&phone).is_empty());
}

#[test]
fn a_full_store_takes_no_file() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &[b"one"]);
    phone.sql().execute("UPDATE attachments SET size = ?1", [1_i64 << 30]).unwrap();
    let refused = vault.store_file(&mut &b"two"[..]);
    assert!(matches!(refused, Err(FileRefused::Store(AgentError::StoreFull))));
    assert_eq!(on_disk(&phone).len(), 1);
}

#[test]
fn a_file_without_a_row_is_swept_and_no_other() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &[b"one"]);
    vault.store_file(&mut &b"two"[..]).unwrap();
    fs::write(phone.dir.path().join(FOLDER).join("half.part"), b"half").unwrap();
    assert_eq!(on_disk(&phone).len(), 3);
    drop(vault);
    let (mut vault, _) = phone.open();
    assert_eq!(on_disk(&phone).len(), 1, "an opening sweeps");
    assert_eq!(vault.sweep_files().unwrap(), 0);
    assert!(
        vault
            .next_to_seal(
                &{
                    phone.wait();
                    pending(&vault)
                },
                &keys()
            )
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_record_that_is_taken_back_takes_its_files_along() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    let record = captured(&mut vault, "合同", &[b"one", b"two"]);
    vault.retract(record, crate::vault::sample::REVIEW).unwrap();
    assert_eq!(vault.sweep_files().unwrap(), 2);
    assert!(on_disk(&phone).is_empty());
}

#[test]
fn files_are_sealed_one_after_the_other_and_again_for_other_keys() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &[b"one", b"two"]);
    phone.wait();
    let file = |n: u8| SealedFileOf(n).file();
    for n in 1..=2 {
        let mut found = next(&vault).unwrap();
        let text = read(found.bytes.as_mut().unwrap()).unwrap();
        assert_eq!(text, [&b"one"[..], b"two"][usize::from(n) - 1]);
        vault.file_sealed(found.id, &file(n), &keys()).unwrap();
    }
    assert!(next(&vault).is_none());
    let line = &pending(&vault).lines[pending(&vault).lines.len() - 1];
    assert_eq!(line.files, [Some(file(1)), Some(file(2))]);
    assert_eq!(pending(&vault).attachments(), [file(1), file(2)]);
    let other = Digest::of(b"others");
    assert!(vault.next_to_seal(&pending(&vault), &other).unwrap().is_some());
    vault.file_unsealed(&file(1).ciphertext).unwrap();
    assert!(next(&vault).is_some());
}

struct SealedFileOf(u8);

impl SealedFileOf {
    fn file(&self) -> fenming_wire::manifest::SealedFile {
        let ciphertext = Digest::from_bytes([self.0; 32]);
        fenming_wire::manifest::SealedFile { ciphertext, size: 100 }
    }
}

#[test]
fn a_file_that_is_gone_is_given_up_and_its_record_goes_without_it() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &[b"one"]);
    phone.wait();
    fs::remove_file(&on_disk(&phone)[0]).unwrap();
    let found = next(&vault).unwrap();
    assert!(found.bytes.is_none());
    vault.file_lost(found.id).unwrap();
    assert!(next(&vault).is_none());
    let line = &pending(&vault).lines[pending(&vault).lines.len() - 1];
    assert_eq!(line.files, [None]);
    assert!(pending(&vault).attachments().is_empty());
}

#[test]
fn what_was_delivered_leaves_the_phone() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    captured(&mut vault, "合同", &[b"one"]);
    phone.wait();
    let file = SealedFileOf(1).file();
    let found = next(&vault).unwrap();
    vault.file_sealed(found.id, &file, &keys()).unwrap();
    vault.file_received(&file.ciphertext, Some(Timestamp::from_millis(1))).unwrap();
    assert!(vault.is_file_received(&file.ciphertext).unwrap());
    vault.file_received(&file.ciphertext, None).unwrap();
    assert!(!vault.is_file_received(&file.ciphertext).unwrap());
    while seal(&mut vault, 10).is_some() {}
    assert!(vault.sealed_files().unwrap().contains(&format!("{}.age", file.ciphertext)));
    assert_eq!(vault.sweep_files().unwrap(), 0, "not before the receipt");
    while settle(&mut vault).is_some() {}
    assert!(vault.sealed_files().unwrap().is_empty());
    assert_eq!(vault.sweep_files().unwrap(), 1);
    assert!(noon() > Timestamp::from_millis(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_edit_cut_or_swap_of_a_file_at_rest_opens(
        length in 1usize..(3 * CHUNK),
        at in any::<prop::sample::Index>(),
        how in 0u8..4,
    ) {
        let phone = Phone::new();
        let mut vault = phone.enrolled();
        captured(&mut vault, "合同", &[&bytes(length), &bytes(length)]);
        phone.wait();
        let (one, other) = (on_disk(&phone)[0].clone(), on_disk(&phone)[1].clone());
        let mut sealed = fs::read(&one).unwrap();
        let at = at.index(sealed.len());
        match how {
            0 => sealed[at] ^= 1,
            1 => sealed.truncate(at),
            2 => sealed.push(0),
            _ => sealed = fs::read(&other).unwrap(),
        }
        File::create(&one).unwrap().write_all(&sealed).unwrap();
        let mut refused = 0;
        while let Some(mut found) = next(&vault) {
            refused += u8::from(read(found.bytes.as_mut().unwrap()).is_err());
            vault.file_lost(found.id).unwrap();
        }
        prop_assert_eq!(refused, 1);
    }
}
