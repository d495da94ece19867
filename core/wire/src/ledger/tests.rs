use proptest::prelude::*;

use super::*;

fn start() -> Position {
    Position::start(DeviceId::from_bytes([1; 16]), Epoch::from_bytes([2; 8]))
}

fn end(salt: &Digest, lines: &[Vec<u8>]) -> Position {
    lines.iter().fold(start(), |at, line| at.after(salt, line))
}

fn follow(salt: &Digest, lines: &[Vec<u8>], expected: Position) -> Result<Position, WireError> {
    start().follow(salt, lines.iter().map(Vec::as_slice), expected)
}

#[test]
fn a_ledger_begins_with_its_device_and_epoch() {
    let one = start();
    assert_eq!(one.seq, 0);
    assert_ne!(one, Position::start(DeviceId::from_bytes([9; 16]), Epoch::from_bytes([2; 8])));
    assert_ne!(one, Position::start(DeviceId::from_bytes([1; 16]), Epoch::from_bytes([9; 8])));
}

#[test]
fn the_arithmetic_is_the_one_that_is_documented() {
    let salt = Digest::from_bytes([3; 32]);
    let leaf = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes()), b"line");
    let mut whole = b"fenming.chain.v1".to_vec();
    whole.extend_from_slice(start().head.as_bytes());
    whole.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
    whole.extend_from_slice(leaf.as_ref());
    assert_eq!(start().after(&salt, b"line"), Position { seq: 1, head: Digest::of(&whole) });

    let whole = [&b"fenming.start.v1"[..], &[1; 16], &[2; 8]].concat();
    assert_eq!(start().head, Digest::of(&whole));
}

#[test]
fn another_salt_gives_other_heads_for_the_same_line() {
    let (one, two) = (Digest::from_bytes([3; 32]), Digest::from_bytes([4; 32]));
    assert_ne!(start().after(&one, b"line"), start().after(&two, b"line"));
}

#[test]
fn an_empty_batch_leads_nowhere() {
    let salt = Digest::from_bytes([3; 32]);
    assert_eq!(follow(&salt, &[], start()).unwrap(), start());
    assert!(follow(&salt, &[], end(&salt, &[b"line".to_vec()])).is_err());
}

#[test]
fn the_refusal_tells_a_changed_line_from_a_missing_one() {
    let salt = Digest::from_bytes([3; 32]);
    let expected = end(&salt, &[b"a".to_vec(), b"b".to_vec()]);
    let changed = follow(&salt, &[b"a".to_vec(), b"c".to_vec()], expected).unwrap_err();
    assert!(changed.to_string().ends_with("the lines do not lead to this head"));
    let missing = follow(&salt, &[b"a".to_vec()], expected).unwrap_err();
    assert!(missing.to_string().ends_with("lines are missing or too many"));
}

fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20)
}

proptest! {
    #[test]
    fn the_same_lines_lead_to_the_same_place(lines in lines(), salt in any::<[u8; 32]>()) {
        let salt = Digest::from_bytes(salt);
        let expected = end(&salt, &lines);
        prop_assert_eq!(follow(&salt, &lines, expected).unwrap(), expected);
    }

    #[test]
    fn an_edited_line_is_noticed(
        lines in lines(),
        salt in any::<[u8; 32]>(),
        at in any::<prop::sample::Index>(),
        other in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let salt = Digest::from_bytes(salt);
        let mut edited = lines.clone();
        let at = at.index(lines.len());
        prop_assume!(edited[at] != other);
        edited[at] = other;
        prop_assert!(follow(&salt, &edited, end(&salt, &lines)).is_err());
    }

    #[test]
    fn a_dropped_line_is_noticed(
        lines in lines(),
        salt in any::<[u8; 32]>(),
        at in any::<prop::sample::Index>(),
    ) {
        let salt = Digest::from_bytes(salt);
        let mut fewer = lines.clone();
        fewer.remove(at.index(lines.len()));
        prop_assert!(follow(&salt, &fewer, end(&salt, &lines)).is_err());
    }

    #[test]
    fn an_inserted_line_is_noticed(
        lines in lines(),
        salt in any::<[u8; 32]>(),
        at in any::<prop::sample::Index>(),
        new in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let salt = Digest::from_bytes(salt);
        let mut more = lines.clone();
        more.insert(at.index(lines.len() + 1), new);
        prop_assert!(follow(&salt, &more, end(&salt, &lines)).is_err());
    }

    #[test]
    fn reordered_lines_are_noticed(
        lines in lines(),
        salt in any::<[u8; 32]>(),
        one in any::<prop::sample::Index>(),
        two in any::<prop::sample::Index>(),
    ) {
        let salt = Digest::from_bytes(salt);
        let (one, two) = (one.index(lines.len()), two.index(lines.len()));
        prop_assume!(lines[one] != lines[two]);
        let mut reordered = lines.clone();
        reordered.swap(one, two);
        prop_assert!(follow(&salt, &reordered, end(&salt, &lines)).is_err());
    }

    #[test]
    fn bytes_do_not_move_between_lines(
        line in prop::collection::vec(any::<u8>(), 2..40),
        salt in any::<[u8; 32]>(),
    ) {
        let salt = Digest::from_bytes(salt);
        let (first, rest) = line.split_at(1);
        let split = end(&salt, &[first.to_vec(), rest.to_vec()]);
        prop_assert_ne!(split.head, end(&salt, &[line.clone(), Vec::new()]).head);
    }
}
