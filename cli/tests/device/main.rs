//! The device's commands, as an employee types them, against a real endpoint.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod office;

use std::collections::BTreeSet;

use fenming::Exit;
use fenming::archive::Weight;
use office::{Office, day};
use serde_json::Value;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn records(office: &Office, more: &[&str]) -> Vec<Value> {
    let page = office.json(&[&["records", "--limit", "500"], more].concat());
    assert!(page["next"].is_null());
    list(&page, "records").to_vec()
}

/// Those that the books count.
fn counted(records: &[Value]) -> Vec<&Value> {
    let kinds = ["message", "recall", "call"];
    records.iter().filter(|record| kinds.contains(&text(&record["line"], "kind"))).collect()
}

#[test]
fn a_working_day_goes_from_the_profile_to_a_verified_archive() {
    let mut office = Office::open(|_| {});
    office.agree(&[]);
    let replayed = office.replay();
    let captured = number(&replayed["captured"]);
    assert!(captured > 80 && number(&replayed["recalls"]) > 0 && number(&replayed["calls"]) > 0);
    let chats = office.json(&["chats"]);
    let business = list(&chats, "chats").iter().filter(|chat| chat["verdict"] == "business");
    assert!(business.clone().count() >= 10);
    assert!(business.clone().all(|chat| !text(&chat["why"], "explained").is_empty()));

    let before = records(&office, &[]);
    let message = counted(&before).into_iter().find(|r| r["line"]["kind"] == "message").unwrap();
    assert_eq!(message["state"], "in_review");
    let (record, said) = (message["record"].to_string(), text(&message["line"], "text").to_owned());
    office.json(&["retract", &record]);
    assert_eq!(office.device(&["retract", &record]).exit, Exit::Input);
    assert_eq!(counted(&records(&office, &[])).len() as u64, captured - 1);
    assert!(!said.is_empty());

    // What the agent says of itself has no review window; what was captured rests in it.
    office.json(&["forward"]);
    assert_eq!(number(&office.json(&["status"])["books"]["forwarded"]), 0);
    office.change_policy(|policy| {
        policy.review_minutes = 0;
        policy.directory.retain(|entry| entry.id.as_str() != "dir.xukexin");
    });
    assert_eq!(office.json(&["refresh"])["policy_version"], 2);
    let changes = office.json(&["changes"]);
    assert_eq!(list(&changes, "changes")[0]["change"]["rule"], "dir.xukexin");
    let forwarded = office.json(&["forward", "--now"]);
    assert_eq!(forwarded["ended"], "drained", "{forwarded}");
    assert!(number(&forwarded["delivered"]) > 0);

    let status = office.json(&["status"]);
    assert_eq!(number(&status["books"]["forwarded"]), captured - 1);
    assert_eq!(status["ledger"], status["receipted"]);
    let after = records(&office, &[]);
    assert!(counted(&after).iter().all(|record| record["state"] == "delivered"));
    let delivered = counted(&after)[0]["record"].to_string();
    assert_eq!(office.device(&["retract", &delivered]).exit, Exit::Refused);

    let report = office.archive();
    let findings: Vec<_> = report.all_findings().filter(|f| f.weight == Weight::Fault).collect();
    assert!(findings.is_empty(), "{findings:?}");
    let counts = report.epochs[0].counts;
    assert_eq!(counts.messages + counts.recalls + counts.calls, captured - 1);
    let devices = office.collector().console().devices().unwrap();
    assert!(devices[0].heartbeat.is_some());
}

#[test]
fn replaying_a_day_twice_stores_it_once() {
    let office = Office::open(|_| {});
    office.agree(&[]);
    let day = office.write("day.jsonl", &day());
    let first = office.json(&["replay", &day, "--batch", "7"]);
    let second = office.json(&["replay", &day]);
    assert_eq!(number(&second["captured"]), 0);
    assert_eq!(number(&second["observed"]), number(&first["observed"]));
    assert_eq!(counted(&records(&office, &[])).len() as u64, number(&first["captured"]));
}

#[test]
fn the_organisation_is_shown_before_the_device_enrols() {
    let office = Office::open(|_| {});
    let profile = office.write("p.json", &Value::from(office.profile()).to_string());
    let said = office.device(&["enrol", "--profile", &profile]);
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let at = |text: &str| said.out.find(text).unwrap_or_else(|| panic!("{text}: {}", said.out));
    assert!(at("示例商贸有限公司 · Example Trading Ltd") < at(&office.fingerprint()));
    assert!(at(&office.fingerprint()) < at("The device is enrolled"));
    assert_eq!(office.json(&["status"])["state"], "awaiting_consent");
}

#[test]
fn a_refused_profile_names_every_key_and_never_the_token() {
    let office = Office::open(|_| {});
    let mut profile = office.profile();
    let token = text(&Value::from(profile.clone()), "enrolment_token").to_owned();
    profile.insert("endpoint".to_owned(), "http://localhost".into());
    profile.remove("root_key");
    profile.insert("proxy".to_owned(), "anything".into());
    let file = office.write("p.json", &Value::from(profile).to_string());
    let said = office.device(&["enrol", "--profile", &file]);
    assert_eq!(said.exit, Exit::Input);
    for key in ["`endpoint` must be", "`root_key` is missing", "`proxy` is not known"] {
        assert!(said.err.contains(key), "{key}: {}", said.err);
    }
    assert!(!(said.err + &said.out).contains(&token));
}

#[test]
fn nothing_is_captured_before_the_employee_agrees() {
    let office = Office::open(|_| {});
    office.enrol();
    let replayed = office.replay();
    assert_eq!((number(&replayed["captured"]), number(&replayed["held"])), (0, 0));
    assert!(number(&replayed["refused"]) > 0);
    assert!(counted(&records(&office, &[])).is_empty());
    assert_eq!(office.device(&["forward", "--now"]).exit, Exit::Done);
    assert!(office.archive().epochs.is_empty());
}

#[test]
fn an_agreement_names_the_notice_that_was_read() {
    let office = Office::open(|policy| policy.hold = None);
    office.enrol();
    let nameless = office.device(&["consent", "agree"]);
    assert_eq!(nameless.exit, Exit::Input);
    assert!(nameless.err.contains("device notice"));
    let chinese = office.json(&["notice", "--lang", "zh-Hans"]);
    let digest = text(&chinese, "digest");
    let other = office.device(&["consent", "agree", "--digest", digest]);
    assert_eq!(other.exit, Exit::Input, "the English notice has another digest");
    let hold = office.device(&["consent", "agree", "--yes", "--hold"]);
    assert_eq!(hold.exit, Exit::Input);
    assert_eq!(office.json(&["status"])["consent"], "none");
    let agree = ["consent", "agree", "--lang", "zh-Hans", "--digest", digest];
    assert_eq!(office.json(&agree)["consent"], "live");
}

#[test]
fn agreeing_at_once_prints_the_whole_notice() {
    let office = Office::open(|_| {});
    office.enrol();
    let notice = office.json(&["notice"]);
    let said = office.device(&["consent", "agree", "--yes"]);
    assert_eq!(said.exit, Exit::Done);
    for section in list(&notice, "sections") {
        assert!(said.out.contains(text(section, "heading")));
        assert!(
            list(section, "lines").iter().all(|line| said.out.contains(line.as_str().unwrap()))
        );
    }
}

#[test]
fn a_refusal_is_respected() {
    let office = Office::open(|_| {});
    office.enrol();
    assert_eq!(office.json(&["consent", "refuse"])["consent"], "refused");
    assert_eq!(number(&office.replay()["captured"]), 0);
    assert_eq!(office.json(&["notice"])["may_prompt"], false);
}

#[test]
fn a_wrong_line_is_named_and_what_came_before_is_stored() {
    let office = Office::open(|_| {});
    office.agree(&[]);
    let mut lines: Vec<String> = day().lines().map(str::to_owned).collect();
    let whole = lines.len();
    lines[200] =
        r#"{"source":"platform","fact":"listener","at":"secret-word","on":true}"#.to_owned();
    let file = office.write("wrong.jsonl", &lines.join("\n"));
    let said = office.device(&["replay", &file, "--json"]);
    assert_eq!(said.exit, Exit::Input);
    let error: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
    let message = text(&error["error"], "message");
    assert!(message.contains("line 201: `at`"), "{message}");
    assert!(message.contains("the 200 observations before it were taken in"), "{message}");
    assert!(!said.err.contains("secret-word"));
    let before: Value = serde_json::from_str(&said.out).unwrap();
    let stored = number(&before["captured"]);
    assert!(stored > 0);
    assert_eq!(counted(&records(&office, &[])).len() as u64, stored);
    let after = office.replay();
    assert_eq!(number(&after["observed"]), whole as u64);
    assert_eq!(counted(&records(&office, &[])).len() as u64, stored + number(&after["captured"]));
}

#[test]
fn an_undecided_chat_is_listed_and_its_tag_decides() {
    let office = Office::open(|_| {});
    office.agree(&["--hold"]);
    let replayed = office.replay();
    let chats = list(&replayed, "undecided_chats");
    let signalled: Vec<&Value> = chats.iter().filter(|chat| !chat["signal"].is_null()).collect();
    let [one, other, ..] = signalled.as_slice() else { panic!("two chats with a signal") };
    assert_eq!(one["signal"]["rule"], "txt.deal");
    let held = number(&replayed["held"]);
    let holds = office.json(&["holds"]);
    assert_eq!(list(&holds, "holds").len() as u64, held);
    let chat = |one: &Value| text(one, "chat").to_owned();
    let of = |one: &Value| {
        list(&holds, "holds").iter().filter(|hold| hold["chat"] == one["chat"]).count() as u64
    };
    let business = office.json(&["tag", &chat(one), "business"]);
    assert_eq!(number(&business["promoted"]), of(one));
    assert_eq!(counted(&records(&office, &["--chat", &chat(one)])).len() as u64, of(one));
    let single = list(&holds, "holds").iter().find(|hold| hold["chat"] == other["chat"]).unwrap();
    let single = single["hold"].to_string();
    assert_eq!(office.json(&["discard", &single])["discarded"], true);
    assert_eq!(office.device(&["discard", &single]).exit, Exit::Input);
    let personal = office.json(&["tag", &chat(other), "personal"]);
    assert_eq!(number(&personal["discarded"]), of(other) - 1);
    let again = office.json(&["tag", &chat(one), "personal"]);
    assert_eq!(number(&again["retracted"]), of(one));
    assert_eq!(office.json(&["tag", &chat(one), "none"])["tag"], Value::Null);
}

#[test]
fn an_objection_of_the_counterpart_ends_capture_of_the_chat() {
    let office = Office::open(|_| {});
    office.agree(&[]);
    let replayed = office.replay();
    let chats = office.json(&["chats"]);
    let direct = list(&chats, "chats").iter().find(|chat| chat["kind"] == "direct").unwrap();
    let chat = text(direct, "chat");
    assert_eq!(office.json(&["counterpart", chat, "objected"])["counterpart"], "objected");
    let page = office.json(&["chats"]);
    let now = list(&page, "chats").iter().find(|other| other["chat"] == chat).unwrap();
    assert_eq!(now["counterpart"], "objected");
    let again = office.replay();
    assert!(number(&again["refused"]) > number(&replayed["refused"]));
}

#[test]
fn pause_and_withdrawal_stop_capture_at_once() {
    let mut office = Office::open(|_| {});
    office.agree(&["--hold"]);
    assert_eq!(office.json(&["pause"])["state"], "paused");
    assert_eq!(number(&office.replay()["captured"]), 0);
    assert_eq!(office.json(&["resume"])["state"], "capturing");
    office.close_endpoint();
    assert_eq!(office.json(&["withdraw"])["consent"], "withdrawn");
    assert_eq!(number(&office.replay()["captured"]), 0);
    assert!(list(&office.json(&["holds"]), "holds").is_empty());
    assert_eq!(office.device(&["withdraw"]).exit, Exit::Input);
}

#[test]
fn an_endpoint_that_is_away_loses_nothing() {
    let mut office = Office::open(|policy| policy.review_minutes = 0);
    office.agree(&[]);
    let captured = number(&office.replay()["captured"]);
    office.close_endpoint();
    let said = office.device(&["forward", "--now"]);
    assert_eq!(said.exit, Exit::Network, "{}", said.err);
    assert!(said.err.contains("nothing is lost"));
    assert_eq!(office.json(&["status"])["last_error"], "offline");
    assert_eq!(counted(&records(&office, &[])).len() as u64, captured);
}

#[test]
fn a_folder_without_a_device_stays_as_it_is() {
    let office = Office::open(|_| {});
    let said = office.device(&["status"]);
    assert_eq!(said.exit, Exit::Refused);
    assert!(said.err.contains("device enrol"));
    assert!(!office.path("device").exists());
}

#[test]
fn no_error_holds_a_title_or_a_text() {
    let office = Office::open(|_| {});
    office.agree(&[]);
    office.replay();
    let mut secrets = BTreeSet::new();
    for line in day().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        secrets.extend(["title", "text"].iter().filter_map(|f| Some(line[f].as_str()?.to_owned())));
    }
    let chat = "00112233445566778899";
    let commands: [&[&str]; 5] = [
        &["retract", "9999999"],
        &["discard", "9999999"],
        &["replay", "/nowhere.jsonl"],
        &["tag", chat, "perhaps"],
        &["records", "--chat", "妈妈"],
    ];
    for command in commands {
        let said = office.device(command);
        assert_ne!(said.exit, Exit::Done, "{command:?}");
        let typed: BTreeSet<&str> = command.iter().copied().collect();
        let found = secrets.iter().find(|s| said.err.contains(*s) && !typed.contains(s.as_str()));
        assert!(found.is_none(), "{command:?}");
    }
}

#[test]
fn people_read_what_was_captured_and_why() {
    let office = Office::open(|_| {});
    office.agree(&["--hold"]);
    office.replay();
    for command in ["records", "chats", "holds", "status", "changes"] {
        let said = office.device(&[command, "--lang", "zh-Hans"]);
        assert_eq!(said.exit, Exit::Done, "{}", said.err);
        assert!(!said.out.is_empty() && !said.out.chars().any(|c| c.is_control() && c != '\n'));
    }
    let said = office.device(&["records", "--lang", "zh-Hans"]);
    assert!(said.out.contains("单位") && said.out.contains("in review"), "{}", said.out);
}

#[test]
fn a_second_command_on_the_same_device_is_refused() {
    let office = Office::open(|_| {});
    office.enrol();
    let agent = fenming::device::open(&office.path("device")).unwrap();
    let said = office.device(&["status"]);
    assert_eq!(said.exit, Exit::Refused);
    assert!(said.err.contains("another process"), "{}", said.err);
    drop(agent);
    assert_eq!(office.device(&["status"]).exit, Exit::Done);
}

#[test]
fn pages_of_records_leave_none_out() {
    let office = Office::open(|_| {});
    office.agree(&[]);
    office.replay();
    let (mut seen, mut before) = (Vec::new(), None::<String>);
    loop {
        let more = before.iter().flat_map(|before| ["--before", before]);
        let args: Vec<&str> = ["records", "--limit", "7"].into_iter().chain(more).collect();
        let page = office.json(&args);
        seen.extend(list(&page, "records").iter().map(|record| number(&record["record"])));
        let next = page["next"].as_u64();
        before = next.map(|next| next.to_string());
        if before.is_none() {
            break;
        }
    }
    let whole: Vec<u64> =
        records(&office, &[]).iter().map(|record| number(&record["record"])).collect();
    assert_eq!(seen, whole);
}
