//! A dossier as it is deposited: what was written, its tables, its budget, and the pieces that go with it.

mod book;
mod docx;
mod page;

use serde::{Deserialize, Serialize};

use crate::{
    error::{PaperError, at_most},
    gathering::House,
};

pub use book::budget_xlsx;
pub use docx::dossier_docx;
pub use page::dossier_pdf;

/// Rows of one table, and lines of one side of a budget.
const ROWS_MAX: usize = 2_000;
/// Long texts, tables, facts.
const PARTS_MAX: usize = 200;
/// Columns of one table.
const COLUMNS_MAX: usize = 12;
/// Months of a chronogramme.
const MONTHS_MAX: u32 = 120;

/// One version of a dossier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dossier {
    /// Who accompanies it.
    pub house: House,
    pub title: String,
    /// Who carries the project.
    pub association: String,
    pub association_ar: String,
    /// The call that it answers.
    pub call: String,
    /// What is known in one line each: the first stand at the head.
    pub facts: Vec<Fact>,
    pub parts: Vec<Part>,
    pub tables: Vec<Grid>,
    pub chronogram: Option<Chronogram>,
    pub budget: Budget,
    pub pieces: Vec<Piece>,
    /// Names the version: the same on each of its files.
    pub version: String,
    /// When it was changed last, as a text in local time.
    pub changed_at: String,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// One line of the head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

/// One long text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    pub title: String,
    pub text: String,
}

/// One table. Each row has one cell for each column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grid {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Activities over the months of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chronogram {
    /// How many months the project lasts.
    pub months: u32,
    pub bars: Vec<Bar>,
}

/// One activity, from its first month to its last: 1 is the first of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bar {
    pub label: String,
    pub first: u32,
    pub last: u32,
}

/// What it costs and who pays, in whole cents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    pub expenses: Vec<Line>,
    pub resources: Vec<Line>,
    pub time: Vec<Time>,
    /// What the lines come to by heading or source, in the order in which they are shown.
    pub groups: Vec<Group>,
    pub expenses_cents: i64,
    pub resources_cents: i64,
    /// The parts of both that are money; the rest is given in kind and in time.
    pub expenses_cash_cents: i64,
    pub resources_cash_cents: i64,
    pub time_cents: i64,
    pub grant_cents: i64,
    /// The total that the call's ceilings look at.
    pub counted_cents: i64,
    pub rules: Rules,
}

/// What a call says of budgets. Nothing where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    pub grant_max_cents: Option<i64>,
    /// Basis points.
    pub grant_share_max_bp: Option<i64>,
    pub total_max_cents: Option<i64>,
    pub valorisation_share_max_bp: Option<i64>,
    /// Whether what is given counts in the total that the ceilings look at.
    pub valorisation_counts: bool,
}

/// One line of a budget.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// The heading of an expense, the source of a resource, as a label.
    pub heading: String,
    pub label: String,
    pub nature: Nature,
    /// One where it is not said.
    pub quantity: Option<i64>,
    pub unit: String,
    /// In the line's own currency.
    pub unit_cents: i64,
    pub currency: Currency,
    /// Dirhams for one euro, in ten-thousandths.
    pub rate_e4: Option<i64>,
    /// `2026-11-25`
    pub rate_day: String,
    /// Whether a resource is certain, as a label.
    pub funding: String,
    pub proof: String,
    /// What it comes to in euros.
    pub amount_cents: i64,
}

/// What a line is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    #[default]
    Cash,
    InKind,
    Grant,
    /// Volunteers' time.
    Time,
}

/// The currency of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Currency {
    #[default]
    Eur,
    Mad,
}

/// One heading of the expenses, or one source of the resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    pub side: Side,
    pub nature: Nature,
    /// As the lines have it.
    pub heading: String,
    pub cents: i64,
    /// Its share in its side, in basis points.
    pub share_bp: u32,
}

/// The two halves of a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    #[default]
    Expense,
    Resource,
}

/// One entry of the log of volunteers' time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Time {
    pub who: String,
    /// `2026-11-25`
    pub day: String,
    pub task: String,
    /// Hours, in hundredths.
    pub hours_e2: i64,
    pub hour_cents: i64,
    pub amount_cents: i64,
}

/// One piece of the checklist, or one that was added to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Piece {
    pub title: String,
    /// What it is called in the bundle; empty where it is missing.
    pub file: String,
    /// `2026-11-25`
    pub issued: String,
    pub expires: String,
    /// Whether the call asks for it.
    pub required: bool,
}

impl Budget {
    fn of(&self, side: Side) -> &[Line] {
        match side {
            Side::Expense => &self.expenses,
            Side::Resource => &self.resources,
        }
    }

    fn is_empty(&self) -> bool {
        self.expenses.is_empty() && self.resources.is_empty() && self.time.is_empty()
    }

    fn total_cents(&self, side: Side) -> i64 {
        match side {
            Side::Expense => self.expenses_cents,
            Side::Resource => self.resources_cents,
        }
    }

    fn groups_of(&self, side: Side) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.side == side)
    }
}

impl Dossier {
    fn check(&self) -> Result<(), PaperError> {
        for many in [self.facts.len(), self.parts.len(), self.tables.len(), self.pieces.len()] {
            at_most("parts", many, PARTS_MAX)?;
        }
        for table in &self.tables {
            at_most("columns", table.columns.len(), COLUMNS_MAX)?;
            at_most("rows", table.rows.len(), ROWS_MAX)?;
            if let Some((row, cells)) =
                table.rows.iter().map(Vec::len).enumerate().find(|(_, cells)| *cells != table.columns.len())
            {
                return Err(PaperError::Cells { row, cells, slots: table.columns.len() });
            }
        }
        if let Some(chronogram) = &self.chronogram {
            at_most("months", chronogram.months as usize, MONTHS_MAX as usize)?;
            at_most("rows", chronogram.bars.len(), ROWS_MAX)?;
        }
        self.budget.check()
    }
}

impl Budget {
    fn check(&self) -> Result<(), PaperError> {
        for many in [self.expenses.len(), self.resources.len(), self.time.len(), self.groups.len()] {
            at_most("lines", many, ROWS_MAX)?;
        }
        Ok(())
    }
}
