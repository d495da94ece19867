//! An employee with a phone, for tests.

use fenming_wire::consent::Scope;
use fenming_wire::key::{DeviceKey, Signer};
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;

use super::notice::{NoticeText, Sources};
use super::{Choices, Decision, Signatory};
use crate::policy::sample::{Employer, time};
use crate::policy::scope_of;
use crate::ports::{DeviceSigner, DocumentSigner};
use crate::testing::SoftwareSigner;

/// The employee, and the device that signs for them.
pub(crate) struct Desk {
    pub(crate) device: SoftwareSigner,
    pub(crate) who: Signatory,
}

pub(crate) fn noon() -> Timestamp {
    time("2026-03-02T04:00:00Z")
}

impl Desk {
    pub(crate) fn new() -> Self {
        let device = SoftwareSigner::generate().unwrap();
        let who = Signatory {
            tenant: "yunfan".parse().unwrap(),
            device: device.public_key().unwrap().device_id(),
            person: "p-4821".parse().unwrap(),
        };
        Self { device, who }
    }

    pub(crate) fn key(&self) -> DeviceKey {
        self.device.public_key().unwrap()
    }

    pub(crate) fn scope(employer: &Employer) -> Scope {
        scope_of(&employer.profile, &employer.trust, &employer.policy)
    }

    pub(crate) fn with_signer<T>(&self, use_it: impl FnOnce(&dyn Signer) -> T) -> T {
        use_it(&DocumentSigner::new(&self.device).unwrap())
    }

    pub(crate) fn notice(&self, employer: &Employer, language: Language) -> NoticeText {
        let (trust, policy) = employer.trusted();
        let from = Sources { profile: &employer.profile, trust: &trust, policy: &policy };
        NoticeText::compose(from, language)
    }

    pub(crate) fn sign(&self, notice: &NoticeText, hold: bool) -> Decision {
        self.choose(notice, Choices { hold, export: true })
    }

    pub(crate) fn choose(&self, notice: &NoticeText, choices: Choices) -> Decision {
        let agree = |signer: &dyn Signer| {
            Decision::agree(notice, &self.who, choices, noon(), signer).unwrap()
        };
        self.with_signer(agree)
    }

    pub(crate) fn agree(&self, employer: &Employer, hold: bool) -> Decision {
        self.sign(&self.notice(employer, Language::Chinese), hold)
    }
}
