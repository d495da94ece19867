//! What the endpoint refuses to start with, and to serve.

use std::fs;

use fenming_wire::api::{POLICY_PATH, TRUST_PATH};
use fenming_wire::envelope::Envelope;
use fenming_wire::key::Ed25519Signer;
use zeroize::Zeroizing;

use super::fixture::{Tenant, holds};
use crate::config::Kind;
use crate::{Collector, Config, ConfigError, Documents, StartError};

fn refusal(tenant: &Tenant, config: Config) -> ConfigError {
    match Collector::start(config, tenant.clock()).err().unwrap() {
        StartError::Config(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_trust_document_that_the_root_key_did_not_sign_is_refused() {
    let tenant = Tenant::new();
    let mut config = tenant.config();
    config.root_key = Ed25519Signer::generate().unwrap().0.public();
    assert!(matches!(refusal(&tenant, config), ConfigError::TrustRefused(_)));
    assert!(!tenant.data().exists());
}

#[test]
fn a_receipt_key_that_the_trust_document_does_not_name_is_refused() {
    let tenant = Tenant::new();
    let (_, other) = Ed25519Signer::generate().unwrap();
    let config = Config { receipt_key: other, ..tenant.config() };
    assert!(matches!(refusal(&tenant, config), ConfigError::ReceiptKey));
    let config = Config { receipt_key: Zeroizing::new(vec![1, 2, 3]), ..tenant.config() };
    assert!(matches!(refusal(&tenant, config), ConfigError::ReceiptKey));
}

#[test]
fn a_policy_that_no_policy_key_signed_is_refused() {
    let tenant = Tenant::new();
    let mut config = tenant.config();
    let policy = config.documents.policy.peek_unverified().unwrap();
    let stranger = Ed25519Signer::generate().unwrap().0;
    config.documents.policy = Envelope::sign(&policy, &stranger).unwrap();
    assert!(matches!(refusal(&tenant, config), ConfigError::PolicyRefused(_)));
    let mut config = tenant.config();
    config.documents.policy = Envelope::sign(&policy, &tenant.root).unwrap();
    assert!(matches!(refusal(&tenant, config), ConfigError::PolicyRefused(_)));
}

#[test]
fn a_document_of_another_tenant_is_refused() {
    let tenant = Tenant::new();
    let mut config = tenant.config();
    config.documents.trust = tenant.trust(1, |trust| trust.tenant = "other".parse().unwrap());
    assert!(matches!(refusal(&tenant, config), ConfigError::WrongTenant(Kind::Trust)));
    let mut config = tenant.config();
    config.documents.policy = tenant.policy(1, |policy| policy.tenant = "other".parse().unwrap());
    assert!(matches!(refusal(&tenant, config), ConfigError::WrongTenant(Kind::Policy)));
}

#[test]
fn no_older_document_is_served_than_was_served_before() {
    let tenant = Tenant::new();
    tenant.start_with(Config { documents: tenant.documents(2, 5), ..tenant.config() }).stop();
    let older = Config { documents: tenant.documents(2, 4), ..tenant.config() };
    assert!(matches!(
        refusal(&tenant, older),
        ConfigError::Rollback { kind: Kind::Policy, offered: 4, served: 5 }
    ));
    let older = Config { documents: tenant.documents(1, 6), ..tenant.config() };
    assert!(matches!(refusal(&tenant, older), ConfigError::Rollback { kind: Kind::Trust, .. }));
    let policy = tenant.policy(5, |policy| policy.grace_hours = 1);
    let changed = Documents { policy, ..tenant.documents(2, 5) };
    let changed = Config { documents: changed, ..tenant.config() };
    assert!(matches!(refusal(&tenant, changed), ConfigError::Rollback { .. }));
    tenant.start_with(Config { documents: tenant.documents(2, 5), ..tenant.config() }).stop();
}

#[test]
fn a_newer_policy_is_served_without_a_restart_and_an_older_one_never() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let newer = tenant.documents(2, 2);
    running.publish(newer.clone()).unwrap();
    assert_eq!(client.get(&phone, POLICY_PATH).body, newer.policy.to_bytes().unwrap());
    let trust = newer.trust.to_bytes().unwrap();
    assert_eq!(client.plain("GET", TRUST_PATH, None, Vec::new()).body, trust);
    assert_eq!(fs::read(tenant.data().join("trust.json")).unwrap(), trust);
    assert_eq!(fs::read(tenant.data().join("trust/2.json")).unwrap(), trust);
    assert!(tenant.data().join("trust/1.json").is_file());
    assert!(running.publish(tenant.documents(2, 1)).is_err());
    let unsigned = tenant.trust(3, |trust| trust.receipt_keys = trust.policy_keys.clone());
    assert!(running.publish(Documents { trust: unsigned, ..newer.clone() }).is_err());
    assert_eq!(client.get(&phone, POLICY_PATH).body, newer.policy.to_bytes().unwrap());
}

#[test]
fn a_certificate_that_does_not_fit_its_key_is_refused() {
    let tenant = Tenant::new();
    let other = Tenant::new();
    let pem = crate::TlsIdentity::from_pem;
    let tls = pem(tenant.cert.as_bytes(), other.cert_key.as_bytes()).unwrap();
    let config = Config { tls, ..tenant.config() };
    assert!(matches!(refusal(&tenant, config), ConfigError::Tls { key: "tls_key" }));
    let key = tenant.cert_key.as_bytes();
    assert!(matches!(pem(b"", key), Err(ConfigError::Tls { key: "tls_cert" })));
    assert!(matches!(pem(tenant.cert.as_bytes(), b""), Err(ConfigError::Tls { key: "tls_key" })));
}

/// Writes a whole configuration into the tenant's folder.
fn written(tenant: &Tenant) -> serde_json::Value {
    let config = tenant.config();
    let file = |name: &str, bytes: &[u8]| fs::write(tenant.scratch().join(name), bytes).unwrap();
    file("cert.pem", tenant.cert.as_bytes());
    file("key.pem", tenant.cert_key.as_bytes());
    file("trust.json", &config.documents.trust.to_bytes().unwrap());
    file("policy.json", &config.documents.policy.to_bytes().unwrap());
    file("receipts.der", &config.receipt_key);
    serde_json::json!({
        "data": "data", "listen": "127.0.0.1:0", "tls_cert": "cert.pem", "tls_key": "key.pem",
        "tenant": "example-trading", "root_key": tenant.root.public(), "trust": "trust.json",
        "policy": "policy.json", "receipt_key": "receipts.der",
        "endpoint": "https://127.0.0.1:0", "limits": {"free_bytes": 0}
    })
}

fn from_file(tenant: &Tenant, config: &serde_json::Value) -> Result<Config, ConfigError> {
    let path = tenant.scratch().join("collector.json");
    fs::write(&path, config.to_string()).unwrap();
    Config::from_file(&path)
}

#[test]
fn a_configuration_file_starts_the_endpoint() {
    let tenant = Tenant::new();
    let config = from_file(&tenant, &written(&tenant)).unwrap();
    let running = tenant.start_with(config);
    assert_eq!(running.endpoint().port(), running.address().port());
    let reply = tenant.client(&running).plain("GET", TRUST_PATH, None, Vec::new());
    assert_eq!(reply.status, 200);
    assert!(!holds(&tenant.data(), tenant.cert_key.as_bytes()));
}

#[test]
fn a_configuration_file_that_is_wrong_names_the_key() {
    let tenant = Tenant::new();
    let good = written(&tenant);
    let keys = ["data", "tls_cert", "tls_key", "root_key", "trust", "policy", "receipt_key"];
    for key in keys {
        let mut config = good.clone();
        config.as_object_mut().unwrap().remove(key);
        let error = from_file(&tenant, &config).err().unwrap().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
    for key in ["tls_cert", "tls_key", "trust", "policy", "receipt_key"] {
        let mut config = good.clone();
        config[key] = "absent".into();
        let error = from_file(&tenant, &config).err().unwrap();
        assert!(matches!(error, ConfigError::Unreadable { key: named, .. } if named == key));
        config[key] = "collector.json".into();
        let error = from_file(&tenant, &config).err().unwrap().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
    let mut config = good;
    config["colour"] = "red".into();
    let error = from_file(&tenant, &config).err().unwrap().to_string();
    assert!(error.contains("`colour`"), "{error}");
}
