use std::net::IpAddr;

use fenming_wire::time::{Span, Timestamp};
use proptest::prelude::*;

use super::FailureLimiter;
use crate::limits::{FAILURE_WINDOW, MAX_FAILING_ADDRESSES, MAX_FAILURES};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn a_network_of_ipv6_counts_as_one_and_a_mapped_address_as_itself() {
    let mut limiter = FailureLimiter::default();
    for n in 0..MAX_FAILURES {
        limiter.failed(address(&format!("2001:db8:1:2::{n:x}")), at(0));
        limiter.failed(address("203.0.113.7"), at(0));
    }
    assert!(limiter.wait(address("2001:db8:1:2:ffff::1"), at(1)).is_some());
    assert!(limiter.wait(address("2001:db8:1:3::1"), at(1)).is_none());
    assert!(limiter.wait(address("::ffff:203.0.113.7"), at(1)).is_some());
    assert!(limiter.wait(address("203.0.113.8"), at(1)).is_none());
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out() {
    let mut limiter = FailureLimiter::default();
    for _ in 0..MAX_FAILURES {
        limiter.failed(address("203.0.113.7"), at(86_400_000));
    }
    assert_eq!(limiter.wait(address("203.0.113.7"), at(0)), None);
}

#[test]
fn the_memory_of_addresses_has_a_bound() {
    let mut limiter = FailureLimiter::default();
    for n in 0..u32::try_from(MAX_FAILING_ADDRESSES).unwrap() + 100 {
        limiter.failed(IpAddr::from(n.to_be_bytes()), at(i64::from(n)));
    }
    assert_eq!(limiter.failures.len(), MAX_FAILING_ADDRESSES);
}

proptest! {
    /// Against a plain list of all failures.
    #[test]
    fn an_address_waits_exactly_while_the_window_is_full(
        steps in prop::collection::vec((0i64..60_000, any::<bool>()), 1..200),
    ) {
        let who = address("203.0.113.7");
        let (mut limiter, mut all, mut now) = (FailureLimiter::default(), Vec::new(), at(0));
        for (pause, fails) in steps {
            now = now + Span::millis(pause);
            let recent =
                all.iter().filter(|then| now.since(**then) < FAILURE_WINDOW).count();
            let wait = limiter.wait(who, now);
            prop_assert_eq!(wait.is_some(), recent >= MAX_FAILURES);
            if let Some(seconds) = wait {
                prop_assert!(limiter.wait(who, now + Span::seconds(seconds)).is_none());
                continue;
            }
            if fails {
                limiter.failed(who, now);
                all.push(now);
            }
        }
    }
}
