use fenming_core::tag::Business;
use fenming_wire::record::{Step, Why};

fn main() {
    let why = Why { step: Step::Employee, rule: None };
    let _ = Business { why, class: "business".parse().unwrap() };
}
