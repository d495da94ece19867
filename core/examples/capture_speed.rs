//! Prints what a message costs on its way to the store: parsing, tagging under a policy of 10,000
//! directory entries, and screening with the shipped lexicons. CPU time of this thread.
//!
//! ```text
//! cargo run --release -p fenming-core --example capture_speed
//! ```

#![allow(clippy::print_stdout, reason = "an example that prints a table")]
#![allow(clippy::disallowed_methods, reason = "it measures; nothing is decided by it")]

use std::error::Error;
use std::fs;
use std::hint::black_box;

use fenming_core::event::{Event, What};
use fenming_core::observation::{Observation, jsonl};
use fenming_core::parse::{Assembler, Packs};
use fenming_core::screen::{Screen, starter};
use fenming_core::tag::{ChatFacts, Ruleset, decide};
use fenming_wire::policy::Policy;
use fenming_wire::screening::Screening;
use serde_json::{Value, json};

/// Rounds of which the median is printed, and the least and the most beside it.
const ROUNDS: usize = 15;

/// How often a round goes through the day.
const DAYS: usize = 40;

/// Entries of the directory.
const DIRECTORY: u32 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let day = include_bytes!("../../cli/data/working-day.jsonl");
    let day: Vec<Observation> = jsonl::read(&day[..]).collect::<Result<_, _>>()?;
    let packs = Packs::embedded()?;
    let rules = Ruleset::compile(&policy()?)?;
    let screening = Screening { lexicons: starter()?, warn_hours: 24, counterpart: None };
    let screen = Screen::compile(Some(&screening))?;
    let messages = events(&day, &packs).iter().filter(|e| is_message(e)).count();
    println!("{} observations, {messages} of them messages; a message costs, in µs:", day.len());
    println!("{:<24} {:>8} {:>8} {:>8}", "", "median", "least", "most");
    let count = messages as f64;
    measure("parse", count, || drop(black_box(events(&day, &packs))))?;
    measure("parse + tag", count, || {
        for event in &events(&day, &packs) {
            tag(event, &rules);
        }
    })?;
    measure("parse + tag + screen", count, || {
        for event in &events(&day, &packs) {
            tag(event, &rules);
            if let What::Message(message) = &event.what {
                black_box(screen.labels(&message.text));
            }
        }
    })
}

/// The day through a new assembler.
fn events(day: &[Observation], packs: &Packs) -> Vec<Event> {
    let mut assembler = Assembler::new();
    day.iter().flat_map(|next| assembler.step(next, packs)).collect()
}

fn tag(event: &Event, rules: &Ruleset) {
    let Some(seen) = &event.chat else { return };
    let facts = ChatFacts {
        profile: event.origin.profile,
        kind: seen.kind,
        title: &seen.title,
        employee: None,
        earlier: None,
    };
    let text = if let What::Message(message) = &event.what { Some(&message.text) } else { None };
    black_box(decide(&facts, rules, text));
}

const fn is_message(event: &Event) -> bool {
    matches!(event.what, What::Message(_))
}

/// A policy of an invented employer with a large directory.
fn policy() -> Result<Policy, Box<dyn Error>> {
    let entry =
        |n| json!({ "id": format!("c-{n}"), "title": format!("客户 {n:05}"), "kind": "direct" });
    let directory: Vec<Value> = (0..DIRECTORY).map(entry).collect();
    let words = json!({ "zh-Hans": "留存业务沟通", "en": "keeping business communication" });
    Ok(serde_json::from_value(json!({
        "tenant": "yunfan",
        "version": 1,
        "issued": "2026-02-27T08:00:00Z",
        "expires": "2027-02-28T16:00:00Z",
        "purposes": [{ "code": "records", "basis": "consent", "text": words }],
        "sources": ["wechat_notification"],
        "notice": { "contact": words, "rights": words },
        "directory": directory,
        "group_rules": [{ "id": "g-1", "how": "prefix", "text": "【项目】" }],
        "text_rules": [{ "id": "t-1", "any": ["合同", "报价", "委托", "Limit Order"] }],
        "os_profiles": { "work_is_business": true },
        "retention": { "general": 1095 },
        "default_class": "general",
        "schedule": { "interval_minutes": 30, "max_delay_hours": 24 },
        "review_minutes": 120,
        "reprompt_days": 45,
        "grace_hours": 72,
    }))?)
}

fn measure(name: &str, messages: f64, mut day: impl FnMut()) -> Result<(), Box<dyn Error>> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let before = cpu_nanos()?;
        (0..DAYS).for_each(|_| day());
        rounds.push((cpu_nanos()? - before) / 1e3 / messages / DAYS as f64);
    }
    rounds.sort_by(f64::total_cmp);
    let at = |n: usize| rounds.get(n).copied().unwrap_or_default();
    println!("{name:<24} {:>8.2} {:>8.2} {:>8.2}", at(ROUNDS / 2), at(0), at(ROUNDS - 1));
    Ok(())
}

/// What this thread has had of a processor, as Linux counts it.
fn cpu_nanos() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split_whitespace().next().unwrap_or_default().parse()?)
}
