//! Small documents of the kinds that phones share, and honest changes to them.

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

/// The device whose uploads are judged.
pub(super) const AMINA: [u8; 16] = *b"device of Amina ";
/// Devices whose changes the server already holds.
pub(super) const BADR: [u8; 16] = *b"device of Badr  ";
pub(super) const CHAMA: [u8; 16] = *b"device of Chama ";
/// A device whose honest changes come besides or after the judged ones.
pub(super) const DRISS: [u8; 16] = *b"device of Driss ";

/// The actor of one start of a device's engine.
pub(super) fn actor(device: [u8; 16], start: u64) -> ActorId {
    let mut bytes = device.to_vec();
    bytes.extend(start.to_be_bytes());
    ActorId::from(bytes)
}

/// A replica of a document on a phone whose engine has just started.
pub(super) fn replica(document: &Automerge, device: [u8; 16], start: u64) -> Automerge {
    document.clone().with_actor(actor(device, start))
}

/// Makes one change and returns it as a plain chunk.
pub(super) fn change(document: &mut Automerge, time: i64, edit: impl FnOnce(&mut Transaction<'_>)) -> Vec<u8> {
    let mut transaction = document.transaction();
    edit(&mut transaction);
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(time));
    let hash = hash.expect("the edit changes something");
    let change = document.get_change_by_hash(&hash).unwrap();
    change.raw_bytes().to_vec()
}

/// Adds to `document` what `other` has and it has not.
pub(super) fn pull(document: &mut Automerge, other: &Automerge) {
    let changes = document.get_changes_added(other);
    document.apply_changes(changes).unwrap();
}

/// An honest change, and the document that the server holds when it arrives.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) document: Automerge,
    /// The document's changes, in an order in which they apply.
    pub(super) changes: Vec<Change>,
    /// The change of [`AMINA`], as a plain chunk.
    pub(super) honest: Vec<u8>,
    /// What the same engine made after it.
    pub(super) following: Vec<Vec<u8>>,
    /// What another engine start of [`AMINA`]'s phone made, which has nothing to do with it.
    pub(super) innocent: Vec<u8>,
    /// What [`DRISS`] made at the same time.
    pub(super) concurrent: Vec<u8>,
    /// Honest changes to documents of this kind, to take parts from.
    pub(super) donors: Vec<Vec<u8>>,
    /// A change that can be made to any state of such a document.
    pub(super) edit: Edit,
}

type Edit = fn(&mut Transaction<'_>);

impl Subject {
    /// Every honest change of every kind of document.
    pub(super) fn all() -> Vec<Subject> {
        [attendance(), dossier(), register()].iter().flat_map(Scene::subjects).collect()
    }
}

/// One document as the server holds it, and what honest phones send next.
struct Scene {
    name: &'static str,
    document: Automerge,
    /// Uploads of [`AMINA`], each a chain of changes.
    uploads: Vec<Vec<Vec<u8>>>,
    concurrent: Vec<u8>,
    edit: Edit,
}

impl Scene {
    fn subjects(&self) -> Vec<Subject> {
        let mut amina = replica(&self.document, AMINA, 99);
        let innocent = change(&mut amina, 8_000, |edit| {
            edit.put(ROOT, "elsewhere", 1).unwrap();
        });
        let mut subjects = Vec::new();
        for upload in &self.uploads {
            let mut document = self.document.clone();
            for (index, honest) in upload.iter().enumerate() {
                subjects.push(Subject {
                    name: self.name,
                    document: document.clone(),
                    changes: document.get_changes(&[]),
                    honest: honest.clone(),
                    following: upload[index + 1..].to_vec(),
                    innocent: innocent.clone(),
                    concurrent: self.concurrent.clone(),
                    donors: self.uploads.concat(),
                    edit: self.edit,
                });
                let honest = Change::from_bytes(honest.clone()).unwrap();
                document.apply_changes([honest]).unwrap();
            }
        }
        subjects
    }
}

/// The object under a key of the root.
fn under(document: &impl ReadDoc, key: &str) -> Option<ObjId> {
    Some(document.get(ROOT, key).unwrap()?.1)
}

fn mark(transaction: &mut Transaction<'_>, key: &str, person: &str, status: &str, at: i64) {
    let marks = under(transaction, "marks").unwrap();
    let mark = transaction.put_object(&marks, key, ObjType::Map).unwrap();
    transaction.put(&mark, "person", person).unwrap();
    transaction.put(&mark, "slot", "2026-03-14 morning").unwrap();
    transaction.put(&mark, "status", status).unwrap();
    transaction.put(&mark, "at", ScalarValue::Timestamp(at)).unwrap();
    transaction.put(&mark, "witnessed", true).unwrap();
    transaction.put(&mark, "minutes", 180_u64).unwrap();
}

/// A sheet of marks, to which three phones add while apart.
fn attendance() -> Scene {
    let mut document = Automerge::new().with_actor(ActorId::from(b"genesis of events"));
    change(&mut document, 0, |genesis| {
        for key in ["details", "roster", "marks"] {
            genesis.put_object(ROOT, key, ObjType::Map).unwrap();
        }
    });
    let mut badr = replica(&document, BADR, 1);
    change(&mut badr, 1_000, |edit| {
        let details = under(edit, "details").unwrap();
        edit.put(&details, "title", "Atelier arganier").unwrap();
        edit.put(&details, "commune", "Tafraout").unwrap();
        let roster = under(edit, "roster").unwrap();
        for person in ["Zahra", "Lahcen", "Fatima", "Brahim"] {
            edit.put(&roster, person, ()).unwrap();
        }
    });
    let mut chama = replica(&badr, CHAMA, 1);
    for (step, person) in ["Zahra", "Lahcen", "Fatima", "Brahim"].iter().enumerate() {
        let at = 2_000 + step as i64;
        let (here, gone) = (format!("b{step}"), format!("c{step}"));
        change(&mut badr, at, |edit| mark(edit, &here, person, "present", at));
        change(&mut chama, at, |edit| mark(edit, &gone, person, "absent", at));
    }
    for document in [&mut badr, &mut chama] {
        change(document, 2_500, |edit| {
            let details = under(edit, "details").unwrap();
            edit.put(&details, "title", "Atelier argane").unwrap();
        });
    }
    pull(&mut document, &badr);
    let behind = document.clone();
    pull(&mut document, &chama);

    let mut level = replica(&document, AMINA, 1);
    let chain = vec![
        change(&mut level, 3_000, |edit| mark(edit, "a0", "Zahra", "present", 3_000)),
        change(&mut level, 3_001, |edit| {
            let marks = under(edit, "marks").unwrap();
            let (_, mark) = edit.get(&marks, "a0").unwrap().unwrap();
            edit.put(&mark, "withdrawn", "wrong person").unwrap();
            edit.delete(&mark, "minutes").unwrap();
        }),
        change(&mut level, 3_002, |edit| mark(edit, "a1", "Brahim", "excused", 3_002)),
    ];
    // Settles the two titles that Badr and Chama gave.
    let mut settling = replica(&document, AMINA, 2);
    let settled = vec![change(&mut settling, 3_100, |edit| {
        let details = under(edit, "details").unwrap();
        edit.put(&details, "title", "Atelier de l'arganier").unwrap();
        edit.delete(&details, "commune").unwrap();
    })];
    let mut apart = replica(&behind, AMINA, 3);
    let late = vec![
        change(&mut apart, 3_200, |edit| {
            let marks = under(edit, "marks").unwrap();
            let (_, badrs) = edit.get(&marks, "b1").unwrap().unwrap();
            edit.put(&badrs, "status", "partly").unwrap();
            edit.put_object(&marks, "b2", ObjType::Map).unwrap();
        }),
        change(&mut apart, 3_201, |edit| {
            let marks = under(edit, "marks").unwrap();
            edit.delete(&marks, "b3").unwrap();
        }),
    ];
    let concurrent = change(&mut replica(&document, DRISS, 1), 3_300, |edit| {
        let details = under(edit, "details").unwrap();
        edit.put(&details, "title", "Argane").unwrap();
        mark(edit, "d0", "Fatima", "remote", 3_300);
    });
    Scene {
        name: "attendance",
        document,
        uploads: vec![chain, settled, late],
        concurrent,
        edit: |edit| {
            if under(edit, "marks").is_some_and(|marks| edit.object_type(marks) == Ok(ObjType::Map)) {
                mark(edit, "z0", "Lahcen", "present", 9_000);
            }
            for key in edit.keys(ROOT).collect::<Vec<_>>() {
                edit.put(ROOT, key, "rewritten").unwrap();
            }
            edit.put(ROOT, "closed", true).unwrap();
        },
    }
}

/// Long text that several people write, with fields and budget rows.
fn dossier() -> Scene {
    let mut document = Automerge::new().with_actor(ActorId::from(b"genesis of dossiers"));
    change(&mut document, 0, |genesis| {
        for key in ["summary", "context"] {
            genesis.put_object(ROOT, key, ObjType::Text).unwrap();
        }
        genesis.put_object(ROOT, "budget", ObjType::Map).unwrap();
    });
    let mut badr = replica(&document, BADR, 1);
    change(&mut badr, 1_000, |edit| {
        let summary = under(edit, "summary").unwrap();
        edit.splice_text(&summary, 0, 0, "Adduction d'eau au village.").unwrap();
        let budget = under(edit, "budget").unwrap();
        for (row, cents) in [("pipes", 120_000_i64), ("pump", -3)] {
            let line = edit.put_object(&budget, row, ObjType::Map).unwrap();
            edit.put(&line, "cents", cents).unwrap();
            edit.put(&line, "order", 0.5).unwrap();
        }
    });
    let mut chama = replica(&badr, CHAMA, 1);
    for (document, at, text) in [(&mut badr, 9, " potable"), (&mut chama, 15, " et d'électricité ⵜⵉⵡⵉⵣⵉ")]
    {
        change(document, 2_000, |edit| {
            let summary = under(edit, "summary").unwrap();
            edit.splice_text(&summary, at, 2, text).unwrap();
        });
    }
    change(&mut chama, 2_001, |edit| {
        let context = under(edit, "context").unwrap();
        edit.splice_text(&context, 0, 0, "Quarante foyers.").unwrap();
    });
    pull(&mut document, &badr);
    let behind = document.clone();
    pull(&mut document, &chama);

    let mut level = replica(&document, AMINA, 1);
    let chain = vec![
        change(&mut level, 3_000, |edit| {
            let summary = under(edit, "summary").unwrap();
            edit.splice_text(&summary, 4, 6, "un puits").unwrap();
        }),
        change(&mut level, 3_001, |edit| {
            let summary = under(edit, "summary").unwrap();
            edit.splice_text(&summary, 6, 1, "").unwrap();
            let context = under(edit, "context").unwrap();
            edit.splice_text(&context, 3, 0, " ou plus").unwrap();
        }),
        change(&mut level, 3_002, |edit| {
            let budget = under(edit, "budget").unwrap();
            let (_, pump) = edit.get(&budget, "pump").unwrap().unwrap();
            edit.put(&pump, "cents", 45_000).unwrap();
            edit.put(&pump, "photo", ScalarValue::Bytes(vec![7; 32])).unwrap();
        }),
    ];
    let mut apart = replica(&behind, AMINA, 2);
    let late = vec![
        change(&mut apart, 3_100, |edit| {
            let summary = under(edit, "summary").unwrap();
            edit.splice_text(&summary, 2, 12, "tout").unwrap();
        }),
        change(&mut apart, 3_101, |edit| {
            let summary = under(edit, "summary").unwrap();
            edit.splice_text(&summary, 0, 3, "").unwrap();
            let note = edit.put_object(ROOT, "note", ObjType::Text).unwrap();
            edit.splice_text(&note, 0, 0, "à relire").unwrap();
        }),
    ];
    let concurrent = change(&mut replica(&document, DRISS, 1), 3_200, |edit| {
        let summary = under(edit, "summary").unwrap();
        edit.splice_text(&summary, 5, 8, "une citerne").unwrap();
    });
    Scene {
        name: "dossier",
        document,
        uploads: vec![chain, late],
        concurrent,
        edit: |edit| {
            for key in edit.keys(ROOT).collect::<Vec<_>>() {
                let (value, object) = edit.get(ROOT, &key).unwrap().unwrap();
                if value.to_objtype() == Some(ObjType::Text) {
                    let length = edit.length(&object);
                    edit.splice_text(&object, length / 2, (length / 4) as isize, "relu").unwrap();
                    edit.splice_text(&object, 0, 0, "→").unwrap();
                }
            }
            edit.put(ROOT, "stage", "submitted").unwrap();
        },
    }
}

/// Lists, and every kind of value that a document may hold, conflicts included.
fn register() -> Scene {
    let mut document = Automerge::new().with_actor(ActorId::from(b"genesis of registers"));
    change(&mut document, 0, |genesis| {
        genesis.put_object(ROOT, "rows", ObjType::List).unwrap();
        genesis.put_object(ROOT, "fields", ObjType::Map).unwrap();
    });
    let mut badr = replica(&document, BADR, 1);
    change(&mut badr, 1_000, |edit| {
        let rows = under(edit, "rows").unwrap();
        for (index, value) in [1, 2, 3, 5, 8].into_iter().enumerate() {
            edit.insert(&rows, index, value).unwrap();
        }
        let row = edit.insert_object(&rows, 2, ObjType::Map).unwrap();
        edit.put(&row, "name", "Tiznit").unwrap();
    });
    let mut chama = replica(&badr, CHAMA, 1);
    for (document, value) in [(&mut badr, 10), (&mut chama, 20)] {
        change(document, 2_000, |edit| {
            let rows = under(edit, "rows").unwrap();
            edit.put(&rows, 1, value).unwrap();
            edit.insert(&rows, 1, -value).unwrap();
            edit.delete(&rows, 4).unwrap();
            let fields = under(edit, "fields").unwrap();
            edit.put(&fields, "count", value).unwrap();
            edit.put(&fields, "share", value as f64 / 3.0).unwrap();
            edit.put(&fields, "seal", vec![value as u8; 3]).unwrap();
        });
    }
    pull(&mut document, &badr);
    let behind = document.clone();
    pull(&mut document, &chama);

    let mut level = replica(&document, AMINA, 1);
    let chain = vec![
        change(&mut level, 3_000, |edit| {
            let rows = under(edit, "rows").unwrap();
            edit.put(&rows, 2, "settled").unwrap();
            edit.insert(&rows, 3, "between").unwrap();
            edit.delete(&rows, 0).unwrap();
        }),
        change(&mut level, 3_001, |edit| {
            let fields = under(edit, "fields").unwrap();
            edit.put(&fields, "count", 30).unwrap();
            edit.delete(&fields, "seal").unwrap();
            let deep = edit.put_object(&fields, "deep", ObjType::Map).unwrap();
            let deeper = edit.put_object(&deep, "deeper", ObjType::List).unwrap();
            edit.insert(&deeper, 0, u64::MAX).unwrap();
            edit.insert(&deeper, 1, i64::MIN).unwrap();
        }),
        change(&mut level, 3_002, |edit| {
            let rows = under(edit, "rows").unwrap();
            edit.put(&rows, 1, ()).unwrap();
            edit.put(&rows, 2, "again").unwrap();
        }),
    ];
    let mut apart = replica(&behind, AMINA, 2);
    let late = vec![change(&mut apart, 3_100, |edit| {
        let rows = under(edit, "rows").unwrap();
        edit.delete(&rows, 1).unwrap();
        edit.put(&rows, 1, 11).unwrap();
        edit.put(&rows, 2, 12).unwrap();
    })];
    let concurrent = change(&mut replica(&document, DRISS, 1), 3_200, |edit| {
        let rows = under(edit, "rows").unwrap();
        edit.put(&rows, 1, "elsewhere").unwrap();
        edit.delete(&rows, 2).unwrap();
        edit.insert(&rows, 0, "first").unwrap();
    });
    Scene {
        name: "register",
        document,
        uploads: vec![chain, late],
        concurrent,
        edit: |edit| {
            for key in edit.keys(ROOT).collect::<Vec<_>>() {
                let (value, object) = edit.get(ROOT, &key).unwrap().unwrap();
                if value.to_objtype() == Some(ObjType::List) {
                    for index in (0..edit.length(&object)).step_by(2) {
                        edit.put(&object, index, "even").unwrap();
                    }
                    edit.insert(&object, 0, "new").unwrap();
                    edit.delete(&object, edit.length(&object) - 1).unwrap();
                }
            }
            edit.put(ROOT, "closed", true).unwrap();
        },
    }
}
