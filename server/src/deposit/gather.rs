//! What goes on a dossier's papers, from its document and from those that it names.

use papers::{Bar, Chronogram, Currency, Dossier, Fact, Grid, Group, House, Line, Nature, Part, Rules, Side, Time};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use shared::{
    budget::{self, Totals},
    call,
    document::{Document, Kind},
    field::{Field, Value},
    id::DocumentId,
    record::{self, CallRecord, DossierRecord, Fields, LineState, Record, Row},
    settings::Settings,
    table::Table,
};

use super::{
    pieces::{self, Piece, PieceFile},
    words,
};
use crate::{
    erasure,
    ingest::load,
    secret,
    sheet::calendar,
    storage::{StoreError, documents, logos},
};

/// A dossier with everything around it that its papers name.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) paper: Dossier,
    pub(super) pieces: Vec<Piece>,
    /// Long texts in which nothing is written, or more than the call lets be: by how many characters.
    pub(super) empty: Vec<String>,
    pub(super) long: Vec<(String, usize)>,
    /// Checks of the budget that do not hold.
    pub(super) checks: usize,
}

impl Gathered {
    pub(super) fn files(&self) -> impl Iterator<Item = &PieceFile> {
        self.pieces.iter().flat_map(|piece| &piece.papers).flat_map(|paper| &paper.files)
    }

    /// What its pieces have together.
    pub(super) fn bytes(&self) -> u64 {
        self.files().map(PieceFile::bytes).sum()
    }
}

/// The rules of the version of its call that a dossier follows.
fn followed(db: &Connection, dossier: &DossierRecord) -> Result<Option<CallRecord>, StoreError> {
    let Some(id) = dossier.fields.document(Field::Call) else { return Ok(None) };
    let Some(standing) = documents::standing(db, id)? else { return Ok(None) };
    Ok(call::rules(&load(db, id, &standing)?, dossier.fields.text(Field::CallVersion).parse().ok()))
}

/// None where there is no such dossier.
pub(super) fn gather(db: &Connection, id: DocumentId) -> Result<Option<Gathered>, StoreError> {
    let Some(standing) = documents::standing(db, id)?.filter(|standing| standing.kind == Kind::Dossier) else {
        return Ok(None);
    };
    let document = load(db, id, &standing)?;
    let Record::Dossier(dossier) = Record::read(&document) else { return Ok(None) };
    let association = dossier.fields.document(Field::Association).map_or(Ok(None), |id| erasure::record(db, id))?;
    let call = followed(db, &dossier)?;
    let association = association.as_ref().map(Record::fields);
    let settings = erasure::settings(db)?;
    let house = Settings(Some(&settings));
    let made_ms = changed_ms(&document);
    let totals = budget::totals(&dossier, call.as_ref());
    let pieces = pieces::all(db, &dossier.rows, call.as_ref())?;
    let parts = parts(&dossier, call.as_ref());
    let of_association = |field| association.map_or("", |fields| fields.text(field)).to_owned();
    let paper = Dossier {
        house: House {
            name: house.text(Field::HouseName).to_owned(),
            address: house.text(Field::HouseContact).to_owned(),
            // It was looked through before it was kept.
            logo: logos::picture_of(db, "")?.and_then(|bytes| papers::Picture::new(bytes).ok()),
        },
        title: dossier.fields.text(Field::Title).to_owned(),
        association: of_association(Field::Title),
        association_ar: of_association(Field::NameAr),
        call: call.as_ref().map_or("", |call| call.fields.text(Field::Title)).to_owned(),
        facts: facts(&dossier, association, &totals),
        parts: parts.iter().map(|(title, text, _)| Part { title: title.clone(), text: text.clone() }).collect(),
        tables: tables(&dossier),
        chronogram: chronogram(&dossier),
        budget: budget(&dossier, call.as_ref(), &totals),
        pieces: pieces.iter().flat_map(said).collect(),
        version: version(&document),
        changed_at: calendar::written(&calendar::france(), made_ms),
        made_ms,
    };
    let empty = parts.iter().filter(|(_, text, _)| text.trim().is_empty()).map(|(title, ..)| title.clone());
    let long = parts.iter().filter_map(|(title, text, most)| {
        let over = text.chars().count().saturating_sub(*most);
        (*most > 0 && over > 0).then(|| (title.clone(), over))
    });
    Ok(Some(Gathered {
        empty: empty.collect(),
        long: long.collect(),
        checks: budget::checks(&dossier, call.as_ref()).len(),
        paper,
        pieces,
    }))
}

/// When the document was written last, by the writers' clocks. Milliseconds since 1970, whole seconds.
pub(crate) fn changed_ms(document: &Document) -> u64 {
    let metas = document.heads().into_iter().filter_map(|head| document.crdt().get_change_meta_by_hash(&head));
    let seconds = metas.map(|meta| meta.timestamp).max().unwrap_or(0);
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000)
}

/// What the version is called on paper.
fn version(document: &Document) -> String {
    let mut hasher = Sha256::new();
    document.heads().iter().for_each(|head| hasher.update(head.0));
    secret::hex(&hasher.finalize()[..4]).to_uppercase()
}

/// Title, text and the most characters of each long text: the call's in its order, then the others.
fn parts(dossier: &DossierRecord, call: Option<&CallRecord>) -> Vec<(String, String, usize)> {
    let text = |key: &str| dossier.sections.get(key).map_or("", |section| section.text.as_str()).to_owned();
    let asked = call.map_or(&[][..], |call| &call.sections);
    let of_call = asked.iter().map(|about| {
        let title = if about.title.is_empty() { words::section(&about.key) } else { about.title.clone() };
        (title, text(&about.key), about.chars_max as usize)
    });
    let mut own: Vec<&String> =
        dossier.sections.keys().filter(|key| asked.iter().all(|about| about.key != **key)).collect();
    own.sort_by_key(|key| words::section_place(key));
    let own = own.into_iter().map(|key| (words::section(key), text(key), 0));
    // What nobody asks for and nobody wrote is not in the form.
    of_call.chain(own.filter(|(_, text, _)| !text.trim().is_empty() || call.is_none())).collect()
}

fn facts(dossier: &DossierRecord, association: Option<&Fields>, totals: &Totals) -> Vec<Fact> {
    let of_association = |field| association.map_or("", |fields| fields.text(field)).to_owned();
    let seat = [Field::Address, Field::Postcode, Field::City].map(of_association);
    let [address, postcode, city] = seat.map(|part| part.trim().to_owned());
    let town = [postcode, city].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let seat = [address, town].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let own = |field| words::value(field, dossier.fields.get(field));
    let facts = [
        (words::RNA, of_association(Field::RnaNumber)),
        (words::SIRET, of_association(Field::SiretNumber)),
        (words::SEAT, seat),
        (words::SECTOR, own(Field::Sector)),
        (words::TERRITORY, own(Field::Territory)),
        (words::DURATION, own(Field::DurationMonths)),
        (words::BENEFICIARIES, own(Field::Beneficiaries)),
        (words::TOTAL, words::euros(totals.expenses.total_cents)),
        (words::GRANT, words::euros(totals.grant_cents)),
        (words::SUPPORTED_BY, own(Field::Coordinator)),
    ];
    let said = facts.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(label, value)| Fact { label: label.to_owned(), value }).collect()
}

/// The tables that say something, each with the columns in which something stands.
fn tables(dossier: &DossierRecord) -> Vec<Grid> {
    let grids = words::TABLES.iter().filter_map(|(table, title)| {
        let rows: Vec<&Row> = dossier.rows.kept(*table).collect();
        let says =
            |field: &&Field| **field != Field::Order && rows.iter().any(|row| *row.fields.get(**field) != Value::Empty);
        let columns: Vec<Field> = table.fields().iter().filter(says).copied().collect();
        if rows.is_empty() || columns.is_empty() {
            return None;
        }
        let cells = |row: &&Row| columns.iter().map(|field| words::value(*field, row.fields.get(*field))).collect();
        Some(Grid {
            title: (*title).to_owned(),
            columns: columns.iter().map(|field| words::column(*table, *field).to_owned()).collect(),
            rows: rows.iter().map(cells).collect(),
        })
    });
    grids.collect()
}

fn chronogram(dossier: &DossierRecord) -> Option<Chronogram> {
    let month = |row: &Row, field| row.fields.get(field).number().and_then(|month| u32::try_from(month).ok());
    let bars: Vec<Bar> = dossier
        .rows
        .kept(Table::Activity)
        .filter_map(|row| {
            let first = month(row, Field::MonthFrom)?;
            let last = month(row, Field::MonthTo).unwrap_or(first);
            Some(Bar { label: row.fields.text(Field::Label).to_owned(), first, last })
        })
        .collect();
    let lasts = dossier.fields.get(Field::DurationMonths).number().and_then(|months| u32::try_from(months).ok());
    let months = bars.iter().map(|bar| bar.last).chain(lasts).max()?;
    (!bars.is_empty()).then_some(Chronogram { months, bars })
}

fn budget(dossier: &DossierRecord, call: Option<&CallRecord>, totals: &Totals) -> papers::Budget {
    let lines = |side: record::Side| {
        let kept = dossier.lines.iter().filter(move |line| line.side == side && line.state != LineState::Removed);
        kept.map(line).collect()
    };
    let kept = dossier.time.iter().filter(|entry| entry.state != LineState::Removed);
    let rule = |field| call.and_then(|call| call.fields.get(field).number());
    papers::Budget {
        expenses: lines(record::Side::Expense),
        resources: lines(record::Side::Resource),
        time: kept.map(time).collect(),
        groups: groups(totals),
        expenses_cents: totals.expenses.total_cents,
        resources_cents: totals.resources.total_cents,
        expenses_cash_cents: totals.expenses.cash_cents,
        resources_cash_cents: totals.resources.cash_cents,
        time_cents: totals.time_cents,
        grant_cents: totals.grant_cents,
        counted_cents: totals.counted_cents,
        rules: Rules {
            grant_max_cents: rule(Field::GrantMaxCents),
            grant_share_max_bp: rule(Field::GrantShareMaxBp),
            total_max_cents: rule(Field::TotalMaxCents),
            valorisation_share_max_bp: rule(Field::ValorisationShareMaxBp),
            valorisation_counts: totals.valorisation_counts,
        },
    }
}

fn line(line: &record::Line) -> Line {
    let text = |field| line.fields.text(field).to_owned();
    let number = |field| line.fields.get(field).number();
    Line {
        heading: heading(line.side, line.fields.text(Field::Heading)),
        label: text(Field::Label),
        nature: nature(budget::nature(line)),
        quantity: number(Field::Quantity),
        unit: text(Field::Unit),
        unit_cents: number(Field::UnitCents).unwrap_or(0),
        currency: if line.fields.text(Field::Currency) == "mad" { Currency::Mad } else { Currency::Eur },
        rate_e4: number(Field::RateE4),
        rate_day: text(Field::RateDay),
        funding: words::value(Field::Funding, line.fields.get(Field::Funding)),
        proof: text(Field::Proof),
        amount_cents: line.amount_cents(),
    }
}

/// A heading of ours is a word; a call's own, and the source of a resource, stand as they were written.
fn heading(side: record::Side, heading: &str) -> String {
    if side == record::Side::Expense { words::heading(heading) } else { heading.to_owned() }
}

fn nature(nature: budget::Nature) -> Nature {
    match nature {
        budget::Nature::Cash => Nature::Cash,
        budget::Nature::InKind => Nature::InKind,
        budget::Nature::Grant => Nature::Grant,
        budget::Nature::Time => Nature::Time,
    }
}

/// Where a call's own heading is called as one of ours is, the two are one.
fn groups(totals: &Totals) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in totals.groups.iter().map(group) {
        let same =
            |other: &&mut Group| (other.side, other.nature, &other.heading) == (one.side, one.nature, &one.heading);
        match groups.iter_mut().find(same) {
            Some(known) => {
                known.cents = known.cents.saturating_add(one.cents);
                known.share_bp += one.share_bp;
            }
            None => groups.push(one),
        }
    }
    groups
}

fn group(group: &budget::Group) -> Group {
    Group {
        side: match group.side {
            record::Side::Expense => Side::Expense,
            record::Side::Resource => Side::Resource,
        },
        nature: nature(group.nature),
        heading: heading(group.side, &group.heading),
        cents: group.cents,
        share_bp: group.share_bp,
    }
}

fn time(entry: &record::TimeRow) -> Time {
    let text = |field| entry.fields.text(field).to_owned();
    let number = |field| entry.fields.get(field).number().unwrap_or(0);
    Time {
        who: text(Field::Volunteer),
        day: text(Field::Day),
        task: text(Field::Label),
        hours_e2: number(Field::HoursE2),
        hour_cents: number(Field::HourCents),
        amount_cents: entry.amount_cents(),
    }
}

/// One line for each file of a piece; one for a piece that is missing.
fn said(piece: &Piece) -> Vec<papers::Piece> {
    let line = |issued: &str, expires: &str, file: &str| papers::Piece {
        title: piece.title.clone(),
        file: file.to_owned(),
        issued: issued.to_owned(),
        expires: expires.to_owned(),
        required: piece.required,
    };
    let files = piece.papers.iter().flat_map(|paper| paper.files.iter().map(move |file| (paper, file)));
    let lines: Vec<_> = files
        .map(|(paper, file)| {
            let path = if file.is_away() { words::AWAY } else { file.path.trim_start_matches("pieces/") };
            line(&paper.issued, &paper.expires, path)
        })
        .collect();
    if lines.is_empty() { vec![line("", "", "")] } else { lines }
}
