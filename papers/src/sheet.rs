//! The attendance sheet that funders audit.

mod page;
mod table;

use serde::{Deserialize, Serialize};

use crate::{
    error::{PaperError, at_most},
    gathering::{Gathering, Slot},
    ink::Ink,
};

pub use page::{blank_sheet_pdf, sheet_pdf};
pub(crate) use table::{book, heading};
pub use table::{sheet_csv, sheet_json, sheet_xlsx};

/// Half-days that stand side by side on one sheet. More of them make further sheets.
pub const SLOTS_PER_SHEET: usize = 4;
/// Trainers of one event.
pub const TRAINERS_MAX: usize = 40;
/// Empty rows at the end of a sheet to be signed by hand, for people who were not expected.
pub const WALK_IN_ROWS: usize = 8;
/// Counts without names, and phones that have not delivered.
const LINES_MAX: usize = 100;

/// One version of an event's attendance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    pub gathering: Gathering,
    pub trainers: Vec<Trainer>,
    /// In the order in which they are printed.
    pub people: Vec<Row>,
    pub heads: Vec<HeadCount>,
    pub completeness: Completeness,
    /// Nothing on a draft.
    pub seal: Option<Seal>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// Who taught.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trainer {
    pub name: String,
    /// One place for each slot.
    pub inks: Vec<Option<Ink>>,
}

/// One person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub family: String,
    pub given: String,
    pub name_ar: String,
    pub association: String,
    pub role: String,
    /// One for each slot.
    pub cells: Vec<Cell>,
}

/// One person in one slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cell {
    pub status: Status,
    /// How long, of a partial presence.
    pub minutes: Option<u16>,
    pub ink: Option<Ink>,
    /// How the presence was signed. On paper there is no ink here: the scan is kept beside.
    pub how: Option<How>,
    pub late: bool,
}

/// What is said of somebody's presence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Present,
    Partial,
    Absent,
    Excused,
    Remote,
    /// Nobody said anything.
    #[default]
    None,
}

/// Where somebody signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A volunteer's phone.
    Screen,
    Paper,
    /// The tablet at the door.
    Kiosk,
}

/// People who were counted without their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeadCount {
    pub label: String,
    pub count: u32,
}

/// What this version knows that it does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Completeness {
    pub present: u32,
    pub partial: u32,
    pub to_check: u32,
    /// The phones that took part and have not delivered everything.
    pub phones_outstanding: Vec<String>,
    pub unsigned: u32,
    pub contradictory: u32,
}

/// What makes a version final.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seal {
    pub version: u32,
    /// Why this version was made.
    pub reason: String,
    /// When, as a text in local time: `25 novembre 2026 à 18 h 04`.
    pub sealed_at: String,
    /// The code of the version that this one replaces.
    pub previous: Option<String>,
    /// The short code that somebody can type.
    pub code: String,
    /// The whole address, for the QR code.
    pub url: String,
}

impl Cell {
    /// They were there, at least in part.
    #[must_use]
    pub fn is_attended(&self) -> bool {
        matches!(self.status, Status::Present | Status::Partial | Status::Remote)
    }

    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.ink.is_some() || self.how == Some(How::Paper)
    }

    /// What they attended of this slot.
    #[must_use]
    pub fn minutes_attended(&self, slot: &Slot) -> u32 {
        match self.status {
            Status::Present | Status::Remote => slot.minutes(),
            Status::Partial => self.minutes.unwrap_or(0).into(),
            Status::Absent | Status::Excused | Status::None => 0,
        }
    }
}

impl Sheet {
    fn check(&self) -> Result<(), PaperError> {
        self.gathering.check(self.people.len())?;
        at_most("trainers", self.trainers.len(), TRAINERS_MAX)?;
        at_most("counts", self.heads.len(), LINES_MAX)?;
        at_most("phones", self.completeness.phones_outstanding.len(), LINES_MAX)?;
        let slots = self.gathering.slots.len();
        let rows = self.people.iter().map(|row| row.cells.len());
        let trainers = self.trainers.iter().map(|trainer| trainer.inks.len());
        match rows.chain(trainers).enumerate().find(|(_, cells)| *cells != slots) {
            Some((row, cells)) => Err(PaperError::Cells { row, cells, slots }),
            None => Ok(()),
        }
    }
}
