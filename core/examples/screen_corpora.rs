//! Runs the starter lexicons over folders of chats and prints how often each of them hits.
//!
//! ```text
//! cargo run --release -p fenming-core --example screen_corpora -- DIR [KIND]
//! ```
//!
//! `DIR` holds one folder a corpus, in it `*.jsonl` with `{"messages":[{"t":TEXT},…]}` a line. With
//! a lexicon's id as `KIND`, the messages that it hits are printed, for reading them.

#![allow(clippy::print_stdout, reason = "an example that prints a table")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use fenming_core::screen::{Screen, starter};
use fenming_wire::Content;
use fenming_wire::screening::Screening;
use serde::Deserialize;

#[derive(Deserialize)]
struct Chat {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    t: String,
}

/// What was found in one corpus.
#[derive(Default)]
struct Found {
    messages: u64,
    labelled: u64,
    hits: BTreeMap<String, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: screen_corpora DIR [LEXICON]")?;
    let shown = args.next();
    let lexicons = starter()?;
    let names: Vec<String> = lexicons.iter().map(|lexicon| lexicon.id.to_string()).collect();
    let screening = Screening { lexicons, warn_hours: 24, counterpart: None };
    let screen = Screen::compile(Some(&screening))?;
    let mut corpora = fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
    corpora.sort_by_key(fs::DirEntry::file_name);
    println!("| corpus | messages | labelled | {} |", names.join(" | "));
    println!("|---|---{}|", "|---".repeat(names.len() + 1));
    let mut total = Found::default();
    for corpus in corpora.into_iter().filter(|entry| entry.path().is_dir()) {
        let found = look_through(&corpus.path(), &screen, shown.as_deref())?;
        row(&corpus.file_name().to_string_lossy(), &names, &found);
        total.messages += found.messages;
        total.labelled += found.labelled;
        for (name, hits) in found.hits {
            *total.hits.entry(name).or_default() += hits;
        }
    }
    row("all", &names, &total);
    Ok(())
}

fn look_through(dir: &Path, screen: &Screen, shown: Option<&str>) -> Result<Found, Box<dyn Error>> {
    let mut found = Found::default();
    for file in fs::read_dir(dir)? {
        let file = file?.path();
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(file)?.lines().filter(|line| !line.trim().is_empty()) {
            let chat: Chat = serde_json::from_str(line)?;
            for Message { t } in chat.messages {
                let labels = screen.labels(&Content::from(t.as_str()));
                found.messages += 1;
                found.labelled += u64::from(!labels.is_empty());
                for label in labels {
                    if shown == Some(label.rule.as_str()) {
                        println!("{t}");
                    }
                    *found.hits.entry(label.rule.to_string()).or_default() += 1;
                }
            }
        }
    }
    Ok(found)
}

fn row(name: &str, names: &[String], found: &Found) {
    let hits = names.iter().map(|name| found.hits.get(name).copied().unwrap_or(0).to_string());
    let hits = hits.collect::<Vec<_>>().join(" | ");
    println!("| {name} | {} | {} | {hits} |", found.messages, found.labelled);
}
