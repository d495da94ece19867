//! Documents of an invented employer, for tests.

use std::collections::BTreeMap;

use fenming_wire::envelope::Envelope;
use fenming_wire::key::{Ed25519Key, Ed25519Signer};
use fenming_wire::policy::Policy;
use fenming_wire::profile::{self, Profile};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::TrustDocument;
use serde_json::json;

use super::{Trusted, accept_policy, accept_trust};

/// The employer's keys, and everything that they have signed.
pub(crate) struct Employer {
    pub(crate) root: Ed25519Signer,
    pub(crate) policy_key: Ed25519Signer,
    pub(crate) profile: Profile,
    pub(crate) trust: TrustDocument,
    pub(crate) policy: Policy,
}

impl Employer {
    pub(crate) fn new() -> Self {
        let (root, policy_key) = (key(), key());
        let profile = profile(root.public());
        let trust = trust(policy_key.public());
        Self { root, policy_key, profile, trust, policy: policy() }
    }

    pub(crate) fn signed_trust(&self) -> Envelope<TrustDocument> {
        Envelope::sign(&self.trust, &self.root).unwrap()
    }

    pub(crate) fn signed_policy(&self) -> Envelope<Policy> {
        Envelope::sign(&self.policy, &self.policy_key).unwrap()
    }

    pub(crate) fn trusted(&self) -> (Trusted<TrustDocument>, Trusted<Policy>) {
        let trust = accept_trust(&self.profile, None, &self.signed_trust()).unwrap();
        let policy = accept_policy(&trust, None, &self.signed_policy()).unwrap();
        (trust, policy)
    }
}

pub(crate) fn key() -> Ed25519Signer {
    Ed25519Signer::generate().unwrap().0
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn profile(root: Ed25519Key) -> Profile {
    let pin = |byte: u8| data_encoding::BASE64.encode(&[byte; 32]);
    let map = BTreeMap::from([
        ("tenant".to_owned(), "yunfan".to_owned()),
        ("endpoint".to_owned(), "https://archive.yunfan.example".to_owned()),
        ("root_key".to_owned(), root.to_string()),
        ("tls_pins".to_owned(), format!("{},{}", pin(1), pin(2))),
        ("address_ranges".to_owned(), "203.0.113.0/24,2001:db8:40::/44".to_owned()),
    ]);
    profile::parse(&map).profile.unwrap()
}

pub(crate) fn trust(policy_key: Ed25519Key) -> TrustDocument {
    serde_json::from_value(json!({
        "tenant": "yunfan",
        "version": 3,
        "issued": "2026-01-05T01:00:00Z",
        "organisation": { "zh-Hans": "云帆证券有限公司", "en": "Yunfan Securities Ltd" },
        "recipients": [
            {
                "name": { "zh-Hans": "云帆合规部档案室", "en": "Yunfan Compliance, records office" },
                "key": "age166ljvqhulkzwdgrspdyfcfsm0z0vluejm8985tzdkgunztnraf0sunelsx"
            },
            {
                "name": { "zh-Hans": "云帆内审部", "en": "Yunfan Internal Audit" },
                "key": "age19j0f9dsjhx7urpw0qvdskq87w0dpcr4vx8tm0d9h7jzlsdw2udjshxmccr"
            }
        ],
        "counsel": {
            "name": { "zh-Hans": "衡石律师事务所", "en": "Hengshi Law Firm" },
            "key": "age1qlpkmfl825e0cfnj2w2maw93vtv7x5nfvc42wj2h4r3austz6uzq7rtplu"
        },
        "policy_keys": [policy_key],
        "receipt_keys": [Ed25519Key::from_bytes([9; 32])],
    }))
    .unwrap()
}

pub(crate) fn policy() -> Policy {
    serde_json::from_value(json!({
        "tenant": "yunfan",
        "version": 12,
        "issued": "2026-02-27T08:00:00Z",
        "expires": "2027-02-28T16:00:00Z",
        "grace_hours": 72,
        "purposes": [
            {
                "code": "order-records",
                "basis": "legal_duty_with_consent",
                "text": {
                    "zh-Hans": "留存与客户之间的委托和业务沟通",
                    "en": "keeping orders and business communication with clients"
                }
            },
            {
                "code": "dispute-evidence",
                "basis": "consent",
                "text": { "zh-Hans": "在业务争议中举证", "en": "evidence in business disputes" }
            }
        ],
        "sources": ["wechat_notification"],
        "notice": {
            "contact": {
                "zh-Hans": "合规部 邱砚，邮箱 privacy@yunfan.example",
                "en": "Qiu Yan, Compliance, privacy@yunfan.example"
            },
            "rights": {
                "zh-Hans": "发邮件至上述邮箱，十五个工作日内答复。",
                "en": "Write to the address above; you get an answer within fifteen working days."
            }
        },
        "directory": [
            { "id": "client-017", "title": "栗山精工 陶工", "kind": "direct", "class": "orders" },
            { "id": "client-018", "title": "松果资本 Nora", "kind": "direct" },
            { "id": "group-003", "title": "栗山精工项目沟通群", "kind": "group" },
            { "id": "service-001", "title": "云帆业务通知", "kind": "service" }
        ],
        "group_rules": [
            { "id": "g-project", "how": "prefix", "text": "【项目】", "class": "orders" },
            { "id": "g-client", "how": "suffix", "text": "客户群" },
            { "id": "g-desk", "how": "contains", "text": "交易台" }
        ],
        "text_rules": [
            { "id": "t-order", "any": ["委托", "Limit Order"] },
            { "id": "t-contract", "any": ["合同", "报价"] }
        ],
        "os_profiles": { "work_is_business": true },
        "retention": { "general": 1095, "orders": 7300 },
        "default_class": "general",
        "schedule": { "interval_minutes": 30, "max_delay_hours": 24 },
        "review_minutes": 120,
        "reprompt_days": 45,
    }))
    .unwrap()
}
