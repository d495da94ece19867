//! One good document of every kind, for the tests of this crate. All people are invented.

use std::collections::{BTreeMap, BTreeSet};

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use serde_json::Value;

use crate::attachment::{Absence, Attachment, Kept};
use crate::balance::{Balance, Books};
use crate::consent::{ConsentGrant, ConsentWithdrawal, RuleClass, Scope};
use crate::content::Content;
use crate::counsel::{CounselDecision, Outcome};
use crate::envelope::Envelope;
use crate::error::WireError;
use crate::heartbeat::{AgentState, ConsentState, Heartbeat};
use crate::id::{ChatId, DeviceId, Digest, Epoch, ItemId, KeyId};
use crate::key::{DeviceKey, Ed25519Key, Ed25519Signer, Signer, Verifier};
use crate::ledger::Position;
use crate::manifest::{Manifest, SealedFile};
use crate::policy::{
    ChatKind, CounterpartRule, DirectoryEntry, GroupRule, HoldRule, LegalBasis, Notice,
    OsProfileRule, Policy, Purpose, TextRule, TitleMatch, WithdrawalRule,
};
use crate::receipt::{CollectorState, EpochState, Receipt};
use crate::record::{
    BalanceLine, Body, CallLine, CallMedium, CallOutcome, Cause, ChatLine, Confidence,
    CoverageLine, CoverageState, Direction, Genesis, Layout, Media, MessageLine, OverrideLine, Raw,
    RecallLine, ShareLine, Signed, Step, Why,
};
use crate::schedule::{Schedule, Weekday, Window};
use crate::screening::{CounterpartNotice, Label, LabelKind, Lexicon, Pattern, Screening};
use crate::seal::{Identity, Recipient};
use crate::source::Source;
use crate::text::{Bilingual, Language};
use crate::time::{Span, Timestamp};
use crate::trust::{ExportRoute, NamedRecipient, TrustDocument};

/// A device whose key stands in memory.
pub(crate) struct TestDevice(EcdsaKeyPair);

impl TestDevice {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(crate) fn key(&self) -> DeviceKey {
        DeviceKey::from_point(self.0.public_key().as_ref()).unwrap()
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.key().device_id()
    }
}

impl Signer for TestDevice {
    fn key_id(&self) -> KeyId {
        self.key().key_id()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature = self.0.sign(&SystemRandom::new(), message).unwrap();
        Ok(signature.as_ref().try_into().unwrap())
    }
}

pub(crate) fn ed25519() -> Ed25519Signer {
    Ed25519Signer::generate().unwrap().0
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual::new(zh, en)
}

pub(crate) fn device_id() -> DeviceId {
    DeviceId::from_bytes([0xd1; 16])
}

pub(crate) fn epoch() -> Epoch {
    Epoch::from_bytes([0xe1; 8])
}

pub(crate) fn recipient() -> Recipient {
    Identity::generate().recipient()
}

pub(crate) fn trust() -> TrustDocument {
    TrustDocument {
        tenant: "hengshan-bank".parse().unwrap(),
        version: 3,
        issued: at("2026-03-01T00:00:00Z"),
        organisation: both("衡山示范银行", "Hengshan Example Bank"),
        recipients: vec![NamedRecipient {
            name: both("合规部", "Compliance"), key: recipient()
        }],
        counsel: NamedRecipient { name: both("法务", "Counsel"), key: recipient() },
        counsel_keys: vec![Ed25519Key::from_bytes([3; 32])],
        policy_keys: vec![Ed25519Key::from_bytes([1; 32])],
        receipt_keys: vec![Ed25519Key::from_bytes([2; 32])],
        export_routes: vec![ExportRoute {
            id: "scc-2026-17".parse().unwrap(),
            basis: both("标准合同备案", "Filed standard contract"),
            ranges: vec!["198.51.100.0/24".parse().unwrap()],
            expires: at("2027-03-01T00:00:00Z"),
        }],
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        tenant: "hengshan-bank".parse().unwrap(),
        version: 12,
        issued: at("2026-03-01T00:00:00Z"),
        expires: at("2026-06-01T00:00:00Z"),
        grace_hours: 168,
        purposes: vec![Purpose {
            code: "trade-records".parse().unwrap(),
            basis: LegalBasis::LegalDutyWithConsent,
            text: both("保存交易沟通记录", "Keeping records of trades"),
        }],
        sources: BTreeSet::from([Source::WechatNotification]),
        notice: Notice {
            contact: both("内线 8001", "Extension 8001"),
            rights: both("书面申请", "Apply in writing"),
        },
        directory: vec![DirectoryEntry {
            id: "d-1".parse().unwrap(),
            title: "周予安".to_owned(),
            kind: ChatKind::Direct,
            class: Some("trades".parse().unwrap()),
        }],
        group_rules: vec![GroupRule {
            id: "g-1".parse().unwrap(),
            how: TitleMatch::Prefix,
            text: "衡山客户".to_owned(),
            class: None,
        }],
        text_rules: vec![TextRule { id: "t-1".parse().unwrap(), any: vec!["合同".to_owned()] }],
        os_profiles: OsProfileRule { work_is_business: true, clone_is_business: false },
        hold: Some(HoldRule { max_hours: 48 }),
        counterpart: CounterpartRule::Pseudonymise,
        retention: BTreeMap::from([
            ("business".parse().unwrap(), 1825),
            ("trades".parse().unwrap(), 7300),
        ]),
        default_class: "business".parse().unwrap(),
        schedule: schedule(),
        review_minutes: 120,
        reprompt_days: 30,
        on_withdrawal: WithdrawalRule::Forward,
        screening: Some(screening()),
    }
}

pub(crate) fn screening() -> Screening {
    Screening {
        lexicons: vec![Lexicon {
            id: "secrets".parse().unwrap(),
            version: 1,
            label: LabelKind::StateSecret,
            any: vec!["机密文件".to_owned()],
            all: vec![vec!["涉密".to_owned()], vec!["图纸".to_owned(), "参数".to_owned()]],
            patterns: BTreeSet::from([Pattern::ResidentId]),
            except: vec!["商业机密文件".to_owned()],
        }],
        warn_hours: 12,
        counterpart: Some(CounterpartNotice {
            hours: 168,
            text: both("本聊天由单位存档", "This chat is archived"),
        }),
    }
}

pub(crate) fn decision() -> CounselDecision {
    CounselDecision {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        number: 3,
        issued: at("2026-03-05T01:00:00Z"),
        expires: at("2026-03-12T01:00:00Z"),
        item: ItemId::from_bytes([0xa1; 16]),
        token: "5c".repeat(32),
        outcome: Outcome::Clear,
    }
}

pub(crate) fn schedule() -> Schedule {
    Schedule {
        zone: "Asia/Shanghai".to_owned(),
        windows: vec![Window {
            days: vec![Weekday::Mon, Weekday::Fri],
            from: "09:00".to_owned().try_into().unwrap(),
            until: "18:30".to_owned().try_into().unwrap(),
        }],
        interval_minutes: 30,
        unmetered_only: false,
        charging_only: false,
        max_delay_hours: 48,
    }
}

pub(crate) fn scope() -> Scope {
    Scope {
        purposes: BTreeSet::from(["trade-records".parse().unwrap()]),
        purpose_words: BTreeSet::from([Digest::of("保存交易沟通记录".as_bytes())]),
        sources: BTreeSet::from([Source::WechatNotification]),
        recipients: BTreeSet::from([KeyId::from_bytes([7; 8])]),
        endpoints: BTreeSet::from(["https://archive.hengshan.example".parse().unwrap()]),
        export_routes: BTreeSet::from(["scc-2026-17".parse().unwrap()]),
        retention_days: 7300,
        rule_classes: BTreeSet::from([
            RuleClass::Directory,
            RuleClass::GroupRule("衡山客户".to_owned()),
        ]),
        hold_hours: 48,
        untold_counterparts: false,
        counterpart_names: false,
    }
}

pub(crate) fn grant() -> ConsentGrant {
    ConsentGrant {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        person: "p-0417".parse().unwrap(),
        granted: at("2026-03-02T01:00:00Z"),
        language: Language::Chinese,
        notice: Digest::of("告知书".as_bytes()),
        scope: scope(),
        hold_agreed: true,
        trust: Digest::of(b"trust"),
        policy_version: 12,
    }
}

pub(crate) fn withdrawal() -> ConsentWithdrawal {
    ConsentWithdrawal {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        person: "p-0417".parse().unwrap(),
        withdrawn: at("2026-04-02T01:00:00Z"),
        grant: Digest::of(b"grant"),
    }
}

pub(crate) fn position(seq: u64) -> Position {
    Position { seq, head: Digest::of(&seq.to_be_bytes()) }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        epoch: epoch(),
        from: position(40),
        to: position(52),
        ciphertext: Digest::of(b"sealed"),
        size: 1984,
        class: "business".parse().unwrap(),
        recipients: vec![KeyId::from_bytes([7; 8])],
        attachments: vec![SealedFile { ciphertext: Digest::of(b"attachment"), size: 81_920 }],
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt::of(&manifest(), at("2026-03-02T10:00:00Z"))
}

pub(crate) fn state() -> CollectorState {
    CollectorState {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        epochs: vec![EpochState { epoch: epoch(), high: position(52) }],
        receipts: Vec::new(),
        policy_version: 12,
        trust_version: 3,
        nonce: "n0nce-n0nce-n0nce".to_owned(),
        at: at("2026-03-02T10:00:01Z"),
    }
}

pub(crate) fn balance() -> Balance {
    Balance {
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        epoch: epoch(),
        seq: 41,
        sealed: at("2026-03-02T09:59:00Z"),
        books: Books {
            captured: 25,
            forwarded: 11,
            queued: 4,
            retracted: 3,
            parked: 1,
            destroyed: 1,
            counsel: 5,
            held: 6,
            expired: 2,
        },
        parked: vec![17],
    }
}

pub(crate) fn heartbeat() -> Heartbeat {
    Heartbeat {
        v: 1,
        tenant: "hengshan-bank".parse().unwrap(),
        device: device_id(),
        epoch: epoch(),
        at: at("2026-03-02T10:05:00Z"),
        state: AgentState::Capturing,
        consent: ConsentState::Live,
        backlog: 4,
        oldest: Some(Span::minutes(95)),
        ledger: position(52),
        receipted: position(52),
        last_attempt: Some(at("2026-03-02T10:00:00Z")),
        last_success: Some(at("2026-03-02T10:00:01Z")),
        last_error: None,
        next_due: Some(at("2026-03-02T10:30:00Z")),
        policy_version: 12,
        trust_version: 3,
        agent: "0.1.0".to_owned(),
        os: "Android 15".to_owned(),
        listener: Some(true),
        store_bytes: 1_048_576,
        counsel_hold: false,
    }
}

pub(crate) fn chat() -> ChatId {
    ChatId::from_bytes([0xc1; 10])
}

/// A full message: every field that may be there is there.
pub(crate) fn message() -> MessageLine {
    MessageLine {
        t: 1_772_413_200_000,
        chat: chat(),
        dir: Direction::In,
        from: Some(Content::from("周予安")),
        text: Content::from("合同今天 17:00 前寄出 ✅"),
        media: Some(Media::File),
        mention: true,
        truncated: true,
        sure: Confidence::High,
        raw: Raw {
            count: Some(Content::from("[2条]")),
            placeholder: Some(Content::from("[文件] ")),
            before: Some(Content::from("\n\n")),
            time: Some(Content::from("  08:54\n")),
            layout: Some(Layout::Named),
            title: Some(Content::from("衡山客户一群")),
            text: Some(Content::from("[2条]周予安: [文件] 合同")),
            ticker: Some(Content::from("周予安: [文件] 合同")),
        },
        held: true,
        shared: true,
        attachments: attachments(),
        labels: vec![Label {
            kind: LabelKind::OrderInstruction,
            rule: "orders-zh".parse().unwrap(),
        }],
    }
}

/// One that was kept, and one that was not.
pub(crate) fn attachments() -> Vec<Attachment> {
    let kept = Kept { size: 81_920, sha256: Digest::of(b"plain") };
    let one = Attachment {
        name: Content::from("合同.pdf"),
        media_type: Some(Content::from("application/pdf")),
        kept: Some(kept),
        absent: None,
        sure: Confidence::High,
    };
    let name = Content::from("现场.jpg");
    let absent = Some(Absence::TooLarge);
    vec![one.clone(), Attachment { name, media_type: None, kept: None, absent, ..one }]
}

/// Shared text of two messages.
pub(crate) fn share() -> ShareLine {
    let t = 1_772_413_200_000;
    ShareLine {
        t,
        chat: chat(),
        from: Some(t - 60_000),
        until: Some(t),
        messages: 2,
        text: Digest::of(b"text"),
        header: Content::from("衡山客户一群 微信群上的聊天记录如下，请查收。\n"),
        tail: Content::from("\n"),
        referrer: Some(Content::from("com.tencent.mm")),
        sure: Confidence::High,
        attachments: attachments(),
    }
}

/// One line of every kind.
pub(crate) fn bodies() -> Vec<Body> {
    let device = TestDevice::new();
    let grant = Envelope::sign(&grant(), &device).unwrap();
    let withdrawal = Envelope::sign(&withdrawal(), &device).unwrap();
    let t = 1_772_413_200_000;
    let src = Source::WechatNotification;
    vec![
        Body::Genesis(Box::new(Genesis {
            t,
            device: device.id(),
            epoch: epoch(),
            device_key: device.key(),
            trust: Digest::of(b"trust"),
            grant: grant.clone(),
            prior: Some(Envelope::sign(&state(), &ed25519()).unwrap()),
            agent: "0.1.0".to_owned(),
        })),
        Body::Balance(Box::new(BalanceLine {
            salt: Digest::of(b"salt"),
            books: Envelope::sign(&balance(), &device).unwrap(),
        })),
        Body::ConsentGrant(Signed { t, envelope: grant }),
        Body::ConsentWithdrawal(Signed { t, envelope: withdrawal }),
        Body::Chat(ChatLine {
            t,
            chat: chat(),
            src,
            chat_kind: ChatKind::Group,
            title: Content::from("衡山客户一群"),
            pseudonymous: true,
            why: Why { step: Step::GroupRule, rule: Some("g-1".parse().unwrap()) },
        }),
        Body::Message(message()),
        Body::Recall(RecallLine {
            t,
            chat: chat(),
            from: Some(Content::from("周予安")),
            sure: Confidence::Medium,
            raw: Raw::default(),
        }),
        Body::Call(CallLine {
            t,
            chat: chat(),
            medium: CallMedium::Video,
            dir: Direction::Out,
            outcome: CallOutcome::Ended,
            estimated_ms: Some(61_000),
            sure: Confidence::Low,
        }),
        Body::Coverage(CoverageLine {
            t,
            until: Some(t + 1),
            src,
            chat: Some(chat()),
            state: CoverageState::Blind,
            cause: Cause::CountJump,
            missed: Some(3),
        }),
        Body::Override(OverrideLine { t, rule: "d-1".parse().unwrap() }),
        Body::Share(share()),
    ]
}

/// Puts a mark into every value of a document, one at a time, and gives each result.
pub(crate) fn marked(value: &Value, mark: &str) -> Vec<Value> {
    match value {
        Value::String(_) => vec![Value::String(mark.to_owned())],
        Value::Array(items) => (0..items.len())
            .flat_map(|n| {
                marked(&items[n], mark).into_iter().map(move |new| {
                    let mut items = items.clone();
                    items[n] = new;
                    Value::Array(items)
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, old)| {
                marked(old, mark).into_iter().map(move |new| {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), new);
                    Value::Object(fields)
                })
            })
            .collect(),
        Value::Number(_) | Value::Bool(_) | Value::Null => vec![Value::String(mark.to_owned())],
    }
}
