//! How a trust document is shown.

use std::path::Path;

use fenming_wire::envelope::Envelope;
use fenming_wire::key::{Ed25519Key, Verifier};
use fenming_wire::trust::{Freshness, NamedRecipient, TrustDocument};
use serde_json::json;

use crate::output::{Output, Table};

/// After signing.
pub(super) fn signed(
    file: &Path,
    envelope: &Envelope<TrustDocument>,
    document: &TrustDocument,
    root: Ed25519Key,
    out: &mut Output,
) {
    out.json(&json!({
        "file": file,
        "tenant": document.tenant,
        "version": document.version,
        "digest": envelope.payload_digest(),
        "root": root,
        "fingerprint": root.fingerprint(),
    }));
    out.done(&format!("signed trust document written to {}", file.display()));
    out.facts(&[
        ("version", document.version.to_string()),
        ("digest", envelope.payload_digest().to_string()),
        ("root key", root.to_string()),
        ("fingerprint", root.fingerprint()),
    ]);
    out.aside("The root key goes into the profile; employees compare the fingerprint.");
}

/// After a check. A signed document was verified, with the key that signed it.
pub(super) fn checked(
    document: &TrustDocument,
    signed: Option<(&Envelope<TrustDocument>, Ed25519Key)>,
    freshness: Option<Freshness>,
    out: &mut Output,
) {
    out.json(&json!({
        "state": if signed.is_some() { "signed" } else { "draft" },
        "verified": signed.is_some(),
        "tenant": document.tenant,
        "version": document.version,
        "digest": signed.map(|(envelope, _)| envelope.payload_digest()),
        "freshness": freshness.map(|f| f.to_string()),
    }));
    match signed {
        None => {
            out.done("every field is as it should be");
            out.caution("this is a draft: it is not signed");
        }
        Some((envelope, root)) => {
            out.done(&format!("signed by the root key {}", root.fingerprint()));
            out.facts(&[("digest", envelope.payload_digest().to_string())]);
        }
    }
    out.facts(&[
        ("tenant", document.tenant.to_string()),
        ("version", document.version.to_string()),
        ("organisation", format!("{} · {}", document.organisation.zh, document.organisation.en)),
    ]);
    match freshness {
        Some(Freshness::Newer) => out.done("its version follows the one of before"),
        Some(Freshness::Same) => out.done("it is the very document of before"),
        Some(Freshness::Rollback) | None => {}
    }
}

/// Everything that it says.
pub(super) fn document(
    document: &TrustDocument,
    envelope: Option<&Envelope<TrustDocument>>,
    root: Option<Ed25519Key>,
    out: &mut Output,
) {
    let verified = envelope.is_some() && root.is_some();
    out.json(&json!({
        "state": if envelope.is_some() { "signed" } else { "draft" },
        "verified": verified,
        "digest": envelope.map(Envelope::payload_digest),
        "content": document,
    }));
    out.heading("Trust document");
    let mut facts = vec![
        ("tenant", document.tenant.to_string()),
        ("version", document.version.to_string()),
        ("issued", document.issued.to_string()),
        ("organisation", format!("{} · {}", document.organisation.zh, document.organisation.en)),
    ];
    if let Some(envelope) = envelope {
        facts.push(("digest", envelope.payload_digest().to_string()));
    }
    out.facts(&facts);
    match (envelope, root) {
        (None, _) => out.caution("draft: not signed"),
        (Some(_), None) => out.caution("signature not checked: give --root"),
        (Some(_), Some(root)) => out.done(&format!("signed by root key {}", root.fingerprint())),
    }
    out.heading("Who may read");
    let mut readers = Table::new(&["name", "名称", "key id", "age recipient"]);
    for recipient in &document.recipients {
        readers.row(reader(recipient));
    }
    out.table(&readers);
    out.heading("Who may read suspected secrets, and nothing else");
    let mut counsel = Table::new(&["name", "名称", "key id", "age recipient"]);
    counsel.row(reader(&document.counsel));
    out.table(&counsel);
    out.heading("Who may sign");
    let mut signers = Table::new(&["what", "key id", "Ed25519 key"]);
    let policy = document.policy_keys.iter().map(|key| ("policy", key));
    for (what, key) in policy.chain(document.receipt_keys.iter().map(|key| ("receipts", key))) {
        signers.row(vec![what.to_owned(), key.key_id().to_string(), key.to_string()]);
    }
    out.table(&signers);
    routes(document, out);
}

fn routes(document: &TrustDocument, out: &mut Output) {
    out.heading("Routes out of mainland China");
    if document.export_routes.is_empty() {
        out.line("  none");
        return;
    }
    let mut table = Table::new(&["route", "basis", "ranges", "expires"]);
    for route in &document.export_routes {
        let ranges: Vec<String> = route.ranges.iter().map(ToString::to_string).collect();
        table.row(vec![
            route.id.to_string(),
            route.basis.en.clone(),
            ranges.join(", "),
            route.expires.to_string(),
        ]);
    }
    out.table(&table);
}

fn reader(recipient: &NamedRecipient) -> Vec<String> {
    let NamedRecipient { name, key } = recipient;
    vec![name.en.clone(), name.zh.clone(), key.key_id().to_string(), key.to_string()]
}
