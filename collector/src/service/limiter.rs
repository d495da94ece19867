//! Failed enrolments by address: a pure count over a sliding window.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

use fenming_wire::time::Timestamp;

use crate::limits::{FAILURE_WINDOW, MAX_FAILING_ADDRESSES, MAX_FAILURES};

/// Who failed when.
#[derive(Default)]
pub(crate) struct FailureLimiter {
    failures: BTreeMap<IpAddr, VecDeque<Timestamp>>,
}

impl FailureLimiter {
    /// Seconds that the address must wait, where it failed too often.
    pub(crate) fn wait(&self, address: IpAddr, now: Timestamp) -> Option<i64> {
        let times = self.failures.get(&network(address))?;
        let mut recent = times.iter().filter(|at| within(**at, now));
        let oldest = *recent.next()?;
        if recent.count().saturating_add(1) < MAX_FAILURES {
            return None;
        }
        let left = (oldest + FAILURE_WINDOW).since(now).as_millis();
        Some(left.div_euclid(1000).saturating_add(1))
    }

    /// Notes a failure.
    pub(crate) fn failed(&mut self, address: IpAddr, now: Timestamp) {
        let key = network(address);
        if !self.failures.contains_key(&key) && self.failures.len() >= MAX_FAILING_ADDRESSES {
            self.make_room(now);
        }
        let times = self.failures.entry(key).or_default();
        forget(times, now);
        times.push_back(now);
        while times.len() > MAX_FAILURES {
            times.pop_front();
        }
    }

    /// Drops what is past; where all are recent, the one whose last failure is oldest.
    fn make_room(&mut self, now: Timestamp) {
        self.failures.retain(|_, times| {
            forget(times, now);
            !times.is_empty()
        });
        if self.failures.len() >= MAX_FAILING_ADDRESSES {
            let oldest = self.failures.iter().min_by_key(|(_, times)| times.back().copied());
            if let Some(address) = oldest.map(|(address, _)| *address) {
                self.failures.remove(&address);
            }
        }
    }
}

fn forget(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    times.retain(|at| within(*at, now));
}

/// Whether a failure still counts. One that lies in the future, of a clock that was set back,
/// does not.
fn within(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < FAILURE_WINDOW
}

/// One customer of an IPv6 network has a whole /64, so all of it counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
