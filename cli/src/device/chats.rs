//! `device chats`, `tag` and `counterpart`: what chats are, and what the employee says of them.

use std::path::Path;

use clap::ValueEnum;
use fenming_core::agent::Counterpart;
use fenming_core::agent::{Agent, Taken};
use fenming_core::agent::{Chat, VerdictKind};
use fenming_core::agent::{EmployeeTag, explain};
use fenming_wire::Content;
use fenming_wire::id::{ChatId, RetentionClass};
use fenming_wire::policy::ChatKind;
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::opening::existing;
use super::shown::{Reason, one_line, time, words};
use crate::error::CliError;
use crate::output::{Output, Table};

/// Arguments of `fenming device tag`.
#[derive(clap::Args)]
pub(super) struct TagArgs {
    /// The chat, as `device chats` or `device replay` names it
    #[arg(value_name = "CHAT")]
    chat: ChatId,
    /// What it is; `none` takes your tag back
    #[arg(value_name = "TAG")]
    tag: TagName,
}

/// Arguments of `fenming device counterpart`.
#[derive(clap::Args)]
pub(super) struct CounterpartArgs {
    /// The chat, as `device chats` names it
    #[arg(value_name = "CHAT")]
    chat: ChatId,
    /// What the counterpart knows and wants
    #[arg(value_name = "STATE")]
    state: CounterpartName,
}

#[derive(Clone, Copy, ValueEnum)]
enum TagName {
    Business,
    Personal,
    None,
}

#[derive(Clone, Copy, ValueEnum)]
enum CounterpartName {
    Unknown,
    Told,
    Consented,
    Objected,
}

#[derive(Serialize)]
struct Listed<'a> {
    chats: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    chat: ChatId,
    title: Option<&'a Content>,
    kind: ChatKind,
    tag: Option<EmployeeTag>,
    verdict: Option<VerdictKind>,
    why: Option<Reason<'a>>,
    class: Option<&'a RetentionClass>,
    counterpart: Counterpart,
    since: Timestamp,
    last: Option<Timestamp>,
    captured: u64,
}

#[derive(Serialize)]
struct Tagged {
    chat: ChatId,
    tag: Option<EmployeeTag>,
    promoted: u64,
    discarded: u64,
    retracted: u64,
}

#[derive(Serialize)]
struct Noted {
    chat: ChatId,
    counterpart: Counterpart,
}

/// Chats asked for at a time.
const PAGE: u16 = 200;

pub(super) fn run(dir: &Path, language: Language, out: &mut Output) -> Result<(), CliError> {
    let chats = all(&existing(dir)?)?;
    out.json(&Listed { chats: chats.iter().map(|chat| Shown::new(chat, language)).collect() });
    if chats.is_empty() {
        out.line("The store knows no chat yet.");
        return Ok(());
    }
    let headings =
        ["chat", "title", "kind", "is", "your tag", "counterpart", "captured", "last", "why"];
    let mut table = Table::new(&headings).right(&[6]);
    for chat in &chats {
        table.row(row(chat, language));
    }
    out.table(&table);
    Ok(())
}

/// All chats that the store knows, the latest first.
pub(super) fn all(agent: &Agent) -> Result<Vec<Chat>, CliError> {
    let (mut chats, mut before) = (Vec::new(), None);
    loop {
        let page = agent.chats(before, PAGE)?;
        chats.extend(page.chats);
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(chats),
        }
    }
}

pub(super) fn tag(dir: &Path, args: &TagArgs, out: &mut Output) -> Result<(), CliError> {
    let tag = match args.tag {
        TagName::Business => Some(EmployeeTag::Business),
        TagName::Personal => Some(EmployeeTag::Personal),
        TagName::None => None,
    };
    let Taken { promoted, discarded, retracted } = existing(dir)?.tag(args.chat, tag)?;
    out.json(&Tagged { chat: args.chat, tag, promoted, discarded, retracted });
    out.done(match tag {
        Some(EmployeeTag::Business) => "The chat is business from the next observation on.",
        Some(EmployeeTag::Personal) => "The chat is personal: nothing of it is kept any more.",
        None => "Your tag is taken back: the organisation's rules decide again.",
    });
    let numbers = [
        ("records made of what waited", promoted),
        ("waiting items destroyed", discarded),
        ("records taken back", retracted),
    ];
    let numbers = numbers.into_iter().filter(|(_, n)| *n > 0);
    out.facts(&numbers.map(|(name, n)| (name, n.to_string())).collect::<Vec<_>>());
    Ok(())
}

pub(super) fn counterpart(
    dir: &Path,
    args: &CounterpartArgs,
    out: &mut Output,
) -> Result<(), CliError> {
    let state = match args.state {
        CounterpartName::Unknown => Counterpart::Unknown,
        CounterpartName::Told => Counterpart::Told,
        CounterpartName::Consented => Counterpart::Consented,
        CounterpartName::Objected => Counterpart::Objected,
    };
    existing(dir)?.set_counterpart(args.chat, state)?;
    out.json(&Noted { chat: args.chat, counterpart: state });
    out.done("Noted. It holds from the next observation on.");
    Ok(())
}

impl<'a> Shown<'a> {
    fn new(chat: &'a Chat, language: Language) -> Self {
        let verdict = chat.verdict.as_ref();
        let why = verdict.and_then(|verdict| verdict.why.as_ref());
        Self {
            chat: chat.id,
            title: chat.title.as_ref(),
            kind: chat.kind,
            tag: chat.tag,
            verdict: verdict.map(|verdict| verdict.kind),
            why: why.map(|why| Reason::new(why, language)),
            class: verdict.and_then(|verdict| verdict.class.as_ref()),
            counterpart: chat.counterpart,
            since: chat.since,
            last: chat.last,
            captured: chat.captured,
        }
    }
}

fn row(chat: &Chat, language: Language) -> Vec<String> {
    let dash = || "–".to_owned();
    let verdict = chat.verdict.as_ref();
    let why = verdict.and_then(|verdict| verdict.why.as_ref());
    vec![
        chat.id.to_string(),
        chat.title.as_ref().map_or_else(dash, |title| one_line(title.expose())),
        words(&chat.kind),
        verdict.map_or_else(dash, |verdict| words(&verdict.kind)),
        chat.tag.as_ref().map_or_else(dash, words),
        words(&chat.counterpart),
        chat.captured.to_string(),
        time(chat.last),
        why.map_or_else(dash, |why| explain(why, language)),
    ]
}
