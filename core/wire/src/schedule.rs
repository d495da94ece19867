//! When batches are sent, as the policy says it.

use serde::{Deserialize, Serialize};

use crate::error::WireError;

/// The schedule of forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// IANA time zone of the windows.
    #[serde(default = "shanghai")]
    pub zone: String,
    /// Windows of civil time in which batches may be sent; empty means at any time.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// Minutes between two runs inside a window: 1 to 1440.
    pub interval_minutes: u16,
    /// Only on networks that are not metered.
    #[serde(default)]
    pub unmetered_only: bool,
    /// Only while the phone is charging.
    #[serde(default)]
    pub charging_only: bool,
    /// After so many hours the oldest record goes out whatever network and charging say, still
    /// inside the windows: 1 to 168.
    pub max_delay_hours: u16,
}

/// A window of civil time on some days of the week. An end before the start runs past midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The days on which it starts.
    pub days: Vec<Weekday>,
    /// Its first minute.
    pub from: CivilTime,
    /// The minute before which it ends.
    pub until: CivilTime,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the days of the week need no explanation")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day, `HH:MM`, from 00:00 to 23:59.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CivilTime {
    minutes: u16,
}

impl CivilTime {
    /// Minutes since midnight, below 1440.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.minutes
    }
}

/// Most windows of a schedule.
pub const MAX_WINDOWS: usize = 32;

impl Schedule {
    /// Checks ranges and the zone's name.
    ///
    /// # Errors
    /// [`WireError::Field`].
    pub(crate) fn check(&self) -> Result<(), WireError> {
        let within = |path: &'static str, value: u16, most: u16, reason: &'static str| {
            if (1..=most).contains(&value) { Ok(()) } else { Err(WireError::field(path, reason)) }
        };
        within("schedule.interval_minutes", self.interval_minutes, 1440, "is 1 to 1440")?;
        within("schedule.max_delay_hours", self.max_delay_hours, 168, "is 1 to 168")?;
        if self.windows.len() > MAX_WINDOWS {
            return Err(WireError::field("schedule.windows", "has more than 32 entries"));
        }
        for (n, window) in self.windows.iter().enumerate() {
            if window.days.is_empty() {
                let path = format!("schedule.windows[{n}].days");
                return Err(WireError::field(path, "is empty: name at least one day"));
            }
            if window.from == window.until {
                let path = format!("schedule.windows[{n}].until");
                return Err(WireError::field(path, "must differ from `from`"));
            }
        }
        if jiff::tz::TimeZone::get(&self.zone).is_err() {
            return Err(WireError::field("schedule.zone", "is no IANA time zone"));
        }
        Ok(())
    }
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

impl TryFrom<String> for CivilTime {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        let wrong = || WireError::field("", "is no time of day such as 09:30");
        let digits = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        match (digits(hours), digits(minutes)) {
            (Some(h @ 0..=23), Some(m @ 0..=59)) => Ok(Self { minutes: h * 60 + m }),
            _ => Err(wrong()),
        }
    }
}

impl From<CivilTime> for String {
    fn from(time: CivilTime) -> Self {
        format!("{:02}:{:02}", time.minutes / 60, time.minutes % 60)
    }
}

#[cfg(test)]
mod tests;
