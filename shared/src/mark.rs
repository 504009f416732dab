//! Marks and what follows from them (M1, M2).

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, DocumentId, RowId};

/// What a mark says of a person in a slot. In the order in which one prevails over the next (M2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Seen in the room.
    Present,
    /// Seen for a part of the time.
    Partial,
    /// Followed from afar.
    Remote,
    /// Said beforehand that they would not come.
    Excused,
    /// Not seen.
    Absent,
}

impl Status {
    /// Every status, the prevailing one first.
    pub const ALL: [Self; 5] = [Self::Present, Self::Partial, Self::Remote, Self::Excused, Self::Absent];

    /// The word for it in documents, SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Partial => "partial",
            Self::Remote => "remote",
            Self::Excused => "excused",
            Self::Absent => "absent",
        }
    }

    /// The status of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether the person took part.
    #[must_use]
    pub fn attended(self) -> bool {
        matches!(self, Self::Present | Self::Partial | Self::Remote)
    }
}

/// How it was seen that somebody was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A volunteer tapped the name.
    #[default]
    Tap,
    /// The code of a badge or convocation was read.
    Badge,
    /// The person found their own name on a phone that was handed round.
    Kiosk,
    /// It was entered afterwards from a sheet of paper.
    Paper,
}

impl How {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Tap, Self::Badge, Self::Kiosk, Self::Paper];

    /// The word for it in documents and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tap => "tap",
            Self::Badge => "badge",
            Self::Kiosk => "kiosk",
            Self::Paper => "paper",
        }
    }

    /// That of a word; a tap where a document says nothing.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == word)
    }
}

/// One statement about one person in one slot. It is only ever added (M1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Mark {
    /// Which mark.
    pub id: RowId,
    /// Of whom.
    pub person: DocumentId,
    /// In which half-day.
    pub slot: RowId,
    /// What it says.
    pub status: Status,
    /// Minutes of presence, where it says so.
    pub minutes: Option<u16>,
    /// How it was seen.
    #[serde(default)]
    pub how: How,
    /// It was made, or arrived, after the last version of the sheet was sealed (M8).
    #[serde(default)]
    pub late: bool,
    /// When, by the clock of the phone that made it. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// The device that made it.
    pub by: Option<DeviceId>,
    /// How it was taken back, if it was.
    pub withdrawn: Option<Withdrawal>,
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// Somebody on the roster.
    Person(DocumentId),
    /// A trainer of the event.
    Trainer(RowId),
}

/// One signature of one half-day. It is only ever added (M1, M3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Signature {
    /// Which one.
    pub id: RowId,
    /// Whose.
    pub signer: Signer,
    /// Of which half-day.
    pub slot: RowId,
    /// The blob that holds its strokes: 64 hexadecimal digits.
    pub ink: String,
    /// How it was made.
    pub how: How,
    /// When, by the clock of the phone that took it. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// The device that took it.
    pub by: Option<DeviceId>,
    /// It was made, or arrived, after the last version of the sheet was sealed (M8).
    pub late: bool,
    /// How it was taken back, if it was.
    pub withdrawn: Option<Withdrawal>,
}

/// M3: of all signatures of one signer in one half-day the first that stands counts; every other is kept.
///
/// First by the clocks of the phones, then by id: every replica decides alike, in whatever order they arrived.
#[must_use]
pub fn signature_that_counts<'a>(signatures: impl IntoIterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.into_iter().filter(|one| one.withdrawn.is_none()).min_by_key(|one| (one.at_ms, one.id))
}

/// How a mark or a signature was taken back (M1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Withdrawal {
    /// Why, in a human's words.
    pub reason: String,
    /// The device it was done on.
    pub by: Option<DeviceId>,
    /// When, by that device's clock. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// What follows for one person in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// No mark stands.
    Unmarked,
    /// All that stand agree.
    Agreed(Status),
    /// They contradict: the prevailing one is shown, and a human is asked.
    Contradicted(Status),
}

impl Attendance {
    /// The status that is shown.
    #[must_use]
    pub fn status(self) -> Option<Status> {
        match self {
            Self::Unmarked => None,
            Self::Agreed(status) | Self::Contradicted(status) => Some(status),
        }
    }
}

/// M2: what the marks of one person in one slot amount to.
///
/// A witnessed presence prevails over an absence. Every replica decides alike, in whatever order changes arrived, and no
/// clock has a say.
#[must_use]
pub fn attendance<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Attendance {
    let mut standing = marks.into_iter().filter(|mark| mark.withdrawn.is_none()).map(|mark| mark.status);
    let Some(first) = standing.next() else { return Attendance::Unmarked };
    let (prevailing, agreed) =
        standing.fold((first, true), |(best, agreed), next| (best.min(next), agreed && next == first));
    if agreed { Attendance::Agreed(prevailing) } else { Attendance::Contradicted(prevailing) }
}
