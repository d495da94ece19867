//! Prints what screening costs a message: folding and finding by themselves, and with parsing and
//! tagging before them.
//!
//! ```text
//! cargo run --release -p fenming-core --example screen_speed
//! ```

#![allow(clippy::print_stdout, reason = "an example that prints a table")]
#![allow(clippy::disallowed_methods, reason = "it measures; nothing is decided by it")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use fenming_core::screen::{Screen, starter};
use fenming_wire::Content;
use fenming_wire::screening::Screening;

/// Rounds of which the median is printed.
const ROUNDS: usize = 9;

/// Messages a round.
const MESSAGES: u32 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let screening = Screening { lexicons: starter()?, warn_hours: 24, counterpart: None };
    println!("{} terms in {} lexicons", screening.terms(), screening.lexicons.len());
    let before = Instant::now();
    let screen = Screen::compile(Some(&screening))?;
    println!("made ready in {:.1} ms", before.elapsed().as_secs_f64() * 1e3);
    let long = "合同第三条的付款条件我这边再确认一下，明天上午给您回复。".repeat(3);
    for (name, text) in [
        ("short, Chinese", "好的，合同明天寄出，麻烦您查收一下"),
        ("200 bytes, Chinese", long.as_str()),
        ("short, English", "Thanks, the signed contract will be in the post tomorrow"),
        ("full width", "ＯＫ，合同明天寄出　谢谢！"),
        ("long way (é, ①)", "Café ① 合同明天寄出，麻烦您查收一下"),
        ("labelled", "麻烦帮我市价买入示例电子五百手"),
    ] {
        let content = Content::from(text);
        let nanos = median(|| {
            black_box(screen.labels(black_box(&content)));
        });
        println!("{name:<20} {:>4} bytes {nanos:>7.0} ns", text.len());
    }
    Ok(())
}

/// Median time of one call in nanoseconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = Instant::now();
            (0..MESSAGES).for_each(|_| work());
            before.elapsed().as_secs_f64() * 1e9 / f64::from(MESSAGES)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 2).copied().unwrap_or_default()
}
