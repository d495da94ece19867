use proptest::prelude::*;

use super::*;

#[test]
fn a_time_is_written_as_rfc_3339_in_utc() {
    assert_eq!(Timestamp::from_millis(1_772_413_200_000).to_string(), "2026-03-02T01:00:00Z");
    assert_eq!(Timestamp::from_millis(1_772_413_200_050).to_string(), "2026-03-02T01:00:00.05Z");
    assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00Z");
}

#[test]
fn an_offset_is_understood() {
    let at: Timestamp = "2026-03-02T09:00:00+08:00".parse().unwrap();
    assert_eq!(at.millis(), 1_772_413_200_000);
}

#[test]
fn what_is_no_time_is_refused_without_repeating_it() {
    for text in
        ["", "canary", "2026-03-02", "2026-03-02T01:00:00", "2026-13-02T01:00:00Z", "1772413200"]
    {
        let refusal = text.parse::<Timestamp>().unwrap_err().to_string();
        assert_eq!(refusal, "not an RFC 3339 time such as 2026-03-02T01:00:00Z");
    }
}

#[test]
fn seconds_are_rounded_down_also_before_1970() {
    assert_eq!(Timestamp::from_millis(1999).seconds(), 1);
    assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
}

#[test]
fn nothing_overflows() {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    assert_eq!(last + Span::days(i64::MAX), last);
    assert_eq!(first - Span::days(i64::MAX), first);
    assert_eq!(first.since(last), Span::default());
    assert!(last.since(first) > Span::days(365 * 9000));
    assert_eq!(last.to_string().parse::<Timestamp>().unwrap(), last);
    assert_eq!(first.to_string().parse::<Timestamp>().unwrap(), first);
}

#[test]
fn a_length_of_time_is_never_negative() {
    assert_eq!(Span::millis(-1), Span::default());
    assert_eq!(Span::hours(-1), Span::default());
    let read: Span = serde_json::from_str("-5").unwrap();
    assert_eq!(read, Span::default(), "also where it was read");
    assert_eq!(serde_json::to_string(&Span::seconds(2)).unwrap(), "2000");
}

proptest! {
    #[test]
    fn a_time_comes_back_through_its_text_and_through_json(millis in any::<i64>()) {
        let at = Timestamp::from_millis(millis);
        prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        let json = serde_json::to_string(&at).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn reading_is_total(text in ".{0,40}") {
        let _ = text.parse::<Timestamp>();
    }
}
