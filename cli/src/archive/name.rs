//! The names of a batch's three files.

use std::fmt;

/// The first and last sequence of a batch, which name its files: `000000000001-000000000057.age`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchName {
    /// Sequence of its first line.
    pub first: u64,
    /// Sequence of its last line.
    pub last: u64,
}

/// One of the three files of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The sealed bytes.
    Sealed,
    /// The manifest, signed by the device.
    Manifest,
    /// The receipt, signed by the endpoint.
    Receipt,
}

impl BatchName {
    /// Reads the name of a file; `None` where it is not exactly what the endpoint would write.
    #[must_use]
    pub fn parse(file: &str) -> Option<(Self, Part)> {
        let (stem, part) = Part::ALL
            .into_iter()
            .find_map(|part| file.strip_suffix(part.suffix()).map(|stem| (stem, part)))?;
        let (first, last) = stem.split_once('-')?;
        let name = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        (name.to_string() == stem && name.first <= name.last).then_some((name, part))
    }

    /// The name of one of its files.
    #[must_use]
    pub fn file(&self, part: Part) -> String {
        format!("{self}{}", part.suffix())
    }
}

impl fmt::Display for BatchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}-{:012}", self.first, self.last)
    }
}

impl Part {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Sealed, Self::Manifest, Self::Receipt];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Sealed => ".age",
            Self::Manifest => ".manifest.json",
            Self::Receipt => ".receipt.json",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sealed => "sealed file",
            Self::Manifest => "manifest",
            Self::Receipt => "receipt",
        })
    }
}
