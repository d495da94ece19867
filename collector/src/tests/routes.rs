//! The routes are those of the committed list, and nothing else answers.

use std::fmt::Write;

use fenming_wire::api::{POLICY_PATH, ProblemKind, STATE_PATH, TRUST_PATH};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::fixture::Tenant;
use crate::routes;

/// The committed inventory: method, path, caller, most bytes of the body.
const INVENTORY: &str = include_str!("../../routes.txt");

#[test]
fn the_routes_are_those_of_the_committed_inventory() {
    let mut found = String::new();
    for route in routes() {
        writeln!(found, "{} {} {:?} {}", route.method, route.path, route.caller, route.body)
            .unwrap();
    }
    assert_eq!(found, INVENTORY);
    assert!(routes().iter().any(|route| route.path == format!("{STATE_PATH}/{{epoch}}")));
}

#[test]
fn a_path_that_is_not_on_the_list_does_not_exist() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/trust/",
        "/V1/trust",
        "//v1/trust",
        "/v1/../v1/policies",
        "/v1/state",
        "/v1/state/",
        "/v1/state/0101010101010101/x",
        "/v1/batches/1",
        "/heapdump",
        "/actuator",
        "/actuator/heapdump",
        "/debug",
        "/debug/pprof",
        "/metrics",
        "/health",
        "/status",
        "/admin",
        "/.env",
        "/collector.sqlite",
        "/data/trust.json",
        "/openapi.json",
        "/v1/trust?debug=1",
        "/v1/trust;x",
    ] {
        let reply = client.plain("GET", path, None, Vec::new());
        assert_eq!(reply.kind(), ProblemKind::NotFound, "{path}");
    }
}

#[test]
fn no_path_that_anyone_can_think_of_answers() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    let config = ProptestConfig { cases: 2_000, ..ProptestConfig::default() };
    let path = "(/(v1|v2|trust|debug|[a-z0-9._~%25-]{0,8})){1,4}";
    let mut runner = TestRunner::new(config);
    // As the client's own parser writes it, which resolves `.` and `..`.
    let known = |path: &str| {
        let url = reqwest::Url::parse(&format!("https://x{path}")).unwrap();
        routes().iter().any(|r| r.path == url.path())
            || url.path().starts_with("/v1/state/")
            || url.path().starts_with("/v1/attachments/")
    };
    runner
        .run(&path, |path| {
            prop_assume!(!known(&path));
            let reply = client.plain("GET", &path, None, Vec::new());
            prop_assert_eq!(reply.kind(), ProblemKind::NotFound);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_path_has_one_method() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let client = tenant.client(&running);
    for route in routes() {
        let path = route.path.replace("{epoch}", "0101010101010101").replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "X"] {
            if method == route.method {
                continue;
            }
            let reply = client.plain(method, &path, None, Vec::new());
            assert_eq!((reply.status, reply.header("allow")), (405, route.method));
            if method != "HEAD" {
                assert_eq!(reply.problem().kind, "about:blank");
            }
        }
    }
}

#[test]
fn trust_document_and_policy_are_served_as_they_were_signed() {
    let tenant = Tenant::new();
    let config = tenant.config();
    let (trust, policy) =
        (config.documents.trust.to_bytes().unwrap(), config.documents.policy.to_bytes().unwrap());
    let running = tenant.start_with(config);
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let reply = client.plain("GET", TRUST_PATH, None, Vec::new());
    assert_eq!((reply.status, &reply.body), (200, &trust));
    assert_eq!(reply.header("content-type"), "application/json");
    let reply = client.get(&phone, POLICY_PATH);
    assert_eq!((reply.status, &reply.body), (200, &policy));
}
