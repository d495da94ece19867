//! `fenming archive list`: what was archived, for people.

use std::collections::BTreeMap;

use clap::ValueEnum;
use fenming_wire::Content;
use fenming_wire::id::{ChatId, DeviceId, Epoch};
use fenming_wire::record::{Body, CoverageState, Line};
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::epoch::{OpenedBatch, Visitor};
use super::moment::{Moment, Zone};
use super::whole::ArchiveReport;
use super::{Source, end};
use crate::device::shown::{happened, one_line, words};
use crate::error::CliError;
use crate::output::{Output, Table, counted};

/// What is listed.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Only these kinds; may be given more than once
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Vec<Kind>,
    /// Only chats with this id, or with this text in their title
    #[arg(long, value_name = "ID|TEXT")]
    chat: Option<String>,
    /// Only from this day or time on
    #[arg(long, value_name = "DAY|TIME")]
    from: Option<Moment>,
    /// Only until this day (all of it) or time (which is left out)
    #[arg(long, value_name = "DAY|TIME")]
    to: Option<Moment>,
    /// The time zone of days and of what is shown
    #[arg(long, value_name = "ZONE", default_value = "Asia/Shanghai")]
    zone: Zone,
    /// Most lines of the table; JSON has no limit
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
}

/// A kind of line, as people ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Chat,
    Message,
    Recall,
    Call,
    Gap,
    Consent,
    Override,
}

/// A line in JSON.
#[derive(Serialize)]
struct Listed<'a> {
    device: DeviceId,
    epoch: Epoch,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a Content>,
    line: &'a Line,
}

/// A line of the table.
struct Row {
    seq: u64,
    at: Timestamp,
    chat: String,
    from: String,
    what: String,
}

pub(super) fn run(source: &Source, filter: &Filter, out: &mut Output) -> Result<(), CliError> {
    source.must_open()?;
    if out.is_json() {
        let report = source.verify(&mut Walk::new(filter, Documents { out }))?;
        return end(&report, out);
    }
    let mut walk = Walk::new(filter, Rows::default());
    let report = source.verify_shown(&mut walk, out)?;
    let Rows { rows, left_out, .. } = walk.taker;
    if rows.is_empty() {
        out.line("Nothing in the archive fits. Widen --kind, --chat, --from or --to.");
    }
    for (ledger, rows) in &rows {
        table(*ledger, rows, (&report, filter), out);
    }
    if left_out > 0 {
        let lines = counted(left_out, "more line was", "more lines were");
        out.caution(&format!("{lines} left out: narrow the list, raise --limit, or use --json"));
    }
    end(&report, out)
}

fn table(
    (device, epoch): (DeviceId, Epoch),
    rows: &[Row],
    (report, filter): (&ArchiveReport, &Filter),
    out: &mut Output,
) {
    let mut epochs = report.epochs.iter();
    let person = epochs
        .find(|known| (known.device, known.epoch) == (device, epoch))
        .and_then(|known| known.person.as_ref())
        .map_or_else(String::new, |person| format!("{person} · "));
    out.heading(&format!("{person}device {device} · epoch {epoch}"));
    let mut table = Table::new(&["seq", "time", "chat", "from", "what"]).right(&[0]);
    for row in rows {
        table.row(vec![
            row.seq.to_string(),
            filter.zone.show(row.at),
            row.chat.clone(),
            row.from.clone(),
            row.what.clone(),
        ]);
    }
    out.table(&table);
}

/// Follows the titles of chats, and hands on every line that fits the filter.
struct Walk<'a, T> {
    filter: &'a Filter,
    titles: BTreeMap<(DeviceId, Epoch, ChatId), Content>,
    taker: T,
}

/// A line that fits.
struct Found<'a> {
    batch: &'a OpenedBatch<'a>,
    line: &'a Line,
    at: Timestamp,
    chat: Option<ChatId>,
    title: Option<&'a Content>,
}

trait Taker {
    fn take(&mut self, found: &Found<'_>, filter: &Filter);
}

/// Prints each line as JSON.
struct Documents<'a> {
    out: &'a mut Output,
}

/// Collects the rows of tables, as many as are wanted.
#[derive(Default)]
struct Rows {
    rows: BTreeMap<(DeviceId, Epoch), Vec<Row>>,
    shown: usize,
    left_out: u64,
}

impl<'a, T> Walk<'a, T> {
    const fn new(filter: &'a Filter, taker: T) -> Self {
        Self { filter, titles: BTreeMap::new(), taker }
    }
}

impl<T: Taker> Visitor for Walk<'_, T> {
    fn opened(&mut self, batch: &OpenedBatch<'_>) {
        for line in batch.lines.iter().filter_map(|(_, line)| line.as_ref()) {
            if let Body::Chat(chat) = &line.body {
                let key = (batch.device, batch.epoch, chat.chat);
                self.titles.insert(key, chat.title.clone());
            }
            let Some((kind, at)) = kind(&line.body).zip(happened(&line.body)) else { continue };
            let chat = chat(&line.body);
            let title = chat.and_then(|chat| self.titles.get(&(batch.device, batch.epoch, chat)));
            if self.filter.takes(kind, at, chat, title) {
                self.taker.take(&Found { batch, line, at, chat, title }, self.filter);
            }
        }
    }
}

impl Taker for Documents<'_> {
    fn take(&mut self, found: &Found<'_>, _filter: &Filter) {
        let Found { batch, line, title, .. } = *found;
        let received = batch.receipt.map(|receipt| receipt.received);
        let (device, epoch) = (batch.device, batch.epoch);
        self.out.json(&Listed { device, epoch, received, title, line });
    }
}

impl Taker for Rows {
    fn take(&mut self, found: &Found<'_>, filter: &Filter) {
        if self.shown >= filter.limit {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.shown = self.shown.saturating_add(1);
        let Found { batch, line, at, chat, title } = *found;
        let name = title.map(|title| one_line(title.expose()));
        let chat = name.or_else(|| chat.map(|chat| chat.to_string())).unwrap_or_default();
        let (from, what) = words_of(line, &filter.zone);
        let row = Row { seq: line.seq, at, chat, from, what };
        self.rows.entry((batch.device, batch.epoch)).or_default().push(row);
    }
}

impl Filter {
    fn takes(
        &self,
        kind: Kind,
        at: Timestamp,
        chat: Option<ChatId>,
        title: Option<&Content>,
    ) -> bool {
        let wanted = |text: &String| {
            let id = chat.is_some_and(|chat| chat.to_string() == *text);
            id || title.is_some_and(|title| title.expose().contains(text.as_str()))
        };
        (self.kind.is_empty() || self.kind.contains(&kind))
            && self.from.is_none_or(|from| at >= from.first(&self.zone))
            && self.to.is_none_or(|to| at < to.end(&self.zone))
            && self.chat.as_ref().is_none_or(wanted)
    }
}

fn kind(body: &Body) -> Option<Kind> {
    match body {
        Body::Chat(_) => Some(Kind::Chat),
        Body::Message(_) | Body::Share(_) => Some(Kind::Message),
        Body::Recall(_) => Some(Kind::Recall),
        Body::Call(_) => Some(Kind::Call),
        Body::Coverage(line) => match line.state {
            CoverageState::Blind | CoverageState::Off => Some(Kind::Gap),
            CoverageState::Observed | CoverageState::IncomingOnly => None,
        },
        Body::Genesis(_) | Body::ConsentGrant(_) | Body::ConsentWithdrawal(_) => {
            Some(Kind::Consent)
        }
        Body::Override(_) => Some(Kind::Override),
        _ => None,
    }
}

fn chat(body: &Body) -> Option<ChatId> {
    match body {
        Body::Chat(line) => Some(line.chat),
        Body::Message(line) => Some(line.chat),
        Body::Recall(line) => Some(line.chat),
        Body::Call(line) => Some(line.chat),
        Body::Share(line) => Some(line.chat),
        Body::Coverage(line) => line.chat,
        _ => None,
    }
}

/// Who, and what, in words.
fn words_of(line: &Line, zone: &Zone) -> (String, String) {
    let name = |from: &Option<Content>| {
        from.as_ref().map(|from| one_line(from.expose())).unwrap_or_default()
    };
    match &line.body {
        Body::Message(message) => {
            let media = message.media.map(|media| format!("[{}] ", words(&media)));
            let text = one_line(message.text.expose());
            let files: String = message
                .attachments
                .iter()
                .map(|file| format!(" ({})", one_line(file.name.expose())))
                .collect();
            (name(&message.from), format!("{}{text}{files}", media.unwrap_or_default()))
        }
        Body::Share(share) => {
            let files = share.attachments.len();
            (String::new(), format!("shared {} messages, {files} other files", share.messages))
        }
        Body::Recall(recall) => {
            let of: Vec<String> = line.of.iter().map(ToString::to_string).collect();
            let of = if of.is_empty() { "unknown".to_owned() } else { of.join(" or ") };
            let sure = words(&recall.sure);
            (name(&recall.from), format!("recalled a message: {of} ({sure} confidence)"))
        }
        Body::Call(call) => {
            let seconds = call.estimated_ms.map(|ms| format!(", about {} s", ms / 1000));
            let (medium, outcome) = (words(&call.medium), words(&call.outcome));
            (String::new(), format!("{medium} call, {outcome}{}", seconds.unwrap_or_default()))
        }
        Body::Chat(chat) => {
            let rule = chat.why.rule.as_ref().map(|rule| format!(" {rule}")).unwrap_or_default();
            let names = if chat.pseudonymous { ", names are pseudonyms" } else { "" };
            let why = format!("business by {}{rule}{names}", words(&chat.why.step));
            (String::new(), why)
        }
        Body::Coverage(coverage) => {
            let missed = coverage.missed.map(|n| format!(", {n} missed")).unwrap_or_default();
            // A moment that revealed something begins and ends at once.
            let until = coverage.until.filter(|until| *until != coverage.t);
            let until = until.map(Timestamp::from_millis);
            let until = until.map(|at| format!(" until {}", zone.show(at))).unwrap_or_default();
            let (state, cause) = (words(&coverage.state), words(&coverage.cause));
            (String::new(), format!("{state}: {cause}{missed}{until}"))
        }
        Body::Genesis(_) => (String::new(), "consent given; the ledger begins".to_owned()),
        Body::ConsentGrant(_) => (String::new(), "consent given".to_owned()),
        Body::ConsentWithdrawal(_) => (String::new(), "consent withdrawn".to_owned()),
        Body::Override(line) => (String::new(), format!("tagged personal, against {}", line.rule)),
        _ => (String::new(), String::new()),
    }
}
