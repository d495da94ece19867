//! Times as people give and read them: civil time of a zone.

use std::str::FromStr;

use fenming_wire::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// An IANA time zone by name.
#[derive(Clone)]
pub(super) struct Zone(TimeZone);

/// A day, or an exact time.
#[derive(Clone, Copy)]
pub(super) enum Moment {
    Day(Date),
    Exact(Timestamp),
}

/// Says that a text names no zone, or is no time.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotAMoment(&'static str);

impl FromStr for Zone {
    type Err = NotAMoment;
    fn from_str(name: &str) -> Result<Self, NotAMoment> {
        TimeZone::get(name)
            .map(Self)
            .map_err(|_| NotAMoment("no IANA time zone such as Asia/Shanghai"))
    }
}

impl FromStr for Moment {
    type Err = NotAMoment;
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let day = text.parse().map(Self::Day).ok().filter(|_| text.len() == 10);
        day.or_else(|| text.parse().map(Self::Exact).ok())
            .ok_or(NotAMoment("neither a day such as 2026-03-02 nor an RFC 3339 time"))
    }
}

impl Moment {
    /// The first instant that it takes in; a day begins at midnight of the zone.
    pub(super) fn first(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => zone.midnight(day),
            Self::Exact(at) => at,
        }
    }

    /// The first instant that it no longer takes in; a day lasts until the next midnight.
    pub(super) fn end(self, zone: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => zone.midnight(day.tomorrow().unwrap_or(Date::MAX)),
            Self::Exact(at) => at,
        }
    }
}

impl Zone {
    /// Date and time to the second.
    pub(super) fn show(&self, at: Timestamp) -> String {
        jiff::Timestamp::from_millisecond(at.millis()).map_or_else(
            |_| at.to_string(),
            |at| at.to_zoned_datetime(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        )
    }

    fn midnight(&self, day: Date) -> Timestamp {
        let at = day.to_zoned_datetime(self.0.clone()).map(|at| at.timestamp().as_millisecond());
        Timestamp::from_millis(at.unwrap_or(i64::MAX))
    }
}
