//! What any storage must do, whatever database it stands on: each check runs in memory and on a disk.

use std::collections::BTreeSet;

use automerge::{
    ActorId, ROOT, ReadDoc as _,
    transaction::{CommitOptions, Transactable as _},
};
use rusqlite::Connection;
use server::{
    ingest::{Ingest, Uploader},
    proof::PublicKey,
    storage::{
        self, Place, Store, StoreError,
        access::{self, Decision, Enrolment, Given, Language, NewInvite},
        documents::{self, NewAside, NewChange, Standing},
        scope, server as house,
    },
    verify,
    writer::{CommitHooks as _, Fault},
};
use shared::{
    document::{Author, Document, Kind},
    edit::{Edit, Library, NewPerson},
    id::{AccountId, DeviceId, DocumentId, RowId},
    phone::Phone,
    role::Role,
    wire::{Upload, Verdict, digest_of},
};

const NOW_MS: u64 = 1_772_352_000_000;

fn document(n: u8) -> DocumentId {
    DocumentId([n; 16])
}

/// Runs a check on an open store in memory, then on a disk.
fn everywhere(check: impl Fn(&Store)) {
    check(&Store::open_in_memory(Ingest::default()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    check(&Store::open(&Place::in_folder(folder.path()).unwrap(), Ingest::default()).unwrap());
}

/// Somebody with a phone, and what was given to them.
fn enroll(store: &Store, n: u8, role: Role, given: &[DocumentId]) -> Uploader {
    let invite = NewInvite {
        code_hash: [n; 32],
        role,
        scope: role.scopes()[0],
        account: None,
        name: None,
        language: None,
        documents: given.to_vec(),
        created_by: None,
        now_ms: NOW_MS,
        expires_ms: NOW_MS + 1,
    };
    let guest = Enrolment {
        code_hash: [n; 32],
        attempt_hash: [n; 32],
        name: Some(format!("account {n}")),
        device_label: "phone".to_owned(),
        language: Language::Fr,
        account: AccountId([n; 16]),
        device: DeviceId([n; 16]),
        credential_hash: [n; 32],
        public_key: PublicKey([4; 65]),
        now_ms: NOW_MS,
    };
    let enrolled = store.write_blocking(move |tx, _| {
        access::add_invite(tx, &invite)?;
        access::enroll(tx, &guest)
    });
    let enrolled = enrolled.unwrap();
    Uploader::of(enrolled.device.id, &enrolled.account)
}

/// What one device writes, without a replica around it.
#[derive(Default)]
struct Pen {
    device: Option<DeviceId>,
    documents: Vec<Document>,
}

impl Library for Pen {
    fn copy(&mut self, id: DocumentId) -> Option<Document> {
        self.documents.iter().find(|document| document.id == id).cloned()
    }

    fn author(&mut self, _id: DocumentId, at_ms: u64) -> Author {
        Author { device: self.device.unwrap(), nonce: [9; 8], at_ms }
    }
}

impl Pen {
    fn of(who: Uploader) -> Self {
        Self { device: Some(who.device), documents: Vec::new() }
    }

    /// The uploads that an edit makes.
    fn write(&mut self, edit: &Edit) -> Vec<Upload> {
        let outcome = edit.apply(self, Role::Admin, NOW_MS).unwrap();
        let uploads = outcome.written.iter().map(|(document, made)| Upload {
            document: document.id,
            kind: document.kind,
            epoch: 0,
            changes: vec![made.bytes.clone().into()],
        });
        let uploads = uploads.collect();
        for (document, _) in outcome.written {
            self.documents.retain(|other| other.id != document.id);
            self.documents.push(document);
        }
        uploads
    }

    fn person(&mut self, n: u8) -> Vec<Upload> {
        let new = NewPerson { given: format!("Zahra {n}"), ..NewPerson::default() };
        self.write(&Edit::CreatePerson { person: document(n), new, notice_read: true })
    }

    fn event(&mut self, n: u8) -> Vec<Upload> {
        let title = (shared::field::Field::Title, shared::field::Value::from("Atelier"));
        self.write(&Edit::CreateEvent { event: document(n), fields: [title].into(), slots: vec![] })
    }

    fn expects(&mut self, event: u8, person: u8) -> Vec<Upload> {
        self.write(&Edit::AddToRoster { event: document(event), person: document(person) })
    }
}

fn take(store: &Store, who: Uploader, uploads: Vec<Upload>) -> Vec<Verdict> {
    let taken = store.write_blocking(move |tx, ingest| ingest.take(tx, who, &uploads, NOW_MS)).unwrap();
    taken.receipts.into_iter().flat_map(|receipt| receipt.verdicts).collect()
}

fn is_clean(store: &Store) {
    let findings = store.read_blocking(verify::verify).unwrap();
    assert_eq!(findings.problems, []);
}

fn held(store: &Store, who: Uploader) -> BTreeSet<u8> {
    let scoped = store.read_blocking(|db| scope::assigned(db, who.account)).unwrap();
    scoped.into_iter().map(|scoped| scoped.id.0[0]).collect()
}

fn decide(store: &Store, account: AccountId, n: u8, given: Given) -> Option<u64> {
    let decision = Decision { account, document: document(n), given, by: None, now_ms: NOW_MS };
    store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap()
}

#[test]
fn arrivals_count_only_what_was_committed() {
    everywhere(|store| {
        let next = |count| store.write_blocking(move |tx, _| house::next_arrivals(tx, count)).unwrap();
        assert_eq!((next(1), next(3), next(1)), (1, 2, 5));
        let failed = store.write_blocking(|tx, _| {
            house::next_arrivals(tx, 10)?;
            Err::<(), _>(StoreError::Corrupt("as asked"))
        });
        assert!(failed.is_err());
        store.inject(Fault::RefuseCommit);
        assert!(store.write_blocking(|tx, _| house::next_arrivals(tx, 10)).is_err());
        assert_eq!(next(1), 6);
    });
}

#[test]
fn changes_are_kept_in_the_order_of_their_arrival_and_never_twice() {
    everywhere(|store| {
        let add = |arrival: u64, document: DocumentId, hash: u8| {
            store.write_blocking(move |tx, _| {
                let device = DeviceId([1; 16]);
                let bytes = [hash];
                let hash = &[hash; 32];
                let change = NewChange {
                    arrival,
                    document,
                    hash,
                    device,
                    brought_by: device,
                    received_ms: NOW_MS,
                    bytes: &bytes,
                };
                documents::add_change(tx, &change)
            })
        };
        add(3, document(1), 30).unwrap();
        add(1, document(1), 10).unwrap();
        add(2, document(2), 20).unwrap();
        assert!(add(4, document(1), 10).is_err_and(|error| error.is_constraint()), "the same change twice");
        assert!(add(3, document(1), 40).is_err_and(|error| error.is_constraint()), "one arrival twice");
        let after = |arrival| {
            let changes = store.read_blocking(|db| documents::changes_after(db, document(1), arrival)).unwrap();
            changes.into_iter().map(|(hash, bytes)| (hash[0], bytes)).collect::<Vec<_>>()
        };
        assert_eq!(after(0), [(10, vec![10]), (30, vec![30])]);
        assert_eq!(after(1), [(30, vec![30])]);
        assert_eq!(after(3), []);
        assert_eq!(store.read_blocking(|db| documents::writers(db, document(1))).unwrap(), [DeviceId([1; 16])]);
    });
}

#[test]
fn the_running_digest_follows_every_standing() {
    everywhere(|store| {
        let put = |n: u8, kind: Kind, head: u8| {
            let heads = vec![[head; 32]];
            let standing = Standing {
                kind,
                digest: digest_of(document(n), &heads),
                heads,
                first_arrival: 1,
                last_arrival: u64::from(head),
                changes: 1,
                epoch: 0,
                created_by: AccountId([1; 16]),
            };
            store.write_blocking(move |tx, _| documents::put_standing(tx, document(n), &standing)).unwrap();
        };
        put(1, Kind::Person, 1);
        put(1, Kind::Person, 2);
        put(2, Kind::Event, 3);
        put(255, Kind::Contact, 4);
        let of = |n: u8, head: u8| digest_of(document(n), &[[head; 32]]);
        let all = store.read_blocking(|db| documents::digest(db, |_| true)).unwrap().0;
        assert_eq!(all, of(1, 2) ^ of(2, 3) ^ of(255, 4));
        let (some, buckets) = store.read_blocking(|db| documents::digest(db, |kind| kind != Kind::Contact)).unwrap();
        assert_eq!(some, of(1, 2) ^ of(2, 3));
        assert_eq!(buckets.iter().filter(|bucket| **bucket != 0).count(), 2);
        let found = store.read_blocking(|db| documents::in_buckets(db, &[1, 255])).unwrap();
        assert_eq!(found.iter().map(|(id, ..)| id.0[0]).collect::<BTreeSet<_>>(), BTreeSet::from([1, 255]));
        let news = store.read_blocking(|db| scope::news(db, 2, 10)).unwrap();
        assert_eq!(news.iter().map(|scoped| scoped.id.0[0]).collect::<Vec<_>>(), [2, 255]);
        assert_eq!(store.read_blocking(|db| scope::news(db, 0, 1)).unwrap().len(), 1);
    });
}

#[test]
fn what_is_set_aside_is_kept_once_for_each_device() {
    everywhere(|store| {
        let aside = |device: u8, digest: u8| {
            store.write_blocking(move |tx, _| {
                let aside = NewAside {
                    document: document(1),
                    kind: Kind::Event,
                    digest: &[digest; 32],
                    hash: Some(&[7; 32]),
                    device: DeviceId([device; 16]),
                    account: AccountId([1; 16]),
                    code: "scope.outside",
                    received_ms: NOW_MS,
                    bytes: &[digest],
                };
                documents::set_aside(tx, &aside)
            })
        };
        for (device, digest) in [(1, 1), (1, 1), (2, 1), (1, 2)] {
            aside(device, digest).unwrap();
        }
        let counts = store.read_blocking(documents::set_aside_counts).unwrap();
        assert_eq!(counts, [("scope.outside".to_owned(), 3)]);
        let is = |n, hash: u8| store.read_blocking(|db| documents::is_set_aside(db, document(n), &[hash; 32])).unwrap();
        assert_eq!((is(1, 7), is(2, 7), is(1, 8)), (true, false, false));
    });
}

#[test]
fn a_scope_is_what_was_given_and_what_that_names() {
    everywhere(|store| {
        let house = enroll(store, 100, Role::Staff, &[]);
        let volunteer = enroll(store, 101, Role::Volunteer, &[document(1)]);
        let mut pen = Pen::of(house);
        // Given before it exists.
        assert_eq!(held(store, volunteer), BTreeSet::new());
        for upload in [pen.event(1), pen.event(2), pen.person(11), pen.person(12), pen.person(13)] {
            assert_eq!(take(store, house, upload), [Verdict::Stored]);
        }
        assert_eq!(held(store, volunteer), BTreeSet::from([1]));
        take(store, house, pen.expects(1, 11));
        take(store, house, pen.expects(2, 12));
        let link = |person: u8, same_as: u8| Edit::LinkSame { person: document(person), same_as: document(same_as) };
        take(store, house, pen.write(&link(11, 13)));
        assert_eq!(held(store, volunteer), BTreeSet::from([1, 11, 13]));
        let concerns =
            |n: u8| store.read_blocking(|db| scope::concerns(db, volunteer.account, &[document(n)])).unwrap();
        assert_eq!([1, 2, 11, 12, 13].map(concerns), [true, false, true, false, true]);

        let level = store.read_blocking(house::last_arrival).unwrap();
        assert!(decide(store, volunteer.account, 2, Given::Yes) > Some(level));
        assert_eq!(decide(store, volunteer.account, 2, Given::Yes), None, "given already");
        let since = store.read_blocking(|db| scope::assigned(db, volunteer.account)).unwrap();
        let new: BTreeSet<u8> =
            since.iter().filter(|scoped| scoped.since > level).map(|scoped| scoped.id.0[0]).collect();
        assert_eq!(new, BTreeSet::from([2, 12]));

        let level = store.read_blocking(house::last_arrival).unwrap();
        decide(store, volunteer.account, 1, Given::No);
        let lost = store.read_blocking(|db| scope::lost_since(db, volunteer.account, level)).unwrap();
        assert_eq!(lost.into_iter().map(|id| id.0[0]).collect::<BTreeSet<_>>(), BTreeSet::from([1, 11, 13]));
        assert_eq!(held(store, volunteer), BTreeSet::from([2, 12]));
        let later = store.read_blocking(house::last_arrival).unwrap();
        assert_eq!(store.read_blocking(|db| scope::lost_since(db, volunteer.account, later)).unwrap(), BTreeSet::new());
        is_clean(store);
    });
}

#[test]
fn a_person_that_nothing_names_yet_belongs_to_whoever_began_it() {
    everywhere(|store| {
        let (amina, badr) = (enroll(store, 101, Role::Volunteer, &[]), enroll(store, 102, Role::Volunteer, &[]));
        let upload = Pen::of(amina).person(11);
        assert_eq!(take(store, amina, upload), [Verdict::Stored]);
        assert_eq!((held(store, amina), held(store, badr)), (BTreeSet::from([11]), BTreeSet::new()));
        // Brought back after a restore by somebody else, it is still hers.
        let karima = enroll(store, 103, Role::Coordinator, &[]);
        let brought = || take(store, karima, Pen::of(amina).person(12));
        // Nobody writes with another's hand, unless this server was restored and may lack what they wrote.
        assert_eq!(brought(), [Verdict::SetAside("change.foreign_actor".to_owned())]);
        store.write_blocking(|tx, _| house::raise_epoch(tx, 0)).unwrap();
        assert_eq!(brought(), [Verdict::Stored]);
        assert_eq!(held(store, amina), BTreeSet::from([11, 12]));
    });
}

#[test]
fn one_bad_document_does_not_fail_the_others_of_its_upload() {
    everywhere(|store| {
        let house = enroll(store, 100, Role::Staff, &[]);
        let volunteer = enroll(store, 101, Role::Volunteer, &[]);
        let (event, mut pen) = (Pen::of(house).event(1), Pen::of(volunteer));
        take(store, house, event);
        let mut uploads = pen.event(1);
        uploads.extend(pen.person(11));
        uploads.push(Upload { document: document(12), kind: Kind::Person, epoch: 0, changes: vec![vec![0; 9].into()] });
        uploads.extend(pen.person(13));
        let codes: Vec<String> = take(store, volunteer, uploads)
            .into_iter()
            .map(|verdict| if let Verdict::SetAside(code) = verdict { code } else { format!("{verdict:?}") })
            .collect();
        assert_eq!(codes, ["scope.outside", "Stored", "change.malformed", "Stored"]);
        is_clean(store);
    });
}

/// Two keys of a document that read alike, as only a hand-made client writes them.
#[test]
fn rows_that_read_alike_fail_no_commit() {
    everywhere(|store| {
        let volunteer = enroll(store, 101, Role::Volunteer, &[]);
        let mut pen = Pen::of(volunteer);
        let person = document(11);
        let phone = Phone {
            e164: Some("+212612345678".to_owned()),
            country: Some("MA".to_owned()),
            raw: "0612345678".to_owned(),
        };
        let uploads = pen.write(&Edit::AddPhone { person, row: RowId([0xaa; 8]), phone });
        let begun = pen.documents[0].crdt().clone();
        assert_eq!(take(store, volunteer, uploads), [Verdict::Stored]);
        let mut forged = begun.with_actor(ActorId::from([&[101; 16][..], &[1; 8]].concat()));
        let mut tx = forged.transaction();
        let (_, phones) = tx.get(ROOT, "phones").unwrap().unwrap();
        for key in ["AAAAAAAAAAAAAAAA", "aaaaaaaaaaaaaaaA", "+aaaaaaaaaaaaaaa"] {
            tx.put_object(&phones, key, automerge::ObjType::Map).unwrap();
        }
        tx.commit_with(CommitOptions::default().with_time(1));
        let change = forged.get_last_local_change().unwrap().raw_bytes().to_vec();
        let upload = Upload {
            document: DocumentId::contact_of(person),
            kind: Kind::Contact,
            epoch: 0,
            changes: vec![change.into()],
        };
        let no_such_edit = Verdict::SetAside("permission.no_such_edit".to_owned());
        assert_eq!(take(store, volunteer, vec![upload]), [no_such_edit]);
        assert_eq!(take(store, volunteer, Pen::of(volunteer).person(12)), [Verdict::Stored]);
        is_clean(store);
    });
}

/// A disk that fills up in the middle of a job: the writer's state must forget all of the transaction.
#[test]
fn what_a_given_up_transaction_touched_is_forgotten() {
    let place = Place::in_memory().unwrap();
    let store = Store::open(&place, Ingest::default()).unwrap();
    let house = enroll(&store, 100, Role::Staff, &[]);
    let mut pen = Pen::of(house);
    let (begin, first, second) = (pen.event(1), pen.expects(1, 11), pen.expects(1, 12));
    take(&store, house, begin);
    let mut db = storage::connect(&place).unwrap();
    let mut ingest = Ingest::default();
    let tx = db.transaction().unwrap();
    ingest.take(&tx, house, &first, NOW_MS).unwrap();
    ingest.job_kept();
    ingest.take(&tx, house, &second, NOW_MS).unwrap();
    // SQLite gave it up: no hook says what became of the second job.
    drop(tx);
    ingest.rolled_back();
    let tx = db.transaction().unwrap();
    ingest.job_undone();
    ingest.before_commit(&tx).unwrap();
    tx.commit().unwrap();
    ingest.committed();
    is_clean(&store);
    let heads = store.read_blocking(|db| documents::standing(db, document(1))).unwrap().unwrap().heads;
    assert_eq!(heads.len(), 1);
    assert_eq!(take(&store, house, [first, second].concat()), [Verdict::Stored, Verdict::Stored]);
    is_clean(&store);
}

#[test]
fn a_job_that_is_undone_leaves_the_document_as_the_jobs_before_it_left_it() {
    everywhere(|store| {
        let house = enroll(store, 100, Role::Staff, &[]);
        let mut pen = Pen::of(house);
        let (begin, first, second) = (pen.event(1), pen.expects(1, 11), pen.expects(1, 12));
        take(store, house, begin);
        let failed = {
            let second = second.clone();
            store.write_blocking(move |tx, ingest| {
                ingest.take(tx, house, &first, NOW_MS)?;
                ingest.take(tx, house, &second, NOW_MS)?;
                Err::<(), _>(StoreError::Corrupt("as asked"))
            })
        };
        assert!(failed.is_err());
        is_clean(store);
        // What it builds on was undone with it.
        assert_eq!(take(store, house, second), [Verdict::Missing]);
        is_clean(store);
    });
}

#[test]
fn a_copy_is_the_whole_database_and_no_more_follows_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let places = [
        (Place::in_memory().unwrap(), Place::in_memory().unwrap()),
        (Place::File(folder.path().join("a")), Place::File(folder.path().join("b"))),
    ];
    for (from, into) in places {
        let store = Store::open(&from, Ingest::default()).unwrap();
        let house = enroll(&store, 100, Role::Staff, &[]);
        take(&store, house, Pen::of(house).person(11));
        storage::copy(&from, &into).unwrap();
        take(&store, house, Pen::of(house).person(12));
        let copy = Store::open(&into, Ingest::default()).unwrap();
        is_clean(&copy);
        assert_eq!(copy.read_blocking(documents::all).unwrap().len(), 1);
        assert_eq!(copy.read_blocking(house::identity).unwrap(), store.read_blocking(house::identity).unwrap());
        assert!(storage::copy(&from, &into).is_err(), "never over something");
    }
}

#[test]
fn what_follows_can_be_made_anew_from_the_changes() {
    everywhere(|store| {
        let house = enroll(store, 100, Role::Staff, &[]);
        let mut pen = Pen::of(house);
        for upload in [pen.event(1), pen.person(11), pen.expects(1, 11)] {
            take(store, house, upload);
        }
        let before = store.read_blocking(|db| documents::digest(db, |_| true)).unwrap();
        store.write_blocking(|tx, _| server::storage::projections::clear(tx)).unwrap();
        assert!(!store.read_blocking(verify::verify).unwrap().is_clean());
        assert_eq!(store.write_blocking(|tx, _| verify::rebuild(tx)).unwrap(), 2);
        is_clean(store);
        assert_eq!(store.read_blocking(|db| documents::digest(db, |_| true)).unwrap(), before);
    });
}

/// A file of the first schema, with people in it, opens and works.
#[test]
fn a_file_of_the_first_schema_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiwizi.sqlite");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../../server/src/storage/migrations/0001_access.sql")).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x54495749; PRAGMA user_version = 1;
         INSERT INTO account VALUES (zeroblob(16), 'Amina', 'volunteer', 'fr', 1, NULL);
         INSERT INTO device (id, account_id, label, credential_hash, created_ms)
         VALUES (zeroblob(16), zeroblob(16), 'phone', zeroblob(32), 1);
         UPDATE server SET last_arrival = 41;
         INSERT INTO assignment VALUES (zeroblob(16), x'01010101010101010101010101010101', 1, 41, 1, NULL);",
    )
    .unwrap();
    let identity: Vec<u8> = old.query_row("SELECT identity FROM server", [], |row| row.get(0)).unwrap();
    drop(old);
    let store = Store::open(&Place::File(path), Ingest::default()).unwrap();
    assert_eq!(store.read_blocking(house::identity).unwrap().identity.to_vec(), identity);
    let standing = store.read_blocking(|db| access::standing(db, DeviceId([0; 16]))).unwrap().unwrap();
    assert_eq!((standing.account.name.as_str(), standing.account.role), ("Amina", Role::Volunteer));
    let house = enroll(&store, 100, Role::Staff, &[]);
    assert_eq!(take(&store, house, Pen::of(house).event(1)), [Verdict::Stored]);
    let amina = Uploader::of(standing.device.id, &standing.account);
    assert_eq!(held(&store, amina), BTreeSet::from([1]));
    assert_eq!(store.read_blocking(house::last_arrival).unwrap(), 42);
    is_clean(&store);
}
