use super::*;
use crate::samples::{decision, message};
use crate::screening::LabelKind;

fn item() -> CounselItem {
    CounselItem {
        v: 1,
        tenant: "hengshan-bank".parse().unwrap(),
        device: decision().device,
        item: decision().item,
        token: decision().token.into(),
        labels: vec![Label { kind: LabelKind::StateSecret, rule: "secrets".parse().unwrap() }],
        line: Body::Message(message()),
    }
}

#[test]
fn an_item_opens_with_counsels_key_and_with_no_other() {
    let (counsel, custodian) = (Identity::generate(), Identity::generate());
    let sealed = item().seal(&counsel.recipient()).unwrap();
    let opened = CounselItem::open(&sealed, &counsel).unwrap();
    assert_eq!(json::write(&opened).unwrap(), json::write(&item()).unwrap());
    assert!(matches!(CounselItem::open(&sealed, &custodian), Err(WireError::Unopenable)));
    let text = "合同今天".as_bytes();
    assert!(!sealed.windows(text.len()).any(|part| part == text));
}

#[test]
fn a_decision_that_breaks_its_own_rules_is_refused() {
    decision().check().unwrap();
    type Change = fn(&mut CounselDecision);
    let cases: [(Change, &str); 5] = [
        (|d| d.number = 0, "number"),
        (|d| d.expires = d.issued, "expires"),
        (|d| d.token.truncate(62), "token"),
        (|d| d.token = "G".repeat(64), "token"),
        (|d| d.token = "A1".repeat(32), "token"),
    ];
    for (change, path) in cases {
        let mut decision = decision();
        change(&mut decision);
        let refusal = decision.check().unwrap_err().to_string();
        assert!(refusal.starts_with(&format!("field `{path}`")), "{refusal}");
    }
}
