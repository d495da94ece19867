//! The draft of a trust document, with every field explained.

use std::path::Path;

use fenming_wire::id::TenantId;
use fenming_wire::time::Timestamp;

use crate::error::CliError;
use crate::files;
use crate::keygen::Role;

/// What a draft starts from.
pub struct Starter<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The organisation in Chinese.
    pub organisation_zh: String,
    /// The organisation in English.
    pub organisation_en: String,
    /// The folder that holds the public halves of all keys.
    pub keys: &'a Path,
    /// Now.
    pub issued: Timestamp,
}

/// Writes the draft.
///
/// # Errors
/// [`CliError`] where a public key is missing.
pub fn draft(starter: &Starter<'_>) -> Result<String, CliError> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let key = |role: Role| public(starter.keys, role).map(|key| text(&key));
    Ok(format!(
        r#"// The trust document: who may read records, and who may sign.
//
// The custodian signs it with the offline root key, which every phone pins. Nobody who breaks into
// the endpoint can change it. A new recipient needs a new consent of every employee. Lines that
// begin with // are comments and are not signed.
{{
  // The employer's short name, the same in profile and policy. 1 to 64 of a-z 0-9 - _ .
  "tenant": {tenant},

  // Grows by at least 1 with every change. Devices refuse a lower one.
  "version": 1,

  // When it was signed, RFC 3339.
  "issued": "{issued}",

  // The organisation as the consent notice names it. Employees read this before they agree.
  "organisation": {{ "zh-Hans": {zh}, "en": {en} }},

  // Who can read what leaves the phone: age public keys (age1…). Name two people, so that one lost
  // key does not lose the archive. At least one, at most 16. The notice shows these names.
  "recipients": [
    {{
      "name": {{ "zh-Hans": "档案保管人", "en": "Records custodian" }},
      "key": {custodian}
    }}
  ],

  // Who alone can read what is set aside as a suspected state secret or important data. Must not
  // be one of the recipients.
  "counsel": {{
    "name": {{ "zh-Hans": "法律顾问", "en": "Legal counsel" }},
    "key": {counsel}
  }},

  // Who may sign the policy: Ed25519 public keys, base64.
  "policy_keys": [{policy}],

  // Who may sign receipts: the endpoint's Ed25519 public keys, base64. Keep the old key listed
  // until every phone has the new document.
  "receipt_keys": [{receipt}],

  // Lawful routes out of mainland China (PIPL 38). Empty in the ordinary case. An entry looks so:
  //   {{ "id": "route-1",
  //     "basis": {{ "zh-Hans": "标准合同备案号 …", "en": "Standard contract, filing no. …" }},
  //     "ranges": ["203.0.113.0/24"], "expires": "2027-01-01T00:00:00Z" }}
  "export_routes": []
}}
"#,
        tenant = text(starter.tenant.as_str()),
        issued = whole_seconds(starter.issued),
        zh = text(&starter.organisation_zh),
        en = text(&starter.organisation_en),
        custodian = key(Role::Custodian)?,
        counsel = key(Role::Counsel)?,
        policy = key(Role::Policy)?,
        receipt = key(Role::Receipt)?,
    ))
}

/// A time that people write by hand has no milliseconds.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.seconds().saturating_mul(1000))
}

fn public(dir: &Path, role: Role) -> Result<String, CliError> {
    let path = role.public_file(dir);
    let bytes = files::read(&path, files::MAX_KEY_BYTES).map_err(|error| {
        error.hint(format!("make it: fenming keygen {} --out {}", role.stem(), dir.display()))
    })?;
    String::from_utf8(bytes)
        .map(|text| text.trim().to_owned())
        .map_err(|_| CliError::input(format!("{}: is no text", path.display())))
}
