//! The way of a dossier (M9): its stages and every move between them, in one table that phone and server read.
//!
//! The life cycle is that of PRA/OSIM dossiers, after FORIM's guide: an idea, accompaniment by the OPAP, writing, the OPAP's visa, the
//! deposit, the committee's examination and decision, the convention, the project with its two reports, the end.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use crate::{
    budget::{self, Check},
    call,
    document::Document,
    edit::Refusal,
    field::{Field, Value},
    id::DocumentId,
    permission::Capability,
    record::{CallRecord, DossierRecord, Fields, Record, day_number},
    role::Role,
    visa::Visaed,
};
use Capability::{MoveStage as Accompanies, SubmitDossier as Writes};
use Need::{Association, Budget, Call, Convention, Sections, Visa};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// From this stage; empty for a dossier that has none yet.
    pub from: &'static str,
    /// To this one.
    pub to: &'static str,
    /// What it takes to move it.
    pub who: Capability,
    /// What must hold.
    pub needs: &'static [Need],
    /// What it records: these must be filled in, now or before.
    pub records: &'static [Field],
    /// Whether it says why: a step back, or an end before the end.
    pub says_why: bool,
}

/// Something that must hold before a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The dossier names its association.
    Association,
    /// It names the call that it answers.
    Call,
    /// Its association has signed the convention that makes the house its OPAP, unless the call does not want one.
    Convention,
    /// Every section that the call asks for is written, and none is longer than it may be.
    Sections,
    /// Every check of the budget holds (B1 to B8).
    Budget,
    /// The visa was given to what the dossier says now.
    Visa,
}

type Forward = (&'static str, &'static str, Capability, &'static [Need], &'static [Field]);

const DECIDED: &[Field] = &[Field::DecisionDay, Field::DecisionRemarks];

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The table. Each row: from, to, who, what must hold, what it records. Forward moves say nothing; those in [`BACK`] say why.
#[rustfmt::skip]
const FORWARD: &[Forward] = &[
    ("",               "idea",           Accompanies, &[],                              &[]),
    ("",               "accompaniment",  Accompanies, &[],                              &[]),
    ("",               "writing",        Accompanies, &[Association, Call],             &[]),
    ("idea",           "accompaniment",  Accompanies, &[],                              &[]),
    ("accompaniment",  "writing",        Accompanies, &[Association, Call],             &[]),
    ("writing",        "visa",           Writes,      &[Association, Call, Convention, Sections, Budget], &[]),
    ("visa",           "filed",          Writes,      &[Visa],                          &[Field::PortalReference, Field::FiledDay]),
    ("filed",          "instruction",    Accompanies, &[],                              &[]),
    ("instruction",    "granted",        Accompanies, &[],                              &[Field::DecisionDay, Field::GrantedCents]),
    ("instruction",    "refused",        Accompanies, &[],                              DECIDED),
    ("instruction",    "deferred",       Accompanies, &[],                              DECIDED),
    ("granted",        "agreed",         Accompanies, &[],                              &[Field::AgreementDay, Field::AgreementNumber]),
    ("agreed",         "running",        Accompanies, &[],                              &[]),
    ("running",        "interim_report", Accompanies, &[],                              &[]),
    ("running",        "final_report",   Accompanies, &[],                              &[]),
    ("interim_report", "final_report",   Accompanies, &[],                              &[]),
    ("final_report",   "closed",         Accompanies, &[],                              &[]),
    ("refused",        "closed",         Accompanies, &[],                              &[]),
    ("refused",        "writing",        Accompanies, &[Association, Call],             &[]),
    ("deferred",       "writing",        Accompanies, &[Association, Call],             &[]),
];

/// Steps back, and ends before the end: they need nothing but a reason.
#[rustfmt::skip]
const BACK: &[(&str, &[&str])] = &[
    ("idea",           &["closed"]),
    ("accompaniment",  &["idea", "closed"]),
    ("writing",        &["accompaniment", "closed"]),
    ("visa",           &["writing", "closed"]),
    ("filed",          &["visa"]),
    ("instruction",    &["filed"]),
    ("granted",        &["instruction", "closed"]),
    ("refused",        &["instruction"]),
    ("deferred",       &["instruction", "closed"]),
    ("agreed",         &["granted", "closed"]),
    ("running",        &["agreed", "closed"]),
    ("interim_report", &["running", "closed"]),
    ("final_report",   &["running", "interim_report"]),
    ("closed",         &["final_report"]),
];

/// Every move that there is, forward before back.
pub fn table() -> impl Iterator<Item = Move> {
    let forward = FORWARD.iter().map(|(from, to, who, needs, records)| Move {
        from,
        to,
        who: *who,
        needs,
        records,
        says_why: false,
    });
    let back = BACK.iter().flat_map(|(from, to)| {
        to.iter().map(|to| Move { from, to, who: Accompanies, needs: &[], records: &[], says_why: true })
    });
    forward.chain(back)
}

/// The moves that lead on from a stage; none where there is no such stage.
pub fn moves_from(stage: &str) -> impl Iterator<Item = Move> {
    table().filter(move |one| one.from == stage)
}

/// What must be known to say whether a move may be made.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The dossier, with what the move records.
    pub dossier: &'a DossierRecord,
    /// What its visas say of it.
    pub visa: Visaed,
    /// The other documents; none where only the dossier itself is at hand.
    pub others: Option<Others<'a>>,
}

/// The documents that a dossier names, as far as they are held.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    /// Its call.
    pub call: Option<&'a CallRecord>,
    /// Its association.
    pub association: Option<&'a Fields>,
    /// Today, in days since 1970.
    pub today: i64,
}

/// What is read of the documents that a dossier names, to judge its moves.
#[derive(Debug, Clone)]
pub struct Around {
    call: Option<CallRecord>,
    association: Option<Record>,
    today: i64,
}

impl Around {
    /// Reads them. `document` finds one where it is held; `now_ms` is when the move is made, in milliseconds since 1970.
    pub fn read<D: Borrow<Document>>(
        dossier: &DossierRecord,
        now_ms: u64,
        mut document: impl FnMut(DocumentId) -> Option<D>,
    ) -> Self {
        let version = dossier.fields.text(Field::CallVersion).parse().ok();
        let call = dossier.fields.document(Field::Call).and_then(&mut document);
        let association = dossier.fields.document(Field::Association).and_then(&mut document);
        Self {
            call: call.and_then(|call| call::rules(call.borrow(), version)),
            association: association.map(|association| Record::read(association.borrow())),
            today: i64::try_from(now_ms).unwrap_or(i64::MAX) / DAY_MS,
        }
    }

    /// As the table's needs ask for it.
    #[must_use]
    pub fn others(&self) -> Others<'_> {
        Others {
            call: self.call.as_ref(),
            association: self.association.as_ref().map(Record::fields),
            today: self.today,
        }
    }
}

/// Something that is still missing before a move, and where it is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "lacks", rename_all = "snake_case")]
pub enum Lack {
    /// The dossier names no association.
    Association,
    /// It names no call.
    Call,
    /// Its association has signed no convention with the house, or one that is over.
    Convention {
        /// The last day of the one that is over; empty where none was signed.
        until: String,
    },
    /// A section that the call asks for is empty.
    Section {
        /// Its key.
        section: String,
        /// What the call calls it.
        title: String,
    },
    /// A section is longer than the call lets it be.
    SectionLong {
        /// Its key.
        section: String,
        /// What the call calls it.
        title: String,
        /// By how many characters.
        over: u32,
    },
    /// A check of the budget does not hold.
    Budget {
        /// Which.
        check: Check,
    },
    /// No visa was given.
    Visa,
    /// One was given, and the dossier has changed since.
    VisaChanged,
    /// The move records this, and nobody has said it.
    Field {
        /// What.
        field: Field,
    },
}

impl Lack {
    /// Why an edit is refused where this is missing.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Association => Refusal::StageAssociation,
            Self::Call => Refusal::StageCall,
            Self::Convention { .. } => Refusal::StageConvention,
            Self::Section { .. } => Refusal::StageSection,
            Self::SectionLong { .. } => Refusal::StageSectionLong,
            Self::Budget { .. } => Refusal::StageBudget,
            Self::Visa => Refusal::StageVisa,
            Self::VisaChanged => Refusal::StageVisaChanged,
            Self::Field { .. } => Refusal::StageField,
        }
    }
}

impl Move {
    /// What is missing before this move, in the order in which it is mended.
    #[must_use]
    pub fn lacks(&self, known: &Known<'_>) -> Vec<Lack> {
        let mut lacks = Vec::new();
        for need in self.needs {
            need.lacks(known, &mut lacks);
        }
        let empty = |field: &&Field| *known.dossier.fields.get(**field) == Value::Empty;
        lacks.extend(self.records.iter().filter(empty).map(|field| Lack::Field { field: *field }));
        lacks
    }
}

impl Need {
    /// Every one.
    pub const ALL: [Self; 6] = [Association, Call, Convention, Sections, Budget, Visa];

    /// The word for it in the page's table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Association => "association",
            Call => "call",
            Convention => "convention",
            Sections => "sections",
            Budget => "budget",
            Visa => "visa",
        }
    }

    fn lacks(self, known: &Known<'_>, lacks: &mut Vec<Lack>) {
        let fields = &known.dossier.fields;
        match (self, known.others) {
            (Association, _) if fields.document(Field::Association).is_none() => lacks.push(Lack::Association),
            (Call, _) if fields.document(Field::Call).is_none() => lacks.push(Lack::Call),
            (Visa, _) => lacks.extend(match known.visa {
                Visaed::Given => None,
                Visaed::Changed => Some(Lack::VisaChanged),
                Visaed::Never | Visaed::ChangesAsked => Some(Lack::Visa),
            }),
            (Convention, Some(others)) => lacks.extend(others.lacks_convention()),
            (Sections, Some(Others { call: Some(call), .. })) => lacks_sections(known.dossier, call, lacks),
            (Budget, Some(Others { call, .. })) => {
                let checks = budget::checks(known.dossier, call).into_iter();
                lacks.extend(checks.map(|check| Lack::Budget { check }));
            }
            // What other documents say is not judged where nobody has them at hand.
            _ => {}
        }
    }
}

impl Others<'_> {
    fn lacks_convention(&self) -> Option<Lack> {
        if self.call.is_some_and(|call| call.fields.text(Field::OpapRequired) == "no") {
            return None;
        }
        let text = |field| self.association.map_or("", |association| association.text(field));
        let until = text(Field::OpapUntil);
        let is_over = day_number(until).is_some_and(|last| last < self.today);
        let lacks = text(Field::OpapDay).is_empty() || is_over;
        lacks.then(|| Lack::Convention { until: if is_over { until.to_owned() } else { String::new() } })
    }
}

fn lacks_sections(dossier: &DossierRecord, call: &CallRecord, lacks: &mut Vec<Lack>) {
    for asked in &call.sections {
        let text = dossier.sections.get(&asked.key).map_or("", |section| section.text.as_str());
        let (section, title) = (asked.key.clone(), asked.title.clone());
        let over = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_sub(asked.chars_max);
        if text.trim().is_empty() && asked.required {
            lacks.push(Lack::Section { section, title });
        } else if asked.chars_max > 0 && over > 0 {
            lacks.push(Lack::SectionLong { section, title, over });
        }
    }
}

/// The moves that lead from one of these stages to that one. Several stand where people disagree; none in a dossier that begins.
pub fn moves(before: &[String], to: &str) -> impl Iterator<Item = Move> {
    let leads = move |one: &Move| match before {
        [] => one.from.is_empty(),
        before => before.iter().any(|stage| stage == one.from),
    };
    table().filter(move |one| one.to == to && leads(one))
}

/// M9: whether a role may bring a dossier from one of these stages to that one. Settling on one of several is no move. Whoever may
/// correct stages is not asked.
///
/// `known` is asked only where the table lets the role move it, and wants something for that.
///
/// # Errors
/// [`Refusal::NotAllowed`], [`Refusal::StageJump`], or why what must hold does not.
pub fn check<'a>(
    role: Role,
    before: &[String],
    to: &str,
    known: impl FnOnce() -> Option<Known<'a>>,
) -> Result<(), Refusal> {
    let moves_any = role.may(Accompanies);
    if before.iter().any(|stage| stage == to) {
        return if moves_any { Ok(()) } else { Err(Refusal::NotAllowed) };
    }
    let moves: Vec<Move> = moves(before, to).filter(|one| role.may(one.who)).collect();
    if moves.is_empty() {
        return Err(if moves_any { Refusal::StageJump } else { Refusal::NotAllowed });
    }
    if moves.iter().any(|one| one.needs.is_empty() && one.records.is_empty()) {
        return Ok(());
    }
    let known = known().ok_or(Refusal::Failed)?;
    let lacks = moves.iter().map(|one| one.lacks(&known)).min_by_key(Vec::len);
    lacks.iter().flatten().next().map_or(Ok(()), |lack| Err(lack.refusal()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::STAGES;

    #[test]
    fn m9_every_stage_is_in_the_table_and_can_be_reached_from_an_idea() {
        let mut reached = vec!["idea"];
        let mut n = 0;
        while let Some(stage) = reached.get(n) {
            for next in moves_from(stage) {
                assert!(STAGES.contains(&next.to), "{} is a stage", next.to);
                if !reached.contains(&next.to) {
                    reached.push(next.to);
                }
            }
            n += 1;
        }
        reached.sort_by_key(|stage| STAGES.iter().position(|other| other == stage));
        assert_eq!(reached, STAGES);
    }

    #[test]
    fn m9_no_move_is_in_the_table_twice_and_what_it_records_is_no_part_of_what_is_filed() {
        let all: Vec<Move> = table().collect();
        for (n, one) in all.iter().enumerate() {
            let again = all[n + 1..].iter().any(|other| (other.from, other.to) == (one.from, one.to));
            assert!(!again, "{} to {}", one.from, one.to);
            assert!(one.records.iter().all(|field| Field::WAY.contains(field)), "{} to {}", one.from, one.to);
        }
    }
}
