//! Attendance sheets: what is missing on one, what an auditor would ask about, the papers, and the seal (M8).
//!
//! A version is sealed in two steps: a plan that a human has seen, and the seal, done only if the plan is still the same. The papers are
//! made in between, off the writer's thread.

mod anomalies;
pub(crate) mod calendar;
mod figures;
mod gather;
pub mod manifest;
mod others;
mod proof;

use papers::{Sheet as Paper, sheet_pdf};
use rusqlite::{Connection, Transaction};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::{
    document::Author,
    edit::Seal,
    id::{AccountId, DeviceId, DocumentId, RowId},
    mark::{Attendance, Signer},
    permission::Capability,
    record::EventRecord,
};

pub use self::{
    anomalies::Anomaly,
    figures::{Form, figures, figures_file},
    proof::{Found, problems, verify},
};
use self::{
    gather::Gathered,
    manifest::{Key, Manifest, SealedMark, SealedSignature},
};
use crate::{
    ingest::{Ingest, load},
    secret,
    storage::{
        StoreError, blobs, documents, journal,
        sheets::{self, Outstanding, Sealed},
    },
};

/// People of each list that a plan names.
const ROWS_MAX: usize = 500;
/// A reason. In characters.
const REASON_CHARS_MAX: usize = 500;

/// Why nothing was sealed or printed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such event")]
    Unknown,
    #[error("there is no sheet of that code")]
    CodeUnknown,
    #[error("it is no longer what was shown")]
    PlanChanged,
    #[error("another version needs a reason")]
    ReasonMissing,
    #[error("there is nothing to seal: no half-day, or nobody in it")]
    Empty,
    #[error("nothing has changed since the last version")]
    NothingNew,
    #[error("the event has no key for its badges yet")]
    NoBadgeKey,
    #[error("the paper could not be made: {0}")]
    Paper(#[from] papers::PaperError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What sealing a sheet now would seal, and what is missing on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Names this plan.
    pub plan: String,
    /// The number that the version would have.
    pub version: u32,
    pub sealed: Vec<Sealed>,
    /// Nothing came since the last version.
    pub is_sealed: bool,
    /// Marks and signatures that came, or were taken back, since the last version.
    pub late: u32,
    pub people: u32,
    /// Presences, each person once for each half-day.
    pub presences: u32,
    pub signed: u32,
    /// Presences without a signature.
    pub unsigned: Vec<Presence>,
    /// Half-days that a trainer has not signed.
    pub trainers_unsigned: Vec<TrainerSlot>,
    /// Marks that contradict each other.
    pub contradicted: Vec<Presence>,
    /// Signatures whose strokes are still on a phone.
    pub inks_missing: u32,
    /// Phones that have not delivered yet.
    pub outstanding: Vec<Outstanding>,
    pub anomalies: Vec<Anomaly>,
}

/// Somebody in a half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    pub person: DocumentId,
    pub name: String,
    pub slot: RowId,
}

/// A trainer in a half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrainerSlot {
    pub trainer: RowId,
    pub name: String,
    pub slot: RowId,
}

/// A version that is ready to be sealed: everything but the writing.
#[derive(Debug)]
pub struct Prepared {
    plan: Plan,
    sheet: sheets::Sheet,
    manifest: Manifest,
}

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    pub version: u32,
    pub code: String,
}

/// Who seals, and where people may look a sheet up.
#[derive(Debug, Clone)]
pub struct Sealing {
    pub event: DocumentId,
    /// The plan that was seen.
    pub plan: String,
    pub reason: String,
    pub account: AccountId,
    pub device: DeviceId,
    pub now_ms: u64,
    /// The server's public address.
    pub origin: String,
}

/// Says what sealing an event's sheet would seal.
///
/// # Errors
/// [`Refusal::Unknown`]; what the storage fails on.
pub fn plan(db: &Connection, id: DocumentId, now_ms: u64) -> Result<Plan, Refusal> {
    let gathered = gather::gather(db, id)?.ok_or(Refusal::Unknown)?;
    plan_of(db, id, &gathered, now_ms)
}

fn plan_of(db: &Connection, id: DocumentId, gathered: &Gathered, now_ms: u64) -> Result<Plan, Refusal> {
    let event = &gathered.event;
    let (mut presences, mut signed) = (0, 0);
    let (mut unsigned, mut contradicted) = (Vec::new(), Vec::new());
    for one in &gathered.people {
        for slot in &event.slots {
            let presence = || Presence { person: one.person, name: one.record.name(), slot: slot.id };
            let attendance = gathered.attendance_of(one, slot.id);
            if matches!(attendance, Attendance::Contradicted(_)) {
                contradicted.push(presence());
            }
            if !attendance.status().is_some_and(shared::mark::Status::attended) {
                continue;
            }
            presences += 1;
            let on_paper = gathered.marks_of(one, slot.id).any(|mark| mark.how == shared::mark::How::Paper);
            if gathered.signature_of(one, slot.id).is_some() || on_paper {
                signed += 1;
            } else {
                unsigned.push(presence());
            }
        }
    }
    let trainers = event.trainers.iter().flat_map(|trainer| {
        let open = event.slots.iter().filter(|slot| {
            event.signatures_of(Signer::Trainer(trainer.id), slot.id).next().is_none() && event.slot_is_used(slot.id)
        });
        open.map(|slot| TrainerSlot { trainer: trainer.id, name: trainer.name().to_owned(), slot: slot.id })
    });
    let mut inks_missing = 0;
    for one in event.signatures.iter().filter(|one| one.withdrawn.is_none()) {
        let hash = secret::unhex::<32>(&one.ink);
        if !hash.map_or(Ok(false), |hash| blobs::exists(db, &hash))? {
            inks_missing += 1;
        }
    }
    let zone = calendar::zone(&event.fields);
    // The last time at which a half-day began or ended: whoever has come since has brought what was noted before.
    let times = event.slots.iter().filter_map(|slot| calendar::span(&zone, slot));
    let turned_ms = times.flat_map(|(starts, ends)| [starts, ends]).filter(|ms| *ms <= now_ms).max();
    let sealed = sheets::of_event(db, id)?;
    let mut plan = Plan {
        plan: String::new(),
        version: sealed.last().map_or(1, |last| last.version + 1),
        is_sealed: !sealed.is_empty() && !changed_since(db, id, event)?,
        late: event.late(),
        sealed,
        people: count(gathered.people.len()),
        presences,
        signed,
        trainers_unsigned: trainers.take(ROWS_MAX).collect(),
        inks_missing,
        outstanding: sheets::outstanding(db, id, turned_ms.unwrap_or(0))?,
        anomalies: anomalies::find(db, id, event)?,
        unsigned,
        contradicted,
    };
    // Before the lists are cut: the hash is of all.
    let heads = documents::standing(db, id)?.map_or_else(Vec::new, |standing| standing.heads);
    // When a phone came last is no part of it: each exchange moves that.
    let mut hashed = plan.clone();
    hashed.outstanding.iter_mut().for_each(|phone| phone.last_exchange_ms = None);
    let seen = serde_json::to_vec(&(&hashed, heads.iter().map(|head| secret::hex(head)).collect::<Vec<_>>()));
    plan.plan = secret::hex(&Sha256::digest(seen.unwrap_or_default()));
    plan.unsigned.truncate(ROWS_MAX);
    plan.contradicted.truncate(ROWS_MAX);
    Ok(plan)
}

/// Whether anything that a sheet says may be other than when it was sealed last: the seal itself is one change.
fn changed_since(db: &Connection, id: DocumentId, event: &EventRecord) -> Result<bool, StoreError> {
    let Some(last) = sheets::last(db, id)? else { return Ok(true) };
    let Some(standing) = documents::standing(db, id)? else { return Ok(true) };
    let document = load(db, id, &standing)?;
    let sealed: Option<Manifest> = serde_json::from_slice(&last.manifest).ok();
    let heads: Vec<_> = sealed.iter().flat_map(|one| &one.heads).filter_map(|head| head.parse().ok()).collect();
    Ok(event.late() > 0 || document.changes_since(&heads).len() > 1)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Makes everything of the version that the plan describes: takes as long as its PDF.
///
/// # Errors
/// [`Refusal::PlanChanged`] where it is another by now; [`Refusal::ReasonMissing`] for a later version without a reason.
pub fn prepare(db: &Connection, sealing: &Sealing) -> Result<Prepared, Refusal> {
    let id = sealing.event;
    let gathered = gather::gather(db, id)?.ok_or(Refusal::Unknown)?;
    let plan = plan_of(db, id, &gathered, sealing.now_ms)?;
    if plan.plan != sealing.plan {
        return Err(Refusal::PlanChanged);
    }
    let reason: String = sealing.reason.trim().chars().take(REASON_CHARS_MAX).collect();
    if plan.version > 1 && reason.is_empty() {
        return Err(Refusal::ReasonMissing);
    }
    if plan.is_sealed {
        return Err(Refusal::NothingNew);
    }
    let counted = gathered.event.headcounts.iter().any(|count| count.people > 0);
    if gathered.event.slots.is_empty() || gathered.people.is_empty() && !counted {
        return Err(Refusal::Empty);
    }
    let mut paper = gathered.sheet(db, sealing.now_ms)?;
    paper.completeness = completeness(&plan, &paper);
    let data = serde_json::to_vec(&paper).unwrap_or_default();
    let manifest = manifest_of(db, &gathered, &plan, sealing, reason.clone(), &data)?;
    let bytes = manifest.bytes();
    let code = manifest::code(&bytes);
    seal_of(&mut paper, &plan, sealing, &reason, &code, &gathered.event);
    let sheet = sheets::Sheet {
        row: row_of(&code).to_string(),
        event: id,
        version: plan.version,
        pdf: sheet_pdf(&paper)?,
        code,
        sealed_ms: sealing.now_ms,
        account: sealing.account,
        reason,
        manifest: bytes,
        signature: [0; 64],
        data,
        public_key: None,
    };
    Ok(Prepared { plan, sheet, manifest })
}

/// The row of the event's document that says that it was sealed: named by the code.
fn row_of(code: &str) -> RowId {
    let digest = Sha256::digest(code.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    RowId(bytes)
}

fn completeness(plan: &Plan, paper: &Paper) -> papers::Completeness {
    let cells = || paper.people.iter().flat_map(|row| &row.cells);
    let are = |status| count(cells().filter(|cell| cell.status == status).count());
    papers::Completeness {
        present: are(papers::Status::Present) + are(papers::Status::Remote),
        partial: are(papers::Status::Partial),
        to_check: count(plan.contradicted.len()) + plan.late,
        phones_outstanding: plan.outstanding.iter().map(outstanding_name).take(50).collect(),
        unsigned: plan.presences.saturating_sub(plan.signed),
        contradictory: count(plan.contradicted.len()),
    }
}

fn outstanding_name(phone: &Outstanding) -> String {
    if phone.label.is_empty() {
        phone.account_name.clone()
    } else {
        format!("{} ({})", phone.label, phone.account_name)
    }
}

fn seal_of(paper: &mut Paper, plan: &Plan, sealing: &Sealing, reason: &str, code: &str, event: &EventRecord) {
    paper.seal = Some(papers::Seal {
        version: plan.version,
        reason: reason.to_owned(),
        sealed_at: calendar::written(&calendar::zone(&event.fields), sealing.now_ms),
        previous: plan.sealed.last().map(|last| manifest::printed(&last.code)),
        code: manifest::printed(code),
        url: format!("{}/#/check/{code}", sealing.origin),
    });
}

fn manifest_of(
    db: &Connection,
    gathered: &Gathered,
    plan: &Plan,
    sealing: &Sealing,
    reason: String,
    data: &[u8],
) -> Result<Manifest, Refusal> {
    let standing = documents::standing(db, sealing.event)?.ok_or(Refusal::Unknown)?;
    let document = load(db, sealing.event, &standing)?;
    let received = manifest::received(db, &document)?;
    let marks = gathered.event.marks.iter().map(|mark| SealedMark {
        id: mark.id,
        person: mark.person,
        slot: mark.slot,
        status: mark.status,
        minutes: mark.minutes,
        how: mark.how,
        device: mark.by,
        at_ms: mark.at_ms,
        received_ms: received(Some("marks"), &mark.id.to_string()),
        withdrawn: mark.withdrawn.is_some(),
    });
    let signatures = gathered.event.signatures.iter().map(|one| SealedSignature {
        id: one.id,
        signer: one.signer,
        slot: one.slot,
        ink: one.ink.clone(),
        how: one.how,
        device: one.by,
        at_ms: one.at_ms,
        received_ms: received(None, &format!("signature/{}", one.id)),
        withdrawn: one.withdrawn.is_some(),
    });
    Ok(Manifest {
        manifest: 1,
        event: sealing.event,
        version: plan.version,
        sealed_ms: sealing.now_ms,
        account: sealing.account,
        device: Some(sealing.device),
        reason,
        previous: sheets::last(db, sealing.event)?.map(|last| manifest::hash(&last.manifest)),
        heads: document.heads().iter().map(ToString::to_string).collect(),
        data: manifest::hash(data),
        marks: marks.collect(),
        signatures: signatures.collect(),
        anomalies: serde_json::to_value(&plan.anomalies).unwrap_or_default(),
        outstanding: plan.outstanding.iter().map(|phone| phone.device).collect(),
    })
}

/// Seals a version that was prepared. To be run as one job of the writer. Returns its number and code, and the arrival of the change
/// that says so.
///
/// # Errors
/// [`Refusal::PlanChanged`] where something came in between: nothing was sealed.
pub fn seal(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    mut prepared: Prepared,
    nonce: [u8; 8],
) -> Result<(Done, u64), Refusal> {
    let Manifest { event, sealed_ms, account, device, .. } = prepared.manifest;
    let heads = documents::standing(tx, event)?.ok_or(Refusal::Unknown)?.heads;
    let planned: Vec<String> = heads.iter().map(|head| secret::hex(head)).collect();
    let previous = sheets::last(tx, event)?.map(|last| manifest::hash(&last.manifest));
    if planned != prepared.manifest.heads || previous != prepared.manifest.previous {
        return Err(Refusal::PlanChanged);
    }
    let sheet = &mut prepared.sheet;
    sheet.signature = Key::of_house(tx)?.sign(&sheet.manifest, &sheet.pdf)?;
    sheets::add(tx, sheet)?;
    let seal = Seal {
        event,
        sheet: row_of(&sheet.code),
        version: prepared.manifest.heads.iter().filter_map(|head| head.parse().ok()).collect(),
        reason: sheet.reason.clone(),
        code: sheet.code.clone(),
    };
    // By the hand of whoever sealed it: history names them, on a sequence that their phone never uses.
    let author = Author { device: device.unwrap_or(DeviceId([0; 16])), nonce, at_ms: sealed_ms };
    let arrival = ingest.seal(tx, &seal, &author, sealed_ms)?.ok_or(Refusal::Unknown)?;
    let by = journal::Actor { account: Some(account), device };
    let entry = journal::Entry::of(by, journal::Action::SheetSealed, event, sealed_ms);
    let detail = serde_json::json!({
        "version": prepared.plan.version,
        "code": sheet.code,
        "unsigned": prepared.plan.unsigned.len(),
        "outstanding": prepared.plan.outstanding.len(),
        "anomalies": prepared.plan.anomalies.len(),
    });
    journal::note(tx, &entry.with(detail))?;
    Ok((Done { version: sheet.version, code: sheet.code.clone() }, arrival))
}

/// What the world may know of a sheet: that it is genuine, and no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub code: String,
    /// The signature is the organisation's, and nothing was changed since.
    pub genuine: bool,
    pub house: String,
    pub title: String,
    pub days: Vec<String>,
    pub version: u32,
    pub sealed_ms: u64,
    /// The version that has taken its place, if one has.
    pub replaced_by: Option<u32>,
    pub people: u32,
    pub presences: u32,
    pub signatures: u32,
    /// The hash of the PDF: whoever holds a file compares.
    pub pdf: String,
    /// The organisation's Ed25519 key, in hexadecimal.
    pub public_key: String,
}

/// Looks a sheet up by its code.
///
/// # Errors
/// [`Refusal::CodeUnknown`].
pub fn check(db: &Connection, code: &str) -> Result<Check, Refusal> {
    let code = manifest::typed(code).ok_or(Refusal::CodeUnknown)?;
    let sheet = sheets::by_code(db, &code)?.ok_or(Refusal::CodeUnknown)?;
    let public_key = manifest::public_key(db)?.unwrap_or_default();
    let problems = problems(db, &sheet, &public_key)?;
    let last = sheets::last(db, sheet.event)?.map_or(sheet.version, |last| last.version);
    let paper: Paper = serde_json::from_slice(&sheet.data).unwrap_or_default();
    let cells = || paper.people.iter().flat_map(|row| &row.cells);
    let mut days: Vec<String> = paper.gathering.slots.iter().map(|slot| slot.day.clone()).collect();
    days.dedup();
    Ok(Check {
        genuine: problems.is_empty(),
        house: paper.gathering.house.name.clone(),
        title: paper.gathering.title.clone(),
        days,
        version: sheet.version,
        sealed_ms: sheet.sealed_ms,
        replaced_by: Some(last).filter(|last| *last > sheet.version),
        people: count(paper.people.len()),
        presences: count(cells().filter(|cell| cell.is_attended()).count()),
        signatures: count(cells().filter(|cell| cell.is_signed()).count()),
        pdf: manifest::hash(&sheet.pdf),
        public_key: secret::hex(sheet.public_key.as_ref().map_or(&public_key[..], |key| key)),
        code,
    })
}

/// A paper of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The sheet as it is now, not sealed.
    Draft,
    /// To be signed by hand.
    Blank,
    /// The same as a spreadsheet, as text, as data.
    Xlsx,
    Csv,
    Json,
    /// Phones and emails, apart from what everybody signs.
    Contacts,
    ContactsXlsx,
    /// One certificate for each person who took part.
    Attestations,
    /// One invitation for each person on the roster.
    Convocations,
    Badges,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    pub media: &'static str,
    /// Its ending, without the dot.
    pub ending: &'static str,
}

const PDF: (&str, &str) = ("application/pdf", "pdf");
const XLSX: (&str, &str) = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
const CSV: (&str, &str) = ("text/csv; charset=utf-8", "csv");
const JSON: (&str, &str) = ("application/json", "json");

fn file(bytes: Vec<u8>, (media, ending): (&'static str, &'static str)) -> File {
    File { bytes, media, ending }
}

impl Wanted {
    /// What it takes to have it.
    #[must_use]
    pub fn needs(self) -> Capability {
        match self {
            Self::Contacts | Self::ContactsXlsx => Capability::ReadContact,
            _ => Capability::ReadSheet,
        }
    }
}

/// Makes a paper of an event as it is now.
///
/// # Errors
/// [`Refusal::Unknown`]; [`Refusal::Paper`] if it cannot be made.
pub fn paper(db: &Connection, id: DocumentId, wanted: Wanted, now_ms: u64) -> Result<File, Refusal> {
    let gathered = gather::gather(db, id)?.ok_or(Refusal::Unknown)?;
    let sheet = || -> Result<Paper, Refusal> {
        let mut paper = gathered.sheet(db, now_ms)?;
        paper.completeness = completeness(&plan_of(db, id, &gathered, now_ms)?, &paper);
        Ok(paper)
    };
    Ok(match wanted {
        Wanted::Draft => file(sheet_pdf(&sheet()?)?, PDF),
        Wanted::Blank => file(papers::blank_sheet_pdf(&sheet()?)?, PDF),
        Wanted::Xlsx => file(papers::sheet_xlsx(&sheet()?)?, XLSX),
        Wanted::Csv => file(papers::sheet_csv(&sheet()?)?, CSV),
        Wanted::Json => file(papers::sheet_json(&sheet()?)?, JSON),
        Wanted::Contacts => file(papers::contact_list_pdf(&gathered.contacts(db, now_ms)?)?, PDF),
        Wanted::ContactsXlsx => file(papers::contact_list_xlsx(&gathered.contacts(db, now_ms)?)?, XLSX),
        Wanted::Attestations => file(papers::attestations_pdf(&gathered.attestations(now_ms))?, PDF),
        Wanted::Convocations => file(papers::convocations_pdf(&gathered.convocations(id, now_ms)?)?, PDF),
        Wanted::Badges => file(papers::badges_pdf(&gathered.badges(id, now_ms)?)?, PDF),
    })
}

/// A sealed version in one of its forms.
///
/// # Errors
/// [`Refusal::CodeUnknown`]; [`Refusal::Paper`] if it cannot be made.
pub fn sealed(db: &Connection, code: &str, ending: &str, origin: &str) -> Result<(DocumentId, File), Refusal> {
    let code = manifest::typed(code).ok_or(Refusal::CodeUnknown)?;
    let sheet = sheets::by_code(db, &code)?.ok_or(Refusal::CodeUnknown)?;
    let mut paper: Paper = serde_json::from_slice(&sheet.data).unwrap_or_default();
    let printed = manifest::printed(&sheet.code);
    let seal = papers::Seal {
        version: sheet.version,
        reason: sheet.reason.clone(),
        code: printed,
        url: format!("{origin}/#/check/{code}"),
        sealed_at: calendar::written(&calendar::france(), sheet.sealed_ms),
        previous: None,
    };
    paper.seal = Some(seal);
    let made = match ending {
        "pdf" => file(sheet.pdf, PDF),
        "xlsx" => file(papers::sheet_xlsx(&paper)?, XLSX),
        "csv" => file(papers::sheet_csv(&paper)?, CSV),
        "manifest" => file(sheet.manifest, JSON),
        _ => file(papers::sheet_json(&paper)?, JSON),
    };
    Ok((sheet.event, made))
}

/// The version whose PDF this is, if it is one of ours, unchanged.
///
/// # Errors
/// What the storage fails on.
pub fn recognise(db: &Connection, bytes: &[u8]) -> Result<Option<sheets::Sheet>, StoreError> {
    Ok(sheets::all(db)?.into_iter().find(|sheet| sheet.pdf == bytes))
}
