//! How values are written for the employee and in JSON.

use fenming_core::agent::explain;
use fenming_wire::attachment::Attachment;
use fenming_wire::id::RuleId;
use fenming_wire::record::{Body, Step, Why};
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;
use serde::Serialize;

/// Why a chat is what it is, in JSON: the parts, and the sentence.
#[derive(Serialize)]
pub(super) struct Reason<'a> {
    step: Step,
    rule: Option<&'a RuleId>,
    explained: String,
}

impl<'a> Reason<'a> {
    pub(super) fn new(why: &'a Why, language: Language) -> Self {
        Self { step: why.step, rule: why.rule.as_ref(), explained: explain(why, language) }
    }
}

/// The name of a value as JSON has it, with spaces: `in review`.
pub(crate) fn words<T: Serialize>(value: &T) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().replace('_', " ")
}

/// A time to the second, UTC; a dash where there is none.
pub(super) fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "–".to_owned(),
        |at| Timestamp::from_millis(at.seconds().saturating_mul(1000)).to_string(),
    )
}

/// Somebody's text on one line, so that it cannot look like lines of ours.
pub(crate) fn one_line(text: &str) -> String {
    text.replace('\n', " ⏎ ")
}

/// When what a line says happened; none where it says nothing of a moment.
pub(crate) fn happened(body: &Body) -> Option<Timestamp> {
    let millis = match body {
        Body::Genesis(line) => line.t,
        Body::ConsentGrant(line) => line.t,
        Body::ConsentWithdrawal(line) => line.t,
        Body::Chat(line) => line.t,
        Body::Message(line) => line.t,
        Body::Recall(line) => line.t,
        Body::Call(line) => line.t,
        Body::Coverage(line) => line.t,
        Body::Override(line) => line.t,
        Body::Share(line) => line.t,
        // A balance stands in batches only; kinds to come are shown by their name.
        _ => return None,
    };
    Some(Timestamp::from_millis(millis))
}

/// What kind of line it is.
pub(super) const fn kind(body: &Body) -> &'static str {
    match body {
        Body::Genesis(_) => "start of the ledger",
        Body::Balance(_) => "balance",
        Body::ConsentGrant(_) => "your consent",
        Body::ConsentWithdrawal(_) => "your withdrawal",
        Body::Chat(_) => "chat",
        Body::Message(_) => "message",
        Body::Recall(_) => "recall",
        Body::Call(_) => "call",
        Body::Coverage(_) => "coverage",
        Body::Override(_) => "your correction",
        Body::Share(_) => "shared text",
        _ => "other",
    }
}

/// What a line says, as names and values.
pub(super) fn content(body: &Body) -> Vec<(&'static str, String)> {
    match body {
        Body::Chat(line) => vec![("title", one_line(line.title.expose()))],
        Body::Message(line) => {
            let from = line.from.as_ref().map(|from| ("from", one_line(from.expose())));
            let media = line.media.map(|media| ("stands for", words(&media)));
            let text = Some(("text", one_line(line.text.expose())));
            let text = text.filter(|_| !line.text.is_empty());
            let files = attachments(&line.attachments);
            from.into_iter().chain(media).chain(text).chain(files).collect()
        }
        Body::Recall(line) => {
            line.from.iter().map(|from| ("from", one_line(from.expose()))).collect()
        }
        Body::Call(line) => vec![("call", words(&line.medium)), ("outcome", words(&line.outcome))],
        Body::Coverage(line) => {
            let until = line.until.map(|t| ("until", time(Some(Timestamp::from_millis(t)))));
            let missed = line.missed.map(|n| ("missed", n.to_string()));
            let state = [("coverage", words(&line.state)), ("cause", words(&line.cause))];
            state.into_iter().chain(until).chain(missed).collect()
        }
        Body::Override(line) => vec![("overrides rule", line.rule.to_string())],
        Body::Share(line) => {
            let messages = [("messages", line.messages.to_string())];
            messages.into_iter().chain(attachments(&line.attachments)).collect()
        }
        Body::Genesis(_)
        | Body::Balance(_)
        | Body::ConsentGrant(_)
        | Body::ConsentWithdrawal(_) => Vec::new(),
        _ => Vec::new(),
    }
}

/// The files that came with a record, and what was kept of them.
fn attachments(files: &[Attachment]) -> impl Iterator<Item = (&'static str, String)> {
    files.iter().map(|file| {
        let what = match (file.kept, file.absent) {
            (Some(kept), _) => format!("{} bytes", kept.size),
            (None, Some(absent)) => words(&absent),
            (None, None) => "not kept".to_owned(),
        };
        ("file", format!("{} ({what})", one_line(file.name.expose())))
    })
}
