use std::collections::BTreeSet;

use super::*;
use crate::vault::sample::{ORIGIN, Phone, chat};

#[test]
fn a_chat_keeps_its_id_across_restarts_and_titles() {
    let phone = Phone::new();
    let (vault, _) = phone.open();
    let before = vault.chat_id(ORIGIN, &ChatKey::Notification(40)).unwrap();
    drop(vault);
    let (vault, _) = phone.open();
    assert_eq!(vault.chat_id(ORIGIN, &ChatKey::Notification(40)).unwrap(), before);
}

#[test]
fn chats_of_other_users_numbers_and_titles_have_other_ids() {
    let (vault, _) = Phone::new().open();
    let clone = Origin { user: 999, ..ORIGIN };
    let keys = [
        (ORIGIN, ChatKey::Notification(40)),
        (ORIGIN, ChatKey::Notification(41)),
        (clone, ChatKey::Notification(40)),
        (ORIGIN, ChatKey::Title("40".into())),
        (clone, ChatKey::Title("40".into())),
        (ORIGIN, ChatKey::Title("\0\0\0\u{28}".into())),
    ];
    let ids: BTreeSet<_> =
        keys.iter().map(|(origin, key)| vault.chat_id(*origin, key).unwrap()).collect();
    assert_eq!(ids.len(), keys.len());
}

#[test]
fn an_id_means_nothing_to_another_store() {
    let key = ChatKey::Notification(40);
    let one = Phone::new();
    let mut other = Phone::new();
    other.random = std::sync::Arc::new(crate::testing::SeededRandom::new(8));
    let ids = [one, other].map(|phone| phone.open().0.chat_id(ORIGIN, &key).unwrap());
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_pseudonym_is_the_same_throughout_a_chat_and_another_in_every_other() {
    let (vault, _) = Phone::new().open();
    let name = "闻笛".into();
    let pseudonym = vault.pseudonym(chat(1), &name).unwrap();
    assert!(pseudonym == vault.pseudonym(chat(1), &name).unwrap());
    assert!(pseudonym != vault.pseudonym(chat(2), &name).unwrap());
    assert!(pseudonym != vault.pseudonym(chat(1), &"沈砚".into()).unwrap());
    let letters = pseudonym.expose().strip_prefix("联系人-").unwrap();
    assert_eq!(letters.len(), 8);
    assert!(letters.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
}

#[test]
fn no_two_purposes_share_a_hash() {
    let index = Index::new(&[1; 32], &[2; 32]);
    let text = Content::from("同一句话");
    let hashes = BTreeSet::from([
        index.sender(chat(1), &text),
        index.seen(chat(1), &text),
        index.basis(chat(1).as_bytes(), text.expose().as_bytes()),
    ]);
    assert_eq!(hashes.len(), 3);
}
