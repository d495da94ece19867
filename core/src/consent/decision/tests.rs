use fenming_wire::policy::HoldRule;
use fenming_wire::text::Language;
use proptest::prelude::*;

use super::*;
use crate::consent::notice::Sources;
use crate::consent::sample::{Desk, noon};
use crate::policy::sample::Employer;
use crate::ports::KeyError;

fn later(days: i64) -> Timestamp {
    noon() + Span::days(days)
}

fn state(decision: &Decision, employer: &Employer) -> heartbeat::ConsentState {
    decision.under(&Desk::scope(employer)).code()
}

#[test]
fn a_grant_holds_what_was_shown_and_is_signed_by_the_device() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let notice = desk.notice(&employer, Language::Chinese);
    let Decision::Granted(grant) = desk.agree(&employer, false) else { panic!("no grant") };
    let document = grant.document();
    assert_eq!(document.notice, Digest::of(notice.text().as_bytes()));
    assert_eq!(document.scope, Desk::scope(&employer));
    assert_eq!(document.trust, employer.signed_trust().payload_digest());
    assert_eq!((document.policy_version, document.granted), (12, noon()));
    assert_eq!(document.language, Language::Chinese);
    assert_eq!(grant.envelope().verify(&[desk.key()]).unwrap(), *document);
    assert_eq!(*grant.digest(), grant.envelope().payload_digest());
}

#[test]
fn the_grants_digest_differs_between_the_languages() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let digest = |language| *desk.notice(&employer, language).digest();
    assert_ne!(digest(Language::Chinese), digest(Language::English));
}

#[test]
fn without_a_signature_there_is_no_grant() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let notice = desk.notice(&employer, Language::Chinese);
    desk.device.refuse(Some(KeyError::Locked));
    let refused = desk.with_signer(|signer| {
        Decision::agree(&notice, &desk.who, Choices::default(), noon(), signer).map(|_| ())
    });
    assert_eq!(refused.unwrap_err().code(), "key_unavailable");
}

#[test]
fn a_route_out_of_the_country_needs_an_answer_of_its_own() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    employer.profile.export_route = Some("hk-2026".parse().unwrap());
    let scope = Desk::scope(&employer);
    assert!(!scope.export_routes.is_empty());
    let notice = desk.notice(&employer, Language::Chinese);
    assert!(notice.asks_export());
    let agreed = |export| desk.choose(&notice, Choices { hold: true, export });
    assert!(matches!(agreed(true).under(&scope), ConsentState::Live(_)));
    let declined = agreed(false);
    let growth = vec![Growth::ExportRoutes];
    assert_eq!(declined.under(&scope), ConsentState::Outgrown { growth });
    // They are not asked again tomorrow what they said no to today.
    assert!(!declined.may_prompt(&scope, 30, noon() + Span::days(29)));
    assert!(declined.may_prompt(&scope, 30, noon() + Span::days(30)));
    // At home their consent holds.
    employer.profile.export_route = None;
    assert!(matches!(declined.under(&Desk::scope(&employer)), ConsentState::Live(_)));
}

#[test]
fn a_quarantine_is_agreed_to_only_where_one_was_offered() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let agreed = |employer: &Employer, hold| match desk.agree(employer, hold) {
        Decision::Granted(grant) => grant.document().hold_agreed,
        _ => panic!("no grant"),
    };
    assert!(!agreed(&employer, true));
    employer.policy.hold = Some(HoldRule { max_hours: 24 });
    assert!(agreed(&employer, true));
    assert!(!agreed(&employer, false));
}

#[test]
fn growth_suspends_until_it_is_gone_or_agreed_to() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let decision = desk.agree(&employer, false);
    assert_eq!(state(&decision, &employer), heartbeat::ConsentState::Live);
    employer.policy.group_rules[0].text = "【全部】".to_owned();
    assert_eq!(
        decision.under(&Desk::scope(&employer)),
        ConsentState::Outgrown { growth: vec![Growth::RuleClasses] }
    );
    let anew = desk.agree(&employer, false);
    assert_eq!(state(&anew, &employer), heartbeat::ConsentState::Live);
    employer.policy.group_rules.clear();
    assert_eq!(state(&decision, &employer), heartbeat::ConsentState::Live);
}

#[test]
fn a_withdrawal_needs_no_key_and_is_signed_when_the_key_is_back() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let Decision::Granted(grant) = desk.agree(&employer, false) else { panic!("no grant") };
    desk.device.refuse(Some(KeyError::Locked));
    let withdrawal = Decision::Granted(grant.clone()).withdraw(later(1)).unwrap();
    let decision = Decision::Withdrawn(withdrawal);
    assert_eq!(state(&decision, &employer), heartbeat::ConsentState::Withdrawn);
    assert!(desk.with_signer(|signer| withdrawal.sign(&desk.who, signer)).is_err());
    desk.device.refuse(None);
    let envelope = desk.with_signer(|signer| withdrawal.sign(&desk.who, signer)).unwrap();
    let document = envelope.verify(&[desk.key()]).unwrap();
    assert_eq!((document.withdrawn, document.grant), (later(1), *grant.digest()));
}

#[test]
fn what_was_never_given_cannot_be_withdrawn() {
    let (desk, employer) = (Desk::new(), Employer::new());
    assert_eq!(Decision::None.withdraw(noon()).unwrap_err().code(), "not_found");
    assert_eq!(Decision::None.refuse(noon()).withdraw(noon()).unwrap_err().code(), "not_found");
    let withdrawal = desk.agree(&employer, false).withdraw(noon()).unwrap();
    assert!(Decision::Withdrawn(withdrawal).withdraw(noon()).is_err());
}

#[test]
fn refusing_a_grown_scope_does_not_let_the_old_grant_come_back() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let granted = desk.agree(&employer, false);
    let digest = granted.grant_digest().unwrap();
    let refused = granted.refuse(later(2));
    assert_eq!(state(&refused, &employer), heartbeat::ConsentState::Refused);
    assert_eq!(refused.withdraw(later(3)).unwrap().grant, digest, "it can still be withdrawn");
}

#[test]
fn the_agent_does_not_ask_again_before_the_policys_days_have_passed() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let scope = Desk::scope(&employer);
    let refused = Decision::None.refuse(noon());
    let withdrawn = Decision::Withdrawn(desk.agree(&employer, false).withdraw(noon()).unwrap());
    for decision in [refused, withdrawn] {
        assert!(!decision.may_prompt(&scope, 45, later(45) - Span::millis(1)));
        assert!(decision.may_prompt(&scope, 45, later(45)));
        assert!(!decision.may_prompt(&scope, 1, later(29)), "never sooner than thirty days");
        assert!(!decision.may_prompt(&scope, 45, later(-400)), "nor with the clock set back");
    }
}

#[test]
fn the_agent_asks_where_nothing_was_answered_or_the_scope_grew() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let granted = desk.agree(&employer, false);
    assert!(Decision::None.may_prompt(&Desk::scope(&employer), 45, noon()));
    assert!(!granted.may_prompt(&Desk::scope(&employer), 45, later(400)));
    employer.policy.os_profiles.clone_is_business = true;
    assert!(granted.may_prompt(&Desk::scope(&employer), 45, noon()));
}

#[test]
fn a_decision_survives_the_store() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let granted = desk.agree(&employer, false);
    let withdrawn = Decision::Withdrawn(granted.withdraw(noon()).unwrap());
    let refused = granted.clone().refuse(noon());
    for decision in [Decision::None, Decision::None.refuse(noon()), refused, granted, withdrawn] {
        let bytes = decision.to_bytes().unwrap();
        let back = Decision::from_bytes(&bytes, &desk.key(), &desk.who.tenant).unwrap();
        assert_eq!(back, decision);
    }
}

#[test]
fn a_stored_grant_of_another_device_or_employer_is_worth_nothing() {
    let (desk, other, employer) = (Desk::new(), Desk::new(), Employer::new());
    let bytes = desk.agree(&employer, false).to_bytes().unwrap();
    let code = |key: &DeviceKey, tenant: &str| {
        let read = Decision::from_bytes(&bytes, key, &tenant.parse().unwrap());
        read.map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(code(&desk.key(), "yunfan"), "accepted");
    assert_eq!(code(&other.key(), "yunfan"), "document_refused");
    assert_eq!(code(&desk.key(), "haitang"), "wrong_tenant");
}

#[test]
fn the_notice_of_one_policy_cannot_grant_the_scope_of_another() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let notice = desk.notice(&employer, Language::English);
    employer.policy.counterpart = fenming_wire::policy::CounterpartRule::Capture;
    let (trust, policy) = employer.trusted();
    let wider = NoticeText::compose(
        Sources { profile: &employer.profile, trust: &trust, policy: &policy },
        Language::English,
    );
    assert_ne!(notice.scope(), wider.scope());
    assert_ne!(notice.digest(), wider.digest());
    let decision = desk.sign(&notice, false);
    assert_eq!(state(&decision, &employer), heartbeat::ConsentState::Outgrown);
}

/// An invented scope: sets of small numbers stand for purposes, rules and the like.
fn scopes() -> impl Strategy<Value = Scope> {
    let sets = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    let sizes = (0u32..4, 0u16..4, any::<bool>(), any::<bool>());
    (sets, sizes).prop_map(
        |((purposes, words, recipients, rules), (days, hours, untold, names))| {
            let bits = |byte: u8| (0..8u8).filter(move |bit| byte & (1 << bit) != 0);
            Scope {
                purposes: bits(purposes).map(|n| format!("p{n}").parse().unwrap()).collect(),
                purpose_words: bits(words).map(|n| Digest::of(&[n])).collect(),
                sources: [fenming_wire::source::Source::WechatNotification].into(),
                recipients: bits(recipients)
                    .map(|n| fenming_wire::id::KeyId::from_bytes([n; 8]))
                    .collect(),
                endpoints: ["https://a.example".parse().unwrap()].into(),
                export_routes: bits(words & 3).map(|n| format!("r{n}").parse().unwrap()).collect(),
                retention_days: days,
                rule_classes: bits(rules)
                    .map(|n| fenming_wire::consent::RuleClass::GroupRule(n.to_string()))
                    .collect(),
                hold_hours: hours,
                untold_counterparts: untold,
                counterpart_names: names,
            }
        },
    )
}

proptest! {
    #[test]
    fn no_scope_outgrows_itself(scope in scopes()) {
        prop_assert!(scope.growth(&scope).is_empty());
    }

    #[test]
    fn coverage_carries_over(a in scopes(), b in scopes(), c in scopes()) {
        if a.growth(&b).is_empty() && b.growth(&c).is_empty() {
            prop_assert!(a.growth(&c).is_empty());
        }
    }

    #[test]
    fn a_wider_consent_never_sees_more_growth(a in scopes(), b in scopes(), wanted in scopes()) {
        let mut wider = a.clone();
        wider.purposes.extend(b.purposes);
        wider.purpose_words.extend(b.purpose_words);
        wider.recipients.extend(b.recipients);
        wider.export_routes.extend(b.export_routes);
        wider.rule_classes.extend(b.rule_classes);
        wider.retention_days = wider.retention_days.max(b.retention_days);
        wider.hold_hours = wider.hold_hours.max(b.hold_hours);
        wider.untold_counterparts |= b.untold_counterparts;
        wider.counterpart_names |= b.counterpart_names;
        let narrow = a.growth(&wanted);
        prop_assert!(wider.growth(&wanted).iter().all(|growth| narrow.contains(growth)));
    }
}
