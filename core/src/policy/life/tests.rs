use fenming_wire::time::Span;

use super::*;
use crate::policy::sample;

#[test]
fn a_policy_lives_until_it_expires_then_has_its_grace_then_ends() {
    let policy = sample::policy();
    let until = policy.expires + Span::hours(72);
    let tick = Span::millis(1);
    for (now, state) in [
        (policy.issued, PolicyState::Live),
        (policy.expires - tick, PolicyState::Live),
        (policy.expires, PolicyState::Grace { until }),
        (until - tick, PolicyState::Grace { until }),
        (until, PolicyState::Ended),
    ] {
        assert_eq!(policy_state(&policy, now), state, "{now}");
    }
}

#[test]
fn only_an_ended_policy_forbids_capture() {
    let mut policy = sample::policy();
    assert!(policy_state(&policy, policy.expires - Span::hours(1)).allows_capture());
    assert!(policy_state(&policy, policy.expires).allows_capture());
    policy.grace_hours = 0;
    assert!(!policy_state(&policy, policy.expires).allows_capture());
}
