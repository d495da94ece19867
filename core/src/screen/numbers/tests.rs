use proptest::prelude::*;

use super::*;

/// An invented number with the right check character.
fn resident_id(head: &str) -> String {
    let checks = "0123456789X".chars();
    checks.map(|check| format!("{head}{check}")).find(|id| is_resident_id(id)).unwrap()
}

fn bank_card(head: &str) -> String {
    (0..10).map(|check| format!("{head}{check}")).find(|card| is_bank_card(card)).unwrap()
}

#[test]
fn the_examples_of_the_standard_are_resident_ids() {
    // GB 11643-1999 prints these two.
    assert!(is_resident_id("11010519491231002X"));
    assert!(is_resident_id("11010519491231002x"));
    assert!(is_resident_id("440524188001010014"));
}

#[test]
fn a_wrong_check_an_impossible_date_or_another_length_is_no_resident_id() {
    for wrong in [
        "110105194912310020",
        "11010519490231002X",
        "1101051949123100",
        "1101051949123100２X",
        "X1010519491231002X",
        "99010519491231002X",
        "",
    ] {
        assert!(!is_resident_id(wrong), "{wrong}");
    }
    let feb_29 = (0..=9).map(|n| format!("11010519990229{n:03}0"));
    assert!(!feb_29.into_iter().any(|id| is_resident_id(&id)));
}

#[test]
fn a_bank_card_has_an_issuer_and_a_luhn_digit() {
    // The numbers that card networks publish for tests.
    for card in ["4111111111111111", "5555555555554444", "378282246310005", "6200000000000005"] {
        assert!(is_bank_card(card), "{card}");
    }
    for wrong in ["4111111111111112", "1234567812345670", "411111111111111", "0000000000000000"] {
        assert!(!is_bank_card(wrong), "{wrong}");
    }
}

#[test]
fn a_number_is_found_however_it_is_grouped() {
    let id = resident_id("33010219900307001").to_lowercase();
    let card = bank_card("622200123456789012");
    assert!(has(Pattern::ResidentId, &format!("身份证{id}，谢谢")));
    assert!(has(Pattern::BankCard, &format!("卡号 {card}")));
    let digits: Vec<char> = card.chars().collect();
    let grouped: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    assert!(has(Pattern::BankCard, &grouped.join(" ")));
    assert!(has(Pattern::BankCard, &grouped.join("-")));
    assert!(!has(Pattern::BankCard, &grouped.join("  ")), "two spaces are two numbers");
    assert!(!has(Pattern::ResidentId, &format!("{id}7")), "part of a longer number");
}

proptest! {
    #[test]
    fn one_changed_digit_makes_it_no_resident_id(at in 0usize..17, by in 1u8..10) {
        let mut id = resident_id("33010219900307001").into_bytes();
        id[at] = (id[at] - b'0' + by) % 10 + b'0';
        prop_assert!(!is_resident_id(std::str::from_utf8(&id).unwrap()));
    }

    #[test]
    fn one_changed_digit_makes_it_no_bank_card(at in 6usize..19, by in 1u8..10) {
        let mut card = bank_card("622200123456789012").into_bytes();
        card[at] = (card[at] - b'0' + by) % 10 + b'0';
        prop_assert!(!is_bank_card(std::str::from_utf8(&card).unwrap()));
    }

    #[test]
    fn any_text_is_looked_through(text in any::<String>()) {
        let _ = has(Pattern::ResidentId, &text) || has(Pattern::BankCard, &text);
        let _ = is_resident_id(&text) || is_bank_card(&text);
    }
}
