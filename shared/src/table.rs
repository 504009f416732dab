//! The tables of documents: rows of plain fields that came after the genesis of their kind. One edit adds a row of any of them,
//! one sets a cell, one removes a row or puts it back (M6).

use serde::{Deserialize, Serialize};

use crate::{
    document::Kind,
    field::{Accepts, Field},
};

/// Declares the tables: the Rust name, the key in documents and JSON, the kinds of documents that have it, how many rows at most
/// (removed ones included), and the cells of a row in the order in which a form shows them.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $key:literal in [$($kind:ident),+], $rows_max:literal, [$($field:ident),+];)*) => {
        /// A table of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        pub enum Table {
            $($(#[$doc])* #[serde(rename = $key)] $name,)*
        }

        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its key: rows stand at the document's root under `key/row`.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The table of that key.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$name),)* _ => None }
            }

            /// The kinds of documents that have it.
            #[must_use]
            pub fn kinds(self) -> &'static [Kind] {
                match self { $(Self::$name => &[$(Kind::$kind),+],)* }
            }

            /// Rows of one document, removed ones included.
            #[must_use]
            pub fn rows_max(self) -> usize {
                match self { $(Self::$name => $rows_max,)* }
            }

            /// The cells of a row, in the order in which a form shows them.
            #[must_use]
            pub fn fields(self) -> &'static [Field] {
                match self { $(Self::$name => &[$(Field::$field),+],)* }
            }
        }
    };
}

tables! {
    /// What the project wants to change.
    Objective = "objective" in [Dossier], 100, [Label, Detail, Order];
    /// What will be there when it is over.
    Outcome = "outcome" in [Dossier], 200, [Label, Detail, Order];
    /// What is done, and in which months: the chronogramme draws itself from these.
    Activity = "activity" in [Dossier], 200, [Label, Detail, MonthFrom, MonthTo, Responsible, Order];
    /// Whom it is for.
    Beneficiary = "beneficiary" in [Dossier], 100, [Label, Reach, Sex, AgeBand, People, Detail, Order];
    /// Who does it with the association where it happens; of an association, its partners in Morocco.
    Partner = "partner" in [Dossier, Association], 100, [Label, Contribution, Receipt, ReceiptDay, Ice, Rib, Detail, Order];
    /// How it will be seen whether it worked; what came of it is for the reports.
    Indicator = "indicator" in [Dossier], 200, [Label, Unit, Baseline, Target, Reached, Source, Detail, Order];
    /// What may go wrong, and what is done about it.
    Risk = "risk" in [Dossier], 100, [Label, Likelihood, Severity, Detail, Order];
    /// The goals of sustainable development that it serves, each with its reason.
    Goal = "goal" in [Dossier], 17, [GoalNumber, MainGoal, Detail, Order];
    /// Pieces that go with a dossier, or that an association has at hand: statutes, bank details, minutes.
    Attachment = "attachment" in [Dossier, Association], 500, [Label, Piece, Issued, Expires, GivenBy, Detail, Order];
    /// The pages, or the one file, of an attachment.
    Page = "page" in [Dossier, Association], 2_000, [Of, Blob, FileName, FileBytes, Order];
    /// What people say to each other about a part of a dossier.
    Comment = "comment" in [Dossier], 5_000, [Body, About, Of, Mentions, Resolved, Order];
    /// What somebody is to do, and until when.
    Todo = "todo" in [Dossier], 1_000, [Label, AssignedTo, Due, Done, About, Order];
    /// Support that was given: how long, of what kind, by and with whom, and what comes next.
    Support = "support" in [Dossier, Association], 2_000, [Day, Minutes, SupportKind, By, With, Detail, Next, Order];
    /// Parts in which a grant is paid.
    Instalment = "instalment" in [Dossier], 60, [Label, AmountCents, Trigger, Due, Received, ReceivedCents, Order];
    /// Reports that the convention asks for.
    Report = "report" in [Dossier], 60, [Label, ReportKind, Due, Sent, Detail, Order];
    /// Where the project happens; the detail says in which douar.
    Place = "place" in [Dossier], 60, [Commune, CommuneCode, Detail, Order];
    /// Pieces that a call wants with a dossier.
    Piece = "piece" in [Call], 100, [Key, Label, Detail, Required, RequiredOf, ValidDays, ToConfirm, Order];
    /// The grid by which a call's dossiers are judged.
    Criterion = "criterion" in [Call], 100, [Label, Points, Detail, ToConfirm, Order];
    /// The long texts that a call asks for; the detail is what to write there.
    Section = "section" in [Call], 60, [Label, Key, Detail, CharsMax, Required, ToConfirm, Order];
    /// The headings that a call wants expenses under, and how much of them it allows.
    Heading = "heading" in [Call], 60, [Label, ShareMaxBp, ToConfirm, Order];
    /// Who leads an association, and when. The person is named by their own document alone: names live nowhere else.
    Bureau = "bureau" in [Association], 500, [Person, Function, FromDay, UntilDay, Detail, Order];
    /// How an association is structured, as somebody judged it on a day.
    Diagnosis = "diagnosis" in [Association], 200,
        [Day, Governance, Membership, Finance, ProjectSkill, Partnerships, Communication, NetworkLife, By, Detail, Order];
    /// What people thought of an event, without a name: each row is one of them.
    Opinion = "opinion" in [Event], 2_000, [Day, Useful, Clear, Again, Order];
}

/// The piece of an attachment that proves that a dossier was filed: the portal's receipt.
pub const DEPOSIT_PROOF: &str = "deposit_proof";

impl Table {
    /// The tables of a dossier that a copy of it takes over.
    pub const CARRIED: &'static [Self] = &[
        Self::Place,
        Self::Objective,
        Self::Outcome,
        Self::Activity,
        Self::Beneficiary,
        Self::Partner,
        Self::Indicator,
        Self::Risk,
        Self::Goal,
        Self::Attachment,
        Self::Page,
    ];

    /// Whether such documents have it.
    #[must_use]
    pub fn is_of(self, kind: Kind) -> bool {
        self.kinds().contains(&kind)
    }

    /// The tables of a kind of document.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |table| table.is_of(kind))
    }

    /// The cell without which a row says nothing, and that is never emptied.
    #[must_use]
    pub fn required(self) -> Field {
        self.fields()[0]
    }

    /// Whether its rows are written once: nobody changes what another has said, or takes it out.
    #[must_use]
    pub fn is_sealed(self) -> bool {
        self == Self::Opinion
    }

    /// The cell that names a blob, where rows have one.
    #[must_use]
    pub fn blob(self) -> Option<Field> {
        self.fields().iter().copied().find(|field| field.accepts() == Accepts::Blob)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_key_of_its_own_that_no_other_row_at_the_root_has() {
        for table in Table::ALL {
            assert_eq!(Table::from_key(table.key()), Some(*table));
            assert!(
                !["signature", "trainer", "paper", "sheet", "time", "headcount", "link", "version", "confirm"]
                    .contains(&table.key())
                    && !["decision", "decided", "assigned"].contains(&table.key())
            );
            assert_eq!(table.fields().last(), Some(&Field::Order), "people put the rows of {table:?} in order");
        }
    }
}
