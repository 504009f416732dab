//! The visa (M9): a reviewer's word on one version of a dossier, and what became of that version since.
//!
//! A visa names the heads of the document that the reviewer saw. Whether it still holds is never stored: what would be filed now is
//! compared with what would have been filed then, so that recording the visa itself, a comment or a stage changes nothing about it.

use serde::{Deserialize, Serialize};

use crate::{
    compare::Filed,
    document::Document,
    edit::version_heads,
    id::{DeviceId, RowId},
    record::DossierRecord,
};

/// What a reviewer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be filed as it is.
    Approved,
    /// Something must change first.
    ChangesAsked,
}

impl Verdict {
    /// The word for it in documents and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesAsked => "changes_asked",
        }
    }

    /// The verdict of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Approved, Self::ChangesAsked].into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// One visa, or one refusal of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Visa {
    /// Which one.
    pub id: RowId,
    /// How many its reviewer knew of, this one included: a later one takes the place of those before it, whatever the clocks say.
    pub order: u32,
    /// What the reviewer saw: a version, see `edit::version_text`.
    pub version: String,
    /// What they said.
    pub verdict: Verdict,
    /// In words.
    pub remarks: String,
    /// When, by their device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// On which device.
    pub by: Option<DeviceId>,
}

/// What its visas say of a dossier as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Visaed {
    /// None was given.
    Never,
    /// The last word of a reviewer asked for changes.
    ChangesAsked,
    /// One was given, and what would be filed has changed since.
    Changed,
    /// What would be filed is what the reviewer saw.
    Given,
}

/// The last words of reviewers: several where they spoke apart.
#[must_use]
pub fn last(visas: &[Visa]) -> Vec<&Visa> {
    let order = visas.iter().map(|visa| visa.order).max();
    visas.iter().filter(|visa| Some(visa.order) == order).collect()
}

/// Visas that were given apart and are looked at: more than a house has reviewers.
const APART_MAX: usize = 16;

/// What its visas say of a dossier. Where reviewers spoke apart, one who asked for changes prevails.
#[must_use]
pub fn visaed(document: &Document, record: &DossierRecord) -> Visaed {
    let last = last(&record.visas);
    if last.is_empty() {
        return Visaed::Never;
    }
    if last.iter().any(|visa| visa.verdict == Verdict::ChangesAsked) {
        return Visaed::ChangesAsked;
    }
    let now = Filed::of(record);
    let holds = last.iter().take(APART_MAX).any(|visa| {
        // A version that is not here, as of a document that was written anew, proves nothing.
        DossierRecord::at(document, &version_heads(&visa.version)).is_some_and(|then| Filed::of(&then) == now)
    });
    if holds { Visaed::Given } else { Visaed::Changed }
}
