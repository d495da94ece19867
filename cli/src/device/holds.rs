//! `device holds` and `discard`: what waits for the employee's decision.

use std::path::Path;

use fenming_core::agent::explain;
use fenming_core::agent::{Hold, HoldId};
use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::record::Body;
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::opening::existing;
use super::shown::{Reason, content, kind, one_line, time};
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming device discard`.
#[derive(clap::Args)]
pub(super) struct DiscardArgs {
    /// The item, as `device holds` names it
    #[arg(value_name = "HOLD")]
    hold: i64,
}

#[derive(Serialize)]
struct Listed<'a> {
    holds: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    hold: i64,
    chat: ChatId,
    title: &'a Content,
    signal: Reason<'a>,
    happened: Timestamp,
    until: Timestamp,
    line: &'a Body,
}

#[derive(Serialize)]
struct Discarded {
    hold: i64,
    discarded: bool,
}

pub(super) fn run(dir: &Path, language: Language, out: &mut Output) -> Result<(), CliError> {
    let holds = existing(dir)?.holds()?;
    out.json(&Listed { holds: holds.iter().map(|hold| Shown::new(hold, language)).collect() });
    if holds.is_empty() {
        out.line("Nothing waits for your decision.");
        return Ok(());
    }
    for hold in &holds {
        out.heading(&format!("{} · {}", hold.id.number(), kind(&hold.body)));
        let mut facts = vec![("chat", format!("{}  {}", hold.chat, one_line(hold.title.expose())))];
        facts.extend(content(&hold.body));
        facts.push(("happened", time(Some(hold.at))));
        facts.push(("destroyed at", time(Some(hold.until))));
        facts.push(("signal", explain(&hold.signal, language)));
        out.facts(&facts);
    }
    out.aside("Decide for the whole chat, or destroy a single item:");
    out.command("fenming device tag CHAT business|personal");
    out.command("fenming device discard HOLD");
    Ok(())
}

pub(super) fn discard(dir: &Path, args: &DiscardArgs, out: &mut Output) -> Result<(), CliError> {
    existing(dir)?.discard(HoldId::from_number(args.hold))?;
    out.json(&Discarded { hold: args.hold, discarded: true });
    out.done("The item is destroyed with its key.");
    Ok(())
}

impl<'a> Shown<'a> {
    fn new(hold: &'a Hold, language: Language) -> Self {
        Self {
            hold: hold.id.number(),
            chat: hold.chat,
            title: &hold.title,
            signal: Reason::new(&hold.signal, language),
            happened: hold.at,
            until: hold.until,
            line: &hold.body,
        }
    }
}
