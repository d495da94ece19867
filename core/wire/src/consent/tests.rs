use proptest::prelude::*;

use super::*;
use crate::samples::scope;

type Change = fn(&mut Scope);

fn growth(change: impl FnOnce(&mut Scope)) -> Vec<Growth> {
    let agreed = scope();
    let mut wanted = agreed.clone();
    change(&mut wanted);
    agreed.growth(&wanted)
}

#[test]
fn the_same_scope_is_covered() {
    assert_eq!(growth(|_| {}), []);
}

#[test]
fn every_part_that_grows_is_named() {
    let cases: [(Change, Growth); 12] = [
        (|s| _ = s.purposes.insert("marketing".parse().unwrap()), Growth::Purposes),
        (|s| _ = s.recipients.insert(KeyId::from_bytes([8; 8])), Growth::Recipients),
        (|s| _ = s.endpoints.insert("https://b.example".parse().unwrap()), Growth::Endpoints),
        (|s| s.retention_days += 1, Growth::Retention),
        (|s| _ = s.rule_classes.insert(RuleClass::CloneProfile), Growth::RuleClasses),
        (
            |s| _ = s.rule_classes.insert(RuleClass::GroupRule("客户".to_owned())),
            Growth::RuleClasses,
        ),
        (|s| s.hold_hours += 1, Growth::Hold),
        (|s| s.counterpart_names = true, Growth::CounterpartNames),
        (|s| s.untold_counterparts = true, Growth::UntoldCounterparts),
        (|s| _ = s.purpose_words.insert(Digest::of(b"other words")), Growth::Purposes),
        (|s| _ = s.export_routes.insert("scc-2027-1".parse().unwrap()), Growth::ExportRoutes),
        (|s| s.endpoints = ["https://b.example".parse().unwrap()].into(), Growth::Endpoints),
    ];
    for (change, expected) in cases {
        assert_eq!(growth(change), [expected]);
    }
    let without = Scope { sources: BTreeSet::new(), ..scope() };
    assert_eq!(without.growth(&scope()), [Growth::Sources]);
}

#[test]
fn whatever_shrinks_is_covered() {
    let shrinks: [fn(&mut Scope); 6] = [
        |s| s.purposes.clear(),
        |s| s.sources.clear(),
        |s| s.recipients.clear(),
        |s| s.rule_classes.clear(),
        |s| s.retention_days = 1,
        |s| s.hold_hours = 0,
    ];
    for change in shrinks {
        assert_eq!(growth(change), []);
    }
}

#[test]
fn all_growth_is_named_at_once() {
    let nothing = Scope {
        purpose_words: BTreeSet::new(),
        export_routes: BTreeSet::new(),
        untold_counterparts: false,
        purposes: BTreeSet::new(),
        sources: BTreeSet::new(),
        recipients: BTreeSet::new(),
        endpoints: BTreeSet::new(),
        retention_days: 0,
        rule_classes: BTreeSet::new(),
        hold_hours: 0,
        counterpart_names: false,
    };
    let everything = Scope { untold_counterparts: true, counterpart_names: true, ..scope() };
    let all: Vec<String> = nothing.growth(&everything).iter().map(ToString::to_string).collect();
    assert_eq!(
        all,
        [
            "purposes",
            "sources",
            "recipients",
            "endpoints",
            "export_routes",
            "retention",
            "rule_classes",
            "hold",
            "untold_counterparts",
            "counterpart_names"
        ]
    );
}

proptest! {
    #[test]
    fn a_scope_covers_another_only_where_every_part_does(
        days in any::<[u16; 2]>(),
        hours in any::<[u8; 2]>(),
        names in any::<[bool; 2]>(),
        keys in prop::array::uniform2(prop::collection::btree_set(0u8..4, 0..4)),
    ) {
        let make = |n: usize| Scope {
            retention_days: days[n].into(),
            hold_hours: hours[n].into(),
            counterpart_names: names[n],
            recipients: keys[n].iter().map(|k| KeyId::from_bytes([*k; 8])).collect(),
            ..scope()
        };
        let covered = days[1] <= days[0]
            && hours[1] <= hours[0]
            && names[1] <= names[0]
            && keys[1].is_subset(&keys[0]);
        prop_assert_eq!(make(0).growth(&make(1)).is_empty(), covered);
    }
}
