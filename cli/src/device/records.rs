//! `device records` and `retract`: what was captured, why, and where it is on its way.

use std::collections::BTreeMap;
use std::path::Path;

use fenming_core::agent::explain;
use fenming_core::agent::{RecordId, RecordState, RecordView};
use fenming_wire::id::{ChatId, Digest};
use fenming_wire::record::Body;
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::chats;
use super::opening::existing;
use super::shown::{Reason, content, happened, kind, one_line, time};
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming device records`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only records of this chat
    #[arg(long, value_name = "CHAT")]
    chat: Option<ChatId>,
    /// Most records that are listed, the newest first
    #[arg(long, value_name = "N", default_value = "50")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Only records before this one
    #[arg(long, value_name = "RECORD")]
    before: Option<i64>,
}

/// Arguments of `fenming device retract`.
#[derive(clap::Args)]
pub(super) struct RetractArgs {
    /// The record, as `device records` names it
    #[arg(value_name = "RECORD")]
    record: i64,
}

#[derive(Serialize)]
struct Listed<'a> {
    records: Vec<Shown<'a>>,
    next: Option<i64>,
    retracted: u64,
}

#[derive(Serialize)]
struct Shown<'a> {
    record: i64,
    state: &'static str,
    chat: Option<ChatId>,
    why: Option<Reason<'a>>,
    grant: Option<Digest>,
    happened: Option<Timestamp>,
    captured: Timestamp,
    sealed: Option<Timestamp>,
    delivered: Option<Timestamp>,
    seq: Option<u64>,
    line: &'a Body,
}

#[derive(Serialize)]
struct Retracted {
    record: i64,
    retracted: bool,
}

pub(super) fn run(
    dir: &Path,
    args: &Args,
    language: Language,
    out: &mut Output,
) -> Result<(), CliError> {
    let agent = existing(dir)?;
    let before = args.before.map(RecordId::from_number);
    let page = agent.records(args.chat, before, args.limit)?;
    let next = page.next.map(RecordId::number);
    out.json(&Listed {
        records: page.records.iter().map(|record| Shown::new(record, language)).collect(),
        next,
        retracted: page.retracted,
    });
    if page.records.is_empty() {
        out.line("There are no records here.");
    }
    let titles: BTreeMap<ChatId, String> = chats::all(&agent)?
        .into_iter()
        .filter_map(|chat| chat.title.map(|title| (chat.id, one_line(title.expose()))))
        .collect();
    for record in &page.records {
        card(record, &titles, language, out);
    }
    if page.retracted > 0 {
        out.aside(&format!("Taken back, with nothing left of them: {}", page.retracted));
    }
    if let Some(next) = next {
        out.aside(&format!("There are older ones: add --before {next}"));
    }
    Ok(())
}

pub(super) fn retract(dir: &Path, args: &RetractArgs, out: &mut Output) -> Result<(), CliError> {
    existing(dir)?.retract(RecordId::from_number(args.record))?;
    out.json(&Retracted { record: args.record, retracted: true });
    out.done("The record is taken back. Nothing is left of it but the number in the books.");
    Ok(())
}

impl<'a> Shown<'a> {
    fn new(record: &'a RecordView, language: Language) -> Self {
        Self {
            record: record.id.number(),
            state: state(record.state),
            chat: record.chat,
            why: record.why.as_ref().map(|why| Reason::new(why, language)),
            grant: record.grant,
            happened: happened(&record.body),
            captured: record.captured,
            sealed: record.sealed,
            delivered: record.delivered,
            seq: record.seq,
            line: &record.body,
        }
    }
}

fn card(
    record: &RecordView,
    titles: &BTreeMap<ChatId, String>,
    language: Language,
    out: &mut Output,
) {
    let state = state(record.state).replace('_', " ");
    out.heading(&format!("{} · {} · {state}", record.id.number(), kind(&record.body)));
    let mut facts = Vec::new();
    if let Some(chat) = record.chat {
        let title = titles.get(&chat).map_or_else(String::new, |title| format!("  {title}"));
        facts.push(("chat", format!("{chat}{title}")));
    }
    facts.extend(content(&record.body));
    facts.push(("happened", time(happened(&record.body))));
    facts.push(("captured", time(Some(record.captured))));
    facts.extend(record.sealed.map(|at| ("sealed", time(Some(at)))));
    facts.extend(record.delivered.map(|at| ("delivered", time(Some(at)))));
    facts.extend(record.seq.map(|seq| ("line", seq.to_string())));
    facts.extend(record.why.as_ref().map(|why| ("why", explain(why, language))));
    out.facts(&facts);
}

/// The state's name in JSON.
const fn state(state: RecordState) -> &'static str {
    match state {
        RecordState::InReview => "in_review",
        RecordState::Queued => "queued",
        RecordState::Sealed => "sealed",
        RecordState::Delivered => "delivered",
        RecordState::Parked => "parked",
    }
}
