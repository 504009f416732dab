//! The published projects as an IATI 2.03 activity file, for the registers of international aid.
//!
//! A dossier is in it where staff have said that it is published (`Field::Published`); its identifier is the organisation's
//! (`Field::HouseIati`) with the dossier's id behind it, which never changes. Texts are those of the dossier, in French. Codes are
//! of the standard's own lists: OrganisationRole, ActivityStatus, ActivityDateType, SectorVocabulary 1 (DAC), TagVocabulary 2 (ODD),
//! PolicyMarker, TransactionType. What the data does not say is left out; nothing of people is in it.

use std::io::Cursor;

use jiff::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use rusqlite::Connection;
use shared::{
    field::Field,
    id::DocumentId,
    indicators::{day, day_of, day_text},
    record::{DossierRecord, LineState, Record, Side},
    settings::Settings,
    table::Table,
};

use crate::{
    deposit::changed_ms,
    erasure,
    indicators::Refusal,
    ingest::load,
    sheet::File,
    storage::{StoreError, documents, indicators as stored, twins},
};

const VERSION: &str = "2.03";
/// ODD 5 is about the equality of the sexes, 13 to 15 about what surrounds us: PolicyMarker 1 and 2.
const MARKERS: [(&str, &[i64]); 2] = [("1", &[5]), ("2", &[13, 14, 15])];

/// A published project, and what stands beside it.
struct Project {
    id: DocumentId,
    dossier: DossierRecord,
    association: String,
    programme: String,
    changed_ms: u64,
}

/// The file.
///
/// # Errors
/// [`Refusal::NoReporter`] where the organisation has no identifier yet; what the storage fails on.
pub fn activities(db: &Connection) -> Result<File, Refusal> {
    let settings = erasure::settings(db)?;
    let house = Settings(Some(&settings));
    let reporter = Reporter { id: house.text(Field::HouseIati).trim(), name: house.text(Field::HouseName) };
    if reporter.id.is_empty() {
        return Err(Refusal::NoReporter);
    }
    let mut projects = Vec::new();
    for id in stored::published(db)? {
        projects.extend(project(db, id)?);
    }
    let mut xml = Xml(Writer::new_with_indent(Cursor::new(Vec::new()), b' ', 2));
    let made = moment(projects.iter().map(|one| one.changed_ms).max().unwrap_or(0));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    xml.within("iati-activities", &[("version", VERSION), ("generated-datetime", &made)], |xml| {
        projects.iter().for_each(|one| activity(xml, &reporter, one));
    });
    Ok(File { bytes: xml.0.into_inner().into_inner(), media: "application/xml", ending: "xml" })
}

/// Who publishes.
struct Reporter<'a> {
    id: &'a str,
    name: &'a str,
}

fn project(db: &Connection, id: DocumentId) -> Result<Option<Project>, StoreError> {
    let Some(standing) = documents::standing(db, id)? else { return Ok(None) };
    let document = load(db, id, &standing)?;
    let Record::Dossier(dossier) = Record::read(&document) else { return Ok(None) };
    let named = |field| dossier.fields.document(field).map_or(Ok(None), |id| erasure::record(db, id));
    let association = dossier.fields.document(Field::Association);
    let association = association.map(|id| twins::association_stands_for(db, id)).transpose()?;
    let association = association.map_or(Ok(None), |id| erasure::record(db, id))?;
    let association = association.map_or_else(String::new, |record| record.title());
    let call = named(Field::Call)?;
    let call = call.as_ref().map(Record::fields);
    let programme = [Field::Programme, Field::Title]
        .into_iter()
        .find_map(|field| call.map(|fields| fields.text(field)).filter(|text| !text.is_empty()).map(str::to_owned));
    let changed_ms = changed_ms(&document);
    Ok(Some(Project { id, association, programme: programme.unwrap_or_default(), changed_ms, dossier }))
}

fn activity(xml: &mut Xml, reporter: &Reporter<'_>, project: &Project) {
    let f = &project.dossier.fields;
    let changed = moment(project.changed_ms);
    let about = [("xml:lang", "fr"), ("default-currency", "EUR"), ("last-updated-datetime", changed.as_str())];
    xml.within("iati-activity", &about, |xml| {
        xml.text("iati-identifier", &[], &format!("{}-{}", reporter.id, project.id));
        // 22: a national organisation that is no government's.
        xml.told("reporting-org", &[("ref", reporter.id), ("type", "22")], reporter.name);
        xml.told("title", &[], f.text(Field::Title));
        descriptions(xml, project);
        organisations(xml, reporter, project);
        xml.empty("activity-status", &[("code", status(&project.dossier))]);
        dates(xml, &project.dossier);
        xml.empty("recipient-country", &[("code", "MA"), ("percentage", "100")]);
        places(xml, &project.dossier);
        let code = f.text(Field::DacCode);
        if !code.is_empty() {
            xml.empty("sector", &[("vocabulary", "1"), ("code", code), ("percentage", "100")]);
        }
        goals(xml, &project.dossier);
        // 110: a grant; C01: a project.
        xml.empty("default-finance-type", &[("code", "110")]);
        xml.empty("default-aid-type", &[("code", "C01")]);
        budgets(xml, &project.dossier);
        transactions(xml, project);
    });
}

/// What it is, what it wants to change, whom it is for.
fn descriptions(xml: &mut Xml, project: &Project) {
    let dossier = &project.dossier;
    let written =
        |key: &str| dossier.sections.get(key).map(|section| section.text.trim()).filter(|text| !text.is_empty());
    let first = || dossier.sections.values().map(|section| section.text.trim()).find(|text| !text.is_empty());
    let general = ["summary", "context"].into_iter().find_map(written).or_else(first);
    let listed = |table| {
        let labels = dossier.rows.kept(table).map(|row| row.fields.text(Field::Label)).filter(|text| !text.is_empty());
        labels.collect::<Vec<_>>().join("\n")
    };
    xml.told("description", &[("type", "1")], general.unwrap_or_else(|| dossier.fields.text(Field::Title)));
    for (kind, text) in [("2", listed(Table::Objective)), ("3", listed(Table::Beneficiary))] {
        if !text.is_empty() {
            xml.told("description", &[("type", kind)], &text);
        }
    }
}

fn organisations(xml: &mut Xml, reporter: &Reporter<'_>, project: &Project) {
    let mut named = |role: &str, name: &str| {
        if !name.trim().is_empty() {
            xml.told("participating-org", &[("role", role)], name);
        }
    };
    named("1", &project.programme);
    for line in
        project.dossier.lines.iter().filter(|line| line.side == Side::Resource && line.state != LineState::Removed)
    {
        let is_money = matches!(line.fields.text(Field::Nature), "" | "cash");
        if is_money && line.fields.text(Field::Funding) == "acquired" {
            named("1", line.fields.text(Field::Heading));
        }
    }
    named("2", &project.association);
    named("4", &project.association);
    for partner in project.dossier.rows.kept(Table::Partner) {
        named("4", partner.fields.text(Field::Label));
    }
    // Whoever accompanies it: in the file there is one in any case.
    xml.told("participating-org", &[("role", "3"), ("ref", reporter.id), ("type", "22")], reporter.name);
}

/// Pipeline, implementation, finalisation, closed, cancelled, suspended.
fn status(dossier: &DossierRecord) -> &'static str {
    let was_granted = dossier.moves.iter().any(|moved| moved.to == "granted")
        || dossier.fields.get(Field::GrantedCents).number().is_some_and(|cents| cents > 0);
    match dossier.fields.text(Field::Stage) {
        "agreed" | "running" | "interim_report" => "2",
        "final_report" => "3",
        "closed" if was_granted => "4",
        "closed" | "refused" => "5",
        "deferred" => "6",
        _ => "1",
    }
}

fn moved(dossier: &DossierRecord, to: &str) -> Option<i32> {
    dossier.moves.iter().rfind(|one| one.to == to).map(|one| day_of(one.at_ms))
}

/// Its first and last day as planned.
fn planned(dossier: &DossierRecord) -> Option<(i32, Option<i32>)> {
    let starts = day(dossier.fields.text(Field::StartDay))?;
    let months = dossier.fields.get(Field::DurationMonths).number().filter(|months| *months > 0);
    Some((starts, months.and_then(|months| Some(months_after(starts, months)? - 1))))
}

/// The day so many months later; none for what is beyond the calendar.
fn months_after(from: i32, months: i64) -> Option<i32> {
    let date: jiff::civil::Date = day_text(from).parse().ok()?;
    day(&date.checked_add(jiff::Span::new().try_months(months).ok()?).ok()?.to_string())
}

/// 1 and 3 planned, 2 and 4 as it was; the standard wants one at least.
fn dates(xml: &mut Xml, dossier: &DossierRecord) {
    let planned = planned(dossier);
    let began = moved(dossier, "running");
    let text = |field| day(dossier.fields.text(field));
    let known = || {
        let days =
            [text(Field::DecisionDay), text(Field::FiledDay), dossier.moves.first().map(|one| day_of(one.at_ms))];
        days.into_iter().flatten().next().unwrap_or(0)
    };
    let begins = planned.map(|(starts, _)| starts).or_else(|| if began.is_none() { Some(known()) } else { None });
    let ended = moved(dossier, "closed").filter(|_| dossier.fields.text(Field::Stage) == "closed");
    for (kind, day) in [("1", begins), ("2", began), ("3", planned.and_then(|(_, ends)| ends)), ("4", ended)] {
        if let Some(day) = day {
            xml.empty("activity-date", &[("type", kind), ("iso-date", &day_text(day))]);
        }
    }
}

fn places(xml: &mut Xml, dossier: &DossierRecord) {
    for place in dossier.rows.kept(Table::Place) {
        let (name, code) = (place.fields.text(Field::Commune), place.fields.text(Field::CommuneCode));
        let about: &[(&str, &str)] = if code.is_empty() { &[] } else { &[("ref", code)] };
        xml.within("location", about, |xml| {
            // 1: it happens there.
            xml.empty("location-reach", &[("code", "1")]);
            xml.told("name", &[], name);
        });
    }
}

fn goals(xml: &mut Xml, dossier: &DossierRecord) {
    let goals: Vec<(i64, bool)> = dossier
        .rows
        .kept(Table::Goal)
        .filter_map(|row| {
            Some((row.fields.get(Field::GoalNumber).number()?, row.fields.text(Field::MainGoal) == "yes"))
        })
        .collect();
    for (number, _) in &goals {
        xml.empty("tag", &[("vocabulary", "2"), ("code", &number.to_string())]);
    }
    for (marker, of) in MARKERS {
        let is_main = goals.iter().filter(|(number, _)| of.contains(number)).map(|(_, is_main)| *is_main).max();
        if let Some(is_main) = is_main {
            // 2: what it is for; 1: among other things.
            let significance = if is_main { "2" } else { "1" };
            xml.empty("policy-marker", &[("vocabulary", "1"), ("code", marker), ("significance", significance)]);
        }
    }
}

/// The whole cost, over the years that it lasts: no budget of the standard is longer than one.
fn budgets(xml: &mut Xml, dossier: &DossierRecord) {
    let Some((starts, Some(_))) = planned(dossier) else { return };
    let months = dossier.fields.get(Field::DurationMonths).number().unwrap_or(0);
    let total = dossier.total_cents(Side::Expense);
    if total <= 0 {
        return;
    }
    let mut spent = 0;
    for year in 0..(months + 11) / 12 {
        let (first, last) = (year * 12, months.min((year + 1) * 12));
        let until = i64::try_from(i128::from(total) * i128::from(last) / i128::from(months)).unwrap_or(total);
        let (Some(from), Some(to)) = (months_after(starts, first), months_after(starts, last)) else { return };
        let (from, to) = (day_text(from), day_text(to - 1));
        // 1: as it was first planned; 2: committed.
        xml.within("budget", &[("type", "1"), ("status", "2")], |xml| {
            xml.empty("period-start", &[("iso-date", &from)]);
            xml.empty("period-end", &[("iso-date", &to)]);
            xml.text("value", &[("currency", "EUR"), ("value-date", &from)], &decimal(until - spent));
        });
        spent = until;
    }
}

/// The grant that was agreed to, what came of it, and what was spent in the end.
fn transactions(xml: &mut Xml, project: &Project) {
    let f = &project.dossier.fields;
    let cents = |fields: &shared::record::Fields, field| fields.get(field).number().filter(|cents| *cents > 0);
    let mut one = |kind: &str, day: &str, cents: i64, description: &str, provider: &str, receiver: &str| {
        xml.within("transaction", &[], |xml| {
            xml.empty("transaction-type", &[("code", kind)]);
            xml.empty("transaction-date", &[("iso-date", day)]);
            xml.text("value", &[("currency", "EUR"), ("value-date", day)], &decimal(cents));
            if !description.is_empty() {
                xml.told("description", &[], description);
            }
            if !provider.is_empty() {
                xml.told("provider-org", &[], provider);
            }
            if !receiver.is_empty() {
                xml.told("receiver-org", &[], receiver);
            }
        });
    };
    let agreed = [Field::AgreementDay, Field::DecisionDay].map(|field| f.text(field));
    let agreed = agreed.into_iter().find(|text| !text.is_empty());
    if let (Some(cents), Some(day)) = (cents(f, Field::GrantedCents), agreed) {
        one("11", day, cents, f.text(Field::AgreementNumber), &project.programme, &project.association);
    }
    for row in project.dossier.rows.kept(Table::Instalment) {
        let day = row.fields.text(Field::Received);
        if let (Some(cents), false) = (cents(&row.fields, Field::ReceivedCents), day.is_empty()) {
            one("1", day, cents, row.fields.text(Field::Label), &project.programme, &project.association);
        }
    }
    let lines = project.dossier.lines.iter().filter(|l| l.side == Side::Expense && l.state != LineState::Removed);
    let spent: i64 = lines.filter_map(|line| cents(&line.fields, Field::SpentCents)).sum();
    let reported = moved(&project.dossier, "final_report").or_else(|| moved(&project.dossier, "closed"));
    if let (true, Some(day)) = (spent > 0, reported) {
        one("4", &day_text(day), spent, "", &project.association, "");
    }
}

/// `1234.56`
fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn moment(at_ms: u64) -> String {
    let at = i64::try_from(at_ms / 1_000).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Writing into memory, which does not fail.
struct Xml(Writer<Cursor<Vec<u8>>>);

impl Xml {
    fn event(&mut self, event: Event<'_>) {
        self.0.write_event(event).expect("memory takes what is written");
    }

    fn within(&mut self, name: &str, about: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        let start = start(name, about);
        let end = start.to_end().into_owned();
        self.event(Event::Start(start));
        inside(self);
        self.event(Event::End(end));
    }

    fn empty(&mut self, name: &str, about: &[(&str, &str)]) {
        self.event(Event::Empty(start(name, about)));
    }

    fn text(&mut self, name: &str, about: &[(&str, &str)], text: &str) {
        self.within(name, about, |xml| xml.event(Event::Text(BytesText::new(&legal(text)))));
    }

    /// What is told to people: in a narrative.
    fn told(&mut self, name: &str, about: &[(&str, &str)], text: &str) {
        self.within(name, about, |xml| xml.text("narrative", &[], legal(text).trim()));
    }
}

fn start(name: &str, about: &[(&str, &str)]) -> quick_xml::events::BytesStart<'static> {
    let mut start = quick_xml::events::BytesStart::new(name.to_owned());
    about.iter().for_each(|(key, value)| start.push_attribute((*key, legal(value).as_str())));
    start
}

/// Without what XML 1.0 has no way to say.
fn legal(text: &str) -> String {
    let is_legal =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_legal).collect()
}
