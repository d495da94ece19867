//! The assembler over sequences of observations.

use super::*;
use crate::observation::jsonl;

const DAY: &[u8] = include_bytes!("../../../../cli/data/working-day.jsonl");

fn packs() -> Packs {
    Packs::embedded().unwrap()
}

fn day() -> Vec<Observation> {
    jsonl::read(DAY).map(Result::unwrap).collect()
}

fn run(day: &[Observation]) -> Vec<Event> {
    let (packs, mut assembler) = (packs(), Assembler::new());
    day.iter().flat_map(|next| assembler.step(next, &packs)).collect()
}

fn count(events: &[Event], wanted: impl Fn(&What) -> bool) -> usize {
    events.iter().filter(|event| wanted(&event.what)).count()
}

#[test]
fn the_working_day_gives_the_events_that_it_was_written_for() {
    let day = day();
    let events = run(&day);
    assert!(day.len() >= 150);
    assert_eq!(count(&events, |what| matches!(what, What::Recall(_))), 7);
    assert_eq!(count(&events, |what| matches!(what, What::Call(_))), 6);
    assert_eq!(count(&events, |what| matches!(what, What::Redacted)), 2);
    assert_eq!(count(&events, |what| matches!(what, What::PreviewHidden)), 3);
    assert_eq!(count(&events, |what| matches!(what, What::Ignored(Ignored::DoublePost))), 7);
    assert_eq!(count(&events, |what| matches!(what, What::Ignored(Ignored::GroupSummary))), 1);
    assert_eq!(count(&events, |what| matches!(what, What::Ignored(Ignored::NotAChat))), 5);
    assert_eq!(count(&events, |what| matches!(what, What::Ignored(Ignored::Unreadable))), 0);
    let missed = events.iter().filter_map(|event| match event.what {
        What::Missed(missed) => Some(missed),
        _ => None,
    });
    assert_eq!(missed.collect::<Vec<_>>(), [2, 3, 1, 1, 1]);
}
