use super::*;
use crate::vault::sample::*;

#[test]
fn a_business_chat_is_known_by_id_and_by_title() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("栗山精工 陶工");
    let shown = seen("栗山精工 陶工");
    assert!(vault.put_business_chat(chat(1), (ORIGIN, &shown), &business).unwrap());
    assert!(!vault.put_business_chat(chat(1), (ORIGIN, &shown), &business).unwrap());
    drop(vault);
    let (vault, _) = phone.open();
    let known = vault.chat(chat(1)).unwrap().unwrap();
    assert!(known.title.as_ref() == Some(&shown.title));
    assert_eq!((known.kind, known.verdict), (ChatKind::Direct, Some((&business).into())));
    assert_eq!(vault.chat_titled(ORIGIN, &shown.title).unwrap(), Some(chat(1)));
    let clone = Origin { user: 999, ..ORIGIN };
    assert_eq!(vault.chat_titled(clone, &shown.title).unwrap(), None);
}

#[test]
fn a_title_that_two_chats_share_names_neither() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("王工");
    for n in [1, 2] {
        vault.put_business_chat(chat(n), (ORIGIN, &seen("王工")), &business).unwrap();
    }
    assert_eq!(vault.chat_titled(ORIGIN, &"王工".into()).unwrap(), None);
    vault.put_business_chat(chat(2), (ORIGIN, &seen("王工（采购）")), &business).unwrap();
    assert_eq!(vault.chat_titled(ORIGIN, &"王工".into()).unwrap(), Some(chat(1)));
}

#[test]
fn a_kind_once_known_is_not_forgotten() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("王工");
    vault.put_business_chat(chat(1), (ORIGIN, &seen("王工")), &business).unwrap();
    let unknown = ChatSeen { kind: ChatKind::Unknown, ..seen("王工") };
    assert!(!vault.put_business_chat(chat(1), (ORIGIN, &unknown), &business).unwrap());
    assert_eq!(vault.chat(chat(1)).unwrap().unwrap().kind, ChatKind::Direct);
}

#[test]
fn a_chat_that_becomes_personal_loses_its_title() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("小满");
    vault.put_business_chat(chat(1), (ORIGIN, &seen("小满")), &business).unwrap();
    vault.tag_chat(chat(1), Some(EmployeeTag::Personal)).unwrap();
    let known = vault.chat(chat(1)).unwrap().unwrap();
    assert!(known.title.is_none() && known.verdict.is_none());
    assert_eq!(known.tag, Some(EmployeeTag::Personal));
    assert_eq!(vault.chat_titled(ORIGIN, &"小满".into()).unwrap(), None);
}

#[test]
fn of_a_chat_that_was_only_tagged_the_store_knows_no_title() {
    let mut vault = Phone::new().enrolled();
    assert!(vault.chat(chat(4)).unwrap().is_none());
    vault.tag_chat(chat(4), Some(EmployeeTag::Business)).unwrap();
    let known = vault.chat(chat(4)).unwrap().unwrap();
    assert!(known.title.is_none());
    assert_eq!((known.tag, known.counterpart), (Some(EmployeeTag::Business), Counterpart::Unknown));
    vault.tag_chat(chat(4), None).unwrap();
    assert_eq!(vault.chat(chat(4)).unwrap().unwrap().tag, None);
}

#[test]
fn every_state_of_a_counterpart_comes_back() {
    let mut vault = Phone::new().enrolled();
    let states =
        [Counterpart::Told, Counterpart::Consented, Counterpart::Objected, Counterpart::Unknown];
    for state in states {
        vault.set_counterpart(chat(1), state).unwrap();
        assert_eq!(vault.chat(chat(1)).unwrap().unwrap().counterpart, state);
    }
}

#[test]
fn captures_are_counted_and_a_retraction_takes_its_count_back() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("王工");
    vault.put_business_chat(chat(1), (ORIGIN, &seen("王工")), &business).unwrap();
    phone.wait();
    vault.append(&office.message(chat(1), "一")).unwrap();
    let crate::vault::Appended::New(id) = vault.append(&office.message(chat(1), "二")).unwrap()
    else {
        panic!("not stored")
    };
    vault.append(&office.message(chat(1), "二")).unwrap();
    let known = vault.chat(chat(1)).unwrap().unwrap();
    assert_eq!((known.captured, known.last), (2, Some(noon() + REVIEW)));
    vault.retract(id, REVIEW).unwrap();
    assert_eq!(vault.chat(chat(1)).unwrap().unwrap().captured, 1);
}

#[test]
fn chats_are_listed_latest_first_page_by_page() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let business = office.business("王工");
    for n in 1..=5 {
        let shown = seen(&format!("王工{n}"));
        vault.put_business_chat(chat(n), (ORIGIN, &shown), &business).unwrap();
    }
    vault.append(&office.message(chat(2), "最新")).unwrap();
    let (mut before, mut ids) = (None, Vec::new());
    loop {
        let page = vault.chats(before, 2).unwrap();
        ids.extend(page.chats.iter().map(|chat| chat.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(ids, [chat(2), chat(5), chat(4), chat(3), chat(1)]);
}

#[test]
fn a_verdict_is_stored_as_it_was_given() {
    let why = Why { step: fenming_wire::record::Step::Employee, rule: None };
    let personal = StoredVerdict::from(&Verdict::Personal(why.clone()));
    assert_eq!((personal.kind, personal.why), (VerdictKind::Personal, Some(why.clone())));
    let undecided = StoredVerdict::from(&Verdict::Undecided { signal: Some(why.clone()) });
    assert_eq!((undecided.kind, undecided.why), (VerdictKind::Undecided, Some(why)));
    let business = StoredVerdict::from(&Verdict::Business(Office::new().business("王工")));
    assert_eq!((business.kind, business.class), (VerdictKind::Business, Some(general())));
}
