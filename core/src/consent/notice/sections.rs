//! What stands in the notice, section by section.

use fenming_wire::policy::Policy;
use fenming_wire::profile::Profile;
use fenming_wire::text::Language;
use fenming_wire::trust::TrustDocument;

use super::Section;

pub(super) fn of(
    profile: &Profile,
    trust: &TrustDocument,
    policy: &Policy,
    language: Language,
) -> Vec<Section> {
    let lines = vec![
        trust.organisation.in_language(language).to_owned(),
        profile.endpoint.to_string(),
        policy.version.to_string(),
    ];
    vec![Section { heading: String::new(), lines }]
}
