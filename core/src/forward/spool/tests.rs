use super::*;

fn spool() -> (tempfile::TempDir, Spool) {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::new(dir.path().to_owned());
    (dir, spool)
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_was_written_is_read_back_and_nothing_else_is_left() {
    let (dir, spool) = spool();
    let digest = Digest::of(b"sealed");
    let name = spool.write(&digest, b"sealed").unwrap();
    assert_eq!(names(dir.path()), std::slice::from_ref(&name));
    assert!(spool.read(&name, &digest).unwrap() == Spooled::Whole(b"sealed".to_vec()));
    spool.remove(&name).unwrap();
    spool.remove(&name).unwrap();
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_missing_a_cut_and_a_changed_file_are_damage() {
    let (dir, spool) = spool();
    let digest = Digest::of(b"sealed");
    assert!(spool.read("gone.age", &digest).unwrap() == Spooled::Damaged);
    let name = spool.write(&digest, b"sealed").unwrap();
    for bytes in [&b"seale"[..], b"sealeD", b"", b"sealed "] {
        fs::write(dir.path().join(&name), bytes).unwrap();
        assert!(spool.read(&name, &digest).unwrap() == Spooled::Damaged);
    }
}

#[test]
fn a_name_never_leads_out_of_the_folder() {
    let (_dir, spool) = spool();
    for name in ["../store.db", "/etc/hostname", "a/b", "..", "."] {
        assert!(spool.read(name, &Digest::of(b"")).is_err(), "{name}");
        assert!(spool.remove(name).is_err(), "{name}");
    }
}

#[test]
fn a_folder_that_is_missing_or_a_file_in_its_place_is_said_so() {
    let (dir, _) = spool();
    let spool = Spool::new(dir.path().join("none"));
    let missing = spool.write(&Digest::of(b"x"), b"x").unwrap_err();
    assert_eq!(missing.code(), "store_unavailable");
}

/// The most memory that this process ever held, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Run it alone: memory is counted for the whole process.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "long, and only meaningful alone: 100 MiB from the share sheet to the last chunk"]
fn a_file_of_100_mib_passes_in_flat_memory() {
    use fenming_wire::limits::MAX_ATTACHMENT_BYTES;

    use crate::vault::Appended;
    use crate::vault::sample::{Office, Phone, chat, general, message, rule};

    let phone = Phone::new();
    let mut vault = phone.enrolled();
    let record = Office::new().record((chat(1), "陶工"), message(chat(1), None, "合同"));
    let Appended::New(id) = vault.append(&record).unwrap() else { panic!() };
    let spool = Spool::new(vault.spool());
    let recipients = [fenming_wire::seal::Identity::generate().recipient()];
    let before = peak_memory();
    let mut state = 7u64;
    let noise = std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    let mut plain = Bytes(noise).take(MAX_ATTACHMENT_BYTES);
    let stored = vault.store_file(&mut plain).unwrap();
    assert_eq!(stored.kept.size, MAX_ATTACHMENT_BYTES);
    vault.attach(id, &[stored]).unwrap();
    phone.wait();
    let pending = vault.pending(&rule(&general(), 10)).unwrap().unwrap();
    let next = vault.next_to_seal(&pending, &Digest::of(b"keys")).unwrap().unwrap();
    let file = spool.seal(&mut next.bytes.unwrap(), &recipients).unwrap().unwrap();
    let mut offset = 0;
    while let Some(chunk) = spool.chunk(&file, offset).unwrap() {
        offset += u64::try_from(chunk.len()).unwrap();
    }
    assert_eq!(offset, file.size);
    let above = peak_memory() - before;
    assert!(above <= 24 * 1024 * 1024, "{above} bytes above the start");
}

/// Reads bytes that are made as they are asked for.
#[cfg(target_os = "linux")]
struct Bytes<I>(I);

#[cfg(target_os = "linux")]
impl<I: Iterator<Item = u8>> Read for Bytes<I> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        for (place, byte) in to.iter_mut().zip(&mut self.0) {
            *place = byte;
            read += 1;
        }
        Ok(read)
    }
}
