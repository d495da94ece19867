//! What stands in the notice, section by section.

use fenming_wire::id::RetentionClass;
use fenming_wire::policy::{
    CounterpartRule, GroupRule, LegalBasis, Policy, Purpose, TitleMatch, WithdrawalRule,
};
use fenming_wire::profile::Profile;
use fenming_wire::range::AddressRange;
use fenming_wire::source::Source;
use fenming_wire::text::{Bilingual, Language};
use fenming_wire::time::Timestamp;
use fenming_wire::trust::{NamedRecipient, TrustDocument};

use super::Section;
use super::words as w;
use crate::policy::export_route;
use crate::words::Phrase;

pub(super) fn of(
    profile: &Profile,
    trust: &TrustDocument,
    policy: &Policy,
    language: Language,
) -> Vec<Section> {
    let pen = Pen { profile, trust, policy, language };
    let organisation = pen.words(&trust.organisation);
    let section = |heading: &Phrase, lines| {
        let heading = heading.say(language, &[("organisation", &organisation)]);
        Section { heading, lines }
    };
    vec![
        section(&w::TITLE, vec![pen.say(&w::INTRODUCTION)]),
        section(&w::WHO, pen.who()),
        section(&w::WHY, policy.purposes.iter().map(|purpose| pen.purpose(purpose)).collect()),
        section(&w::HOW, pen.how()),
        section(&w::WHICH, pen.which()),
        section(&w::WHAT, pen.what()),
        section(&w::NEVER, vec![pen.say(&w::NEVER_PERSONAL), pen.say(&w::NEVER_ELSE)]),
        section(&w::UNDECIDED, vec![pen.undecided()]),
        section(&w::TO_WHOM, pen.to_whom()),
        section(&w::WHERE, pen.where_to()),
        section(&w::HOW_LONG, pen.how_long()),
        section(&w::REVIEW, vec![pen.review(), pen.say(&w::SEEN_BY_YOU)]),
        section(&w::STOP, pen.stop()),
        section(&w::RIGHTS, pen.rights()),
        section(&w::BLIND, vec![pen.say(&w::BLIND_NOTIFICATIONS), pen.say(&w::BLIND_RECORDED)]),
        section(&w::BASED_ON, vec![pen.based_on()]),
    ]
}

struct Pen<'a> {
    profile: &'a Profile,
    trust: &'a TrustDocument,
    policy: &'a Policy,
    language: Language,
}

impl Pen<'_> {
    fn say(&self, phrase: &Phrase) -> String {
        phrase.say(self.language, &[])
    }

    fn fill(&self, phrase: &Phrase, values: &[(&str, &str)]) -> String {
        phrase.say(self.language, values)
    }

    fn words(&self, text: &Bilingual) -> String {
        on_one_line(text.in_language(self.language))
    }

    fn who(&self) -> Vec<String> {
        let organisation = self.words(&self.trust.organisation);
        let contact = self.words(&self.policy.notice.contact);
        let fingerprint = self.profile.root_key.fingerprint();
        let tenant = self.trust.tenant.as_str();
        vec![
            self.fill(&w::PROCESSOR, &[("organisation", &organisation), ("tenant", tenant)]),
            self.fill(&w::CONTACT, &[("contact", &contact)]),
            self.fill(&w::ROOT_KEY, &[("fingerprint", &fingerprint)]),
        ]
    }

    fn purpose(&self, purpose: &Purpose) -> String {
        let basis = self.say(match purpose.basis {
            LegalBasis::Consent => &w::BASIS_CONSENT,
            LegalBasis::LegalDutyWithConsent => &w::BASIS_DUTY,
        });
        let (text, code) = (self.words(&purpose.text), purpose.code.as_str());
        self.fill(&w::PURPOSE, &[("text", &text), ("basis", &basis), ("code", code)])
    }

    fn how(&self) -> Vec<String> {
        let source = |source: &Source| {
            let words = source_words(*source).map_or_else(String::new, |words| self.say(words));
            self.fill(&w::SOURCE, &[("code", source.code()), ("words", &words)])
        };
        let mut lines: Vec<String> = self.policy.sources.iter().map(source).collect();
        lines.extend([self.say(&w::METHOD), self.say(&w::SCREENED)]);
        lines
    }

    fn which(&self) -> Vec<String> {
        let policy = self.policy;
        let mut lines = Vec::new();
        if policy.os_profiles.work_is_business {
            lines.push(self.say(&w::BY_WORK_PROFILE));
        }
        if policy.os_profiles.clone_is_business {
            lines.push(self.say(&w::BY_CLONE_PROFILE));
        }
        lines.push(self.say(&w::BY_EMPLOYEE));
        if !policy.directory.is_empty() {
            let count = policy.directory.len().to_string();
            lines.push(self.fill(&w::BY_DIRECTORY, &[("count", &count)]));
        }
        lines.extend(policy.group_rules.iter().map(|rule| self.group_rule(rule)));
        if !policy.text_rules.is_empty() {
            lines.push(self.say(&w::BY_WORDS));
        }
        lines
    }

    fn group_rule(&self, rule: &GroupRule) -> String {
        let phrase = match rule.how {
            TitleMatch::Prefix => &w::GROUP_PREFIX,
            TitleMatch::Suffix => &w::GROUP_SUFFIX,
            TitleMatch::Contains => &w::GROUP_CONTAINS,
        };
        self.fill(phrase, &[("text", &on_one_line(&rule.text)), ("rule", rule.id.as_str())])
    }

    fn what(&self) -> Vec<String> {
        let names = match self.policy.counterpart {
            CounterpartRule::Pseudonymise => &w::NAMES_PSEUDONYMOUS,
            CounterpartRule::Capture => &w::NAMES_KEPT,
            CounterpartRule::Drop => &w::NAMES_AWAITED,
        };
        let mut lines: Vec<String> =
            [&w::MESSAGES, &w::RECALLS, &w::CALLS].map(|phrase| self.say(phrase)).into();
        lines.push(self.labelled());
        lines.extend([names, &w::ABOUT_THE_AGENT].map(|phrase| self.say(phrase)));
        lines
    }

    fn labelled(&self) -> String {
        let lexicons = self.policy.screening.iter().flat_map(|screening| &screening.lexicons);
        let names: Vec<&str> = lexicons.map(|lexicon| lexicon.id.as_str()).collect();
        if names.is_empty() {
            return self.say(&w::SENSITIVE);
        }
        let (count, lexicons) = (names.len().to_string(), names.join(", "));
        self.fill(&w::SENSITIVE_LABELLED, &[("count", &count), ("lexicons", &lexicons)])
    }

    fn undecided(&self) -> String {
        match self.policy.hold {
            None => self.say(&w::UNDECIDED_DROPPED),
            Some(hold) => self.fill(&w::UNDECIDED_HELD, &[("hours", &hold.max_hours.to_string())]),
        }
    }

    fn to_whom(&self) -> Vec<String> {
        let line = |phrase: &Phrase, recipient: &NamedRecipient| {
            let fingerprint = recipient.key.key_id().fingerprint();
            let name = self.words(&recipient.name);
            self.fill(phrase, &[("name", &name), ("fingerprint", &fingerprint)])
        };
        let recipients = self.trust.recipients.iter();
        let mut lines: Vec<String> = recipients.map(|one| line(&w::RECIPIENT, one)).collect();
        lines.push(line(&w::COUNSEL, &self.trust.counsel));
        lines.push(self.say(&w::NO_ONE_ELSE));
        lines
    }

    fn where_to(&self) -> Vec<String> {
        let endpoint = self.profile.endpoint.to_string();
        let ranges = list(&self.profile.address_ranges);
        let export = match export_route(self.profile, self.trust) {
            None => self.say(&w::NO_EXPORT),
            Some(route) => self.fill(
                &w::EXPORT,
                &[
                    ("route", route.id.as_str()),
                    ("basis", &self.words(&route.basis)),
                    ("ranges", &list(&route.ranges)),
                    ("until", &self.day(route.expires)),
                ],
            ),
        };
        vec![
            self.fill(&w::ENDPOINT, &[("endpoint", &endpoint)]),
            self.fill(&w::RANGES, &[("ranges", &ranges)]),
            export,
        ]
    }

    fn how_long(&self) -> Vec<String> {
        let line = |(class, days): (&RetentionClass, &u32)| {
            let is_default = *class == self.policy.default_class;
            let phrase = if is_default { &w::DEFAULT_CLASS } else { &w::CLASS };
            self.fill(phrase, &[("class", class.as_str()), ("days", &days.to_string())])
        };
        let mut lines: Vec<String> = self.policy.retention.iter().map(line).collect();
        lines.push(self.say(&w::AFTERWARDS));
        lines
    }

    fn review(&self) -> String {
        match self.policy.review_minutes {
            0 => self.say(&w::NO_REVIEW_WINDOW),
            minutes => self.fill(&w::REVIEW_WINDOW, &[("minutes", &minutes.to_string())]),
        }
    }

    fn stop(&self) -> Vec<String> {
        let unsent = match self.policy.on_withdrawal {
            WithdrawalRule::Forward => &w::UNSENT_FORWARDED,
            WithdrawalRule::DestroyUnsent => &w::UNSENT_DESTROYED,
        };
        let days = self.policy.reprompt_days.to_string();
        vec![
            self.say(&w::WITHDRAW),
            self.say(unsent),
            self.fill(&w::NO_NAGGING, &[("days", &days)]),
            self.say(&w::GROWTH),
        ]
    }

    fn rights(&self) -> Vec<String> {
        let rights = self.words(&self.policy.notice.rights);
        vec![self.say(&w::RIGHTS_LIST), self.fill(&w::RIGHTS_HOW, &[("rights", &rights)])]
    }

    fn based_on(&self) -> String {
        let number = |n: u64| n.to_string();
        self.fill(
            &w::VERSIONS,
            &[
                ("trust", &number(self.trust.version)),
                ("policy", &number(self.policy.version)),
                ("until", &self.day(self.policy.expires)),
                ("hours", &number(u64::from(self.policy.grace_hours))),
            ],
        )
    }

    /// A time as the employee's calendar and clock show it, with the zone.
    fn day(&self, at: Timestamp) -> String {
        let zone = &self.policy.schedule.zone;
        jiff::Timestamp::from_millisecond(at.millis())
            .and_then(|at| at.in_tz(zone))
            .map_or_else(|_| at.to_string(), |at| format!("{} ({zone})", at.strftime("%F %H:%M")))
    }
}

fn source_words(source: Source) -> Option<&'static Phrase> {
    match source {
        Source::WechatNotification => Some(&w::WECHAT_NOTIFICATION),
        Source::WechatShare => Some(&w::WECHAT_SHARE),
        // The set of sources is open; one without words is named by its code.
        _ => None,
    }
}

fn list(ranges: &[AddressRange]) -> String {
    ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The text without line breaks, other control characters and marks that change the direction of
/// writing, so that a signed text cannot pass for another part of the notice.
fn on_one_line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
