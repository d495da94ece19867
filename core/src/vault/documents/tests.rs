use fenming_wire::time::Timestamp;

use super::*;
use crate::policy::sample::Employer;
use crate::record::Declaration;
use crate::vault::sample::*;
use crate::vault::{Counter, Counters, ForwardingState};

#[test]
fn the_latest_document_of_a_kind_is_the_one_in_force() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    let mut employer = Employer::new();
    assert!(vault.get::<Envelope<Policy>>().unwrap().is_none());
    vault.put(&employer.signed_policy()).unwrap();
    employer.policy.version += 1;
    vault.put(&employer.signed_policy()).unwrap();
    vault.put(&employer.signed_trust()).unwrap();
    drop(vault);
    let (vault, _) = phone.open();
    let policy: Envelope<Policy> = vault.get().unwrap().unwrap();
    assert!(policy == employer.signed_policy());
    assert_eq!(vault.read(history::<Envelope<Policy>>).unwrap().len(), 1);
    assert!(vault.get::<Envelope<TrustDocument>>().unwrap().is_some());
}

#[test]
fn consents_are_kept_with_their_history() {
    let mut vault = Phone::new().enrolled();
    let grant = |office: &Office| {
        let declaration: Declaration = office.grant();
        let fenming_wire::record::Body::ConsentGrant(signed) = declaration.body() else {
            panic!("no grant")
        };
        signed.envelope.clone()
    };
    let (first, second) = (grant(&Office::new()), grant(&Office::new()));
    vault.put(&first).unwrap();
    vault.put(&second).unwrap();
    assert!(vault.consents().unwrap() == [first, second.clone()]);
    assert!(vault.get::<Envelope<ConsentGrant>>().unwrap().unwrap() == second);
    assert!(vault.withdrawals().unwrap().is_empty());
}

#[test]
fn a_policy_does_not_open_as_a_trust_document() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    vault.put(&Employer::new().signed_policy()).unwrap();
    vault.live().unwrap().sql.execute("UPDATE documents SET kind = 'trust'", []).unwrap();
    let refused = vault.get::<Envelope<TrustDocument>>();
    assert!(matches!(refused, Err(AgentError::StoreDamaged)));
}

#[test]
fn backoff_and_pause_survive_a_restart() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    let state = ForwardingState {
        failures: 3,
        wait_until: Some(Timestamp::from_millis(1_700_000_000_000)),
        last_error: Some("offline".into()),
        ..ForwardingState::default()
    };
    vault.put(&state).unwrap();
    drop(vault);
    assert_eq!(phone.open().0.get::<ForwardingState>().unwrap(), Some(state));
}

#[test]
fn counters_add_up_and_stay() {
    let phone = Phone::new();
    let mut vault = phone.enrolled();
    assert_eq!(vault.counters().unwrap(), Counters::default());
    vault.count(&[(Counter::Observed, 3), (Counter::Personal, 2)]).unwrap();
    vault.count(&[(Counter::Observed, 1), (Counter::Ignored, 1)]).unwrap();
    vault.count(&[(Counter::Undecided, 5), (Counter::Refused, 7)]).unwrap();
    drop(vault);
    let expected = Counters { observed: 4, personal: 2, undecided: 5, refused: 7, ignored: 1 };
    assert_eq!(phone.open().0.counters().unwrap(), expected);
}
