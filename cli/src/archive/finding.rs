//! What verification finds: where, and what. No finding holds content.

use std::fmt;

use fenming_wire::id::{DeviceId, Epoch};
use serde::{Serialize, Serializer};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What.
    pub code: Fault,
    /// How much it weighs.
    pub weight: Weight,
    /// More about it: names of fields, opaque names, numbers. Empty where there is no more to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A place in an archive, as precisely as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The sequence; of a whole batch its first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Allowed, but worth knowing.
    Notice,
    /// Not as it should be, or it could not be verified.
    Fault,
}

macro_rules! faults {
    ($($name:ident $code:literal $weight:ident $text:literal;)*) => {
        /// What can be found. Codes are stable; they stand in JSON and in the documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $(#[doc = $text] $name,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How much it weighs.
            #[must_use]
            pub const fn weight(self) -> Weight {
                match self { $(Self::$name => Weight::$weight,)* }
            }

            /// What it means, in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

faults! {
    TrustMissing "trust_missing" Fault "there is no trust document";
    TrustRefused "trust_refused" Fault "a trust document was refused";
    TrustConflict "trust_conflict" Fault "two different trust documents have the same version";
    Foreign "foreign_entry" Notice "something that does not belong here was left unread";
    Special "special_file" Fault "a link or special file was not followed";
    Unlistable "unlistable" Fault "a folder cannot be listed";
    Missing "file_missing" Fault "one of the batch's three files is missing";
    Unread "file_unreadable" Fault "a file cannot be read";
    Rewritten "rewritten" Fault "a document was written in other bytes than the endpoint writes";
    Refused "document_refused" Fault "a document was refused";
    Signatures "signature_count" Fault "a document must carry one signature";
    Elsewhere "elsewhere" Fault "a document belongs to another place than where it lies";
    Ciphertext "ciphertext" Fault "the sealed bytes are not those that the manifest names";
    Receipt "receipt_mismatch" Fault "the receipt is for another batch";
    ReceiptKey "receipt_key_retired" Notice "the receipt's key was no longer trusted at its time";
    Gap "gap" Fault "sequences are missing";
    Overlap "overlap" Fault "sequences stand in more than one batch";
    Head "head_broken" Fault "the batch does not continue the one before it";
    Recipient "recipient_unknown" Fault "sealed to a key that no trust document names";
    NotConsented "recipient_not_consented" Fault "sealed to a key that no consent so far covers";
    Attachments "attachments" Fault "an attachment is missing, or is not the one that the manifest names";
    DeviceKey "device_key" Fault "the device's signatures cannot be checked";
    Unopenable "unopenable" Fault "the batch cannot be opened";
    LineCount "line_count" Fault "the batch has another number of lines than its range";
    Line "line_unreadable" Fault "a line is no record";
    LineSequence "line_sequence" Fault "a line has another sequence than its place";
    Chain "chain_broken" Fault "the lines do not lead to the head that the device signed";
    Genesis "genesis" Fault "an epoch begins with one genesis of its own device";
    Balance "balance" Fault "a batch begins with one balance of its own";
    Books "books" Fault "the books do not agree with the lines, or a number shrank";
    TrustUnknown "trust_unknown" Fault "rests on a trust document that is not in the archive";
    Grant "grant" Fault "a consent was refused";
    Withdrawal "withdrawal" Fault "a withdrawal was refused, or ends no consent of this epoch";
    OutsideConsent "outside_consent" Notice "records lie outside every consent by the phone's clock";
    Recall "recall_reference" Fault "a recall points at no earlier message of its chat";
    Prior "prior_refused" Fault "the endpoint's state of earlier epochs was refused";
    PriorMissing "prior_missing" Fault "the endpoint once had more of an earlier epoch than is here";
    StateMissing "state_missing" Notice "no signed state says where the device's ledgers end";
    StateRefused "state_refused" Fault "the endpoint's state of the device was refused";
    TailMissing "tail_missing" Fault "the endpoint once had more of this ledger than is here";
    LeftOut "left_out" Fault "further findings were left out";
}

impl Finding {
    /// A finding at a place.
    pub fn new(place: Place, code: Fault, detail: impl Into<String>) -> Self {
        Self { place, code, weight: code.weight(), detail: detail.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(device) = self.place.device {
            write!(f, "device {device}, ")?;
        }
        if let Some(epoch) = self.place.epoch {
            write!(f, "epoch {epoch}, ")?;
        }
        if let Some(seq) = self.place.seq {
            write!(f, "sequence {seq}: ")?;
        }
        f.write_str(self.code.text())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

/// Most findings of one epoch; a hostile archive could make millions.
pub const MAX_FINDINGS: usize = 500;

/// Findings of one epoch, as they come.
pub(super) struct Findings {
    place: Place,
    list: Vec<Finding>,
    left_out: u64,
}

impl Findings {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, list: Vec::new(), left_out: 0 }
    }

    /// Notes something at a sequence.
    pub(super) fn at(&mut self, seq: u64, code: Fault, detail: impl Into<String>) {
        self.push(Finding::new(Place { seq: Some(seq), ..self.place }, code, detail));
    }

    /// Notes something about the whole epoch.
    pub(super) fn whole(&mut self, code: Fault, detail: impl Into<String>) {
        self.push(Finding::new(self.place, code, detail));
    }

    fn push(&mut self, finding: Finding) {
        if self.list.len() < MAX_FINDINGS {
            self.list.push(finding);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// All of them; where some were left out, the last one says how many.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            let detail = format!("{} more", self.left_out);
            self.list.push(Finding::new(self.place, Fault::LeftOut, detail));
        }
        self.list
    }
}
