use fenming_wire::key::Ed25519Key;
use fenming_wire::policy::{CounterpartRule, HoldRule, WithdrawalRule};
use fenming_wire::text::Bilingual;
use fenming_wire::trust::ExportRoute;

use super::*;
use crate::consent::sample::Desk;
use crate::policy::sample::{Employer, profile, time};

const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

/// The sample employer under a root key that is the same in every run.
fn employer() -> Employer {
    let mut employer = Employer::new();
    let (root, pins) = (Ed25519Key::from_bytes([7; 32]), employer.profile.tls_pins);
    employer.profile = profile(root);
    employer.profile.tls_pins = pins;
    employer
}

/// An employer that uses everything that a notice can speak of.
fn elaborate() -> Employer {
    let mut employer = employer();
    let policy = &mut employer.policy;
    policy.os_profiles.clone_is_business = true;
    policy.hold = Some(HoldRule { max_hours: 36 });
    policy.counterpart = CounterpartRule::Capture;
    policy.on_withdrawal = WithdrawalRule::DestroyUnsent;
    policy.review_minutes = 0;
    employer.trust.export_routes = vec![ExportRoute {
        id: "hk-2026".parse().unwrap(),
        basis: Bilingual::new("个人信息出境标准合同备案 0042", "Standard contract, filing 0042"),
        ranges: vec!["198.51.100.0/24".parse().unwrap()],
        expires: time("2028-06-30T16:00:00Z"),
    }];
    employer.profile.export_route = Some("hk-2026".parse().unwrap());
    employer
}

fn sections(employer: &Employer, language: Language) -> Vec<Section> {
    sections::of(&employer.profile, &employer.trust, &employer.policy, language)
}

fn text(employer: &Employer, language: Language) -> String {
    flow(&sections(employer, language))
}

/// Compares with the file of that name; with `FENMING_GOLDEN=write` it writes the file instead.
fn compare(name: &str, text: &str) {
    let path = format!("{}/src/consent/notice/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("FENMING_GOLDEN").is_some_and(|how| how == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    for (now, then) in text.lines().zip(kept.lines()) {
        assert_eq!(now, then, "{name}");
    }
    assert!(text == kept, "{name} has other lines at its end");
}

#[test]
fn the_notice_reads_as_it_was_last_approved() {
    for (name, employer) in [("plain", employer()), ("elaborate", elaborate())] {
        compare(&format!("{name}.zh-Hans"), &text(&employer, Language::Chinese));
        compare(&format!("{name}.en"), &text(&employer, Language::English));
    }
}

#[test]
fn everything_that_the_configuration_names_stands_in_the_notice() {
    for employer in [employer(), elaborate()] {
        for language in LANGUAGES {
            let text = text(&employer, language);
            for fact in facts(&employer, language) {
                assert!(text.contains(&fact), "{fact} is missing in {language:?}");
            }
        }
    }
}

fn facts(employer: &Employer, language: Language) -> Vec<String> {
    let (profile, trust, policy) = (&employer.profile, &employer.trust, &employer.policy);
    let say = |text: &Bilingual| text.in_language(language).to_owned();
    let mut facts = vec![
        say(&trust.organisation),
        say(&policy.notice.contact),
        say(&policy.notice.rights),
        profile.endpoint.to_string(),
        profile.root_key.fingerprint(),
        policy.version.to_string(),
        trust.version.to_string(),
        policy.directory.len().to_string(),
        policy.reprompt_days.to_string(),
        policy.grace_hours.to_string(),
    ];
    for purpose in &policy.purposes {
        facts.extend([say(&purpose.text), purpose.code.to_string()]);
    }
    for recipient in trust.recipients.iter().chain([&trust.counsel]) {
        facts.extend([say(&recipient.name), recipient.key.key_id().fingerprint()]);
    }
    for (class, days) in &policy.retention {
        facts.extend([class.to_string(), days.to_string()]);
    }
    for rule in &policy.group_rules {
        facts.extend([rule.text.clone(), rule.id.to_string()]);
    }
    for route in trust.export_routes.iter().filter(|r| Some(&r.id) == profile.export_route.as_ref())
    {
        facts.extend([route.id.to_string(), say(&route.basis)]);
        facts.extend(route.ranges.iter().map(ToString::to_string));
    }
    facts.extend(policy.sources.iter().map(|source| source.code().to_owned()));
    facts.extend(profile.address_ranges.iter().map(ToString::to_string));
    facts.extend(policy.hold.map(|hold| hold.max_hours.to_string()));
    facts
}

#[test]
fn every_growth_of_the_scope_changes_the_text_in_both_languages() {
    type Change = fn(&mut Employer);
    let changes: [Change; 9] = [
        |e| e.policy.purposes[0].text = Bilingual::new("另一目的", "another purpose"),
        |e| e.trust.recipients[0].key = fenming_wire::seal::Identity::generate().recipient(),
        |e| e.trust.counsel.key = fenming_wire::seal::Identity::generate().recipient(),
        |e| e.profile.endpoint = "https://other.yunfan.example".parse().unwrap(),
        |e| {
            e.policy.retention.insert("orders".parse().unwrap(), 9999);
        },
        |e| e.policy.os_profiles.clone_is_business = true,
        |e| e.policy.group_rules[0].text = "【".to_owned() + "全部】",
        |e| e.policy.hold = Some(HoldRule { max_hours: 1 }),
        |e| e.policy.counterpart = CounterpartRule::Capture,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let (before, mut after) = (employer(), employer());
        change(&mut after);
        assert!(!Desk::scope(&before).growth(&Desk::scope(&after)).is_empty(), "change {n}");
        for language in LANGUAGES {
            assert_ne!(text(&before, language), text(&after, language), "change {n} {language:?}");
        }
    }
}

#[test]
fn both_languages_say_the_same_number_of_things() {
    for employer in [employer(), elaborate()] {
        let shape = |language| -> Vec<usize> {
            sections(&employer, language).iter().map(|section| section.lines.len()).collect()
        };
        assert_eq!(shape(Language::Chinese), shape(Language::English));
    }
}

#[test]
fn nothing_is_left_to_fill_in() {
    for employer in [employer(), elaborate()] {
        for language in LANGUAGES {
            assert!(!text(&employer, language).contains(['{', '}']));
        }
    }
}

#[test]
fn the_same_documents_make_the_same_notice() {
    let (desk, employer) = (Desk::new(), employer_with_keys());
    for language in LANGUAGES {
        let notice = desk.notice(&employer, language);
        assert_eq!(notice, desk.notice(&employer, language));
        assert_eq!(*notice.digest(), Digest::of(notice.text().as_bytes()));
        assert_eq!(flow(notice.sections()), notice.text());
    }
}

fn employer_with_keys() -> Employer {
    let mut employer = Employer::new();
    employer.policy.hold = Some(HoldRule { max_hours: 12 });
    employer
}

#[test]
fn a_signed_text_cannot_pass_for_another_part_of_the_notice() {
    let mut employer = employer();
    let trick = "合规部\n- 没有其他接收方\u{202E}方收接\u{2028}九、";
    employer.policy.notice.contact = Bilingual::new(trick, trick);
    employer.policy.group_rules[0].text = "甲\r\n乙{code}".to_owned();
    for language in LANGUAGES {
        let lines: usize = sections(&employer, language).iter().map(|s| s.lines.len() + 2).sum();
        let text = text(&employer, language);
        assert_eq!(text.split('\n').count(), lines + 1, "no line more than the notice's own");
        assert!(!text.contains(['\r', '\u{202E}', '\u{2028}']));
        assert!(text.contains("甲 乙{code}"), "a value is never filled in again");
    }
}
