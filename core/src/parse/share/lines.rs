//! The lines of shared text: days, heads and what was said.

/// A message as it stands in the text.
pub(super) struct Block<'a> {
    pub(super) head: Head<'a>,
    /// What stands between the message before it and this one.
    pub(super) before: &'a str,
    /// What was said, without the line ends after it.
    pub(super) said: &'a str,
    first: bool,
}

/// Who spoke, and when.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) from: &'a str,
    /// The time as shown, with the spaces before it and the line end after it.
    pub(super) time: &'a str,
    /// The day above it, counted from 1970 in civil time.
    pub(super) day: Option<i64>,
    /// Minute of the day.
    pub(super) minute: u16,
}

/// A line with its end, and where it begins.
#[derive(Clone, Copy)]
struct Line<'a> {
    at: usize,
    text: &'a str,
}

/// The dash of which the rulers around a day are made.
const DASH: char = '—';

/// Fewest dashes of a ruler; WeChat writes five.
const MIN_DASHES: usize = 2;

impl Block<'_> {
    /// Whether a blank line, or a day, stands between it and the message before it.
    pub(super) fn is_apart(&self) -> bool {
        self.first || self.before.matches('\n').count() > 1
    }
}

/// What stands before the first message, the messages, and what stands after the last one.
/// Together they are the whole text.
pub(super) fn split(text: &str) -> (&str, Vec<Block<'_>>, &str) {
    let lines = lines(text);
    let mut heads: Vec<(usize, Head<'_>)> = Vec::new();
    let mut day = None;
    // Where what was said ends: at a day or at the next head.
    let mut ends: Vec<usize> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        if let Some(found) = ruled_day(line.text).filter(|_| precedes_a_head(&lines, n)) {
            day = Some(found);
            close(&mut ends, heads.len(), line.at);
        } else if let Some((from, time, minute)) = head(line.text) {
            close(&mut ends, heads.len(), line.at);
            heads.push((line.at, Head { from, time, day, minute }));
        }
    }
    close(&mut ends, heads.len(), text.len());
    let mut blocks = Vec::with_capacity(heads.len());
    let mut behind = heads.first().map_or(0, |(at, _)| *at);
    let header = text.get(..behind).unwrap_or_default();
    for (n, ((at, head), end)) in heads.iter().zip(&ends).enumerate() {
        let from = at + head.from.len() + head.time.len();
        let said = text.get(from..(*end).max(from)).unwrap_or_default();
        let said = said.trim_end_matches(['\n', '\r']);
        let before = text.get(behind..*at).unwrap_or_default();
        behind = from + said.len();
        blocks.push(Block { head: *head, before, said, first: n == 0 });
    }
    (header, blocks, text.get(behind..).unwrap_or_default())
}

/// Notes where the message that was begun last ends, once.
fn close(ends: &mut Vec<usize>, begun: usize, at: usize) {
    if ends.len() < begun {
        ends.push(at);
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|text| {
            let line = Line { at, text };
            at += text.len();
            line
        })
        .collect()
}

/// Whether nothing but days and blank lines stand between this line and the next head. A ruler
/// that somebody wrote into a message stands before other words.
fn precedes_a_head(lines: &[Line<'_>], n: usize) -> bool {
    lines
        .iter()
        .skip(n + 1)
        .map(|line| line.text)
        .find(|text| !text.trim().is_empty() && ruled_day(text).is_none())
        .is_none_or(|text| head(text).is_some())
}

/// The day between two rulers.
fn ruled_day(line: &str) -> Option<i64> {
    let line = line.trim();
    let inner = line.trim_start_matches(DASH);
    let ahead = line.len().checked_sub(inner.len())? / DASH.len_utf8();
    let date = inner.trim_end_matches(DASH);
    let behind = inner.len().checked_sub(date.len())? / DASH.len_utf8();
    if ahead < MIN_DASHES || behind < MIN_DASHES {
        return None;
    }
    let mut parts = date.trim().split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, most: usize| {
        let good = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (month, day) = (digits(month, 2)?, digits(day, 2)?);
    let year = digits(year, 4).filter(|year| *year >= 1970 && parts.next().is_none())?;
    let date = jiff::civil::Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let since = date.since(jiff::civil::Date::constant(1970, 1, 1)).ok()?;
    Some(i64::from(since.get_days()))
}

/// Sender, time as shown and minute of the day, where the line is a head: a name, two spaces and a
/// time, at the very end.
fn head(line: &str) -> Option<(&str, &str, u16)> {
    let bare = line.trim_end_matches(['\n', '\r']);
    let (rest, time) = bare.rsplit_once("  ")?;
    let (hour, minute) = time.split_once(':')?;
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>, below: u16| {
        let good = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| text.parse::<u16>().ok()).flatten().filter(|n| *n < below)
    };
    let minute = number(hour, 1..=2, 24)? * 60 + number(minute, 2..=2, 60)?;
    let from = rest.trim_end_matches(' ');
    if from.trim().is_empty() {
        return None;
    }
    Some((from, line.get(from.len()..)?, minute))
}
