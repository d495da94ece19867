use proptest::prelude::*;

use super::*;
use crate::testing::SeededRandom;

const HERE: Place<'_> = Place { table: "records", column: "body", row: 7 };

fn value(plain: &[u8]) -> (DataKey, Vec<u8>) {
    let key = DataKey::new(&[5; 32]).unwrap();
    let value = key.seal_value(&SeededRandom::new(1), (9, HERE), plain).unwrap();
    (key, value)
}

#[test]
fn a_value_opens_in_no_other_place() {
    let (key, value) = value(b"text");
    let elsewhere = [
        Place { table: "holds", ..HERE },
        Place { column: "title", ..HERE },
        Place { row: 8, ..HERE },
        // The same letters, split elsewhere.
        Place { table: "recordsb", column: "ody", row: 7 },
    ];
    assert_eq!(key.open_value(HERE, &value).unwrap().as_slice(), b"text");
    for place in elsewhere {
        assert_eq!(key.open_value(place, &value).err(), Some(Unopenable));
    }
}

#[test]
fn a_value_names_its_key_and_does_not_open_under_another_name() {
    let (key, mut value) = value(b"text");
    assert_eq!(key_of(&value), Ok(9));
    value[4] ^= 1;
    assert_eq!(key.open_value(HERE, &value).err(), Some(Unopenable));
}

#[test]
fn the_same_text_never_looks_the_same() {
    let key = DataKey::new(&[5; 32]).unwrap();
    let random = SeededRandom::new(1);
    let one = key.seal_value(&random, (9, HERE), b"text").unwrap();
    let other = key.seal_value(&random, (9, HERE), b"text").unwrap();
    assert_ne!(one, other);
}

proptest! {
    #[test]
    fn no_changed_bit_and_no_cut_opens(
        plain in prop::collection::vec(any::<u8>(), 0..64), place: usize, bit in 0u8..8,
    ) {
        let (key, value) = value(&plain);
        let mut changed = value.clone();
        let at = place % changed.len();
        changed[at] ^= 1 << bit;
        prop_assert!(key.open_value(HERE, &changed).is_err());
        prop_assert!(key.open_value(HERE, &value[..at]).is_err());
        let opened = key.open_value(HERE, &value).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let key = DataKey::new(&[5; 32]).unwrap();
        prop_assert!(key.open_value(HERE, &bytes).is_err());
    }
}
