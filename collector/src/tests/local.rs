//! The endpoint that is called: it answers as the one that is connected to.

use super::fixture::Tenant;
use crate::{Config, LocalAnswer, LocalCollector, LocalRequest, routes};

fn open(tenant: &Tenant) -> LocalCollector {
    let config = Config { endpoint: "https://127.0.0.1:8443".parse().unwrap(), ..tenant.config() };
    LocalCollector::open(&config, tenant.clock()).unwrap()
}

fn ask(local: &LocalCollector, method: &str, path: &str) -> LocalAnswer {
    local.answer(LocalRequest { method, path, signature: None, body: &[] })
}

#[test]
fn a_called_endpoint_serves_the_trust_document_to_anybody() {
    let tenant = Tenant::new();
    let answer = ask(&open(&tenant), "GET", "/v1/trust");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, tenant.documents(1, 1).trust.to_bytes().unwrap());
}

#[test]
fn a_called_endpoint_has_the_same_routes_and_no_other() {
    let tenant = Tenant::new();
    let local = open(&tenant);
    for route in routes() {
        let path: String = route
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "0707070707070707" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        assert_ne!(ask(&local, route.method, &path).status, 404, "{path}");
        assert_eq!(ask(&local, "DELETE", &path).status, 405, "{path}");
        assert_eq!(ask(&local, route.method, &format!("{path}/more")).status, 404, "{path}");
    }
}

#[test]
fn a_called_endpoint_refuses_a_device_that_did_not_sign() {
    let tenant = Tenant::new();
    assert_eq!(ask(&open(&tenant), "GET", "/v1/policy").status, 401);
    assert_eq!(ask(&open(&tenant), "POST", "/v1/batches").status, 401);
}
