//! Observations as JSON Lines, and all parsing behind them: every notification gives an event,
//! and shared text comes back from its messages.
#![no_main]

use std::sync::OnceLock;

use fenming_core::observation::{Observation, jsonl};
use fenming_core::parse::share::{self, SharedText};
use fenming_core::parse::{Assembler, Packs};
use fenming_wire::Content;
use libfuzzer_sys::fuzz_target;

static PACKS: OnceLock<Packs> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let packs = PACKS.get_or_init(|| Packs::embedded().expect("the packs are good"));
    let mut assembler = Assembler::new();
    for observation in jsonl::read(bytes).flatten() {
        let events = assembler.step(&observation, packs);
        if let Observation::WechatNotification(_) = &observation {
            assert!(!events.is_empty());
        }
        if let Observation::WechatShare(share) = &observation {
            whole(&share.text, &share::read(share, packs));
        }
    }
});

/// Header, messages and tail of a short text give it back.
fn whole(shared: &Content, read: &SharedText) {
    let mut again = read.header.expose().to_owned();
    for message in read.messages.iter().map(|one| &one.message) {
        let from = message.from.as_ref();
        again.push_str(message.raw.rebuild(&Content::default(), from, &message.text).text.expose());
    }
    again.push_str(read.tail.expose());
    assert!(shared.len() > 4_096 || again == shared.expose());
}
