use fenming_wire::heartbeat::ConsentState;
use fenming_wire::id::ChatId;
use fenming_wire::record::{Cause, CoverageLine, CoverageState};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::limits::MAX_TRACKED_CHATS;
use crate::policy::{PolicyState, sample};
use crate::tag::{Business, Ruleset, Verdict, decide};

type Line = (i64, Option<i64>, CoverageState, Cause);

use Cause::{
    Killed, ListenerOff, ListenerOn, NoConsent, Paused, PolicyExpired, PreviewHidden, QueueFull,
    Resumed, ScopeGrew,
};
use CoverageState::{Blind, IncomingOnly, Off};

fn at(t: i64) -> Timestamp {
    Timestamp::from_millis(t)
}

fn short(lines: Vec<CoverageLine>) -> Vec<Line> {
    lines.into_iter().map(|line| (line.t, line.until, line.state, line.cause)).collect()
}

fn take(coverage: &mut Coverage, t: i64, sign: Sign) -> Vec<Line> {
    short(coverage.take(at(t), sign))
}

const LIVE: Sign = Sign::Consent(ConsentState::Live);

/// Consented at 0 and listening since 1.
fn listening() -> Coverage {
    let mut coverage = Coverage::new(Source::WechatNotification);
    coverage.take(at(0), LIVE);
    coverage.take(at(1), Sign::Listener(true));
    coverage
}

fn business() -> Business {
    let rules = Ruleset::compile(&sample::policy()).map_err(|error| error.to_string()).unwrap();
    let facts = crate::tag::ChatFacts {
        profile: crate::observation::OsProfile::Work,
        kind: fenming_wire::policy::ChatKind::Direct,
        title: &"陶工".into(),
        employee: None,
        earlier: None,
    };
    match decide(&facts, &rules, None) {
        Verdict::Business(business) => business,
        Verdict::Personal(_) | Verdict::Undecided { .. } => panic!("not business"),
    }
}

fn chat(n: u16) -> ChatId {
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    ChatId::from_bytes(bytes)
}

#[test]
fn nothing_is_said_before_the_first_consent() {
    let mut coverage = Coverage::new(Source::WechatNotification);
    for sign in [
        Sign::Listener(true),
        Sign::Paused(true),
        Sign::PreviewHidden,
        Sign::StoreDamaged,
        Sign::Consent(ConsentState::Refused),
        Sign::Policy(PolicyState::Ended),
        Sign::Restarted { last_alive: at(0) },
    ] {
        assert_eq!(take(&mut coverage, 1, sign), []);
    }
    let first = coverage.take_chat(at(2), &business(), chat(1), ChatSign::First);
    assert!(first.is_empty());
    assert_eq!(coverage.now(), None);
}

#[test]
fn a_stretch_is_written_when_it_begins_and_when_it_ends() {
    let mut coverage = Coverage::new(Source::WechatNotification);
    assert_eq!(take(&mut coverage, 10, LIVE), [(10, None, Off, ListenerOff)]);
    assert_eq!(
        take(&mut coverage, 20, Sign::Listener(true)),
        [(10, Some(20), Off, ListenerOff), (20, None, IncomingOnly, ListenerOn)]
    );
    assert_eq!(take(&mut coverage, 25, Sign::Listener(true)), []);
    assert_eq!(
        take(&mut coverage, 30, Sign::Listener(false)),
        [(20, Some(30), IncomingOnly, ListenerOn), (30, None, Off, ListenerOff)]
    );
}

#[test]
fn a_pause_is_a_stretch_and_the_resumption_says_so() {
    let mut coverage = listening();
    assert_eq!(
        take(&mut coverage, 5, Sign::Paused(true)),
        [(1, Some(5), IncomingOnly, ListenerOn), (5, None, Off, Paused)]
    );
    assert_eq!(take(&mut coverage, 6, Sign::Paused(true)), []);
    assert_eq!(
        take(&mut coverage, 9, Sign::Paused(false)),
        [(5, Some(9), Off, Paused), (9, None, IncomingOnly, Resumed)]
    );
    assert_eq!(take(&mut coverage, 10, Sign::Paused(false)), []);
    assert_eq!(take(&mut coverage, 11, Sign::Listener(true)), []);
}

#[test]
fn a_kill_leaves_a_blind_stretch_from_the_last_sign_of_life() {
    let mut coverage = listening();
    assert_eq!(
        take(&mut coverage, 900, Sign::Restarted { last_alive: at(300) }),
        [(1, Some(300), IncomingOnly, ListenerOn), (300, None, Blind, Killed)]
    );
    assert_eq!(
        take(&mut coverage, 910, Sign::Listener(true)),
        [(300, Some(910), Blind, Killed), (910, None, IncomingOnly, ListenerOn)]
    );
}

#[test]
fn a_kill_while_nothing_was_captured_loses_nothing() {
    let mut coverage = listening();
    coverage.take(at(5), Sign::Paused(true));
    assert_eq!(take(&mut coverage, 900, Sign::Restarted { last_alive: at(300) }), []);
}

#[test]
fn of_several_causes_the_deepest_is_named() {
    let mut coverage = listening();
    let mut causes = Vec::new();
    for (t, sign) in [
        Sign::QueueFull(true),
        Sign::Paused(true),
        Sign::Policy(PolicyState::Ended),
        Sign::Consent(ConsentState::Outgrown),
        Sign::Listener(false),
        LIVE,
        Sign::Policy(PolicyState::Grace { until: at(99) }),
        Sign::Paused(false),
        Sign::QueueFull(false),
    ]
    .into_iter()
    .enumerate()
    {
        causes.extend(take(&mut coverage, 10 + t as i64, sign).last().map(|line| line.3));
    }
    let expected = [
        QueueFull,
        Paused,
        PolicyExpired,
        ScopeGrew,
        PolicyExpired,
        Paused,
        QueueFull,
        ListenerOff,
    ];
    assert_eq!(causes, expected);
}

#[test]
fn hidden_previews_do_not_flood_and_their_number_stays_on_the_phone() {
    let mut coverage = listening();
    let first = coverage.take(at(5), Sign::PreviewHidden);
    assert_eq!(first.len(), 2);
    for t in 6..500 {
        assert_eq!(take(&mut coverage, t, Sign::PreviewHidden), []);
    }
    assert_eq!(coverage.hidden_notices(), 495);
    let last = coverage.take(at(500), Sign::PreviewShown);
    assert!(first.iter().chain(&last).all(|line| line.missed.is_none()));
    assert_eq!(
        short(last),
        [(5, Some(500), Blind, PreviewHidden), (500, None, IncomingOnly, ListenerOn)]
    );
    assert_eq!(take(&mut coverage, 501, Sign::PreviewShown), []);
}

#[test]
fn after_a_withdrawal_nothing_more_is_said_until_there_is_consent_again() {
    let mut coverage = listening();
    assert_eq!(
        take(&mut coverage, 10, Sign::Consent(ConsentState::Withdrawn)),
        [(1, Some(10), IncomingOnly, ListenerOn), (10, None, Off, NoConsent)]
    );
    for sign in [Sign::Listener(false), Sign::Paused(true), Sign::KeyLost, Sign::PreviewHidden] {
        assert_eq!(take(&mut coverage, 20, sign), []);
    }
    let missed = coverage.take_chat(at(25), &business(), chat(1), ChatSign::Missed(2));
    assert!(missed.is_empty());
    assert_eq!(
        take(&mut coverage, 30, LIVE),
        [(10, Some(30), Off, NoConsent), (30, None, Off, Paused)]
    );
}

#[test]
fn a_damaged_store_and_a_lost_key_are_moments() {
    let mut coverage = listening();
    let damaged = take(&mut coverage, 7, Sign::StoreDamaged);
    assert_eq!(damaged, [(7, Some(7), Blind, Cause::StoreDamaged)]);
    let lost = take(&mut coverage, 8, Sign::KeyLost);
    assert_eq!(lost, [(8, Some(8), Blind, Cause::KeyLost)]);
    assert_eq!(coverage.now(), Some((IncomingOnly, ListenerOn)));
}

#[test]
fn what_of_a_business_chat_was_never_visible_is_stated_with_its_number() {
    let mut coverage = listening();
    let mut take = |sign| coverage.take_chat(at(40), &business(), chat(3), sign);
    for (sign, cause, missed) in
        [(ChatSign::Missed(4), Cause::CountJump, 4), (ChatSign::Redacted, Cause::RedactedByOs, 1)]
    {
        let lines = take(sign);
        assert_eq!((lines[0].chat, lines[0].missed), (Some(chat(3)), Some(missed)));
        assert_eq!(short(lines), [(40, Some(40), Blind, cause)]);
    }
    assert!(take(ChatSign::Missed(0)).is_empty());
    let first = take(ChatSign::First);
    assert_eq!(first[0].chat, Some(chat(3)));
    assert_eq!(short(first), [(40, None, IncomingOnly, ListenerOn)]);
}

#[test]
fn a_chat_that_is_not_kept_has_one_stretch_however_much_happens_in_it() {
    let mut coverage = listening();
    let untold = ChatSign::Withheld(Cause::CounterpartNotTold);
    let objected = ChatSign::Withheld(Cause::CounterpartObjected);
    let mut take = |t, sign| short(coverage.take_chat(at(t), &business(), chat(3), sign));
    assert_eq!(take(10, ChatSign::Kept), []);
    assert_eq!(take(20, untold), [(20, None, Off, Cause::CounterpartNotTold)]);
    assert_eq!(take(21, untold), []);
    assert_eq!(
        take(30, objected),
        [
            (20, Some(30), Off, Cause::CounterpartNotTold),
            (30, None, Off, Cause::CounterpartObjected)
        ]
    );
    assert_eq!(take(40, ChatSign::Kept), [(30, Some(40), Off, Cause::CounterpartObjected)]);
    assert_eq!(take(50, ChatSign::Kept), []);
}

#[test]
fn the_memory_of_chats_that_are_not_kept_is_bounded() {
    let mut coverage = listening();
    let untold = ChatSign::Withheld(Cause::CounterpartNotTold);
    let most = u16::try_from(MAX_TRACKED_CHATS).unwrap();
    for n in 0..most + 10 {
        coverage.take_chat(at(10), &business(), chat(n), untold);
    }
    assert_eq!(coverage.withheld.len(), MAX_TRACKED_CHATS);
    let again = coverage.take_chat(at(20), &business(), chat(0), untold);
    assert_eq!(again.len(), 1, "a forgotten chat is stated once more, never lost");
}

#[test]
fn a_clock_that_goes_back_makes_no_stretch_end_before_it_begins() {
    let mut coverage = listening();
    coverage.take(at(500), Sign::Paused(true));
    assert_eq!(
        take(&mut coverage, 100, Sign::Paused(false)),
        [(500, Some(500), Off, Paused), (500, None, IncomingOnly, Resumed)]
    );
}

fn signs() -> impl Strategy<Value = Sign> {
    let consent = prop_oneof![
        4 => Just(ConsentState::Live),
        1 => Just(ConsentState::None),
        1 => Just(ConsentState::Outgrown),
        1 => Just(ConsentState::Refused),
        1 => Just(ConsentState::Withdrawn)
    ];
    prop_oneof![
        consent.prop_map(Sign::Consent),
        any::<bool>().prop_map(Sign::Listener),
        (0..1000i64).prop_map(|t| Sign::Restarted { last_alive: at(t) }),
        any::<bool>().prop_map(|ended| {
            Sign::Policy(if ended { PolicyState::Ended } else { PolicyState::Live })
        }),
        any::<bool>().prop_map(Sign::Paused),
        any::<bool>().prop_map(Sign::QueueFull),
        Just(Sign::PreviewHidden),
        Just(Sign::PreviewShown),
        Just(Sign::StoreDamaged),
        Just(Sign::KeyLost),
    ]
}

proptest! {
    #[test]
    fn the_stretches_of_a_source_leave_no_gap_and_never_overlap(
        signs in proptest::collection::vec((0..1000i64, signs()), 0..60),
    ) {
        let mut coverage = Coverage::new(Source::WechatNotification);
        let mut open: Option<Line> = None;
        let mut consented = false;
        for (t, sign) in signs {
            if let Sign::Consent(state) = sign {
                consented |= matches!(state, ConsentState::Live | ConsentState::Outgrown);
            }
            let stored = serde_json::to_string(&coverage).unwrap();
            let mut restored: Coverage = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(&restored, &coverage);
            let lines = take(&mut coverage, t, sign);
            prop_assert_eq!(&take(&mut restored, t, sign), &lines, "a restart changes nothing");
            prop_assert!(consented || lines.is_empty());
            for line in lines {
                match line {
                    (t, Some(until), Blind, Cause::StoreDamaged | Cause::KeyLost) => {
                        prop_assert_eq!(t, until);
                    }
                    (_, None, state, cause) => {
                        let follows = open.is_none_or(|before| {
                            before.1 == Some(line.0) && (before.2, before.3) != (state, cause)
                        });
                        prop_assert!(follows);
                        open = Some(line);
                    }
                    (since, Some(until), ..) => {
                        prop_assert!(until >= since);
                        prop_assert_eq!(open, Some((line.0, None, line.2, line.3)));
                        open = Some(line);
                    }
                }
            }
            if !matches!(sign, Sign::StoreDamaged | Sign::KeyLost) {
                prop_assert_eq!(take(&mut restored, t, sign), [], "said once, it is said");
            }
            prop_assert!(open.is_none_or(|line| line.1.is_none()), "one stretch is always open");
            prop_assert_eq!(coverage.now(), open.map(|line| (line.2, line.3)));
        }
    }
}
