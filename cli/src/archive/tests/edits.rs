//! Whatever is edited, dropped, inserted or put in another order is found, by whoever holds none
//! of the keys.

use proptest::prelude::*;

use super::super::{BatchName, StoredBatch};
use super::ledger::{Writer, day};
use super::{verify_files, verify_outside};

/// What someone with access to the files does.
#[derive(Clone, Debug)]
enum Edit {
    /// Changes bits of a byte of a file.
    Flip { batch: usize, part: usize, at: prop::sample::Index, bits: u8 },
    /// Cuts a file.
    Cut { batch: usize, part: usize, at: prop::sample::Index },
    /// Puts a byte into a file.
    Insert { batch: usize, part: usize, at: prop::sample::Index, byte: u8 },
    /// Removes a whole batch that is not the last one.
    Drop { batch: usize },
    /// Removes one file.
    Lose { batch: usize, part: usize },
    /// Puts one batch's file in the place of another's.
    Swap { one: usize, other: usize, part: usize },
    /// Puts all three files of one batch in the place of another's.
    SwapAll { one: usize, other: usize },
    /// Stores a batch once more under a later name.
    Repeat { batch: usize },
}

fn edits() -> impl Strategy<Value = Edit> {
    let (batch, part) = (0..3usize, 0..3usize);
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (batch.clone(), part.clone(), at(), 1..=255u8)
            .prop_map(|(batch, part, at, bits)| Edit::Flip { batch, part, at, bits }),
        1 => (batch.clone(), part.clone(), at())
            .prop_map(|(batch, part, at)| Edit::Cut { batch, part, at }),
        2 => (batch.clone(), part.clone(), at(), any::<u8>())
            .prop_map(|(batch, part, at, byte)| Edit::Insert { batch, part, at, byte }),
        1 => (0..2usize).prop_map(|batch| Edit::Drop { batch }),
        1 => (batch.clone(), part.clone()).prop_map(|(batch, part)| Edit::Lose { batch, part }),
        1 => (batch.clone(), 1..3usize, part)
            .prop_map(|(one, by, part)| Edit::Swap { one, other: (one + by) % 3, part }),
        1 => (batch.clone(), 1..3usize)
            .prop_map(|(one, by)| Edit::SwapAll { one, other: (one + by) % 3 }),
        1 => batch.prop_map(|batch| Edit::Repeat { batch }),
    ]
}

fn part_of(batch: &mut StoredBatch, part: usize) -> &mut Vec<u8> {
    let parts = [&mut batch.sealed, &mut batch.manifest, &mut batch.receipt];
    parts.into_iter().nth(part).unwrap().as_mut().unwrap()
}

fn apply(files: &mut Vec<StoredBatch>, edit: &Edit) {
    match edit {
        Edit::Flip { batch, part, at, bits } => {
            let bytes = part_of(&mut files[*batch], *part);
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        Edit::Cut { batch, part, at } => {
            let bytes = part_of(&mut files[*batch], *part);
            bytes.truncate(at.index(bytes.len()));
        }
        Edit::Insert { batch, part, at, byte } => {
            let bytes = part_of(&mut files[*batch], *part);
            bytes.insert(at.index(bytes.len() + 1), *byte);
        }
        Edit::Drop { batch } => {
            files.remove(*batch);
        }
        Edit::Lose { batch, part } => {
            let lost = Err(super::super::Unread::Missing);
            let batch = &mut files[*batch];
            match part {
                0 => batch.sealed = lost,
                1 => batch.manifest = lost,
                _ => batch.receipt = lost,
            }
        }
        Edit::Swap { one, other, part } => {
            let (a, b) = (
                part_of(&mut files[*one], *part).clone(),
                part_of(&mut files[*other], *part).clone(),
            );
            *part_of(&mut files[*one], *part) = b;
            *part_of(&mut files[*other], *part) = a;
        }
        Edit::SwapAll { one, other } => {
            let (a, b) = (files[*one].name, files[*other].name);
            files.swap(*one, *other);
            (files[*one].name, files[*other].name) = (a, b);
        }
        Edit::Repeat { batch } => {
            let source = &files[*batch];
            let last = files.last().unwrap().name.last;
            let length = source.name.last - source.name.first;
            files.push(StoredBatch {
                name: BatchName { first: last + 1, last: last + 1 + length },
                sealed: source.sealed.clone(),
                manifest: source.manifest.clone(),
                receipt: source.receipt.clone(),
                attachments: None,
            });
        }
    }
}

/// A day is written once; its keys are the slow part.
fn with_day(check: impl Fn(&Writer)) {
    check(&day());
}

#[test]
fn every_edit_by_whoever_holds_no_key_is_found_from_outside() {
    with_day(|writer| {
        let config = ProptestConfig { cases: 600, ..ProptestConfig::default() };
        proptest!(config, |(edit in edits())| {
            let mut files = writer.stored();
            apply(&mut files, &edit);
            prop_assert!(!verify_outside(writer, files).is_sound(), "{:?}", edit);
        });
    });
}

#[test]
fn every_edit_is_found_with_the_key_as_well_and_what_is_found_holds_no_content() {
    with_day(|writer| {
        let config = ProptestConfig { cases: 100, ..ProptestConfig::default() };
        proptest!(config, |(edit in edits())| {
            let mut files = writer.stored();
            apply(&mut files, &edit);
            let report = verify_files(writer, files);
            prop_assert!(!report.is_sound(), "{:?}", edit);
            let text = serde_json::to_string(&report).unwrap();
            for word in ["合同", "报价", "Thanks", "海港", "林舟"] {
                prop_assert!(!text.contains(word), "{:?}: {}", edit, word);
            }
        });
    });
}

#[test]
fn a_missing_tail_shows_in_where_the_ledger_ends() {
    let writer = day();
    let mut files = writer.stored();
    files.pop();
    let report = verify_outside(&writer, files);
    assert!(report.is_sound(), "the files alone cannot tell");
    assert_ne!(report.end, writer.at);
}

/// Lines of a batch as a device would sign them, edited after the head was computed.
#[test]
fn every_edit_of_lines_is_found_even_where_the_device_signs_the_file() {
    let config = ProptestConfig { cases: 60, ..ProptestConfig::default() };
    proptest!(config, |(
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        bits in 1..=255u8,
        kind in 0..4u8,
    )| {
        let edit = |plain: &mut Vec<u8>| {
            let before = plain.clone();
            let mut lines: Vec<&[u8]> = before.split(|b| *b == b'\n').collect();
            lines.pop();
            let (one, two) = (at.index(lines.len()), other.index(lines.len()));
            match kind {
                0 => {
                    let at = at.index(before.len() - 1);
                    plain[at] ^= bits;
                    return;
                }
                1 => { lines.remove(one); }
                2 => lines.insert(one, before.split(|b| *b == b'\n').nth(two).unwrap()),
                _ => {
                    let other = if one == two { (one + 1) % lines.len() } else { two };
                    lines.swap(one, other);
                }
            }
            *plain = lines.join(&b'\n');
            plain.push(b'\n');
        };
        let mut writer = Writer::new();
        writer.batch(&[super::ledger::chat(1, "海港物流"), super::ledger::message(1, 1, "你好")]);
        let wrong = super::ledger::Wrong { plain: Some(&edit), ..Default::default() };
        writer.wrong_batch(
            &[super::ledger::message(1, 2, "在吗"), super::ledger::message(1, 3, "好的")],
            &wrong,
        );
        prop_assert!(!super::verify(&writer).is_sound());
    });
}

#[test]
fn arbitrary_files_never_panic() {
    let writer = day();
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    proptest!(|(sealed in bytes(), manifest in bytes(), receipt in bytes(), first in 0..9u64)| {
        let name = BatchName { first, last: first.saturating_add(3) };
        let batch =
            StoredBatch { name, sealed: Ok(sealed), manifest: Ok(manifest), receipt: Ok(receipt), attachments: None };
        prop_assert!(!verify_files(&writer, vec![batch]).is_sound());
    });
}
