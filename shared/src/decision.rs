//! Decisions: how a Question was settled, as part of the document's history (Q1 to Q4).
//!
//! - **Q1** A decision is written in the same change as what it does: a row at the root (`decision/…`) that says what was asked, what
//!   was chosen and why, and a register (`decided/…`, named by the place that was asked about) that names the row. What stood there
//!   is the document right before that change: nothing of it is copied, and nobody can say otherwise.
//! - **Q2** It stands while every row that the register names chose the same. Two who decided differently apart leave two rows that
//!   disagree: neither stands, and the Question is asked again with both.
//! - **Q3** Taking a decision back is a decision that chose nothing. The Question is asked again with all that stood before, until
//!   somebody who knew of that writes there. Withdrawals that a decision made count while it stands and no longer.
//! - **Q4** What no edit can settle (late marks, what is odd about a sheet) is seen: that decision holds for what was to be seen then.
//!   What has come since is asked anew.

use automerge::{
    Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value as Crdt,
    iter::{MapRange, MapRangeItem},
};
use serde::{Deserialize, Serialize};

use crate::{
    document::{Document, Kind, device_of},
    edit::{self, is_section_key},
    effect::{capability_to_set, capability_to_write_rows},
    field::{Field, Value},
    id::{AccountId, DeviceId, DocumentId, RowId},
    permission::Capability,
    table::Table,
};

/// Rows at the root: decisions, written once.
pub(crate) const DECISION: &str = "decision";
/// Registers at the root: which decision holds of the place that follows.
pub(crate) const DECIDED: &str = "decided";
/// Registers at the root: who looks after the place that follows.
pub(crate) const ASSIGNED: &str = "assigned";
/// The cell of a withdrawal that names the decision which made it.
pub(crate) const BY_DECISION: &str = "decision";

/// One word on a Question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Decision {
    /// Which one.
    pub id: RowId,
    /// The place that was asked about: see `Question::place`.
    pub asked: String,
    /// What was chosen; nothing where a decision was taken back.
    pub chose: Value,
    /// Why, where that was said.
    pub reason: String,
    /// When, by the device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// On which device.
    pub by: Option<DeviceId>,
    /// Whether its place speaks of it, and of no later one: of those who decided apart, each.
    pub last: bool,
    /// Whether it holds now (Q2).
    pub stands: bool,
}

/// What was decided in a document, and who looks after what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Decided {
    /// Every decision, those taken back too, the earliest first.
    pub decisions: Vec<Decision>,
    /// Places, and the account that looks after each; a place stands here several times where accounts were named apart.
    pub assigned: Vec<(String, AccountId)>,
}

impl Decided {
    /// Reads what was decided.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let past = Past { crdt: document.crdt(), at: None };
        let (last, standing) = (past.last(), past.standing());
        let mut decisions: Vec<Decision> = Vec::new();
        for (key, row) in past.family(DECISION) {
            let Ok(id) = key.parse::<RowId>() else { continue };
            let at_ms = past.value(&row, "at_ms").number().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            let by = match &row {
                ObjId::Id(_, actor, _) => device_of(actor.to_bytes()),
                ObjId::Root => None,
            };
            let one = Decision {
                id,
                asked: past.value(&row, "asked").to_string(),
                chose: past.value(&row, "chose"),
                reason: past.value(&row, "reason").to_string(),
                at_ms,
                by,
                last: last.iter().any(|(_, rows)| rows.contains(&id)),
                stands: standing.contains(&id),
            };
            // A phone pays for each way of sorting with its download: these are few.
            let place = decisions.partition_point(|other| (other.at_ms, other.id) < (one.at_ms, one.id));
            decisions.insert(place, one);
        }
        let mut assigned = Vec::new();
        for (place, values) in past.registers(ASSIGNED) {
            let accounts = values.iter().filter_map(|value| value.text().parse().ok());
            assigned.extend(accounts.map(|account| (place.clone(), account)));
        }
        assigned.dedup();
        Self { decisions, assigned }
    }

    /// Those that hold of a place, or that disagree about it.
    pub fn last_at<'a>(&'a self, place: &'a str) -> impl Iterator<Item = &'a Decision> {
        self.decisions.iter().filter(move |one| one.last && one.asked == place)
    }

    /// What was decided of a place and holds.
    #[must_use]
    pub fn standing(&self, place: &str) -> Option<&Value> {
        self.decisions.iter().find(|one| one.stands && one.asked == place).map(|one| &one.chose)
    }

    /// The places of that family about which a decision was taken back, or people decided apart.
    pub fn open_in<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a str> {
        let open = self.decisions.iter().filter(|one| one.last && !one.stands).map(|one| one.asked.as_str());
        open.filter(move |place| place.split_once('/').is_some_and(|(of, _)| of == family))
    }
}

/// A document in one of its versions; as it is now where none is named.
struct Past<'a> {
    crdt: &'a Automerge,
    at: Option<&'a [ChangeHash]>,
}

impl Past<'_> {
    fn range(&self, family: &str) -> MapRange<'_> {
        // '0' comes after '/'.
        let range = format!("{family}/")..format!("{family}0");
        match self.at {
            None => self.crdt.map_range(ROOT, range),
            Some(at) => self.crdt.map_range_at(ROOT, range, at),
        }
    }

    fn all(&self, object: &ObjId, key: &str) -> Vec<(Crdt<'_>, ObjId)> {
        let got = self.at.map_or_else(|| self.crdt.get_all(object, key), |at| self.crdt.get_all_at(object, key, at));
        got.unwrap_or_default()
    }

    fn value(&self, object: &ObjId, key: &str) -> Value {
        match self.all(object, key).pop() {
            Some((Crdt::Scalar(scalar), _)) => Value::from_scalar(&scalar),
            _ => Value::Empty,
        }
    }

    fn family(&self, family: &str) -> Vec<(String, ObjId)> {
        let rows =
            self.range(family).filter(|item| matches!(item.value.clone().into_value(), Crdt::Object(ObjType::Map)));
        rows.map(|item| (after_slash(&item.key), item.id())).collect()
    }

    fn registers(&self, family: &str) -> Vec<(String, Vec<Value>)> {
        let read = |item: MapRangeItem<'_>| {
            let values = self.all(&ROOT, &item.key).into_iter().filter_map(|(value, _)| match value {
                Crdt::Scalar(scalar) => Some(Value::from_scalar(&scalar)),
                Crdt::Object(_) => None,
            });
            (after_slash(&item.key), values.collect())
        };
        self.range(family).map(read).collect()
    }

    /// The rows that the registers name, by place.
    fn last(&self) -> Vec<(String, Vec<RowId>)> {
        let named = self.registers(DECIDED).into_iter();
        named
            .map(|(place, values)| (place, values.iter().filter_map(|value| value.text().parse().ok()).collect()))
            .collect()
    }

    fn row(&self, id: RowId) -> Option<ObjId> {
        let (value, row) = self.all(&ROOT, &format!("{DECISION}/{id}")).pop()?;
        matches!(value, Crdt::Object(ObjType::Map)).then_some(row)
    }

    fn chose(&self, id: RowId) -> Value {
        self.row(id).map_or(Value::Empty, |row| self.value(&row, "chose"))
    }

    /// Q2: the decisions that hold.
    fn standing(&self) -> Vec<RowId> {
        let mut standing = Vec::new();
        for (_, rows) in self.last() {
            let chose: Vec<Value> = rows.iter().map(|row| self.chose(*row)).collect();
            let agree = chose.iter().all(|one| *one != Value::Empty && *one == chose[0]);
            if agree {
                standing.extend(rows);
            }
        }
        standing
    }
}

fn after_slash(key: &str) -> String {
    key.split_once('/').map_or("", |(_, rest)| rest).to_owned()
}

/// Q2: the decisions that hold in a version of a document; now, where none is named.
pub(crate) fn standing(crdt: &Automerge, at: Option<&[ChangeHash]>) -> Vec<RowId> {
    Past { crdt, at }.standing()
}

/// A register about which a decision was taken back (Q3): where it is, and the versions in which its values stood.
pub(crate) struct Reopened {
    pub object: ObjId,
    pub key: String,
    pub stood: Vec<Vec<ChangeHash>>,
}

/// Every register about which a decision was taken back, unless somebody who knew of that has written there since.
pub(crate) fn reopened(document: &Document) -> Vec<Reopened> {
    let crdt = document.crdt();
    let past = Past { crdt, at: None };
    let mut open = Vec::new();
    for (place, rows) in past.last() {
        let back: Vec<RowId> = rows.into_iter().filter(|row| past.chose(*row) == Value::Empty).collect();
        if back.is_empty() {
            continue;
        }
        let Some((object, key)) = register_of(document, &place) else { continue };
        let knew = |id: &ObjId| {
            crdt.hash_for_opid(id).is_some_and(|hash| {
                let then = Past { crdt, at: Some(&[hash]) };
                then.all(&ROOT, &format!("{DECIDED}/{place}")).iter().any(|(value, _)| {
                    matches!(value, Crdt::Scalar(scalar) if back.iter().any(|row| Value::from_scalar(scalar).text() == row.to_string()))
                })
            })
        };
        let now = past.all(&object, &key);
        if !now.is_empty() && now.iter().all(|(_, id)| knew(id)) {
            continue;
        }
        let mut stood = Vec::new();
        for row in back {
            taken_back(crdt, row, &place, &mut stood, TAKEN_BACK_MAX);
        }
        open.push(Reopened { object, key, stood });
    }
    open
}

/// Decisions at one place that were each taken back: of more, the older ones are for the history.
const TAKEN_BACK_MAX: usize = 16;

/// The versions on which the decisions were made that this row takes back; and so on, where one of them answered a Question that was
/// itself asked again. Each step leads to an earlier version, so that it ends.
fn taken_back(crdt: &Automerge, row: RowId, place: &str, stood: &mut Vec<Vec<ChangeHash>>, left: usize) {
    let before = |row: RowId| {
        let made = Past { crdt, at: None }.row(row)?;
        Some(crdt.get_change_meta_by_hash(&crdt.hash_for_opid(&made)?)?.deps)
    };
    let last_at = |heads: &[ChangeHash]| {
        let past = Past { crdt, at: Some(heads) };
        let named = past.all(&ROOT, &format!("{DECIDED}/{place}"));
        let rows: Vec<RowId> = named
            .iter()
            .filter_map(|(value, _)| match value {
                Crdt::Scalar(scalar) => Value::from_scalar(scalar).text().parse().ok(),
                Crdt::Object(_) => None,
            })
            .collect();
        rows
    };
    let Some(heads) = before(row) else { return };
    for decided in last_at(&heads) {
        let Some(heads) = before(decided) else { continue };
        for earlier in last_at(&heads).into_iter().filter(|_| left > 0) {
            let chose = Past { crdt, at: None }.chose(earlier);
            if chose == Value::Empty {
                taken_back(crdt, earlier, place, stood, left - 1);
            }
        }
        stood.push(heads);
    }
}

/// The register that a place speaks of, where it speaks of one.
fn register_of(document: &Document, place: &str) -> Option<(ObjId, String)> {
    let crdt = document.crdt();
    let map = |parent: &ObjId, key: &str| match crdt.get(parent, key) {
        Ok(Some((Crdt::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    };
    let row = |id: &str| {
        let within = ["slots", "lines", "phones"].into_iter().find_map(|rows| map(&map(&ROOT, rows)?, id));
        let families = [edit::TRAINER, edit::TIME].into_iter().chain(Table::of(document.kind).map(Table::key));
        within.or_else(|| families.into_iter().find_map(|family| map(&ROOT, &format!("{family}/{id}"))))
    };
    let (family, rest) = place.split_once('/')?;
    Some(match family {
        "field" => match rest.split_once('/') {
            Some((id, field)) => (row(id)?, field.to_owned()),
            None => (ROOT, rest.to_owned()),
        },
        "line" | "row" => (row(rest)?, "state".to_owned()),
        "read" => (map(&ROOT, "touched")?, rest.to_owned()),
        "begun" => (map(&ROOT, "sections")?, rest.to_owned()),
        "count" => (ROOT, format!("{}/{rest}", edit::HEADCOUNT)),
        _ => return None,
    })
}

/// What it takes to settle what is asked about a place, to take that back, and to say who looks after it; none where nothing can be
/// asked there.
#[must_use]
pub fn capability_to_settle(kind: Kind, place: &str) -> Option<Capability> {
    let (family, rest) = place.split_once('/').unwrap_or((place, ""));
    let is_row = |id: &str| id.parse::<RowId>().is_ok();
    let ids = || rest.split_once('/').filter(|(slot, _)| is_row(slot));
    match (kind, family) {
        (_, "field") => match rest.split_once('/') {
            Some((row, field)) => {
                (is_row(row) && Field::from_key(field).is_some()).then(|| capability_to_write_rows(kind))
            }
            None => {
                let field = Field::from_key(rest).filter(|field| Field::of(kind).contains(field))?;
                // Who may move it where is judged of the stage.
                let moves = kind == Kind::Dossier && field == Field::Stage;
                Some(if moves { Capability::SubmitDossier } else { capability_to_set(kind, field) })
            }
        },
        (Kind::Event, "marks") => {
            ids().and_then(|(_, id)| id.parse::<DocumentId>().ok()).map(|_| Capability::WithdrawMark)
        }
        (Kind::Event, "count") => ids().map(|_| Capability::Mark),
        (Kind::Event, "late") => rest.is_empty().then_some(Capability::SealSheet),
        (Kind::Event, "sheet") => ids().map(|_| Capability::SealSheet),
        (Kind::Dossier, "read") => {
            rest.split_once('/').filter(|(key, _)| is_section_key(key)).map(|_| Capability::WriteDossier)
        }
        (Kind::Dossier, "begun") => is_section_key(rest).then_some(Capability::WriteDossier),
        (Kind::Dossier, "line") => is_row(rest).then_some(Capability::WriteDossier),
        (Kind::Dossier | Kind::Association | Kind::Call, "row") => is_row(rest).then(|| capability_to_write_rows(kind)),
        (Kind::Person, "same") => rest.parse::<DocumentId>().is_ok().then_some(Capability::JoinPeople),
        (Kind::Association, "same") => rest.parse::<DocumentId>().is_ok().then_some(Capability::ChangeAssociation),
        _ => None,
    }
}
