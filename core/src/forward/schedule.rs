//! When batches are sent: the policy's schedule against the facts of the moment. Pure.
//!
//! A moment lies in a window if its civil time, in the schedule's zone, does. So a window inside
//! an hour that a clock change skips does not occur on that day, and one inside a repeated hour
//! occurs twice.

use fenming_wire::content::Loggable;
use fenming_wire::schedule::{Schedule, Weekday, Window};
use fenming_wire::time::{Span, Timestamp};
use fenming_wire::{Code, WireError};
use jiff::tz::TimeZone;

use crate::limits::{BACKOFF, PROBE_INTERVAL, RETRY_AFTER};

/// A schedule that was checked, with its zone looked up.
#[derive(Clone, Debug)]
pub struct Planner {
    zone: TimeZone,
    windows: Vec<Window>,
    interval: Span,
    max_delay: Span,
    unmetered_only: bool,
    charging_only: bool,
}

/// What the planner must know of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The time.
    pub now: Timestamp,
    /// The network, as the shell says it.
    pub network: Network,
    /// Whether the phone is charging, as the shell says it.
    pub charging: bool,
    /// What waits to be sent; absent where nothing does.
    pub pending: Option<Pending>,
    /// When forwarding was last tried.
    pub last_run: Option<Timestamp>,
    /// The end of a wait that a failure began.
    pub hold_off: Option<HoldOff>,
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// When the oldest of it was captured.
    pub oldest: Timestamp,
    /// When the first of it may be sent: the end of its review window, or the past.
    pub ready: Timestamp,
}

/// The network, as far as forwarding cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Network {
    /// There is none.
    Offline,
    /// Traffic may cost the employee money.
    Metered,
    /// Traffic costs nothing.
    Unmetered,
}

/// A wait that a failure began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldOff {
    /// Until the end of a backoff, or of the endpoint's `Retry-After`.
    Backoff(Timestamp),
    /// Until the next probe of a pause.
    Probe(Timestamp),
    /// The same after an error of configuration: not even the employee shortens it.
    Stop(Timestamp),
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Send now.
    Now,
    /// Wake up then and plan again. The time lies in a window and after now.
    At(Timestamp, Wait),
    /// No time can be named: plan again when something changes.
    Idle(Idle),
}

/// What a plan waits for; where there is more than one reason, the one that ends last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// The review window of the first record.
    Review,
    /// The interval since the last run.
    Interval,
    /// A network that is not metered, or the longest delay.
    Unmetered,
    /// The charger, or the longest delay.
    Charger,
    /// The end of a backoff.
    Backoff,
    /// The next probe of a pause.
    Probe,
    /// The next window.
    Window,
}

/// Why no time can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Idle {
    /// Nothing waits to be sent.
    Nothing,
    /// There is no network.
    Offline,
    /// No window opens within two weeks.
    NoWindow,
}

/// How far ahead a window is looked for. Windows repeat weekly; a clock change can skip one once.
const HORIZON_DAYS: i64 = 15;

impl Facts {
    /// Whether an error of configuration forbids every attempt, even one that the employee asks
    /// for.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let stopped = matches!(self.hold_off, Some(HoldOff::Stop(_)));
        stopped && hold_off_end(self).is_some_and(|(end, _)| end > self.now)
    }
}

impl Planner {
    /// Looks the zone up.
    ///
    /// # Errors
    /// [`WireError::Field`] where the zone is not known.
    pub fn new(schedule: &Schedule) -> Result<Self, WireError> {
        let zone = TimeZone::get(&schedule.zone)
            .map_err(|_| WireError::field("schedule.zone", "is no IANA time zone"))?;
        Ok(Self {
            zone,
            windows: schedule.windows.clone(),
            interval: Span::minutes(i64::from(schedule.interval_minutes)),
            max_delay: Span::hours(i64::from(schedule.max_delay_hours)),
            unmetered_only: schedule.unmetered_only,
            charging_only: schedule.charging_only,
        })
    }

    /// Says what to do. The longest delay lifts the conditions on network and charger, and
    /// nothing lifts the windows.
    #[must_use]
    pub fn plan(&self, facts: &Facts) -> Plan {
        let Some(pending) = facts.pending else {
            return Plan::Idle(Idle::Nothing);
        };
        if facts.network == Network::Offline {
            return Plan::Idle(Idle::Offline);
        }
        let waits = [
            Some((pending.ready, Wait::Review)),
            self.interval_end(facts),
            self.condition_end(facts, pending),
            hold_off_end(facts),
        ];
        let (due, wait) = waits
            .into_iter()
            .flatten()
            .filter(|(end, _)| *end > facts.now)
            .max()
            .unwrap_or((facts.now, Wait::Window));
        match self.next_open(due) {
            None => Plan::Idle(Idle::NoWindow),
            Some(at) if at <= facts.now => Plan::Now,
            Some(at) if at == due => Plan::At(at, wait),
            Some(at) => Plan::At(at, Wait::Window),
        }
    }

    /// Whether batches may be sent at this moment, as far as windows say.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.windows.is_empty() || instant(at).is_some_and(|at| self.opens(at))
    }

    /// The first moment from `from` on at which batches may be sent.
    #[must_use]
    pub fn next_open(&self, from: Timestamp) -> Option<Timestamp> {
        if self.is_open(from) {
            return Some(from);
        }
        let start = instant(from)?;
        let horizon = instant(from + Span::days(HORIZON_DAYS))?;
        let starts = self.window_starts(start);
        let changes = self.zone.following(start).map(|change| change.timestamp());
        let next = starts
            .into_iter()
            .chain(changes.take_while(|at| *at <= horizon))
            .filter(|at| *at > start && *at <= horizon && self.opens(*at))
            .min()?;
        // A start lies on a whole second, so nothing is cut off here.
        Some(Timestamp::from_millis(next.as_millisecond()))
    }

    /// A clock that was set back must not lengthen a wait: a last run in the future is not one.
    fn interval_end(&self, facts: &Facts) -> Option<(Timestamp, Wait)> {
        let last = facts.last_run.filter(|last| *last <= facts.now)?;
        Some((last + self.interval, Wait::Interval))
    }

    /// A record from further ahead than the longest delay shows that the clock was set back; its
    /// real age cannot be known, so it waits no longer.
    fn condition_end(&self, facts: &Facts, pending: Pending) -> Option<(Timestamp, Wait)> {
        let end = pending.oldest + self.max_delay;
        let known = pending.oldest <= facts.now + self.max_delay;
        if self.unmetered_only && facts.network != Network::Unmetered {
            known.then_some((end, Wait::Unmetered))
        } else if self.charging_only && !facts.charging {
            known.then_some((end, Wait::Charger))
        } else {
            None
        }
    }

    fn opens(&self, at: jiff::Timestamp) -> bool {
        let civil = self.zone.to_datetime(at);
        let minute = i32::from(civil.hour()) * 60 + i32::from(civil.minute());
        let today = weekday(civil.date().weekday());
        let yesterday = weekday(civil.date().weekday().previous());
        self.windows.iter().any(|window| {
            let (from, until) = (minutes(window.from), minutes(window.until));
            let starts_today = window.days.contains(&today);
            if from < until {
                starts_today && (from..until).contains(&minute)
            } else {
                starts_today && minute >= from || window.days.contains(&yesterday) && minute < until
            }
        })
    }

    /// Every moment within the horizon at which the civil time is the start of a window; also the
    /// moments around a clock change, which `opens` sorts out.
    fn window_starts(&self, from: jiff::Timestamp) -> Vec<jiff::Timestamp> {
        let first = self.zone.to_datetime(from).date();
        let days = (0..=HORIZON_DAYS)
            .filter_map(|n| first.checked_add(jiff::Span::new().try_days(n).ok()?).ok());
        days.flat_map(|day| {
            self.windows.iter().flat_map(move |window| {
                let minute = window.from.minutes();
                let (hour, minute) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
                let at = day.at(hour.unwrap_or_default(), minute.unwrap_or_default(), 0, 0);
                let moments = self.zone.to_ambiguous_timestamp(at);
                [moments.earlier().ok(), moments.later().ok()].into_iter().flatten()
            })
        })
        .collect()
    }
}

/// The end of a wait that a failure began. One that is further off than any can be shows that the
/// clock was set back, and is over.
fn hold_off_end(facts: &Facts) -> Option<(Timestamp, Wait)> {
    let (end, wait, longest) = match facts.hold_off? {
        HoldOff::Backoff(end) => (end, Wait::Backoff, BACKOFF.1.max(RETRY_AFTER.1)),
        HoldOff::Probe(end) | HoldOff::Stop(end) => (end, Wait::Probe, PROBE_INTERVAL),
    };
    (end <= facts.now + longest).then_some((end, wait))
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.millis()).ok()
}

fn minutes(time: fenming_wire::schedule::CivilTime) -> i32 {
    i32::from(time.minutes())
}

fn weekday(day: jiff::civil::Weekday) -> Weekday {
    match day {
        jiff::civil::Weekday::Monday => Weekday::Mon,
        jiff::civil::Weekday::Tuesday => Weekday::Tue,
        jiff::civil::Weekday::Wednesday => Weekday::Wed,
        jiff::civil::Weekday::Thursday => Weekday::Thu,
        jiff::civil::Weekday::Friday => Weekday::Fri,
        jiff::civil::Weekday::Saturday => Weekday::Sat,
        jiff::civil::Weekday::Sunday => Weekday::Sun,
    }
}

impl Wait {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub const fn code(self) -> Code {
        Code(match self {
            Self::Review => "review",
            Self::Interval => "interval",
            Self::Unmetered => "unmetered",
            Self::Charger => "charger",
            Self::Backoff => "backoff",
            Self::Probe => "probe",
            Self::Window => "window",
        })
    }
}

impl Idle {
    /// A code that stays the same across versions and languages.
    #[must_use]
    pub const fn code(self) -> Code {
        Code(match self {
            Self::Nothing => "nothing_pending",
            Self::Offline => "offline",
            Self::NoWindow => "no_window",
        })
    }
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code().fmt(f)
    }
}

impl std::fmt::Display for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code().fmt(f)
    }
}

impl Loggable for Wait {}
impl Loggable for Idle {}

#[cfg(test)]
mod tests;
