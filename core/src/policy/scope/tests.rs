use fenming_wire::consent::Growth;
use fenming_wire::policy::{DirectoryEntry, HoldRule};

use super::*;
use crate::policy::sample::{self, Employer, time};

fn scope(employer: &Employer) -> Scope {
    scope_of(&employer.profile, &employer.trust, &employer.policy)
}

/// In what a change goes beyond the scope before it.
fn growth(change: impl Fn(&mut Employer)) -> Vec<Growth> {
    let mut employer = Employer::new();
    let before = scope(&employer);
    change(&mut employer);
    before.growth(&scope(&employer))
}

#[test]
fn every_widening_of_the_documents_is_growth() {
    type Case = (Growth, fn(&mut Employer));
    let cases: [Case; 12] = [
        (Growth::Purposes, |e| {
            e.policy.purposes[0].code = "marketing".parse().unwrap();
        }),
        (Growth::Purposes, |e| e.policy.purposes[1].text.zh = "绩效考核".to_owned()),
        (Growth::Purposes, |e| e.policy.purposes[0].basis = LegalBasis::Consent),
        (Growth::Recipients, |e| {
            e.trust.recipients[0].key = fenming_wire::seal::Identity::generate().recipient();
        }),
        (Growth::Recipients, |e| {
            e.trust.counsel.key = fenming_wire::seal::Identity::generate().recipient();
        }),
        (Growth::Endpoints, |e| {
            e.profile.endpoint = "https://archive.yunfan.example:8443".parse().unwrap();
        }),
        (Growth::ExportRoutes, |e| {
            e.profile.export_route = Some("route-1".parse().unwrap());
        }),
        (Growth::Retention, |e| {
            e.policy.retention.insert("orders".parse().unwrap(), 7301);
        }),
        (Growth::RuleClasses, |e| e.policy.os_profiles.clone_is_business = true),
        (Growth::RuleClasses, |e| e.policy.group_rules[0].how = TitleMatch::Contains),
        (Growth::Hold, |e| e.policy.hold = Some(HoldRule { max_hours: 1 })),
        (Growth::CounterpartNames, |e| e.policy.counterpart = CounterpartRule::Capture),
    ];
    for (expected, change) in cases {
        assert_eq!(growth(change), vec![expected]);
    }
}

#[test]
fn keeping_chats_of_untold_counterparts_is_growth() {
    let mut employer = Employer::new();
    employer.policy.counterpart = CounterpartRule::Drop;
    let before = scope(&employer);
    employer.policy.counterpart = CounterpartRule::Pseudonymise;
    assert_eq!(before.growth(&scope(&employer)), vec![Growth::UntoldCounterparts]);
}

#[test]
fn the_first_name_of_an_empty_directory_is_growth_and_further_names_are_not() {
    let mut employer = Employer::new();
    let entries = std::mem::take(&mut employer.policy.directory);
    let before = scope(&employer);
    employer.policy.directory = entries;
    assert_eq!(before.growth(&scope(&employer)), vec![Growth::RuleClasses]);
    let more = |e: &mut Employer| {
        e.policy.directory.push(DirectoryEntry {
            id: "client-099".parse().unwrap(),
            title: "远岸物流 何桥".to_owned(),
            kind: fenming_wire::policy::ChatKind::Direct,
            class: None,
        });
    };
    assert_eq!(growth(more), vec![]);
}

#[test]
fn narrowing_is_no_growth() {
    let narrower: [fn(&mut Employer); 7] = [
        |e| {
            e.policy.purposes.pop();
        },
        |e| {
            e.trust.recipients.pop();
        },
        |e| {
            e.policy.group_rules.clear();
        },
        |e| e.policy.directory.clear(),
        |e| e.policy.counterpart = CounterpartRule::Drop,
        |e| e.policy.os_profiles.work_is_business = false,
        |e| {
            e.policy.retention.insert("orders".parse().unwrap(), 30);
        },
    ];
    for change in narrower {
        assert_eq!(growth(change), vec![]);
    }
}

#[test]
fn no_wildcard_passes_for_another_one() {
    let rule = |how, text: &str| GroupRule {
        id: "g".parse().unwrap(),
        how,
        text: text.to_owned(),
        class: None,
    };
    let texts = ["客户群", "prefix:客户群", "…客户群", "客户群…"];
    let kinds = [TitleMatch::Prefix, TitleMatch::Suffix, TitleMatch::Contains];
    let all: Vec<String> =
        kinds.iter().flat_map(|how| texts.iter().map(|text| wildcard(&rule(*how, text)))).collect();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

fn with_route(expires: &str) -> Employer {
    let mut employer = Employer::new();
    employer.trust.export_routes = vec![ExportRoute {
        id: "hk-2026".parse().unwrap(),
        basis: fenming_wire::text::Bilingual::new(
            "标准合同备案 0042",
            "Standard contract, filing 0042",
        ),
        ranges: vec!["198.51.100.0/24".parse().unwrap()],
        expires: time(expires),
    }];
    employer.profile.export_route = Some("hk-2026".parse().unwrap());
    employer.profile.address_ranges = employer.trust.export_routes[0].ranges.clone();
    employer
}

fn refused(employer: &Employer, now: Timestamp) -> Vec<String> {
    let refused = check_profile(&employer.profile, &employer.trust, now);
    refused.into_iter().map(|refused| refused.key).collect()
}

#[test]
fn every_key_of_the_profile_that_does_not_fit_is_named() {
    let now = time("2026-03-02T01:00:00Z");
    let mut employer = with_route("2028-01-01T00:00:00Z");
    assert!(refused(&employer, now).is_empty());
    employer.profile.tenant = "haitang".parse().unwrap();
    employer.profile.export_route = Some("sg-2026".parse().unwrap());
    assert_eq!(refused(&employer, now), ["tenant", "export_route"]);
    let expired = with_route("2026-03-02T01:00:00Z");
    assert_eq!(refused(&expired, now), ["export_route"]);
}

#[test]
fn a_profile_may_not_reach_beyond_its_export_route() {
    let now = time("2026-03-02T01:00:00Z");
    let mut employer = with_route("2028-01-01T00:00:00Z");
    employer.profile.address_ranges.push("203.0.113.0/24".parse().unwrap());
    assert_eq!(refused(&employer, now), ["address_ranges"]);
    employer.profile.export_route = None;
    assert!(refused(&employer, now).is_empty(), "without a route the profile's word holds");
}

#[test]
fn the_scope_names_counsel_among_the_recipients() {
    let employer = Employer::new();
    let counsel = employer.trust.counsel.key.key_id();
    assert!(scope(&employer).recipients.contains(&counsel));
    assert_eq!(scope(&employer).recipients.len(), 3);
}

#[test]
fn the_sample_policy_is_valid() {
    use fenming_wire::envelope::Document;
    assert!(sample::policy().check().is_ok());
}
