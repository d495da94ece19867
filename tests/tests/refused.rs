//! What the compiler refuses: logging or printing what people wrote, and every way to a record
//! that goes round consent or tagging.

#[test]
fn what_breaks_a_promise_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
