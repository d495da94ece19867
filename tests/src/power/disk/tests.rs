use super::*;

const TRUTHFUL: Disk<'_> = Disk { lossy: &["d"], lies: None };

fn create(path: &str, inode: u64) -> Entry {
    Entry::Create { path: path.into(), inode }
}

fn write(inode: u64, offset: usize, bytes: &[u8]) -> Entry {
    Entry::Write { inode, offset, bytes: bytes.to_vec() }
}

fn trace(mut entries: Vec<Entry>) -> Trace {
    entries.insert(0, Entry::MakeFolder { path: "d".into() });
    Trace(entries)
}

/// Every state of the file in which some history leaves it.
fn states(trace: &Trace, file: &str) -> BTreeSet<Option<Vec<u8>>> {
    let point = trace.0.len();
    let left = |seed| TRUTHFUL.lose(trace, point, &mut Dice::new(seed));
    (0..400).map(|seed| left(seed).file(file).map(<[u8]>::to_vec)).collect()
}

#[test]
fn what_was_synced_with_its_name_is_always_there() {
    let trace = trace(vec![
        create("d/f", 1),
        write(1, 0, b"kept"),
        Entry::SyncFile { inode: 1 },
        Entry::SyncFolder { path: "d".into() },
    ]);
    assert_eq!(states(&trace, "d/f"), BTreeSet::from([Some(b"kept".to_vec())]));
}

#[test]
fn a_name_that_was_not_synced_may_be_gone_though_its_bytes_were() {
    let trace = trace(vec![create("d/f", 1), write(1, 0, b"kept"), Entry::SyncFile { inode: 1 }]);
    assert_eq!(states(&trace, "d/f"), BTreeSet::from([None, Some(b"kept".to_vec())]));
}

#[test]
fn a_rename_may_survive_without_the_bytes_that_it_was_to_publish() {
    let renamed = Entry::Rename { from: "d/new".into(), to: "d/f".into() };
    let trace = trace(vec![create("d/new", 1), write(1, 0, b"late"), renamed]);
    let states = states(&trace, "d/f");
    assert!(states.contains(&None) && states.contains(&Some(Vec::new())));
    assert!(states.contains(&Some(b"late".to_vec())));
}

#[test]
fn a_later_write_may_survive_an_earlier_one_that_is_lost() {
    let trace = trace(vec![
        create("d/f", 1),
        Entry::SyncFolder { path: "d".into() },
        write(1, 0, &[1; 512]),
        write(1, 512, &[2; 512]),
    ]);
    let hole = [vec![0; 512], vec![2; 512]].concat();
    assert!(states(&trace, "d/f").contains(&Some(hole)));
}

#[test]
fn a_write_is_torn_at_sectors_and_nowhere_else() {
    let trace = trace(vec![
        create("d/f", 1),
        Entry::SyncFolder { path: "d".into() },
        write(1, 0, &[1; 1024]),
        Entry::SyncFile { inode: 1 },
        write(1, 0, &[2; 1024]),
    ]);
    let states = states(&trace, "d/f");
    let whole = |a: u8, b: u8| Some([vec![a; 512], vec![b; 512]].concat());
    let all = [whole(1, 1), whole(1, 2), whole(2, 1), whole(2, 2)];
    assert_eq!(states, BTreeSet::from(all));
}

#[test]
fn an_exact_folder_loses_nothing() {
    let trace =
        Trace(vec![Entry::MakeFolder { path: "e".into() }, create("e/f", 1), write(1, 0, b"kept")]);
    assert_eq!(states(&trace, "e/f"), BTreeSet::from([Some(b"kept".to_vec())]));
}

#[test]
fn the_shared_memory_of_sqlite_is_never_there() {
    let trace = trace(vec![
        create("d/store.db-shm", 1),
        write(1, 0, b"index"),
        Entry::SyncFile { inode: 1 },
        Entry::SyncFolder { path: "d".into() },
    ]);
    assert_eq!(states(&trace, "d/store.db-shm"), BTreeSet::from([None]));
}
