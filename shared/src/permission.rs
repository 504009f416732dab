//! Who may do what: one table, read by the phone to refuse early and by the server to decide.
//!
//! Permissions are about effects. Whatever a change was meant as, [`crate::effect`] says which of these capabilities it takes; and a
//! route of the server names the one that it needs. [`TABLE`] is the only place where a role is compared with anything.

use serde::{Deserialize, Serialize};

use crate::{document::Kind, role::Role};

/// Something that a role may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Register a person.
    AddPerson,
    /// Correct or complete what is known of a person.
    ChangePerson,
    /// Say that two people are the same human being, or are not (M7).
    JoinPeople,
    /// Hold phones and emails.
    ReadContact,
    /// Add a phone or an email that somebody gave.
    AddContact,
    /// Correct or remove a phone or an email.
    ChangeContact,
    /// Name an association that is not in the list.
    AddAssociation,
    /// Correct or complete an association.
    ChangeAssociation,
    /// Plan an event.
    AddEvent,
    /// Change an event's details and half-days.
    ChangeEvent,
    /// Put a person on a roster.
    AddToRoster,
    /// Say that a person was present, partly, absent, excused or remote (M1).
    Mark,
    /// Take back a mark, with a reason (M1).
    WithdrawMark,
    /// Open a dossier.
    AddDossier,
    /// Write a dossier's texts, key facts and budget.
    WriteDossier,
    /// Ask for the visa of a dossier, and say that it was filed (M9).
    SubmitDossier,
    /// Give a dossier its visa, or ask for changes (M9).
    GiveVisa,
    /// Move a dossier one step along its stages (M9).
    MoveStage,
    /// Set a dossier's stage to any other, to correct it.
    CorrectStage,
    /// Write the rules of a call for projects.
    ChangeCall,
    /// Set the house's rules.
    ChangeSettings,
    /// Give a restored server back what others had written.
    GiveBack,
    /// See the accounts, their phones and what was given to them.
    SeeAccess,
    /// Let people in and out, and give them their events, dossiers, associations and territories.
    ManageAccess,
    /// See and judge what waits because it was not allowed.
    JudgeQuarantine,
    /// Read the journal.
    ReadJournal,
    /// Erase a person, and answer their request for what is known of them.
    AnswerPeople,
    /// Confirm what is due for erasure because its time is over.
    RunRetention,
    /// See the sheet of an event with its papers, and what is missing on it.
    ReadSheet,
    /// Seal a version of a sheet (M8).
    SealSheet,
    /// Take a dossier out as files, with its pieces.
    ExportDossier,
    /// Search, list and take out the people and associations of one's scope.
    ReadDirectory,
    /// See the figures of the house, and the reports made of them.
    ReadFigures,
    /// Say what an indicator is to reach in a year.
    SetTargets,
    /// Give other programs a token, and tell the server whom it tells of news.
    ConnectPrograms,
}

use Capability::{
    AddAssociation, AddContact, AddDossier, AddEvent, AddPerson, AddToRoster, AnswerPeople, ChangeAssociation,
    ChangeCall, ChangeContact, ChangeEvent, ChangePerson, ChangeSettings, ConnectPrograms, CorrectStage, ExportDossier,
    GiveBack, GiveVisa, JoinPeople, JudgeQuarantine, ManageAccess, Mark, MoveStage, ReadContact, ReadDirectory,
    ReadFigures, ReadJournal, ReadSheet, RunRetention, SealSheet, SeeAccess, SetTargets, SubmitDossier, WithdrawMark,
    WriteDossier,
};

/// The table. `V` a volunteer, `C` a coordinator, `S` staff, `A` an administrator, `F` a funder's auditor; `-` may not.
#[rustfmt::skip]
pub const TABLE: [(Capability, &str); 35] = [
    // People
    (AddPerson,           "V C S A -"),
    (ChangePerson,        "V C S A -"),
    (JoinPeople,          "- C S A -"),
    (ReadContact,         "- C S A -"),
    (AddContact,          "V C S A -"),
    (ChangeContact,       "- C S A -"),
    (AddAssociation,      "V C S A -"),
    (ChangeAssociation,   "- C S A -"),
    // Events
    (AddEvent,            "- C S A -"),
    (ChangeEvent,         "- C S A -"),
    (AddToRoster,         "V C S A -"),
    (Mark,                "V C S A -"),
    (WithdrawMark,        "V C S A -"),
    // Dossiers
    (AddDossier,          "- C S A -"),
    (WriteDossier,        "V C S A -"),
    (SubmitDossier,       "V C S A -"),
    (GiveVisa,            "- C S A -"),
    (MoveStage,           "- C S A -"),
    (CorrectStage,        "- - S A -"),
    (ChangeCall,          "- - S A -"),
    // The house
    (ChangeSettings,      "- - - A -"),
    (GiveBack,            "- C S A -"),
    (SeeAccess,           "- C S A -"),
    (ManageAccess,        "- C S A -"),
    (JudgeQuarantine,     "- - S A -"),
    (ReadJournal,         "- - S A -"),
    (AnswerPeople,        "- - S A -"),
    (RunRetention,        "- - S A -"),
    // Sheets
    (ReadSheet,           "- C S A F"),
    (SealSheet,           "- C S A -"),
    // What leaves the house
    (ExportDossier,       "V C S A F"),
    // The desk, and other programs
    (ReadDirectory,       "- C S A -"),
    (ReadFigures,         "- C S A F"),
    (SetTargets,          "- - S A -"),
    (ConnectPrograms,     "- - - A -"),
];

impl Role {
    /// Whether the table lets this role do that.
    #[must_use]
    pub fn may(self, capability: Capability) -> bool {
        let column = 2 * self as usize;
        TABLE.iter().any(|(row, letters)| *row == capability && letters.as_bytes().get(column) != Some(&b'-'))
    }

    /// Whether this role may hold documents of this kind at all.
    #[must_use]
    pub fn may_read(self, kind: Kind) -> bool {
        // Phones and emails are for those who call people; the door needs names only.
        kind != Kind::Contact || self.may(ReadContact)
    }

    /// Whether this role may bring a document of this kind into being.
    #[must_use]
    pub fn may_create(self, kind: Kind) -> bool {
        self.may(capability_to_begin(kind))
    }

    /// Whether an account of this role may invite, give things to, or end the access of, one of role `subject`: an
    /// administrator anyone, staff and coordinators those below them. Nobody below staff brings an auditor in.
    #[must_use]
    pub fn may_govern(self, subject: Self) -> bool {
        let governed: &[Self] = match self {
            Self::Admin => &Self::ALL,
            Self::Staff => &[Self::Volunteer, Self::Coordinator, Self::Auditor],
            Self::Coordinator => &[Self::Volunteer],
            Self::Volunteer | Self::Auditor => &[],
        };
        self.may(ManageAccess) && governed.contains(&subject)
    }

    /// Whether a new device of this role waits until somebody who may govern the role has confirmed it, by a code that both
    /// see; and whether its sessions end after a time on a device that is not installed.
    #[must_use]
    pub fn is_watched(self) -> bool {
        matches!(self, Self::Staff | Self::Admin | Self::Auditor)
    }

    /// Whether what this role does to others' access, to the house's rules and to what is erased takes a passkey.
    #[must_use]
    pub fn has_second_factor(self) -> bool {
        matches!(self, Self::Staff | Self::Admin)
    }
}

/// What it takes to begin a document.
#[must_use]
pub fn capability_to_begin(kind: Kind) -> Capability {
    match kind {
        Kind::Person => AddPerson,
        Kind::Contact => AddContact,
        Kind::Association => AddAssociation,
        Kind::Event => AddEvent,
        Kind::Dossier => AddDossier,
        Kind::Call => ChangeCall,
        Kind::Settings => ChangeSettings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_capability_has_one_row_that_names_every_role_in_its_column() {
        for (n, (capability, letters)) in TABLE.iter().enumerate() {
            assert_eq!(*capability as usize, n, "{capability:?} stands in its place");
            let columns: Vec<&str> = letters.split(' ').collect();
            let named =
                columns.iter().zip(["V", "C", "S", "A", "F"]).all(|(cell, letter)| [letter, "-"].contains(cell));
            assert!(named && columns.len() == Role::ALL.len(), "{capability:?}: {letters}");
        }
    }

    #[test]
    fn an_auditor_changes_nothing_and_a_volunteer_governs_nobody() {
        // They read sheets, dossiers and figures; nothing that they may do changes anything.
        let may: Vec<_> = TABLE.iter().map(|(one, _)| *one).filter(|one| Role::Auditor.may(*one)).collect();
        assert_eq!(may, [ReadSheet, ExportDossier, ReadFigures]);
        let governed = |actor: Role| Role::ALL.into_iter().filter(|role| actor.may_govern(*role)).collect::<Vec<_>>();
        assert_eq!(governed(Role::Volunteer), []);
        assert_eq!(governed(Role::Auditor), []);
        assert_eq!(governed(Role::Coordinator), [Role::Volunteer]);
        assert_eq!(governed(Role::Staff), [Role::Volunteer, Role::Coordinator, Role::Auditor]);
        assert_eq!(governed(Role::Admin), Role::ALL);
    }
}
