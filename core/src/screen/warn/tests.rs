use proptest::prelude::*;

use super::*;

fn rule(hours: u16, counterpart: Option<u16>) -> Screening {
    serde_json::from_value(serde_json::json!({
        "lexicons": [],
        "warn_hours": hours,
        "counterpart": counterpart.map(|hours| serde_json::json!({
            "hours": hours, "text": { "zh-Hans": "本聊天存档", "en": "This chat is archived" },
        })),
    }))
    .unwrap()
}

fn label(kind: LabelKind) -> Vec<Label> {
    vec![Label { kind, rule: "l".parse().unwrap() }]
}

fn chat(n: u8) -> ChatId {
    ChatId::from_bytes([n; 10])
}

fn hour(n: i64) -> Timestamp {
    Timestamp::from_millis(1_772_413_200_000) + Span::hours(n)
}

#[test]
fn the_employee_is_warned_of_a_kind_once_in_its_hours() {
    let (rule, mut warnings) = (rule(24, None), Warnings::default());
    let order = label(LabelKind::OrderInstruction);
    assert!(warnings.take(&rule, chat(1), &order, hour(0)));
    assert!(!warnings.take(&rule, chat(2), &order, hour(23)), "another chat, the same kind");
    assert!(warnings.take(&rule, chat(1), &label(LabelKind::Unacceptable), hour(23)));
    assert!(warnings.take(&rule, chat(1), &order, hour(24)));
    let shown: Vec<_> = warnings.drain().iter().map(|w| (w.label, w.at)).collect();
    let (order, other) = (LabelKind::OrderInstruction, LabelKind::Unacceptable);
    assert_eq!(shown, [(order, hour(0)), (other, hour(23)), (order, hour(24))]);
    assert!(warnings.drain().is_empty(), "shown once");
}

#[test]
fn a_restart_repeats_nothing() {
    let (rule, mut warnings) = (rule(24, Some(24)), Warnings::default());
    assert!(warnings.take(&rule, chat(1), &label(LabelKind::Unacceptable), hour(0)));
    let _ = warnings.drain();
    let stored = serde_json::to_vec(&warnings).unwrap();
    let mut again: Warnings = serde_json::from_slice(&stored).unwrap();
    assert_eq!(again, warnings);
    assert!(!again.take(&rule, chat(1), &label(LabelKind::Unacceptable), hour(1)));
}

#[test]
fn the_counterpart_is_told_by_chat_and_never_of_a_suspicion() {
    let (rule, mut warnings) = (rule(24, Some(168)), Warnings::default());
    warnings.take(&rule, chat(1), &label(LabelKind::StateSecret), hour(0));
    warnings.take(&rule, chat(1), &label(LabelKind::OrderInstruction), hour(1));
    warnings.take(&rule, chat(2), &label(LabelKind::OrderInstruction), hour(2));
    warnings.take(&rule, chat(2), &label(LabelKind::OrderInstruction), hour(100));
    let told: Vec<_> = warnings
        .drain()
        .into_iter()
        .filter(|warning| warning.kind == WarningKind::Counterpart)
        .map(|warning| (warning.chat, warning.at))
        .collect();
    assert_eq!(told, [(chat(1), hour(1)), (chat(2), hour(2))]);
}

#[test]
fn a_clock_that_was_set_ahead_and_back_does_not_silence_it_for_ever() {
    let (rule, mut warnings) = (rule(24, None), Warnings::default());
    let order = label(LabelKind::OrderInstruction);
    warnings.take(&rule, chat(1), &order, hour(10_000));
    assert!(warnings.take(&rule, chat(1), &order, hour(0)), "the wait begins anew");
    assert_eq!(warnings.drain().len(), 1);
    warnings.take(&rule, chat(1), &order, hour(24));
    assert_eq!(warnings.drain().len(), 1);
}

#[test]
fn what_finds_no_room_is_told_later() {
    let (rule, mut warnings) = (rule(1, None), Warnings::default());
    let order = label(LabelKind::OrderInstruction);
    let count = i64::try_from(MAX_WAITING_WARNINGS).unwrap();
    for n in 0..count + 5 {
        warnings.take(&rule, chat(1), &order, hour(n));
    }
    assert_eq!(warnings.drain().len(), MAX_WAITING_WARNINGS);
    assert!(warnings.take(&rule, chat(1), &order, hour(count + 5)));
}

proptest! {
    #[test]
    fn no_two_warnings_of_a_kind_are_closer_than_the_policy_says(
        steps in prop::collection::vec((0i64..40, 0u8..3, 0usize..5), 1..60),
        hours in 1u16..30,
    ) {
        let (rule, mut warnings) = (rule(hours, Some(hours)), Warnings::default());
        let mut now = 0;
        for (step, n, kind) in steps {
            now += step;
            warnings.take(&rule, chat(n), &label(LabelKind::ALL[kind]), hour(now));
        }
        let shown = warnings.drain();
        for (n, one) in shown.iter().enumerate() {
            for other in &shown[n + 1..] {
                let same = match one.kind {
                    WarningKind::Employee => one.label == other.label,
                    WarningKind::Counterpart => one.chat == other.chat,
                };
                if one.kind == other.kind && same {
                    prop_assert!(other.at >= one.at + Span::hours(i64::from(hours)));
                }
            }
        }
    }
}
