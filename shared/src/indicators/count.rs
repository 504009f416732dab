//! Counting, and the records behind each number.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Act, Code, Dossier, Event, Facts, Figure, Grouping, HalfDay, Indicators, Leader, Line, Period, Presence, Table,
    date, day_text,
};
use crate::{
    field::{AGE_BANDS, OPINIONS, SEXES, STAGES, YES_NO},
    figures::{Shown, UNKNOWN},
    id::DocumentId,
    mark::Status,
};

/// A record behind a number: what was counted, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// When, as a day; empty where it has none, or is counted over the whole period.
    pub day: String,
    /// What was counted: a person, an association, a dossier; the event where nobody is named.
    pub document: DocumentId,
    /// At which event, where it was at one.
    pub event: Option<DocumentId>,
    /// How much of the number it is, in the unit of the number.
    pub value: u64,
}

/// Somebody's part in the half-days of one period.
struct Came {
    person: u32,
    half_day: u32,
    /// F6.
    minutes: u32,
}

/// What is asked of the facts, with what follows from all of them.
struct Counting<'a> {
    facts: &'a Facts,
    period: Period,
    /// By person, then by half-day.
    came: Vec<Came>,
    /// F2: the people who were known before, by their places.
    known: Vec<bool>,
    associations_known: Vec<bool>,
    /// Of each association the key of whether women lead it, and of whether young people do.
    led: Vec<[&'static str; 2]>,
    /// The events at which anybody was.
    held: BTreeSet<u32>,
    /// What was given support in the period.
    supported: BTreeSet<DocumentId>,
}

/// A key, and what stands in the columns.
type Cell = (String, [u64; 3]);

/// Counts.
#[must_use]
pub fn count(facts: &Facts, period: Period) -> Indicators {
    let counting = Counting::new(facts, period);
    let figures = Code::ALL.iter().map(|code| Figure {
        code: *code,
        unit: code.unit(),
        value: counting.value(*code),
        shown: Shown::Plain,
        target: None,
    });
    let tables = Grouping::ALL.into_iter().map(|by| counting.table(by)).filter(|table| !table.rows.is_empty());
    let text = |day: Option<i32>| day.map_or_else(String::new, day_text);
    let mut indicators = Indicators {
        from: text(period.from),
        to: text(period.to),
        figures: figures.collect(),
        tables: tables.collect(),
    };
    indicators.publish();
    indicators
}

/// The records behind a number, or behind one line of a table; by day, then by what was counted.
///
/// Of a share they are what it is a share of.
#[must_use]
pub fn records(facts: &Facts, period: Period, code: Code, line: Option<(Grouping, &str)>) -> Vec<Reference> {
    let mut references = Counting::new(facts, period).records(code, line);
    references.sort_unstable();
    references
}

impl<'a> Counting<'a> {
    fn new(facts: &'a Facts, period: Period) -> Self {
        let counts = |half_day: u32| {
            let HalfDay { event, day, .. } = facts.half_days[half_day as usize];
            period.has(day) && facts.events[event as usize].counts
        };
        let mut presences: Vec<Presence> = facts.presences.iter().filter(|one| counts(one.half_day)).copied().collect();
        presences.sort_unstable();
        let ones = presences.chunk_by(|a, b| (a.person, a.half_day) == (b.person, b.half_day));
        let came: Vec<Came> = ones.map(|one| came(one, &facts.half_days)).collect();
        let unnamed = facts.unnamed.iter().filter(|one| one.people > 0 && counts(one.half_day));
        let held = came.iter().map(|one| one.half_day).chain(unnamed.map(|one| one.half_day));
        let mut counting = Self {
            facts,
            period,
            held: held.map(|half_day| facts.half_days[half_day as usize].event).collect(),
            came,
            known: Vec::new(),
            associations_known: Vec::new(),
            led: led(facts, period),
            supported: facts.acts.iter().filter(|act| period.has(act.day)).map(|act| act.document).collect(),
        };
        counting.find_known();
        counting
    }

    /// F2, of everybody who came: whether they, or somebody of their association, were at an event that began on an earlier day
    /// than the first that is counted here.
    fn find_known(&mut self) {
        let facts = self.facts;
        let mut begins = vec![i32::MAX; facts.events.len()];
        for half_day in &facts.half_days {
            let first = &mut begins[half_day.event as usize];
            *first = (*first).min(half_day.day.unwrap_or(i32::MAX));
        }
        let begins = |half_day: u32| begins[facts.half_days[half_day as usize].event as usize];
        let earliest = |days: &mut Vec<i32>, place: u32, day: i32| {
            let first = &mut days[place as usize];
            *first = (*first).min(day);
        };
        let firsts = |presences: &mut dyn Iterator<Item = (u32, u32)>| {
            let mut people = vec![i32::MAX; facts.people.len()];
            let mut associations = vec![i32::MAX; facts.associations.len()];
            for (person, half_day) in presences {
                earliest(&mut people, person, begins(half_day));
                if let Some(association) = facts.people[person as usize].association {
                    earliest(&mut associations, association, begins(half_day));
                }
            }
            (people, associations)
        };
        let ever = firsts(&mut facts.presences.iter().map(|one| (one.person, one.half_day)));
        let here = firsts(&mut self.came.iter().map(|one| (one.person, one.half_day)));
        // Who is counted at no event with a day is new: nothing is earlier than no day.
        let known = |(ever, here): (&i32, &i32)| *here != i32::MAX && ever < here;
        self.known = ever.0.iter().zip(&here.0).map(known).collect();
        self.associations_known = ever.1.iter().zip(&here.1).map(known).collect();
    }

    fn half_day(&self, place: u32) -> HalfDay {
        self.facts.half_days[place as usize]
    }

    fn event_of(&self, half_day: u32) -> &Event {
        &self.facts.events[self.half_day(half_day).event as usize]
    }

    fn counts(&self, half_day: u32) -> bool {
        self.period.has(self.half_day(half_day).day) && self.event_of(half_day).counts
    }

    /// The people who came, each with how often.
    fn people(&self) -> impl Iterator<Item = (u32, u64)> {
        self.came.chunk_by(|a, b| a.person == b.person).map(|of| (of[0].person, of.len() as u64))
    }

    /// The associations that were reached.
    fn associations(&self) -> BTreeSet<u32> {
        self.came.iter().filter_map(|one| self.facts.people[one.person as usize].association).collect()
    }

    /// The associations that were reached of which it can be told who leads them.
    fn led_told(&self, code: Code) -> Vec<u32> {
        self.associations().into_iter().filter(|one| self.led[*one as usize][led_place(code)] != UNKNOWN).collect()
    }

    fn unnamed(&self) -> impl Iterator<Item = &super::Unnamed> {
        self.facts.unnamed.iter().filter(|one| one.people > 0 && self.counts(one.half_day))
    }

    fn opinions(&self) -> impl Iterator<Item = &super::Opinion> {
        let counts = |one: &&super::Opinion| self.period.has(one.day) && self.facts.events[one.event as usize].counts;
        self.facts.opinions.iter().filter(counts)
    }

    fn acts(&self, is_collective: bool) -> impl Iterator<Item = &Act> {
        self.facts.acts.iter().filter(move |one| one.is_collective == is_collective && self.period.has(one.day))
    }

    fn dossiers(&self, is: impl Fn(&Dossier) -> bool) -> impl Iterator<Item = &Dossier> {
        self.facts.dossiers.iter().filter(move |one| is(one))
    }

    /// Whether a day that somebody wrote down falls in the period: none does not, even in all time.
    fn dated(&self, day: Option<i32>) -> bool {
        day.is_some() && self.period.has(day)
    }

    fn is_accompanied(&self, one: &Dossier) -> bool {
        self.period.is_open()
            || self.supported.contains(&one.id)
            || self.dated(one.filed)
            || self.dated(one.decided)
            || one.moves.iter().any(|moved| self.period.has(Some(moved.day)))
    }

    fn is_decided(&self, one: &Dossier, outcome: &str) -> bool {
        one.outcome == outcome && self.period.has(one.decided)
    }

    /// The dossiers that an indicator counts, or that it adds amounts of.
    fn dossiers_of(&self, code: Code) -> Vec<&Dossier> {
        match code {
            Code::Dossiers => self.dossiers(|one| self.is_accompanied(one)).collect(),
            Code::DossiersVisaed => self.dossiers(|one| self.dated(one.visaed)).collect(),
            Code::DossiersFiled | Code::AskedCents => self.dossiers(|one| self.dated(one.filed)).collect(),
            Code::DossiersGranted | Code::GrantedCents => {
                self.dossiers(|one| self.is_decided(one, "granted")).collect()
            }
            Code::DossiersRefused => self.dossiers(|one| self.is_decided(one, "refused")).collect(),
            Code::SuccessRate => {
                self.dossiers(|one| self.is_decided(one, "granted") || self.is_decided(one, "refused")).collect()
            }
            _ => Vec::new(),
        }
    }

    fn value(&self, code: Code) -> Option<u64> {
        let minutes = |is_collective| self.acts(is_collective).map(|act| u64::from(act.minutes)).sum();
        Some(match code {
            Code::Events => self.held.len() as u64,
            Code::Participations => self.came.len() as u64,
            Code::People => self.people().count() as u64,
            Code::PeopleNew => self.people().filter(|(person, _)| !self.known[*person as usize]).count() as u64,
            Code::Unnamed => self.unnamed().map(|one| u64::from(one.people)).sum(),
            Code::Associations => self.associations().len() as u64,
            Code::AssociationsNew => {
                self.associations().iter().filter(|one| !self.associations_known[**one as usize]).count() as u64
            }
            Code::SupportAttended => self.supports().map(|one| u64::from(one.minutes)).sum(),
            Code::SupportIndividual => minutes(false),
            Code::SupportCollective => minutes(true),
            Code::Dossiers
            | Code::DossiersVisaed
            | Code::DossiersFiled
            | Code::DossiersGranted
            | Code::DossiersRefused => self.dossiers_of(code).len() as u64,
            Code::AskedCents => self.dossiers_of(code).iter().map(|one| one.asked_cents).sum(),
            Code::GrantedCents => self.dossiers_of(code).iter().map(|one| one.granted_cents).sum(),
            Code::SuccessRate => {
                return share(self.dossiers_of(Code::DossiersGranted).len(), self.dossiers_of(code).len());
            }
            Code::LedByWomen | Code::LedByYouth => {
                let told = self.led_told(code);
                return share(
                    told.iter().filter(|one| self.led[**one as usize][led_place(code)] == YES).count(),
                    told.len(),
                );
            }
            Code::Opinions => self.opinions().count() as u64,
            Code::Satisfaction => {
                let answers = || self.opinions().flat_map(|one| one.answers).filter(|answer| !answer.is_empty());
                return share(answers().filter(|answer| *answer == "good").count(), answers().count());
            }
        })
    }

    /// The participations in collective support.
    fn supports(&self) -> impl Iterator<Item = &Came> {
        self.came.iter().filter(|one| self.event_of(one.half_day).is_support)
    }

    fn departement(&self, person: u32) -> &str {
        let person = &self.facts.people[person as usize];
        let seat = person.association.map_or(UNKNOWN, |at| &*self.facts.associations[at as usize].departement);
        if person.departement.is_empty() { seat } else { &person.departement }
    }

    /// In which line of a table somebody is.
    fn line_of(&self, by: Grouping, person: u32) -> &str {
        let one = &self.facts.people[person as usize];
        let word = |word: &'static str| if word == "unspecified" { UNKNOWN } else { word };
        match by {
            Grouping::Novelty => {
                if self.known[person as usize] {
                    "returning"
                } else {
                    "new"
                }
            }
            Grouping::Sex => word(one.sex),
            Grouping::AgeBand => one.age_band,
            Grouping::Departement => self.departement(person),
            _ => one.association.map_or(UNKNOWN, |at| &*self.facts.associations[at as usize].origin),
        }
    }

    /// In which line of a table of associations one is.
    fn association_line(&self, by: Grouping, one: u32) -> &str {
        let association = &self.facts.associations[one as usize];
        match by {
            Grouping::AssociationOrigin => &association.origin,
            Grouping::LedByWomen => self.led[one as usize][led_place(Code::LedByWomen)],
            Grouping::LedByYouth => self.led[one as usize][led_place(Code::LedByYouth)],
            _ => &association.departement,
        }
    }

    fn month_of(&self, half_day: u32) -> String {
        let day = self.half_day(half_day).day.map(date);
        day.map_or_else(String::new, |(year, month, _)| format!("{year:04}-{month:02}"))
    }

    fn table(&self, by: Grouping) -> Table {
        let of_people = |by| self.people().map(|(one, n)| (self.line_of(by, one).to_owned(), [1, n, 0])).collect();
        let associations = || {
            let cell = |one: u32| {
                let is_new = !self.associations_known[one as usize];
                (self.association_line(by, one).to_owned(), [1, u64::from(is_new), 0])
            };
            self.associations().into_iter().map(cell).collect()
        };
        let opinions = |n: usize| self.opinions().map(|one| (one.answers[n].to_owned(), [1, 0, 0])).collect();
        let unspecified = |word: &str| if word == "unspecified" { String::new() } else { word.to_owned() };
        let (words, cells): (&[&str], Vec<Cell>) = match by {
            Grouping::Month => (&[], self.months()),
            Grouping::Novelty => (&["new", "returning"], of_people(by)),
            Grouping::Sex => (SEXES, of_people(by)),
            Grouping::AgeBand => (AGE_BANDS, of_people(by)),
            Grouping::Departement | Grouping::Origin => (&[], of_people(by)),
            Grouping::UnnamedSex => {
                (SEXES, self.unnamed().map(|one| (unspecified(one.sex), [one.people.into(), 0, 0])).collect())
            }
            Grouping::UnnamedAgeBand => {
                (AGE_BANDS, self.unnamed().map(|one| (one.age_band.to_owned(), [one.people.into(), 0, 0])).collect())
            }
            Grouping::AssociationOrigin | Grouping::AssociationDepartement => (&[], associations()),
            Grouping::LedByWomen | Grouping::LedByYouth => (YES_NO, associations()),
            Grouping::Stage => (STAGES, self.stages()),
            Grouping::Useful => (OPINIONS, opinions(0)),
            Grouping::Clear => (OPINIONS, opinions(1)),
            Grouping::Again => (OPINIONS, opinions(2)),
        };
        Table { by, columns: by.columns().to_vec(), rows: lines(by, words, cells), is_published: true }
    }

    /// One cell for each person and month.
    fn months(&self) -> Vec<Cell> {
        let mut cells: BTreeMap<(u32, String), u64> = BTreeMap::new();
        for one in &self.came {
            *cells.entry((one.person, self.month_of(one.half_day))).or_default() += 1;
        }
        cells.into_iter().map(|((_, month), n)| (month, [1, n, 0])).collect()
    }

    fn stages(&self) -> Vec<Cell> {
        let cell =
            |one: &Dossier| Some((one.stage_at(self.period.to)?.to_owned(), [1, one.asked_cents, one.granted_cents]));
        self.facts.dossiers.iter().filter_map(cell).collect()
    }

    fn records(&self, code: Code, line: Option<(Grouping, &str)>) -> Vec<Reference> {
        match line {
            Some((Grouping::Stage, key)) => self.records_of_stage(code, key),
            Some((by, key)) => self.records_of_line(by, key, code),
            None => self.records_of(code),
        }
    }

    fn presence(&self, one: &Came, value: u64) -> Reference {
        let day = self.half_day(one.half_day).day.map_or_else(String::new, day_text);
        let event = self.event_of(one.half_day).id;
        Reference { day, document: self.facts.people[one.person as usize].id, event: Some(event), value }
    }

    fn association(&self, one: u32) -> Reference {
        plain(self.facts.associations[one as usize].id, 1)
    }

    fn at_event(&self, event: u32, day: Option<i32>, value: u64) -> Reference {
        let id = self.facts.events[event as usize].id;
        Reference { day: day.map_or_else(String::new, day_text), document: id, event: Some(id), value }
    }

    fn records_of(&self, code: Code) -> Vec<Reference> {
        let new_association = |one: &u32| !self.associations_known[*one as usize];
        match code {
            Code::Events => self.held.iter().map(|event| self.at_event(*event, None, 1)).collect(),
            Code::Participations => self.came.iter().map(|one| self.presence(one, 1)).collect(),
            Code::People => self.everybody(|_| true),
            Code::PeopleNew => self.everybody(|one| !self.known[one as usize]),
            Code::Unnamed => self.records_unnamed(|_| true),
            Code::Associations => self.associations().into_iter().map(|one| self.association(one)).collect(),
            Code::AssociationsNew => {
                self.associations().into_iter().filter(new_association).map(|one| self.association(one)).collect()
            }
            Code::LedByWomen | Code::LedByYouth => {
                self.led_told(code).into_iter().map(|one| self.association(one)).collect()
            }
            Code::SupportAttended => self.supports().map(|one| self.presence(one, one.minutes.into())).collect(),
            Code::SupportIndividual | Code::SupportCollective => {
                let day = |act: &Act| act.day.map_or_else(String::new, day_text);
                let acts = self.acts(code == Code::SupportCollective);
                acts.map(|act| Reference { day: day(act), ..plain(act.document, act.minutes.into()) }).collect()
            }
            Code::Opinions | Code::Satisfaction => {
                self.opinions().map(|one| self.at_event(one.event, one.day, 1)).collect()
            }
            _ => self.dossiers_of(code).into_iter().map(|one| dossier(one, code)).collect(),
        }
    }

    fn everybody(&self, is: impl Fn(u32) -> bool) -> Vec<Reference> {
        let ones = self.came.chunk_by(|a, b| a.person == b.person).filter(|of| is(of[0].person));
        ones.map(|of| Reference { day: String::new(), value: of.len() as u64, ..self.presence(&of[0], 1) }).collect()
    }

    fn records_unnamed(&self, is: impl Fn(&super::Unnamed) -> bool) -> Vec<Reference> {
        let ones = self.unnamed().filter(|one| is(one));
        ones.map(|one| {
            let half_day = self.half_day(one.half_day);
            self.at_event(half_day.event, half_day.day, one.people.into())
        })
        .collect()
    }

    fn records_of_stage(&self, code: Code, key: &str) -> Vec<Reference> {
        let stands = self.facts.dossiers.iter().filter(|one| one.stage_at(self.period.to) == Some(key));
        stands.map(|one| dossier(one, code)).collect()
    }

    fn records_of_line(&self, by: Grouping, key: &str, code: Code) -> Vec<Reference> {
        let specified = |word: &str| if word == "unspecified" { UNKNOWN } else { word } == key;
        let of_associations = || {
            let is = |one: &u32| {
                self.association_line(by, *one) == key
                    && (code != Code::AssociationsNew || !self.associations_known[*one as usize])
            };
            self.associations().into_iter().filter(is).map(|one| self.association(one)).collect()
        };
        let of_opinions = |n: usize| {
            let said = self.opinions().filter(|one| one.answers[n] == key);
            said.map(|one| self.at_event(one.event, one.day, 1)).collect()
        };
        match by {
            Grouping::Month => {
                let in_month = self.came.iter().filter(|one| self.month_of(one.half_day) == key);
                if code == Code::Participations {
                    return in_month.map(|one| self.presence(one, 1)).collect();
                }
                let people: BTreeSet<u32> = in_month.map(|one| one.person).collect();
                self.everybody(|one| people.contains(&one))
            }
            Grouping::UnnamedSex => self.records_unnamed(|one| specified(one.sex)),
            Grouping::UnnamedAgeBand => self.records_unnamed(|one| one.age_band == key),
            Grouping::AssociationOrigin
            | Grouping::AssociationDepartement
            | Grouping::LedByWomen
            | Grouping::LedByYouth => of_associations(),
            Grouping::Useful => of_opinions(0),
            Grouping::Clear => of_opinions(1),
            Grouping::Again => of_opinions(2),
            _ if code == Code::Participations => {
                let ones = self.came.iter().filter(|one| self.line_of(by, one.person) == key);
                ones.map(|one| self.presence(one, 1)).collect()
            }
            _ => self.everybody(|one| self.line_of(by, one) == key),
        }
    }
}

const YES: &str = "yes";
const NO: &str = "no";

/// Of each association whether women lead it, and whether young people do, on the last day of a period.
fn led(facts: &Facts, period: Period) -> Vec<[&'static str; 2]> {
    let leading = facts.leaders.iter().filter(|one| one.leads(period.to));
    // Somebody with two functions is one.
    let leading: BTreeMap<(u32, DocumentId), &Leader> =
        leading.map(|one| ((one.association, one.person), one)).collect();
    let mut counts = vec![[Half::default(); 2]; facts.associations.len()];
    for ((association, _), one) in leading {
        let is_woman = (!matches!(one.sex, "" | "unspecified")).then_some(one.sex == "f");
        let is_young = (!one.age_band.is_empty()).then_some(matches!(one.age_band, "under_18" | "18_30"));
        for (half, is) in counts[association as usize].iter_mut().zip([is_woman, is_young]) {
            half.add(is);
        }
    }
    counts.into_iter().map(|halves| halves.map(Half::said)).collect()
}

fn led_place(code: Code) -> usize {
    usize::from(code == Code::LedByYouth)
}

/// Whether some are more than half of all.
#[derive(Default, Clone, Copy)]
struct Half {
    all: usize,
    are: usize,
    may_be: usize,
}

impl Half {
    fn add(&mut self, is: Option<bool>) {
        self.all += 1;
        match is {
            Some(is) => self.are += usize::from(is),
            None => self.may_be += 1,
        }
    }

    /// Said only where it holds whatever those are of whom nobody knows.
    fn said(self) -> &'static str {
        if self.all == 0 {
            UNKNOWN
        } else if self.are * 2 > self.all {
            YES
        } else if (self.are + self.may_be) * 2 <= self.all {
            NO
        } else {
            UNKNOWN
        }
    }
}

/// What several who are one amount to in a half-day: a presence prevails, and of partial ones the longest (M2, F6).
fn came(ones: &[Presence], half_days: &[HalfDay]) -> Came {
    let whole = half_days[ones[0].half_day as usize].minutes;
    // They are in order, and a status that prevails is the lesser.
    let said = ones.iter().filter(|one| one.status == Status::Partial).filter_map(|one| one.minutes).max();
    let minutes = match ones[0].status {
        Status::Partial => said.map_or(whole, |said| whole.min(said.into())),
        _ => whole,
    };
    Came { person: ones[0].person, half_day: ones[0].half_day, minutes }
}

/// In basis points, rounded down; none of nothing.
fn share(part: usize, whole: usize) -> Option<u64> {
    (part as u64 * 10_000).checked_div(whole as u64)
}

fn plain(document: DocumentId, value: u64) -> Reference {
    Reference { day: String::new(), document, event: None, value }
}

fn dossier(one: &Dossier, code: Code) -> Reference {
    let (day, value) = match code {
        Code::AskedCents => (one.filed, one.asked_cents),
        Code::GrantedCents => (one.decided, one.granted_cents),
        Code::DossiersFiled => (one.filed, 1),
        Code::DossiersVisaed => (one.visaed, 1),
        Code::DossiersGranted | Code::DossiersRefused | Code::SuccessRate => (one.decided, 1),
        _ => (None, 1),
    };
    Reference { day: day.map_or_else(String::new, day_text), ..plain(one.id, value) }
}

/// Adds cells up: those words that there are in any case, and whatever else occurs; F4. Nothing where nothing was counted.
fn lines(by: Grouping, words: &[&str], cells: Vec<Cell>) -> Vec<Line> {
    if cells.is_empty() {
        return Vec::new();
    }
    let mut sums: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for (key, values) in cells {
        let sum = sums.entry(key).or_default();
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let columns = by.columns().len();
    let line = |key: &str, values: [u64; 3]| Line {
        key: key.to_owned(),
        name: String::new(),
        name_ar: String::new(),
        values: values[..columns].iter().map(|value| Some(*value)).collect(),
        shown: Shown::Plain,
    };
    let unknown = sums.remove(UNKNOWN);
    let words = words.iter().filter(|word| **word != "unspecified");
    let mut rows: Vec<Line> = words.map(|word| line(word, sums.remove(*word).unwrap_or_default())).collect();
    rows.extend(sums.into_iter().map(|(key, values)| line(&key, values)));
    // Whether somebody is new is known of everybody; a month that nobody knows is rare enough to be left out.
    match by {
        Grouping::Novelty => {}
        Grouping::Month | Grouping::Stage if unknown.is_none() => {}
        _ => rows.push(line(UNKNOWN, unknown.unwrap_or_default())),
    }
    rows
}
