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
