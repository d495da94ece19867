//! Words for employees, in both languages from one source.

use serde::{Deserialize, Serialize};

/// A text in Simplified Chinese and English.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    pub zh: String,
    /// English.
    pub en: String,
}

/// A language that the employee can choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-Hans")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Bilingual {
    /// From a Chinese and an English text.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The text in one language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}
