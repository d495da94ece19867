use super::*;
use crate::vault::sample::*;

#[test]
fn a_page_of_records_goes_on_where_the_last_ended() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    for n in 0..5 {
        vault.append(&office.message(chat(n % 2), &n.to_string())).unwrap();
    }
    let mut query = RecordQuery { limit: 2, ..RecordQuery::default() };
    let mut pages = Vec::new();
    loop {
        let page = vault.records(&query).unwrap();
        pages.push(page.records.iter().map(|record| record.chat).collect::<Vec<_>>());
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let (even, odd) = (Some(chat(0)), Some(chat(1)));
    assert_eq!(pages, [vec![even, odd], vec![even, odd], vec![even]]);
    let odd = RecordQuery { chat: odd, limit: 9, ..RecordQuery::default() };
    assert_eq!(vault.records(&odd).unwrap().records.len(), 2);
}

#[test]
fn the_employee_sees_why_and_under_which_consent() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    let record = office.message(chat(1), "一");
    vault.append(&record).unwrap();
    vault.append(&office.message(chat(1), "二")).unwrap();
    vault.declare(&coverage(1)).unwrap();
    let query = RecordQuery { limit: 9, ..RecordQuery::default() };
    let page = vault.records(&query).unwrap().records;
    assert_eq!((page[0].why.as_ref(), page[0].grant, page[0].chat), (None, None, None));
    assert_eq!(page[0].state, RecordState::Queued);
    for view in &page[1..] {
        assert_eq!(view.why.as_ref(), Some(record.why()));
        assert_eq!(view.grant.as_ref(), Some(record.grant()));
        assert_eq!(view.captured, noon());
    }
    // The reason is stored once.
    let sql = &vault.live().unwrap().sql;
    let rows: i64 = sql.query_row("SELECT count(*) FROM bases", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn the_employee_sees_when_a_record_left_and_when_it_arrived() {
    let (phone, office) = (Phone::new(), Office::new());
    let mut vault = phone.enrolled();
    vault.append(&office.message(chat(1), "一")).unwrap();
    phone.wait();
    seal(&mut vault, 9).unwrap();
    settle(&mut vault).unwrap();
    let query = RecordQuery { limit: 1, ..RecordQuery::default() };
    let view = vault.records(&query).unwrap().records.remove(0);
    assert_eq!(view.sealed, Some(noon() + REVIEW));
    assert_eq!(view.delivered, Some(noon()));
}
