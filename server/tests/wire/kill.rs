//! The server is killed in the middle of uploads, again and again: whatever had a receipt is there, and all agrees.

use std::{
    collections::BTreeSet,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use crate::common::{NOW_MS, Phone, Program, run};
use automerge::Change;
use server::storage::{self, Place, documents};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::Field,
    id::{DocumentId, RowId},
    role::Role,
    wire::{Hash, Verdict},
};

const PHONES: u8 = 3;
const KILLS: usize = 12;
/// Receipts between two kills, so that each finds the server in the middle of its work.
const RECEIPTS_BETWEEN_KILLS: usize = 25;

/// Whether the server is up, for phones that wait for it.
#[derive(Default)]
struct Weather {
    up: Mutex<bool>,
    changed: Condvar,
    ending: AtomicBool,
    receipts: AtomicUsize,
    progressed: Condvar,
    progress: Mutex<()>,
}

impl Weather {
    fn set(&self, up: bool) {
        *self.up.lock().expect("no panic while holding it") = up;
        self.changed.notify_all();
    }

    fn wait_until_up(&self) {
        let up = self.up.lock().expect("no panic while holding it");
        drop(self.changed.wait_while(up, |up| !*up).expect("no panic while holding it"));
    }

    fn count(&self, receipts: usize) {
        self.receipts.fetch_add(receipts, Ordering::SeqCst);
        let _held = self.progress.lock().expect("no panic while holding it");
        self.progressed.notify_all();
    }

    fn wait_for_receipts(&self, many: usize) {
        let held = self.progress.lock().expect("no panic while holding it");
        let enough = |_: &mut ()| self.receipts.load(Ordering::SeqCst) < many;
        drop(self.progressed.wait_while(held, enough).expect("no panic while holding it"));
    }
}

/// A phone at work.
struct Worker {
    phone: Phone,
    /// What the server gave a receipt for.
    acknowledged: BTreeSet<(DocumentId, Hash)>,
}

impl Worker {
    /// One exchange. Returns how many receipts it brought; none if the server was not there, or went away meanwhile.
    fn exchange(&mut self) -> Option<usize> {
        let (asked, said) = self.phone.exchange(NOW_MS)?;
        let before = self.acknowledged.len();
        for (upload, receipt) in asked.uploads.iter().zip(&said.receipts) {
            for (bytes, verdict) in upload.changes.iter().zip(&receipt.verdicts) {
                assert_eq!(*verdict, Verdict::Stored, "an honest change");
                let change = Change::from_bytes(bytes.to_vec()).expect("our own change");
                self.acknowledged.insert((upload.document, change.hash().0));
            }
        }
        Some(self.acknowledged.len() - before)
    }

    /// Registers people and marks them, until told to end; then sends what is left.
    fn work(mut self, weather: &Weather, event: DocumentId, slot: RowId) -> Self {
        while !weather.ending.load(Ordering::SeqCst) {
            let unique = self.phone.unique();
            let person = DocumentId::new(NOW_MS + self.phone.made, unique);
            let mark = RowId(self.phone.unique());
            self.phone.edit(Edit::RegisterWalkIn {
                event,
                slot,
                person,
                mark,
                new: NewPerson {
                    given: "Zahra".to_owned(),
                    family: format!("N {}", self.phone.made),
                    ..NewPerson::default()
                },
                new_association: None,
                phone: None,
                notice_read: true,
            });
            weather.wait_until_up();
            weather.count(self.exchange().unwrap_or(0));
        }
        self.settle();
        self
    }

    fn settle(&mut self) {
        for _ in 0..50 {
            self.exchange().expect("the server is there to stay");
            if self.phone.replica.unsent() == 0 {
                return;
            }
        }
        panic!("something is never acknowledged");
    }
}

#[test]
fn nothing_with_a_receipt_is_missing_after_kills() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path();
    let mut program = Program::start(data, 0);
    let (port, url) = (program.port, program.url());
    let enrolled = |nonce| Phone::enroll(data, &url, nonce, Role::Coordinator);
    let mut phones: Vec<Worker> =
        (1..=PHONES).map(|nonce| Worker { phone: enrolled(nonce), acknowledged: BTreeSet::new() }).collect();
    let unique = phones[0].phone.unique();
    let event = DocumentId::new(NOW_MS, unique);
    let slot = RowId(phones[0].phone.unique());
    let new = NewSlot { slot, day: "2026-11-23".to_owned(), starts: "09:00".to_owned(), ends: "12:30".to_owned() };
    phones[0].phone.edit(Edit::CreateEvent {
        event,
        fields: [(Field::Title, "Atelier".into())].into(),
        slots: vec![new],
    });
    phones.iter_mut().for_each(Worker::settle);
    phones.iter_mut().for_each(Worker::settle);

    let weather = Weather::default();
    weather.set(true);
    let phones: Vec<Worker> = thread::scope(|scope| {
        let hands: Vec<_> = phones.into_iter().map(|phone| scope.spawn(|| phone.work(&weather, event, slot))).collect();
        for round in 1..=KILLS {
            weather.wait_for_receipts(round * RECEIPTS_BETWEEN_KILLS);
            weather.set(false);
            program.kill();
            run(data, &["verify"]);
            program = Program::start(data, port);
            weather.set(true);
        }
        weather.ending.store(true, Ordering::SeqCst);
        hands.into_iter().map(|hand| hand.join().expect("a phone does not panic")).collect()
    });
    program.kill();
    run(data, &["verify"]);

    let db = storage::connect(&Place::in_folder(data).expect("the folder")).expect("the database");
    let mut kept = BTreeSet::new();
    for (id, _) in documents::all(&db).expect("documents") {
        let changes = documents::changes_after(&db, id, 0).expect("changes");
        kept.extend(changes.into_iter().map(|(hash, _)| (id, hash)));
    }
    for phone in &phones {
        let lost: Vec<_> = phone.acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert!(phone.acknowledged.len() > KILLS, "it worked through the kills");
    }
}
