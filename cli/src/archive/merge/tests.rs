use proptest::prelude::*;

use super::*;

/// A line: device, epoch, seconds, what it says; chat ids differ from store to store.
type Seen = (u8, u8, i64, u8);

fn entry(seq: u64, (device, epoch, at, says): Seen) -> Entry {
    // Two devices to a person.
    let person = format!("p-{}", device / 2).parse().unwrap();
    let place = LinePlace {
        device: DeviceId::from_bytes([device; 16]),
        epoch: Epoch::from_bytes([epoch; 8]),
        seq,
    };
    Entry {
        place,
        received: Some(Timestamp::from_millis(i64::from(epoch) * 1_000_000)),
        at: Timestamp::from_millis(at * 1_000),
        // A line holds its time and the store's own name of the chat.
        exact: Digest::of(&[&[device, says], &at.to_be_bytes()[..]].concat()),
        shared: Some(Shared { person, seen: Digest::of(&[says]) }),
    }
}

fn entries(seen: &[Seen]) -> Vec<Entry> {
    (1..).zip(seen).map(|(seq, seen)| entry(seq, *seen)).collect()
}

/// Sequences of the duplicates, and why.
fn found(seen: &[Seen]) -> Vec<(u64, u64, Why)> {
    let all = duplicates(&entries(seen));
    all.iter().map(|(place, found)| (place.seq, found.of.seq, found.why)).collect()
}

#[test]
fn a_message_on_two_devices_of_a_person_is_one_message() {
    assert_eq!(found(&[(0, 0, 0, 7), (1, 1, 9, 7)]), [(2, 1, Why::OtherDevice)]);
}

#[test]
fn a_message_that_only_one_device_saw_stays() {
    assert_eq!(found(&[(0, 0, 0, 7), (1, 1, 9, 8)]), []);
}

#[test]
fn devices_of_two_people_have_nothing_to_do_with_each_other() {
    assert_eq!(found(&[(0, 0, 0, 7), (2, 1, 0, 7)]), []);
}

#[test]
fn the_same_words_an_hour_later_are_another_message() {
    assert_eq!(found(&[(0, 0, 0, 7), (1, 1, 3_600, 7)]), []);
}

#[test]
fn equal_messages_of_one_device_all_stay() {
    assert_eq!(found(&[(0, 0, 0, 7), (0, 0, 5, 7), (0, 0, 5, 7)]), []);
}

#[test]
fn two_equal_messages_on_two_devices_are_two_messages() {
    let seen = [(0, 0, 0, 7), (0, 0, 20, 7), (1, 1, 1, 7), (1, 1, 21, 7)];
    assert_eq!(found(&seen), [(3, 1, Why::OtherDevice), (4, 2, Why::OtherDevice)]);
}

#[test]
fn where_one_device_saw_more_of_equal_messages_all_stay() {
    assert_eq!(found(&[(0, 0, 0, 7), (0, 0, 20, 7), (1, 1, 10, 7)]), []);
}

#[test]
fn a_line_that_was_sealed_again_after_an_old_copy_was_put_back_is_a_duplicate() {
    assert_eq!(found(&[(0, 0, 0, 7), (0, 1, 0, 7)]), [(2, 1, Why::SameLine)]);
}

#[test]
fn equal_lines_of_one_epoch_stay_however_often_they_were_sealed_again() {
    let seen = [(0, 0, 0, 7), (0, 0, 0, 7), (0, 1, 0, 7), (0, 1, 0, 7), (0, 1, 0, 7)];
    // Three were honest, so three stay: all of one epoch.
    assert_eq!(found(&seen), [(1, 3, Why::SameLine), (2, 4, Why::SameLine)]);
}

#[test]
fn what_is_seen_again_by_a_store_that_began_anew_is_a_duplicate() {
    let mut all = entries(&[(0, 0, 0, 7), (0, 1, 0, 7), (0, 1, 30, 7)]);
    for entry in &mut all {
        // New keys: the store names the chat otherwise.
        entry.exact = Digest::of(&[entry.place.epoch.as_bytes()[0], 9]);
    }
    let found = duplicates(&all);
    assert_eq!(found.len(), 1);
    assert_eq!(found[&all[1].place].why, Why::SeenAgain);
}

#[test]
fn what_cannot_be_told_apart_across_devices_stays() {
    let mut all = entries(&[(0, 0, 0, 7), (1, 1, 1, 7)]);
    all[1].shared = None;
    assert!(duplicates(&all).is_empty());
}

fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0u8..4, 0u8..3, 0i64..8, 0u8..2), 0..40).prop_map(|seen| {
        entries(&seen.into_iter().map(|(d, e, at, says)| (d, e, at * 20, says)).collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn the_order_does_not_matter(all in any_entries(), seed in any::<u64>()) {
        let mut other = all.clone();
        other.sort_by_key(|entry| Digest::of(&(seed ^ entry.place.seq).to_be_bytes()));
        prop_assert_eq!(duplicates(&other), duplicates(&all));
    }

    #[test]
    fn what_stays_has_no_duplicates(all in any_entries()) {
        let found = duplicates(&all);
        let rest: Vec<Entry> =
            all.into_iter().filter(|entry| !found.contains_key(&entry.place)).collect();
        prop_assert!(duplicates(&rest).is_empty());
    }

    #[test]
    fn every_duplicate_has_a_counterpart_of_its_own_that_stays(all in any_entries()) {
        let found = duplicates(&all);
        let at: BTreeMap<LinePlace, &Entry> = all.iter().map(|e| (e.place, e)).collect();
        let mut taken = BTreeSet::new();
        for (place, duplicate) in &found {
            let (one, first) = (at[place], at[&duplicate.of]);
            // It may repeat a line that repeats another one on another device; that one stays.
            let last = found.get(&duplicate.of).map_or(duplicate.of, |next| next.of);
            prop_assert!(!found.contains_key(&last));
            let elsewhere = (place.device, place.epoch) != (first.place.device, first.place.epoch);
            prop_assert!(elsewhere, "a line of the same epoch");
            match duplicate.why {
                Why::SameLine => prop_assert_eq!(one.exact, first.exact),
                Why::SeenAgain => prop_assert_eq!((&one.shared, one.at), (&first.shared, first.at)),
                Why::OtherDevice => {
                    prop_assert_eq!(&one.shared, &first.shared);
                    prop_assert!(place.device != first.place.device);
                    prop_assert!(duplicate.apart <= MAX_APART);
                }
            }
            let epoch = (place.device, place.epoch, duplicate.of);
            prop_assert!(taken.insert(epoch), "two lines of an epoch share a counterpart");
        }
    }

    #[test]
    fn of_equal_lines_as_many_stay_as_any_one_ledger_has(all in any_entries()) {
        let found = duplicates(&all);
        let count = |entries: &mut dyn Iterator<Item = &Entry>| {
            let mut counts: BTreeMap<_, u32> = BTreeMap::new();
            for entry in entries {
                *counts.entry(entry.shared.clone()).or_default() += 1;
            }
            counts
        };
        let stay = count(&mut all.iter().filter(|entry| !found.contains_key(&entry.place)));
        for ledger in all.iter().map(|e| (e.place.device, e.place.epoch)) {
            let mut own = all.iter().filter(|e| (e.place.device, e.place.epoch) == ledger);
            for (key, number) in count(&mut own) {
                prop_assert!(stay.get(&key).is_some_and(|stay| *stay >= number));
            }
        }
    }
}
