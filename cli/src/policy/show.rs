//! How a policy is shown.

use std::path::Path;

use fenming_wire::envelope::Envelope;
use fenming_wire::policy::{CounterpartRule, LegalBasis, Policy, WithdrawalRule};
use fenming_wire::schedule::{Schedule, Weekday};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::Freshness;
use serde_json::json;

use crate::output::{Output, Table};

/// After signing.
pub(super) fn signed(file: &Path, envelope: &Envelope<Policy>, policy: &Policy, out: &mut Output) {
    let key = envelope.signatures().first().map(|signature| signature.keyid);
    out.json(&json!({
        "file": file,
        "tenant": policy.tenant,
        "version": policy.version,
        "digest": envelope.payload_digest(),
        "key_id": key,
    }));
    out.done(&format!("signed policy written to {}", file.display()));
    out.facts(&[
        ("version", policy.version.to_string()),
        ("digest", envelope.payload_digest().to_string()),
        ("key id", key.map(|key| key.to_string()).unwrap_or_default()),
    ]);
}

/// After a check.
pub(super) fn checked(
    policy: &Policy,
    envelope: Option<&Envelope<Policy>>,
    freshness: Option<Freshness>,
    at: Timestamp,
    out: &mut Output,
) {
    let time = if at > policy.ends() {
        "ended"
    } else if at > policy.expires {
        "grace"
    } else {
        "in_force"
    };
    out.json(&json!({
        "state": if envelope.is_some() { "signed" } else { "draft" },
        "verified": envelope.is_some(),
        "tenant": policy.tenant,
        "version": policy.version,
        "expires": policy.expires,
        "ends": policy.ends(),
        "time": time,
        "digest": envelope.map(Envelope::payload_digest),
        "freshness": freshness.map(|f| f.to_string()),
    }));
    match envelope {
        None => {
            out.done("every field is as it should be");
            out.caution("this is a draft: it is not signed");
        }
        Some(envelope) => {
            out.done("signed by a policy key of the trust document");
            out.facts(&[("digest", envelope.payload_digest().to_string())]);
        }
    }
    out.facts(&[
        ("tenant", policy.tenant.to_string()),
        ("version", policy.version.to_string()),
        ("expires", format!("{}, grace until {}", policy.expires, policy.ends())),
    ]);
    if time == "grace" {
        out.caution("it has expired; agents go on under it until the grace ends");
    }
    match freshness {
        Some(Freshness::Newer) => out.done("its version follows the one of before"),
        Some(Freshness::Same) => out.done("it is the very document of before"),
        Some(Freshness::Rollback) | None => {}
    }
}

/// Everything that it says; lists that may be long are counted.
pub(super) fn policy(
    policy: &Policy,
    envelope: Option<&Envelope<Policy>>,
    verified: bool,
    out: &mut Output,
) {
    out.json(&json!({
        "state": if envelope.is_some() { "signed" } else { "draft" },
        "verified": verified,
        "digest": envelope.map(Envelope::payload_digest),
        "content": policy,
    }));
    out.heading("Policy");
    out.facts(&[
        ("tenant", policy.tenant.to_string()),
        ("version", policy.version.to_string()),
        ("issued", policy.issued.to_string()),
        ("expires", format!("{}, grace until {}", policy.expires, policy.ends())),
    ]);
    match (envelope, verified) {
        (None, _) => out.caution("draft: not signed"),
        (Some(_), false) => out.caution("signature not checked: give --trust and --root"),
        (Some(_), true) => out.done("signed by a policy key of the trust document"),
    }
    out.heading("What is captured, and why");
    let mut purposes = Table::new(&["purpose", "basis", "目的", "in English"]);
    for purpose in &policy.purposes {
        let basis = match purpose.basis {
            LegalBasis::Consent => "consent",
            LegalBasis::LegalDutyWithConsent => "legal duty, with consent",
        };
        let words = [purpose.code.as_str(), basis, &purpose.text.zh, &purpose.text.en];
        purposes.row(words.map(ToOwned::to_owned).to_vec());
    }
    out.table(&purposes);
    out.line("");
    out.facts(&rules(policy));
    if let Some(screening) = &policy.screening {
        out.heading("What messages are looked through for");
        let mut lexicons = Table::new(&["lexicon", "version", "label", "terms"]).right(&[1, 3]);
        for lexicon in &screening.lexicons {
            let numbers = (lexicon.version.to_string(), lexicon.terms().to_string());
            let (id, label) = (lexicon.id.to_string(), lexicon.label.to_string());
            lexicons.row(vec![id, numbers.0, label, numbers.1]);
        }
        out.table(&lexicons);
    }
    out.heading("How long it is kept");
    let mut classes = Table::new(&["class", "days", ""]).right(&[1]);
    for (class, days) in &policy.retention {
        let default = if *class == policy.default_class { "default" } else { "" };
        classes.row(vec![class.to_string(), days.to_string(), default.to_owned()]);
    }
    out.table(&classes);
    out.heading("When it is sent");
    out.facts(&schedule(&policy.schedule));
}

fn rules(policy: &Policy) -> Vec<(&'static str, String)> {
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let sources: Vec<&str> = policy.sources.iter().map(|source| source.code()).collect();
    let counterpart = match policy.counterpart {
        CounterpartRule::Pseudonymise => "names become pseudonyms",
        CounterpartRule::Capture => "names are kept",
        CounterpartRule::Drop => "nothing is kept",
    };
    let withdrawal = match policy.on_withdrawal {
        WithdrawalRule::Forward => "unsent records are sent, marked",
        WithdrawalRule::DestroyUnsent => "unsent records are destroyed",
    };
    let hold = policy.hold.map_or_else(
        || "dropped".to_owned(),
        |hold| format!("held for at most {} hours", hold.max_hours),
    );
    vec![
        ("sources", sources.join(", ")),
        ("directory", format!("{} entries", policy.directory.len())),
        ("group rules", policy.group_rules.len().to_string()),
        (
            "suggesting words",
            policy.text_rules.iter().map(|r| r.any.len()).sum::<usize>().to_string(),
        ),
        ("work profile is business", yes(policy.os_profiles.work_is_business)),
        ("clone profile is business", yes(policy.os_profiles.clone_is_business)),
        ("undecided", hold),
        ("counterparts not told", counterpart.to_owned()),
        ("review window", format!("{} minutes", policy.review_minutes)),
        ("after a refusal, ask again", format!("after {} days", policy.reprompt_days)),
        ("after a withdrawal", withdrawal.to_owned()),
    ]
}

fn schedule(schedule: &Schedule) -> Vec<(&'static str, String)> {
    let clock = |time| String::from(time);
    let windows: Vec<String> = schedule
        .windows
        .iter()
        .map(|window| {
            let days: Vec<&str> = window.days.iter().map(|day| short(*day)).collect();
            format!("{} {}–{}", days.join(" "), clock(window.from), clock(window.until))
        })
        .collect();
    let any = "at any time".to_owned();
    let mut only = Vec::new();
    if schedule.unmetered_only {
        only.push("on unmetered networks");
    }
    if schedule.charging_only {
        only.push("while charging");
    }
    vec![
        ("zone", schedule.zone.clone()),
        ("windows", if windows.is_empty() { any } else { windows.join("; ") }),
        ("every", format!("{} minutes", schedule.interval_minutes)),
        ("only", if only.is_empty() { "–".to_owned() } else { only.join(", ") }),
        ("at the latest after", format!("{} hours", schedule.max_delay_hours)),
    ]
}

const fn short(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Mon",
        Weekday::Tue => "Tue",
        Weekday::Wed => "Wed",
        Weekday::Thu => "Thu",
        Weekday::Fri => "Fri",
        Weekday::Sat => "Sat",
        Weekday::Sun => "Sun",
    }
}
