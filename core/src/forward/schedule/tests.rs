use fenming_wire::schedule::Schedule;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(zone: &str, windows: &[(&str, &str, &str)]) -> Schedule {
    let windows: Vec<String> = windows
        .iter()
        .map(|(days, from, until)| {
            let days: Vec<String> = days.split(' ').map(|day| format!("{day:?}")).collect();
            let days = days.join(",");
            format!(r#"{{"days":[{days}],"from":"{from}","until":"{until}"}}"#)
        })
        .collect();
    let windows = windows.join(",");
    serde_json::from_str(&format!(
        r#"{{"zone":"{zone}","windows":[{windows}],"interval_minutes":30,"max_delay_hours":24}}"#
    ))
    .unwrap()
}

fn planner(zone: &str, windows: &[(&str, &str, &str)]) -> Planner {
    Planner::new(&schedule(zone, windows)).unwrap()
}

const WORKDAYS: &str = "mon tue wed thu fri";

/// Something waits, everything allows, at the given time.
fn facts(now: &str) -> Facts {
    let now = at(now);
    let pending = Pending { oldest: now - Span::hours(1), ready: now - Span::minutes(30) };
    Facts {
        now,
        network: Network::Unmetered,
        charging: true,
        pending: Some(pending),
        last_run: None,
        hold_off: None,
    }
}

#[test]
fn inside_a_window_due_work_goes_out_now() {
    let planner = planner("Asia/Shanghai", &[(WORKDAYS, "09:00", "18:00")]);
    // Monday, 09:00 in Shanghai.
    assert_eq!(planner.plan(&facts("2026-03-02T01:00:00Z")), Plan::Now);
}

#[test]
fn outside_the_windows_work_waits_for_the_next_one() {
    let planner = planner("Asia/Shanghai", &[(WORKDAYS, "09:00", "18:00")]);
    let monday = Plan::At(at("2026-03-02T01:00:00Z"), Wait::Window);
    assert_eq!(planner.plan(&facts("2026-03-02T00:59:59.999Z")), monday);
    // Friday, 18:00 in Shanghai: the window has just closed.
    assert_eq!(planner.plan(&facts("2026-02-27T10:00:00Z")), monday);
}

#[test]
fn without_windows_any_time_is_good() {
    let planner = planner("Asia/Shanghai", &[]);
    assert_eq!(planner.plan(&facts("2026-03-01T19:00:00Z")), Plan::Now);
}

#[test]
fn a_window_may_run_past_midnight() {
    let planner = planner("Asia/Shanghai", &[("fri", "22:00", "02:00")]);
    assert!(planner.is_open(at("2026-03-06T14:00:00Z")), "Friday 22:00");
    assert!(planner.is_open(at("2026-03-06T17:59:59Z")), "Saturday 01:59:59");
    assert!(!planner.is_open(at("2026-03-06T18:00:00Z")), "Saturday 02:00");
    assert!(!planner.is_open(at("2026-03-05T17:00:00Z")), "Friday 01:00");
}

#[test]
fn a_window_in_an_hour_that_is_skipped_waits_for_the_next_day() {
    let planner = planner("Europe/Berlin", &[("sat sun mon", "02:15", "02:45")]);
    // Clocks go from 02:00 to 03:00 on Sunday, 29 March 2026.
    let after_saturday = at("2026-03-28T01:45:00Z");
    assert_eq!(planner.next_open(after_saturday), Some(at("2026-03-30T00:15:00Z")));
}

#[test]
fn a_window_that_a_clock_change_cuts_opens_right_after_it() {
    let planner = planner("Europe/Berlin", &[("sun", "02:15", "04:00")]);
    let before = at("2026-03-29T00:59:59Z");
    assert_eq!(planner.next_open(before), Some(at("2026-03-29T01:00:00Z")), "03:00 summer time");
}

#[test]
fn a_window_in_an_hour_that_is_repeated_opens_twice() {
    let planner = planner("Europe/Berlin", &[("sun", "02:15", "02:45")]);
    let first = at("2026-10-25T00:15:00Z");
    let second = at("2026-10-25T01:15:00Z");
    assert_eq!(planner.next_open(at("2026-10-24T22:00:00Z")), Some(first));
    assert_eq!(planner.next_open(first + Span::minutes(30)), Some(second));
}

#[test]
fn nothing_pending_means_nothing_to_do() {
    let planner = planner("Asia/Shanghai", &[]);
    let facts = Facts { pending: None, ..facts("2026-03-02T01:00:00Z") };
    assert_eq!(planner.plan(&facts), Plan::Idle(Idle::Nothing));
}

#[test]
fn without_a_network_no_time_can_be_named() {
    let planner = planner("Asia/Shanghai", &[]);
    let facts = Facts { network: Network::Offline, ..facts("2026-03-02T01:00:00Z") };
    assert_eq!(planner.plan(&facts), Plan::Idle(Idle::Offline));
}

#[test]
fn a_record_waits_for_the_end_of_its_review_window() {
    let planner = planner("Asia/Shanghai", &[]);
    let mut facts = facts("2026-03-02T01:00:00Z");
    let ready = facts.now + Span::minutes(5);
    facts.pending = Some(Pending { oldest: facts.now, ready });
    assert_eq!(planner.plan(&facts), Plan::At(ready, Wait::Review));
}

#[test]
fn runs_keep_their_interval() {
    let planner = planner("Asia/Shanghai", &[]);
    let mut facts = facts("2026-03-02T01:00:00Z");
    facts.last_run = Some(facts.now - Span::minutes(10));
    assert_eq!(planner.plan(&facts), Plan::At(facts.now + Span::minutes(20), Wait::Interval));
    facts.last_run = Some(facts.now - Span::minutes(30));
    assert_eq!(planner.plan(&facts), Plan::Now);
}

#[test]
fn a_clock_set_back_does_not_lengthen_a_wait() {
    let planner = planner("Asia/Shanghai", &[]);
    let mut facts = facts("2026-03-02T01:00:00Z");
    facts.last_run = Some(facts.now + Span::days(365));
    assert_eq!(planner.plan(&facts), Plan::Now);
    facts.hold_off = Some(HoldOff::Probe(facts.now + Span::days(365)));
    assert_eq!(planner.plan(&facts), Plan::Now);
    facts.hold_off = Some(HoldOff::Backoff(facts.now + Span::days(365)));
    assert_eq!(planner.plan(&facts), Plan::Now);
}

#[test]
fn a_wait_that_a_failure_began_is_kept() {
    let planner = planner("Asia/Shanghai", &[]);
    let mut facts = facts("2026-03-02T01:00:00Z");
    let hour = facts.now + Span::hours(1);
    facts.hold_off = Some(HoldOff::Probe(hour));
    assert_eq!(planner.plan(&facts), Plan::At(hour, Wait::Probe));
    assert!(!facts.is_stopped());
    facts.hold_off = Some(HoldOff::Stop(hour));
    assert_eq!(planner.plan(&facts), Plan::At(hour, Wait::Probe));
    assert!(facts.is_stopped());
    facts.hold_off = Some(HoldOff::Stop(facts.now));
    assert!(!facts.is_stopped());
    let day = facts.now + Span::hours(24);
    facts.hold_off = Some(HoldOff::Backoff(day));
    assert_eq!(planner.plan(&facts), Plan::At(day, Wait::Backoff));
}

#[test]
fn the_longest_delay_lifts_the_conditions_on_network_and_charger() {
    let mut schedule = schedule("Asia/Shanghai", &[]);
    schedule.unmetered_only = true;
    schedule.charging_only = true;
    let planner = Planner::new(&schedule).unwrap();
    let mut facts = facts("2026-03-02T01:00:00Z");
    let limit = at("2026-03-02T01:00:00Z") - Span::hours(1) + Span::hours(24);
    facts.network = Network::Metered;
    assert_eq!(planner.plan(&facts), Plan::At(limit, Wait::Unmetered));
    facts.network = Network::Unmetered;
    facts.charging = false;
    assert_eq!(planner.plan(&facts), Plan::At(limit, Wait::Charger));
    facts.now = limit;
    facts.network = Network::Metered;
    assert_eq!(planner.plan(&facts), Plan::Now);
}

#[test]
fn the_longest_delay_does_not_lift_the_windows() {
    let mut schedule = schedule("Asia/Shanghai", &[(WORKDAYS, "09:00", "18:00")]);
    schedule.unmetered_only = true;
    let planner = Planner::new(&schedule).unwrap();
    // Sunday; the oldest record is three days old.
    let mut facts = facts("2026-03-01T04:00:00Z");
    facts.network = Network::Metered;
    facts.pending = Some(Pending { oldest: facts.now - Span::days(3), ready: facts.now });
    assert_eq!(planner.plan(&facts), Plan::At(at("2026-03-02T01:00:00Z"), Wait::Window));
}

#[test]
fn an_unknown_zone_is_refused() {
    let mut schedule = schedule("Asia/Shanghai", &[]);
    schedule.zone = "Asia/Atlantis".to_owned();
    assert!(Planner::new(&schedule).is_err());
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    let zones = [
        "Asia/Shanghai",
        "America/New_York",
        "Europe/London",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
    ];
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let window = (1usize..128, 0u16..1440, 1u16..1440).prop_map(move |(mask, from, length)| {
        let named: Vec<&str> = days
            .iter()
            .enumerate()
            .filter_map(|(n, day)| (mask >> n & 1 == 1).then_some(*day))
            .collect();
        let until = (from + length) % 1440;
        serde_json::json!({ "days": named, "from": clock(from), "until": clock(until) })
    });
    let windows = proptest::collection::vec(window, 0..4);
    let limits = (1u16..1440, 1u16..168, any::<bool>(), any::<bool>());
    (0..zones.len(), windows, limits).prop_map(move |(zone, windows, limits)| {
        serde_json::from_value(serde_json::json!({
            "zone": zones[zone],
            "windows": windows,
            "interval_minutes": limits.0,
            "max_delay_hours": limits.1,
            "unmetered_only": limits.2,
            "charging_only": limits.3,
        }))
        .unwrap()
    })
}

/// Any time between 2005 and 2033, whose middle has every kind of clock change.
fn any_time() -> impl Strategy<Value = Timestamp> {
    (1_104_537_600_000i64..1_988_150_400_000).prop_map(Timestamp::from_millis)
}

fn near(now: Timestamp) -> impl Strategy<Value = Timestamp> {
    let reach = Span::days(400).as_millis();
    (-reach..reach).prop_map(move |by| Timestamp::from_millis(now.millis() + by))
}

fn any_facts() -> impl Strategy<Value = Facts> {
    any_time().prop_flat_map(|now| {
        let network =
            prop_oneof![Just(Network::Offline), Just(Network::Metered), Just(Network::Unmetered)];
        let pending = (near(now), near(now)).prop_map(|(oldest, ready)| Pending { oldest, ready });
        let hold_off =
            prop_oneof![near(now).prop_map(HoldOff::Backoff), near(now).prop_map(HoldOff::Probe),];
        (
            network,
            any::<bool>(),
            proptest::option::weighted(0.9, pending),
            proptest::option::of(near(now)),
            proptest::option::of(hold_off),
        )
            .prop_map(move |(network, charging, pending, last_run, hold_off)| Facts {
                now,
                network,
                charging,
                pending,
                last_run,
                hold_off,
            })
    })
}

/// The civil time at a moment, by another way than the planner's.
fn stands_in_a_window(schedule: &Schedule, moment: Timestamp) -> bool {
    let zone = TimeZone::get(&schedule.zone).unwrap();
    let zoned = jiff::Timestamp::from_millisecond(moment.millis()).unwrap().to_zoned_datetime(zone);
    let minute = u16::try_from(zoned.hour()).unwrap() * 60 + u16::try_from(zoned.minute()).unwrap();
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap();
    let word = |day: Weekday| serde_json::to_value(day).unwrap();
    schedule.windows.is_empty()
        || schedule.windows.iter().any(|window| {
            let on = |n: usize| window.days.iter().any(|day| word(*day) == names[n % 7]);
            let (from, until) = (window.from.minutes(), window.until.minutes());
            match from < until {
                true => on(day) && from <= minute && minute < until,
                false => (on(day) && from <= minute) || (on(day + 6) && minute < until),
            }
        })
}

proptest! {
    #[test]
    fn no_plan_ever_leaves_the_windows(schedule in any_schedule(), facts in any_facts()) {
        match Planner::new(&schedule).unwrap().plan(&facts) {
            Plan::Now => prop_assert!(stands_in_a_window(&schedule, facts.now)),
            Plan::At(at, _) => {
                prop_assert!(at > facts.now);
                prop_assert!(stands_in_a_window(&schedule, at));
            }
            Plan::Idle(Idle::Nothing) => prop_assert!(facts.pending.is_none()),
            Plan::Idle(Idle::Offline) => prop_assert_eq!(facts.network, Network::Offline),
            Plan::Idle(Idle::NoWindow) => prop_assert!(false, "every window occurs in two weeks"),
        }
    }

    #[test]
    fn waking_up_when_told_to_always_ends_in_sending(
        schedule in any_schedule(),
        facts in any_facts(),
    ) {
        let planner = Planner::new(&schedule).unwrap();
        let mut facts = Facts { network: Network::Metered, charging: false, ..facts };
        prop_assume!(facts.pending.is_some());
        let sends = (0..64).any(|_| match planner.plan(&facts) {
            Plan::Now => true,
            Plan::At(at, _) => {
                facts.now = at;
                false
            }
            Plan::Idle(_) => false,
        });
        prop_assert!(sends);
    }

    #[test]
    fn no_window_is_passed_over(schedule in any_schedule(), from in any_time()) {
        let planner = Planner::new(&schedule).unwrap();
        let next = planner.next_open(from).unwrap();
        let mut probe = from;
        while probe < next {
            prop_assert!(!stands_in_a_window(&schedule, probe));
            probe = probe + Span::minutes(7);
        }
    }
}
