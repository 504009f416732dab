//! Making lines, of whatever may be looked at.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _};
use shared::{document::Kind, id::DocumentId, names};

use super::{Listed, Text};
use crate::{
    places,
    storage::{
        StoreError,
        projections::{UNNAMED, sorting},
        twins,
    },
};

/// What may be looked at.
pub(super) struct Scene<'a> {
    pub(super) db: &'a Connection,
    pub(super) held: Option<&'a BTreeSet<DocumentId>>,
}

impl Scene<'_> {
    fn sees(&self, id: DocumentId) -> bool {
        self.held.is_none_or(|held| held.contains(&id))
    }

    pub(super) fn ids(&self, statement: &'static str, id: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        let mut statement = self.db.prepare_cached(statement)?;
        let rows = statement.query_map([id.0], |row| row.get(0).map(DocumentId))?;
        let mut ids = rows.collect::<Result<Vec<_>, _>>()?;
        ids.retain(|id| self.sees(*id));
        Ok(ids)
    }

    /// Who stands for a person or an association, as phones have it (`Replica::stands_for`).
    pub(super) fn stands_for(&self, id: DocumentId) -> Result<DocumentId, StoreError> {
        twins::stands_for_among(self.db, id, |id| self.sees(id))
    }

    /// Whether it is seen, and stands for itself.
    fn stands(&self, id: DocumentId) -> Result<bool, StoreError> {
        Ok(self.sees(id) && self.stands_for(id)? == id)
    }

    /// Everybody for whom this one stands, themselves first.
    pub(super) fn joined(&self, stands: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        let mut all = vec![stands];
        let mut at = 0;
        while at < all.len() {
            let joined = "SELECT document_id FROM person WHERE same_as = ?1
                          UNION ALL SELECT document_id FROM association WHERE same_as = ?1";
            for id in self.ids(joined, all[at])? {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
            at += 1;
        }
        Ok(all)
    }

    /// The events in which these people took part.
    pub(super) fn attended(&self, people: &[DocumentId]) -> Result<BTreeSet<DocumentId>, StoreError> {
        let mut events = BTreeSet::new();
        for person in people {
            events.extend(self.ids(
                "SELECT DISTINCT document_id FROM attendance
                 WHERE person = ? AND status IN ('present', 'partial', 'remote')",
                *person,
            )?);
        }
        Ok(events)
    }

    fn last_day(&self, events: &BTreeSet<DocumentId>) -> Result<String, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT last_day FROM event WHERE document_id = ?")?;
        let mut last = String::new();
        for event in events {
            last = last.max(statement.query_row([event.0], |row| row.get(0)).optional()?.unwrap_or_default());
        }
        Ok(last)
    }

    /// Puts the association that stands for a line's own into it; returns its title and its place.
    fn association(&self, one: &mut Listed) -> Result<(String, String), StoreError> {
        let Some(id) = one.association.filter(|id| self.sees(*id)) else { return Ok(Default::default()) };
        let id = self.stands_for(id)?;
        one.association = Some(id);
        let mut statement = self.db.prepare_cached("SELECT title, place FROM association WHERE document_id = ?")?;
        Ok(statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or_default())
    }

    /// A document's line, if it is one of that kind that has a line.
    pub(super) fn line(&self, kind: Kind, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        match kind {
            Kind::Person => self.person(id),
            Kind::Association => self.of_association(id),
            Kind::Event => self.event(id),
            Kind::Dossier => self.dossier(id),
            Kind::Contact | Kind::Call | Kind::Settings => Ok(None),
        }
    }

    fn blank(&self, kind: Kind, id: DocumentId) -> Result<Listed, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT number FROM document WHERE id = ?")?;
        let number = statement.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or_default();
        let unnamed = || UNNAMED.to_owned();
        Ok(Listed {
            number,
            document: id,
            kind,
            title: String::new(),
            title_ar: String::new(),
            sort: unnamed(),
            sex: String::new(),
            age_band: String::new(),
            commune: String::new(),
            place: String::new(),
            place_sort: unnamed(),
            association: None,
            association_title: String::new(),
            association_sort: unnamed(),
            word: String::new(),
            sectors: String::new(),
            networks: String::new(),
            origin: String::new(),
            coordinator: String::new(),
            joined: 0,
            events: 0,
            people: 0,
            dossiers: 0,
            cents: 0,
            day: String::new(),
        })
    }

    pub(super) fn person(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        if !self.stands(id)? {
            return Ok(None);
        }
        let mut one = self.blank(Kind::Person, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT name, name_ar, sort, sex, age_band, commune, place, association FROM person WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.title_ar = row.get(1)?;
            one.sort = row.get(2)?;
            one.sex = row.get(3)?;
            one.age_band = row.get(4)?;
            one.commune = row.get(5)?;
            one.place = row.get(6)?;
            one.association = row.get::<_, Option<_>>(7)?.map(DocumentId);
            Ok(())
        });
        if read.optional()?.is_none() {
            return Ok(None);
        }
        let all = self.joined(id)?;
        let events = self.attended(&all)?;
        let (title, seat) = self.association(&mut one)?;
        one.lie(if one.place.is_empty() { seat } else { one.place.clone() });
        one.belong(title);
        one.joined = length(all.len() - 1);
        one.events = length(events.len());
        one.day = self.last_day(&events)?;
        let mut text = Text::default();
        for person in all {
            self.add_names(person, &mut text)?;
        }
        text.also(&one.association_title);
        text.also(&one.commune);
        text.also(places::names_of(&one.place).unwrap_or_default().0);
        Ok(Some((one, text)))
    }

    /// The names and numbers by which one of several joined people is found.
    fn add_names(&self, person: DocumentId, text: &mut Text) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached("SELECT name, name_ar FROM person WHERE document_id = ?")?;
        let (name, name_ar): (String, String) =
            statement.query_row([person.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or_default();
        text.named(&name);
        if name_ar != name {
            text.named(&name_ar);
        }
        if self.sees(DocumentId::contact_of(person)) {
            let mut statement = self.db.prepare_cached("SELECT e164 FROM phone WHERE person = ? ORDER BY e164")?;
            let phones = statement.query_map([person.0], |row| row.get::<_, String>(0))?;
            for phone in phones {
                text.dialled(&phone?);
            }
        }
        Ok(())
    }

    fn of_association(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        if !self.stands(id)? {
            return Ok(None);
        }
        let mut one = self.blank(Kind::Association, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, name_ar, place, city, sectors, networks FROM association WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.title_ar = row.get(1)?;
            one.commune = row.get(3)?;
            one.sectors = barred(&row.get::<_, String>(4)?);
            one.networks = barred(&row.get::<_, String>(5)?);
            row.get(2)
        });
        let Some(place) = read.optional()? else { return Ok(None) };
        one.sort = sorting(if one.title.is_empty() { &one.title_ar } else { &one.title });
        one.lie(place);
        one.origin = self.origin(id)?;
        let all = self.joined(id)?;
        let (mut people, mut stand, mut events) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut text = Text::default();
        for association in &all {
            people.extend(self.ids("SELECT document_id FROM person WHERE association = ?", *association)?);
            events.extend(self.ids("SELECT document_id FROM event_link WHERE association = ?", *association)?);
            one.dossiers +=
                length(self.ids("SELECT document_id FROM dossier WHERE association = ?", *association)?.len());
            self.add_titles(*association, &mut text)?;
        }
        for person in &people {
            stand.insert(self.stands_for(*person)?);
        }
        events.extend(self.attended(&people)?);
        one.joined = length(all.len() - 1);
        one.people = length(stand.len());
        one.events = length(events.len());
        one.day = self.last_day(&events)?;
        text.also(places::names_of(&one.place).unwrap_or_default().0);
        Ok(Some((one, text)))
    }

    /// What one of several joined associations is found by.
    fn add_titles(&self, association: DocumentId, text: &mut Text) -> Result<(), StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT search, title, name_ar, city, rna, siret FROM association WHERE document_id = ?")?;
        Ok(statement.query_row([association.0], |row| {
            let column = |n: usize| row.get::<_, String>(n);
            text.named_folded(&column(0)?);
            text.sounding(&column(1)?);
            text.sounding(&column(2)?);
            for n in 3..=5 {
                text.also(&column(n)?);
            }
            Ok(())
        })?)
    }

    /// The provinces and communes of origin, each province once more by itself.
    fn origin(&self, id: DocumentId) -> Result<String, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT code FROM reach WHERE document_id = ? AND role = 'origin' ORDER BY code")?;
        let codes = statement.query_map([id.0], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut all = BTreeSet::new();
        for code in codes {
            let around = shared::territory::around_commune(&code);
            all.extend(around.iter().filter_map(|place| place.strip_prefix("MA.")).map(str::to_owned));
            all.insert(code);
        }
        Ok(barred(&all.into_iter().collect::<Vec<_>>().join(",")))
    }

    fn event(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        let mut one = self.blank(Kind::Event, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, event_kind, place, commune, first_day, place_code FROM event WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.word = row.get(1)?;
            one.commune = row.get(3)?;
            one.day = row.get(4)?;
            Ok((row.get::<_, String>(2)?, row.get::<_, String>(5)?))
        });
        let Some((hall, place)) = read.optional()? else { return Ok(None) };
        one.sort = sorting(&one.title);
        one.lie(place);
        let came = self.ids(
            "SELECT DISTINCT person FROM attendance
             WHERE document_id = ? AND status IN ('present', 'partial', 'remote')",
            id,
        )?;
        let mut stand = BTreeSet::new();
        for person in came {
            stand.insert(self.stands_for(person)?);
        }
        one.people = length(stand.len());
        let mut text = Text::default();
        text.named_folded(&names::fold_search(&one.title));
        text.also(&hall);
        text.also(&one.commune);
        Ok(Some((one, text)))
    }

    fn dossier(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        let mut one = self.blank(Kind::Dossier, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, stage, territory, association, place_code, sector, coordinator, grant_cents
             FROM dossier WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.word = row.get(1)?;
            one.commune = row.get(2)?;
            one.association = row.get::<_, Option<_>>(3)?.map(DocumentId);
            one.sectors = barred(&row.get::<_, String>(5)?);
            one.coordinator = row.get(6)?;
            one.cents = row.get(7)?;
            row.get::<_, String>(4)
        });
        let Some(place) = read.optional()? else { return Ok(None) };
        one.sort = sorting(&one.title);
        one.lie(place);
        let (title, _) = self.association(&mut one)?;
        one.belong(title);
        let mut text = Text::default();
        text.named_folded(&names::fold_search(&one.title));
        for other in [&one.association_title, &one.commune, &one.coordinator] {
            text.also(other);
        }
        Ok(Some((one, text)))
    }
}

impl Listed {
    fn lie(&mut self, place: String) {
        self.place_sort = sorting(places::names_of(&place).unwrap_or_default().0);
        self.place = place;
    }

    fn belong(&mut self, association_title: String) {
        self.association_sort = sorting(&association_title);
        self.association_title = association_title;
    }
}

impl Text {
    fn named(&mut self, name: &str) {
        self.named_folded(&names::fold_search(name));
        self.sounding(name);
    }

    /// The words; two neighbours as one, since many write them so; Arabic words without their article.
    fn named_folded(&mut self, folded: &str) {
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        let glued = words.windows(2).map(<[&str]>::concat);
        let bare = words.iter().filter_map(|word| word.strip_prefix("ال")).filter(|bare| bare.chars().count() >= 3);
        let all = words.iter().map(|word| (*word).to_owned()).chain(glued).chain(bare.map(str::to_owned));
        for word in all {
            push(&mut self.name, &word);
        }
    }

    fn sounding(&mut self, name: &str) {
        for key in names::sound_keys(name).into_iter().flatten() {
            push(&mut self.sound, &key);
        }
    }

    fn also(&mut self, text: &str) {
        push(&mut self.other, &names::fold_search(text));
    }

    /// A number as it is dialled from abroad, and at home.
    fn dialled(&mut self, e164: &str) {
        let digits = e164.trim_start_matches('+');
        push(&mut self.other, digits);
        if let Some(rest) = digits.strip_prefix("33").or_else(|| digits.strip_prefix("212")) {
            push(&mut self.other, &format!("0{rest}"));
        }
    }
}

fn push(words: &mut String, more: &str) {
    if !more.is_empty() && !words.is_empty() {
        words.push(' ');
    }
    words.push_str(more);
}

/// Words with commas between as columns hold them: `|water|health|`.
fn barred(words: &str) -> String {
    let words: Vec<&str> = words.split([',', ';']).map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { String::new() } else { format!("|{}|", words.join("|")) }
}

fn length(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
