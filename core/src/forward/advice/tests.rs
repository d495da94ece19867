use super::*;
use crate::forward::outcome::Trouble;
use crate::forward::residency::AddressRefused;

#[test]
fn what_the_employee_can_mend_is_said_in_both_languages() {
    for trouble in [Trouble::PhoneClock, Trouble::Address(AddressRefused::FakeIp)] {
        let say = |language| advice(trouble.code().0, language).unwrap();
        assert_ne!(say(Language::Chinese), say(Language::English));
    }
    assert_eq!(advice(Trouble::WrongPin.code().0, Language::English), None);
}
