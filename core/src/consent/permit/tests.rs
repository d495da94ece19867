use fenming_wire::consent::Growth;
use proptest::prelude::*;

use super::*;
use crate::consent::sample::{Desk, noon};
use crate::policy::sample::Employer;

const SOURCE: Source = Source::WechatNotification;

fn terms<'a>(employer: &Employer, scope: &'a Scope) -> Terms<'a> {
    Terms::new(scope, &employer.policy, noon())
}

fn asked(decision: &Decision, employer: &Employer, who: Counterpart) -> Result<Naming, Denied> {
    let scope = Desk::scope(employer);
    authorise(decision, &terms(employer, &scope), SOURCE, who).map(|permit| permit.naming())
}

fn held(decision: &Decision, employer: &Employer, who: Counterpart) -> Result<Span, Denied> {
    let scope = Desk::scope(employer);
    let permit = authorise_hold(decision, &terms(employer, &scope), SOURCE, who);
    permit.map(|permit| permit.longest())
}

#[test]
fn a_live_consent_gives_a_permit_that_names_it() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let decision = desk.agree(&employer, false);
    let Decision::Granted(grant) = &decision else { panic!("no grant") };
    let scope = Desk::scope(&employer);
    let permit = authorise(&decision, &terms(&employer, &scope), SOURCE, Counterpart::Unknown);
    let permit = permit.map_err(|denied| format!("{denied:?}")).unwrap();
    assert_eq!(permit.source(), SOURCE);
    assert_eq!(permit.into_grant(), *grant.digest());
}

#[test]
fn without_a_live_consent_there_is_no_permit() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let granted = desk.agree(&employer, false);
    let withdrawn = Decision::Withdrawn(granted.withdraw(noon()).unwrap());
    for decision in [Decision::None, granted.refuse(noon()), withdrawn] {
        let permit = asked(&decision, &employer, Counterpart::Consented);
        assert_eq!(permit, Err(Denied::NoConsent));
    }
}

#[test]
fn a_grown_scope_and_an_ended_policy_give_no_permit() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let decision = desk.agree(&employer, false);
    let scope = Desk::scope(&employer);
    let ended = Terms { policy: PolicyState::Ended, ..terms(&employer, &scope) };
    let denied = authorise(&decision, &ended, SOURCE, Counterpart::Unknown).err();
    assert_eq!(denied, Some(Denied::PolicyEnded));
    let grace = PolicyState::Grace { until: noon() };
    let grace = Terms { policy: grace, ..terms(&employer, &scope) };
    assert!(authorise(&decision, &grace, SOURCE, Counterpart::Unknown).is_ok());
    employer.policy.os_profiles.clone_is_business = true;
    let permit = asked(&decision, &employer, Counterpart::Unknown);
    assert_eq!(permit, Err(Denied::ScopeGrew));
}

#[test]
fn a_source_that_the_policy_no_longer_names_gives_no_permit() {
    let (desk, employer) = (Desk::new(), Employer::new());
    let decision = desk.agree(&employer, false);
    let mut scope = Desk::scope(&employer);
    scope.sources.clear();
    let denied = authorise(&decision, &terms(&employer, &scope), SOURCE, Counterpart::Told).err();
    assert_eq!(denied, Some(Denied::SourceNotCovered));
}

#[test]
fn the_counterparts_state_and_the_policys_rule_decide_about_names() {
    use CounterpartRule::{Capture, Drop, Pseudonymise};
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let table = [
        (Counterpart::Unknown, Pseudonymise, Ok(Naming::Pseudonyms)),
        (Counterpart::Unknown, Capture, Ok(Naming::Names)),
        (Counterpart::Unknown, Drop, Err(Denied::CounterpartNotTold)),
        (Counterpart::Told, Pseudonymise, Ok(Naming::Names)),
        (Counterpart::Told, Drop, Ok(Naming::Names)),
        (Counterpart::Consented, Pseudonymise, Ok(Naming::Names)),
        (Counterpart::Consented, Drop, Ok(Naming::Names)),
        (Counterpart::Objected, Pseudonymise, Err(Denied::CounterpartObjected)),
        (Counterpart::Objected, Capture, Err(Denied::CounterpartObjected)),
        (Counterpart::Objected, Drop, Err(Denied::CounterpartObjected)),
    ];
    for (counterpart, rule, expected) in table {
        employer.policy.counterpart = rule;
        let decision = desk.agree(&employer, false);
        assert_eq!(asked(&decision, &employer, counterpart), expected, "{counterpart:?} {rule:?}");
    }
}

#[test]
fn holding_needs_a_quarantine_in_the_policy_and_the_employees_agreement_to_it() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    let unknown = Counterpart::Unknown;
    assert_eq!(held(&desk.agree(&employer, true), &employer, unknown), Err(Denied::NoHold));
    employer.policy.hold = Some(HoldRule { max_hours: 48 });
    assert_eq!(held(&desk.agree(&employer, false), &employer, unknown), Err(Denied::NoHold));
    let agreed = desk.agree(&employer, true);
    assert_eq!(held(&agreed, &employer, unknown), Ok(Span::hours(48)));
    employer.policy.hold = Some(HoldRule { max_hours: 2 });
    assert_eq!(held(&agreed, &employer, unknown), Ok(Span::hours(2)));
    employer.policy.hold = Some(HoldRule { max_hours: 72 });
    assert_eq!(held(&agreed, &employer, unknown), Err(Denied::ScopeGrew));
    employer.policy.hold = None;
    assert_eq!(held(&agreed, &employer, unknown), Err(Denied::NoHold));
}

#[test]
fn an_objection_keeps_a_chat_out_of_quarantine_too() {
    let (desk, mut employer) = (Desk::new(), Employer::new());
    employer.policy.hold = Some(HoldRule { max_hours: 48 });
    let agreed = desk.agree(&employer, true);
    let denied = held(&agreed, &employer, Counterpart::Objected);
    assert_eq!(denied, Err(Denied::CounterpartObjected));
}

#[test]
fn every_reason_but_a_missing_quarantine_has_a_cause_for_the_ledger() {
    assert_eq!(Denied::NoConsent.cause(), Some(Cause::NoConsent));
    assert_eq!(Denied::ScopeGrew.cause(), Some(Cause::ScopeGrew));
    assert_eq!(Denied::PolicyEnded.cause(), Some(Cause::PolicyExpired));
    assert_eq!(Denied::SourceNotCovered.cause(), Some(Cause::NoConsent));
    assert_eq!(Denied::CounterpartNotTold.cause(), Some(Cause::CounterpartNotTold));
    assert_eq!(Denied::CounterpartObjected.cause(), Some(Cause::CounterpartObjected));
    assert_eq!(Denied::NoHold.cause(), None);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Agree { hold: bool },
    Refuse,
    Withdraw,
    Policy(Change),
    Ask(Counterpart),
}

#[derive(Clone, Copy, Debug)]
enum Change {
    CloneProfile(bool),
    Rule(CounterpartRule),
    Hold(Option<u16>),
    Retention(u32),
    Expire(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rule = prop_oneof![
        Just(CounterpartRule::Pseudonymise),
        Just(CounterpartRule::Capture),
        Just(CounterpartRule::Drop)
    ];
    let change = prop_oneof![
        any::<bool>().prop_map(Change::CloneProfile),
        rule.prop_map(Change::Rule),
        proptest::option::of(1u16..=72).prop_map(Change::Hold),
        (1u32..9000).prop_map(Change::Retention),
        any::<bool>().prop_map(Change::Expire),
    ];
    let counterpart = prop_oneof![
        Just(Counterpart::Unknown),
        Just(Counterpart::Told),
        Just(Counterpart::Consented),
        Just(Counterpart::Objected)
    ];
    let step = prop_oneof![
        2 => any::<bool>().prop_map(|hold| Step::Agree { hold }),
        1 => Just(Step::Refuse),
        1 => Just(Step::Withdraw),
        4 => change.prop_map(Step::Policy),
        8 => counterpart.prop_map(Step::Ask),
    ];
    proptest::collection::vec(step, 1..40)
}

fn change(employer: &mut Employer, change: Change) {
    let policy = &mut employer.policy;
    match change {
        Change::CloneProfile(on) => policy.os_profiles.clone_is_business = on,
        Change::Rule(rule) => policy.counterpart = rule,
        Change::Hold(hours) => policy.hold = hours.map(|max_hours| HoldRule { max_hours }),
        Change::Retention(days) => {
            policy.retention.insert("orders".parse().unwrap(), days);
        }
        Change::Expire(true) => policy.expires = policy.issued + Span::hours(1),
        Change::Expire(false) => policy.expires = noon() + Span::days(300),
    }
}

/// What a careful reader would remember, kept apart from the code under test.
#[derive(Default)]
struct Model {
    agreed: Option<(Scope, bool, Digest)>,
}

impl Model {
    fn allows(&self, employer: &Employer) -> Option<&(Scope, bool, Digest)> {
        let ends = employer.policy.expires + Span::hours(72);
        let wanted = Desk::scope(employer);
        self.agreed
            .as_ref()
            .filter(|(scope, ..)| scope.growth(&wanted) == Vec::<Growth>::new())
            .filter(|_| noon() < ends)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_permit_without_a_live_covering_grant(steps in steps()) {
        let (desk, mut employer) = (Desk::new(), Employer::new());
        let (mut decision, mut model) = (Decision::None, Model::default());
        for step in steps {
            match step {
                Step::Agree { hold } => {
                    decision = desk.agree(&employer, hold);
                    let Decision::Granted(grant) = &decision else { panic!("no grant") };
                    let offered = employer.policy.hold.is_some();
                    model.agreed = Some((Desk::scope(&employer), hold && offered, *grant.digest()));
                }
                Step::Refuse => {
                    decision = decision.refuse(noon());
                    model.agreed = None;
                }
                Step::Withdraw => {
                    if let Ok(withdrawal) = decision.withdraw(noon()) {
                        decision = Decision::Withdrawn(withdrawal);
                    }
                    model.agreed = None;
                }
                Step::Policy(what) => change(&mut employer, what),
                Step::Ask(counterpart) => {
                    let scope = Desk::scope(&employer);
                    let terms = terms(&employer, &scope);
                    let permit = authorise(&decision, &terms, SOURCE, counterpart);
                    let hold = authorise_hold(&decision, &terms, SOURCE, counterpart);
                    let untold = counterpart == Counterpart::Unknown
                        && terms.counterpart == CounterpartRule::Drop;
                    let kept = counterpart != Counterpart::Objected && !untold;
                    let allowed = model.allows(&employer).filter(|_| kept);
                    prop_assert_eq!(permit.is_ok(), allowed.is_some());
                    let holds = allowed.is_some_and(|(_, hold, _)| *hold && terms.hold.is_some());
                    prop_assert_eq!(hold.is_ok(), holds);
                    if let (Ok(permit), Some((_, _, digest))) = (permit, allowed) {
                        prop_assert_eq!(permit.into_grant(), *digest);
                    }
                }
            }
        }
    }
}
