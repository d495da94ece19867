//! Observations as JSON Lines, and all parsing behind them: every notification gives an event.
#![no_main]

use std::sync::OnceLock;

use fenming_core::observation::{Observation, jsonl};
use fenming_core::parse::{Assembler, Packs};
use libfuzzer_sys::fuzz_target;

static PACKS: OnceLock<Packs> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let packs = PACKS.get_or_init(|| Packs::embedded().expect("the packs are good"));
    let mut assembler = Assembler::new();
    for observation in jsonl::read(bytes).flatten() {
        let events = assembler.step(&observation, packs);
        if let Observation::WechatNotification(_) = observation {
            assert!(!events.is_empty());
        }
    }
});
