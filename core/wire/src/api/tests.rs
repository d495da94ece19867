use super::*;

#[test]
fn every_kind_of_problem_has_its_own_address_and_is_found_by_it() {
    let mut seen = std::collections::BTreeSet::new();
    for kind in ProblemKind::ALL {
        assert!(seen.insert(kind.uri()));
        assert_eq!(ProblemKind::from_uri(kind.uri()), Some(kind));
        assert!((400..600).contains(&kind.status()));
    }
    assert_eq!(ProblemKind::from_uri("about:blank"), None);
}

#[test]
fn a_problem_of_a_stranger_is_read_as_far_as_it_goes() {
    let problem: Problem = serde_json::from_str("{}").unwrap();
    assert_eq!((problem.kind.as_str(), problem.status), ("about:blank", 0));
    let text = r#"{"type":"https://gateway.example/blocked","status":403,"trace":"abc"}"#;
    let problem: Problem = serde_json::from_str(text).unwrap();
    assert_eq!(ProblemKind::from_uri(&problem.kind), None);
}
