//! The draft of a policy, with every field explained. It is valid as it stands.

use fenming_core::agent::starter_lexicons;
use fenming_wire::id::TenantId;
use fenming_wire::time::{Span, Timestamp};

use crate::trust::whole_seconds;

/// Writes the draft: issued now, for one year.
#[must_use]
pub fn draft(tenant: &TenantId, now: Timestamp) -> String {
    let issued = whole_seconds(now);
    let expires = issued + Span::days(365);
    let lexicons = lexicons();
    format!(
        r#"// The policy: what is captured, for what purpose, how long it is kept, when it is sent.
//
// It is signed with a policy key of the trust document and served by the endpoint. It can add no
// reader. Where it grows beyond what an employee agreed to, capture on that phone stops until they
// agree anew. Lines that begin with // are comments and are not signed.
{{
  // The employer's short name, the same as in the trust document.
  "tenant": "{tenant}",

  // Grows by at least 1 with every change. Devices refuse a lower one.
  "version": 1,

  // When it was signed and when it ends. Agents go on for the grace, at most 720 hours, then stop
  // and say so.
  "issued": "{issued}",
  "expires": "{expires}",
  "grace_hours": 72,

  // Why records are kept. Each purpose has a legal basis: "consent", or
  // "legal_duty_with_consent". The notice shows the words.
  "purposes": [
    {{
      "code": "record-keeping",
      "basis": "legal_duty_with_consent",
      "text": {{
        "zh-Hans": "依法保存业务往来记录",
        "en": "Keeping records of business dealings as the law requires"
      }}
    }}
  ],

  // Where records may come from: notifications, and chat text that employees share by hand.
  "sources": ["wechat_notification", "wechat_share"],

  // What the notice says beside what follows from the other fields.
  "notice": {{
    "contact": {{
      "zh-Hans": "个人信息保护负责人：（姓名、电话、邮箱）",
      "en": "Personal information protection officer: (name, phone, e-mail)"
    }},
    "rights": {{
      "zh-Hans": "您可随时在应用内查看、撤回；复制、更正、删除请联系上述负责人。",
      "en": "You may look and withdraw in the app at any time; for copies, correction and deletion ask the officer above."
    }}
  }},

  // Known business contacts and groups, by the exact title that WeChat shows. "kind" is "direct",
  // "group", "service" or "unknown". "class" is optional. An entry looks so:
  //   {{ "id": "customer-001", "title": "海港物流 李工", "kind": "direct", "class": "standard" }}
  "directory": [],

  // Rules on the titles of groups: "how" is "prefix", "suffix" or "contains"; at least 2
  // characters. Each is a wildcard that the employee agrees to. A rule looks so:
  //   {{ "id": "projects", "how": "prefix", "text": "项目-" }}
  "group_rules": [],

  // Words that suggest business to the employee. They never decide. A rule looks so:
  //   {{ "id": "contract-words", "any": ["合同", "报价", "invoice"] }}
  "text_rules": [],

  // Whether WeChat inside a work profile, or a clone profile, is business as a whole.
  "os_profiles": {{ "work_is_business": true, "clone_is_business": false }},

  // Quarantine for undecided messages: null drops them, which is the default. Otherwise
  // {{ "max_hours": 24 }}, at most 72; employees must agree to it.
  "hold": null,

  // Counterparts who have not been told: "pseudonymise" their names, "capture" them, or "drop"
  // their chats.
  "counterpart": "pseudonymise",

  // Retention classes, in days, and the class of what no rule names.
  "retention": {{ "standard": 1825 }},
  "default_class": "standard",

  // When batches are sent. Windows are civil time in the zone; none means at any time. A window
  // that ends before it starts runs past midnight.
  "schedule": {{
    "zone": "Asia/Shanghai",
    "windows": [
      {{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "21:00" }}
    ],
    "interval_minutes": 60,
    "unmetered_only": false,
    "charging_only": false,
    "max_delay_hours": 72
  }},

  // Minutes in which the employee may take a record back before it is sealed, at most 10080.
  "review_minutes": 60,

  // Days before an employee who refused may be asked again, at least 30.
  "reprompt_days": 30,

  // What becomes of unsent records after a withdrawal: "forward" or "destroy_unsent".
  "on_withdrawal": "forward",

  // Words that messages are looked through for, on the phone: read them (docs/screening.md). A
  // suspicion is sealed to counsel alone. A notice that employees pass on to counterparts looks so:
  //   "counterpart": {{ "hours": 168, "text": {{ "zh-Hans": "…", "en": "…" }} }}
  "screening": {{
    "warn_hours": 24, "lexicons": [
      {lexicons}
  ] }}
}}
"#
    )
}

/// The starter lexicons, one a line. They are part of this program, and its tests read them.
fn lexicons() -> String {
    let lexicons = starter_lexicons().unwrap_or_default();
    let lines = lexicons.iter().filter_map(|lexicon| serde_json::to_string(lexicon).ok());
    lines.collect::<Vec<_>>().join(",\n      ")
}
