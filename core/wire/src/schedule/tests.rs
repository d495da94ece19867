use proptest::prelude::*;

use super::*;
use crate::samples::schedule;

fn time(text: &str) -> Result<CivilTime, WireError> {
    text.to_owned().try_into()
}

fn refusal(change: impl FnOnce(&mut Schedule)) -> String {
    let mut schedule = schedule();
    change(&mut schedule);
    schedule.check().unwrap_err().to_string()
}

#[test]
fn a_good_schedule_is_taken() {
    schedule().check().unwrap();
    Schedule { windows: Vec::new(), ..schedule() }.check().unwrap();
}

#[test]
fn a_time_of_day_has_two_digits_on_each_side() {
    assert_eq!(time("00:00").unwrap().minutes(), 0);
    assert_eq!(time("23:59").unwrap().minutes(), 1439);
    for text in
        ["", "24:00", "12:60", "9:00", "09:0", "+9:00", "09:+5", "0900", "09:00:00", "９:００"]
    {
        assert!(time(text).is_err(), "{text} was taken");
    }
}

#[test]
fn every_field_that_is_out_of_its_range_is_named() {
    let interval = "field `schedule.interval_minutes`: is 1 to 1440";
    assert_eq!(refusal(|s| s.interval_minutes = 0), interval);
    assert_eq!(refusal(|s| s.interval_minutes = 1441), interval);
    let delay = "field `schedule.max_delay_hours`: is 1 to 168";
    assert_eq!(refusal(|s| s.max_delay_hours = 0), delay);
    assert_eq!(refusal(|s| s.max_delay_hours = 169), delay);
    let days = "field `schedule.windows[0].days`: is empty: name at least one day";
    assert_eq!(refusal(|s| s.windows[0].days.clear()), days);
    let until = "field `schedule.windows[0].until`: must differ from `from`";
    assert_eq!(refusal(|s| s.windows[0].until = s.windows[0].from), until);
    let windows = "field `schedule.windows`: has more than 32 entries";
    assert_eq!(refusal(|s| s.windows = vec![s.windows[0].clone(); 33]), windows);
}

#[test]
fn a_zone_is_one_of_iana() {
    for zone in ["", "Shanghai", "canary/Nowhere", "../Asia/Shanghai", "UTC+8"] {
        let found = refusal(|s| s.zone = zone.to_owned());
        assert_eq!(found, "field `schedule.zone`: is no IANA time zone");
    }
    Schedule { zone: "Asia/Urumqi".to_owned(), ..schedule() }.check().unwrap();
}

#[test]
fn the_zone_is_shanghai_where_none_is_named() {
    let text = r#"{"interval_minutes":30,"max_delay_hours":24}"#;
    let schedule: Schedule = serde_json::from_str(text).unwrap();
    assert_eq!(schedule.zone, "Asia/Shanghai");
    assert!(schedule.windows.is_empty());
}

proptest! {
    #[test]
    fn a_time_of_day_comes_back_through_its_text(minutes in 0u16..1440) {
        let text = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let read = time(&text).unwrap();
        prop_assert_eq!(read.minutes(), minutes);
        prop_assert_eq!(String::from(read), text);
    }

    #[test]
    fn no_other_text_is_a_time_of_day(text in ".{0,8}") {
        if let Ok(read) = time(&text) {
            prop_assert_eq!(String::from(read), text);
        }
    }
}
