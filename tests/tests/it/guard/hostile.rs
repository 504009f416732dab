//! Each hostile change by name, and the honest ones that must never be mistaken for them.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use automerge::legacy::{Key, OpType};
use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, Change, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use server::guard::{self, Owner, Refusal, Verdict};

use super::documents::{AMINA, BADR, CHAMA, Subject, actor, change, pull, replica};
use super::forge::{self, Parts};
use super::wholeness::{check_convergent, check_editable, check_readable};

/// What the guard says of each change of an upload, by code.
fn verdicts(document: &Automerge, upload: &[Vec<u8>]) -> Vec<&'static str> {
    let admitted = guard::admit(document, &Owner::Device(AMINA), None, upload);
    admitted.verdicts.iter().map(code).collect()
}

fn code(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(_) => "accepted",
        Verdict::Duplicate(_) => "duplicate",
        Verdict::Refused(refusal) => refusal.code(),
    }
}

/// One change is refused with this code, and an innocent one behind it is not.
#[track_caller]
fn check_refused(subject: &Subject, hostile: Vec<u8>, code: &str) {
    let upload = [hostile, subject.innocent.clone()];
    assert_eq!(verdicts(&subject.document, &upload), [code, "accepted"]);
}

/// The honest change with something altered, checksum right.
fn forged(subject: &Subject, alter: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = Parts::of(&subject.honest);
    alter(&mut parts);
    parts.chunk()
}

/// The honest change with its meaning altered, encoded as Automerge would.
fn reworded(subject: &Subject, alter: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut change = Change::from_bytes(subject.honest.clone()).unwrap().decode();
    alter(&mut change);
    Change::from(change).raw_bytes().to_vec()
}

/// What Amina's phone makes of the document with an edit that our engine would never make.
fn edited(subject: &Subject, edit: impl FnOnce(&mut Transaction<'_>)) -> Vec<u8> {
    change(&mut replica(&subject.document, AMINA, 7), 5_000, edit)
}

/// A sheet, and Amina's first mark in it.
fn sheet() -> Subject {
    Subject::all().swap_remove(0)
}

/// A change that builds on two heads and names another actor's operations.
fn merging() -> Subject {
    let has_others = |subject: &Subject| !Parts::of(&subject.honest).others.is_empty();
    Subject::all().into_iter().find(has_others).unwrap()
}

/// A dossier, and Amina's first edit of its summary.
fn text() -> Subject {
    let is_dossier = |subject: &Subject| subject.name == "dossier";
    Subject::all().into_iter().find(is_dossier).unwrap()
}

// Honest changes.

#[test]
fn honest_changes_pass_and_leave_the_document_whole() {
    for subject in Subject::all() {
        let upload = [std::slice::from_ref(&subject.honest), &subject.following].concat();
        let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &upload);
        assert!(admitted.verdicts.iter().all(|verdict| code(verdict) == "accepted"));
        let saved = guard::prove(&admitted.document).unwrap();
        check_readable(&admitted.document, &saved)
            .and_then(|loaded| check_editable(&subject, &loaded))
            .and_then(|()| check_editable(&subject, &admitted.document))
            .and_then(|()| check_convergent(&subject, &admitted))
            .unwrap_or_else(|failure| panic!("{}: {failure}", subject.name));
    }
}

#[test]
fn an_accepted_change_is_told_as_it_arrived() {
    let subject = merging();
    let deflated = forge::deflated_chunk(forge::body(&subject.honest));
    let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &[&deflated]);
    let honest = Change::from_bytes(subject.honest.clone()).unwrap();
    let accepted = admitted.accepted().next().unwrap();
    assert_eq!(accepted.hash, honest.hash().0);
    assert_eq!(accepted.bytes, deflated);
    assert_eq!(accepted.actor, *honest.actor_id().to_bytes());
    assert_eq!(
        (accepted.seq, accepted.start_op, accepted.max_op),
        (honest.seq(), honest.start_op().get(), honest.max_op())
    );
    assert_eq!(accepted.claimed_time, honest.timestamp());
    assert!(admitted.document.get_change_by_hash(&honest.hash()).is_some());
    assert!(subject.document.get_change_by_hash(&honest.hash()).is_none());
}

#[test]
fn many_phones_that_wrote_apart_all_pass_with_equal_heads() {
    let devices: Vec<[u8; 16]> = (0..10).map(|n| [n; 16]).collect();
    let mut phones: Vec<Automerge> = devices.iter().map(|device| replica(&text().document, *device, 1)).collect();
    let mut server = text().document;
    for round in 0..6 {
        for (number, device) in devices.iter().enumerate() {
            let phone = &mut phones[number];
            let upload: Vec<Vec<u8>> = (0..3)
                .map(|step| {
                    change(phone, 5_000 + round, |edit| {
                        let summary = edit.get(ROOT, "summary").unwrap().unwrap().1;
                        let at = (number * 7 + step) % edit.length(&summary);
                        edit.splice_text(&summary, at, 1, "ⵜⵉⵡ").unwrap();
                        edit.put(ROOT, format!("field {}", at % 3), number as i64).unwrap();
                    })
                })
                .collect();
            let admitted = guard::admit(&server, &Owner::Device(*device), None, &upload);
            assert!(admitted.verdicts.iter().all(|verdict| code(verdict) == "accepted"));
            server = admitted.document;
        }
        // Every second phone has a network in this round.
        for (number, phone) in phones.iter_mut().enumerate() {
            if number % 2 == round as usize % 2 {
                pull(phone, &server);
            }
        }
    }
    guard::prove(&server).unwrap();
    for phone in &mut phones {
        pull(phone, &server);
        assert_eq!(phone.get_heads(), server.get_heads());
        assert_eq!(phone.hydrate(None), server.hydrate(None));
    }
}

#[test]
fn a_change_sent_again_is_a_duplicate() {
    let subject = sheet();
    let deflated = forge::deflated_chunk(forge::body(&subject.honest));
    let upload = [subject.honest.clone(), subject.honest.clone(), deflated];
    assert_eq!(verdicts(&subject.document, &upload), ["accepted", "duplicate", "duplicate"]);
    // So is the document's first change, which both ends compute and nobody sends.
    let genesis = subject.changes[0].raw_bytes().to_vec();
    assert_eq!(verdicts(&subject.document, &[genesis]), ["duplicate"]);
}

#[test]
fn a_clock_that_is_years_off_is_no_reason() {
    let subject = sheet();
    for time in [-86_400, 0, 4_102_444_800_000] {
        let off = forged(&subject, |parts| parts.time = time);
        assert_eq!(verdicts(&subject.document, &[off]), ["accepted"]);
    }
    // One that overflows the differences between times would make the document impossible to save.
    for time in [i64::MIN, i64::MAX] {
        check_refused(&subject, forged(&subject, |parts| parts.time = time), "change.too_big");
    }
}

// Whose change it is, and what it continues.

#[test]
fn an_actor_belongs_to_the_device_that_it_names() {
    let subject = sheet();
    let foreign = actor(BADR, 1).to_bytes().to_vec();
    for stranger in [foreign, AMINA.to_vec(), [AMINA, AMINA].concat(), Vec::new()] {
        let forged = forged(&subject, |parts| parts.actor = stranger);
        check_refused(&subject, forged, "change.foreign_actor");
    }
    // Where others' changes may be brought back, an actor still names a device.
    let newcomer = actor(BADR, 9).to_bytes().to_vec();
    let brought = [newcomer, AMINA.to_vec()].map(|actor| forged(&subject, |parts| parts.actor = actor));
    let admitted = guard::admit(&subject.document, &Owner::Anyone, None, &brought);
    assert_eq!(admitted.verdicts.iter().map(code).collect::<Vec<_>>(), ["accepted", "change.foreign_actor"]);
}

#[test]
fn what_is_kept_for_staff_can_be_read_without_being_judged() {
    let subject = sheet();
    let follower = guard::read(&subject.following[0]).unwrap();
    assert_eq!(follower.deps(), [guard::read(&subject.honest).unwrap().hash()]);
    for unreadable in [forge::bomb(64 << 20), million_operations(&subject), subject.document.save(), Vec::new()] {
        assert!(guard::read(&unreadable).is_none());
    }
}

#[test]
fn a_change_that_is_not_its_actors_next_waits_for_it() {
    let subject = sheet();
    for seq in [0, 2, u64::from(u32::MAX), u64::MAX] {
        let code = if seq == 0 { "change.duplicate_seq" } else { "change.seq_gap" };
        check_refused(&subject, forged(&subject, |parts| parts.seq = seq), code);
    }
    // What follows a refused change is refused; the order of arrival repairs it.
    let follower = subject.following[0].clone();
    assert_eq!(
        verdicts(&subject.document, &[follower.clone(), subject.honest.clone(), follower]),
        ["change.missing_deps", "accepted", "accepted"]
    );
}

#[test]
fn a_cloned_phone_that_forks_its_actor_is_told_so() {
    let subject = sheet();
    let mut clone = replica(&subject.document, AMINA, 1);
    let fork = change(&mut clone, 4_000, |edit| edit.put(ROOT, "fork", true).unwrap());
    let behind = change(&mut clone, 4_001, |edit| edit.put(ROOT, "fork", false).unwrap());
    let upload = [subject.honest.clone(), fork, behind, subject.innocent.clone()];
    assert_eq!(
        verdicts(&subject.document, &upload),
        ["accepted", "change.duplicate_seq", "change.missing_deps", "accepted"]
    );
}

#[test]
fn an_actor_cannot_be_concurrent_with_itself() {
    // Its second change does not build on its first, and so gives two operations one name.
    let subject = sheet();
    let heads = Parts::of(&subject.honest);
    let mut second = Parts::of(&subject.following[0]);
    (second.deps, second.start_op) = (heads.deps, heads.start_op);
    assert_eq!(verdicts(&subject.document, &[subject.honest.clone(), second.chunk()]), ["accepted", "change.seq_gap"]);
}

#[test]
fn what_a_change_builds_on_must_be_here() {
    let subject = sheet();
    let missing = |parts: &mut Parts| parts.deps = vec![[7; 32]];
    check_refused(&subject, forged(&subject, missing), "change.missing_deps");
    // One that builds on nothing would stand beside the document's first change.
    let none = |parts: &mut Parts| (parts.deps, parts.start_op) = (Vec::new(), 1);
    check_refused(&subject, forged(&subject, none), "change.missing_deps");
}

#[test]
fn operations_count_on_from_where_the_past_ends() {
    let subject = sheet();
    let right = Parts::of(&subject.honest).start_op;
    // 1: the document no longer loads. u32::MAX: the next honest edit panics.
    for start_op in [1, right - 1, right + 1, u64::from(u32::MAX)] {
        let forged = forged(&subject, |parts| parts.start_op = start_op);
        check_refused(&subject, forged, "change.start_op");
    }
    for start_op in [0, 1 << 32, u64::MAX] {
        let forged = forged(&subject, |parts| parts.start_op = start_op);
        check_refused(&subject, forged, "change.malformed");
    }
}

// What its operations refer to.

#[test]
fn an_unknown_actor_is_refused_before_it_poisons_the_document() {
    let subject = merging();
    let hostile = forged(&subject, |parts| parts.others[0] = vec![9; 24]);
    let mut stock = subject.document.clone();
    let change = Change::from_bytes(hostile.clone()).unwrap();
    let applied = catch_unwind(AssertUnwindSafe(|| stock.apply_changes([change]).is_ok()));
    assert!(applied.is_err(), "stock Automerge panics at it");
    assert!(catch_unwind(|| stock.save()).is_err(), "and can no longer save");
    check_refused(&subject, hostile, "change.unknown_actor");
}

#[test]
fn an_operation_outside_its_own_past_is_refused() {
    // Chama's mark is on the server, but the phone that claims to change it has not seen it.
    let subject = sheet();
    let marks = subject.document.get(ROOT, "marks").unwrap().unwrap().1;
    let (_, chamas) = subject.document.get(&marks, "c0").unwrap().unwrap();
    let full = Parts::of(&edited(&subject, |edit| edit.put(&chamas, "status", "present").unwrap()));
    let badrs_only: Vec<&Change> =
        (subject.changes.iter()).filter(|change| *change.actor_id() == actor(BADR, 1)).collect();
    let last = badrs_only.last().unwrap();
    let mut blind = full;
    (blind.deps, blind.start_op) = (vec![last.hash().0], last.max_op() + 1);
    check_refused(&subject, blind.chunk(), "change.unknown_operation");
}

#[test]
fn an_operation_must_be_what_it_is_taken_for() {
    let subject = sheet();
    let title = subject.document.get(ROOT, "details").unwrap().unwrap().1;
    let title = subject.document.get(&title, "title").unwrap().unwrap().1;
    let automerge::ObjId::Id(counter, actor, _) = title else { unreachable!() };
    let title = automerge::legacy::OpId::new(counter, &actor);
    // A string taken for a map, a map taken for a list, an operation that comes later.
    let inside_string = reworded(&subject, |change| {
        change.operations[0].obj = automerge::legacy::ObjectId::Id(title.clone());
    });
    check_refused(&subject, inside_string, "change.unknown_operation");
    let as_list = reworded(&subject, |change| {
        change.operations[0].key = Key::head();
        change.operations[0].insert = true;
    });
    check_refused(&subject, as_list, "change.malformed");
    let ahead = reworded(&subject, |change| {
        let next = automerge::legacy::OpId::new(change.start_op.get() + 3, &change.actor_id);
        change.operations[1].pred = vec![next].into();
    });
    check_refused(&subject, ahead, "change.unknown_operation");
    // Deleting nothing, and replacing what stands under another key.
    let nothing = reworded(&subject, |change| change.operations[1].action = OpType::Delete);
    check_refused(&subject, nothing, "change.malformed");
    let elsewhere = reworded(&subject, |change| change.operations[1].pred = vec![title].into());
    let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &[elsewhere]);
    assert!(matches!(admitted.verdicts[0], Verdict::Refused(Refusal::NotCanonical | Refusal::Panicked)));
}

#[test]
fn what_our_documents_never_hold_is_refused() {
    let sheet = sheet();
    let counter = ScalarValue::counter(1);
    let unknown = ScalarValue::Unknown { type_code: 14, bytes: vec![1] };
    for value in [counter, unknown, f64::NAN.into(), f64::INFINITY.into()] {
        let hostile = edited(&sheet, |edit| edit.put(ROOT, "new", value).unwrap());
        check_refused(&sheet, hostile, "change.unsupported");
    }
    let table = edited(&sheet, |edit| {
        edit.put_object(ROOT, "new", ObjType::Table).unwrap();
    });
    check_refused(&sheet, table, "change.unsupported");
    let author = forged(&sheet, |parts| parts.extra = vec![1, 2, b'M', b'D']);
    check_refused(&sheet, author, "change.unsupported");

    let text = text();
    let summary = text.document.get(ROOT, "summary").unwrap().unwrap().1;
    let mark = edited(&text, |edit| {
        let mark = Mark::new("bold".into(), true, 0, 4);
        edit.mark(&summary, mark, ExpandMark::Both).unwrap();
    });
    check_refused(&text, mark, "change.unsupported");
    let block = edited(&text, |edit| {
        edit.split_block(&summary, 3).unwrap();
    });
    check_refused(&text, block, "change.unsupported");
}

// Frames and encodings.

#[test]
fn a_broken_frame_is_refused() {
    let subject = sheet();
    let deflated = forge::deflated_chunk(forge::body(&subject.honest));
    for honest in [&subject.honest, &deflated] {
        for length in 0..honest.len() {
            check_refused(&subject, honest[..length].to_vec(), "change.malformed");
        }
        let longer = [&honest[..], &[0]].concat();
        check_refused(&subject, longer, "change.malformed");
        let mut wrong = honest.clone();
        wrong[5] ^= 1;
        check_refused(&subject, wrong, "change.checksum");
        let mut unmagic = honest.clone();
        unmagic[0] ^= 1;
        check_refused(&subject, unmagic, "change.malformed");
    }
    // Bytes hidden behind the end of the deflated stream.
    let body = forge::body(&subject.honest);
    let hiding = [forge::deflate(body), b"hidden".to_vec()].concat();
    let hiding = forge::framed(forge::DEFLATED, &forge::hash(body)[..4], &hiding);
    check_refused(&subject, hiding, "change.malformed");
}

#[test]
fn noise_is_refused() {
    let subject = sheet();
    for length in 0..200_u32 {
        let noise = (0..length).map(|n| (n * n * 31 + length * 7) as u8).collect();
        check_refused(&subject, noise, "change.malformed");
    }
}

#[test]
fn only_changes_are_taken() {
    let subject = sheet();
    check_refused(&subject, subject.document.save(), "change.not_a_change");
    let hashes = subject.changes.iter().map(|change| change.hash());
    let bundle = subject.document.bundle(hashes).unwrap().bytes().to_vec();
    check_refused(&subject, bundle, "change.not_a_change");
    let two = [subject.honest.clone(), subject.honest.clone()].concat();
    check_refused(&subject, two, "change.malformed");
}

#[test]
fn the_same_change_in_other_bytes_is_refused() {
    let check = |subject: &Subject, alter: fn(&mut Parts)| {
        let upload = [forged(subject, alter), subject.innocent.clone()];
        let verdicts = verdicts(&subject.document, &upload);
        // A build of Automerge with debug assertions panics at some of what others only read back differently.
        assert!(matches!(verdicts[0], "change.not_canonical" | "change.panicked" | "change.malformed"));
        assert_eq!(verdicts[1], "accepted");
    };
    let subject = merging();
    check(&subject, |parts| parts.deps.reverse());
    check(&subject, |parts| parts.deps.push(parts.deps[1]));
    check(&subject, |parts| parts.others.push(actor(CHAMA, 1).to_bytes().to_vec()));
    // A run of equal actions spelt out one by one, and a number with a needless byte.
    let subject = sheet();
    check(&subject, |parts| {
        let action = parts.column(forge::ACTION);
        assert_eq!(action[..2], [0x7f, 0], "a map is made, then values are put");
        let count = action[2];
        *action = [vec![0x7f - count, 0], vec![1; count.into()]].concat();
    });
    check(&subject, |parts| {
        let insert = parts.column(forge::INSERT);
        *insert = vec![insert[0] | 0x80, 0];
    });
}

// Limits.

/// A change that claims a million operations in some hundred bytes.
fn million_operations(subject: &Subject) -> Vec<u8> {
    forged(subject, |parts| {
        let run = |value: u8| [forge::leb_signed(1_000_000), vec![value]].concat();
        *parts.column(forge::ACTION) = run(1);
        *parts.column(forge::VALUE_META) = run(0);
        *parts.column(forge::PRED_COUNT) = run(0);
        *parts.column(forge::INSERT) = forge::leb_unsigned(1_000_000);
        *parts.column(forge::KEY_STRING) = [forge::leb_signed(1_000_000), b"\x01k".to_vec()].concat();
        parts.columns.retain(|(spec, _)| {
            [forge::ACTION, forge::VALUE_META, forge::PRED_COUNT, forge::INSERT, forge::KEY_STRING].contains(spec)
        });
    })
}

#[test]
fn runs_that_claim_millions_are_counted_and_not_decoded() {
    let subject = sheet();
    let million = million_operations(&subject);
    assert!(million.len() < 600);
    assert_eq!(Change::from_bytes(million.clone()).unwrap().len(), 1_000_000, "it is valid");
    check_refused(&subject, million, "change.too_big");
    for spec in [forge::ACTION, forge::PRED_COUNT] {
        for run in [i64::MAX, 1 << 40, 300_000] {
            let forged = forged(&subject, |parts| {
                *parts.column(spec) = [forge::leb_signed(run), forge::leb_unsigned(u64::MAX)].concat();
            });
            check_refused(&subject, forged, "change.too_big");
        }
        let literals = |parts: &mut Parts| *parts.column(spec) = forge::leb_signed(i64::MIN);
        check_refused(&subject, forged(&subject, literals), "change.malformed");
    }
}

#[test]
fn bombs_are_given_up_at_the_limit() {
    let subject = sheet();
    for inflated_bytes in [64 << 20, 256 << 20] {
        check_refused(&subject, forge::bomb(inflated_bytes), "change.too_big");
    }
    check_refused(&subject, vec![0; guard::CHANGE_BYTES_MAX + 1], "change.too_big");
    // Nor are they opened without end, and no innocent change is lost to them.
    let upload = [vec![forge::bomb(2 << 20); 40], vec![subject.honest.clone()]].concat();
    let verdicts = verdicts(&subject.document, &upload);
    assert_eq!((verdicts[0], verdicts[39]), ("change.too_big", "change.postponed"));
    assert_eq!(verdicts[40], "change.postponed");
}

#[test]
fn long_names_values_and_messages_are_refused() {
    let subject = sheet();
    let (key, value) = ("k".repeat(guard::KEY_BYTES_MAX), "v".repeat(guard::VALUE_BYTES_MAX));
    let longest = edited(&subject, |edit| edit.put(ROOT, &key, value.clone()).unwrap());
    assert_eq!(verdicts(&subject.document, &[longest]), ["accepted"]);
    let hostile = [
        edited(&subject, |edit| edit.put(ROOT, key.clone() + "k", 1).unwrap()),
        edited(&subject, |edit| edit.put(ROOT, "k", value.clone() + "v").unwrap()),
        edited(&subject, |edit| edit.put(ROOT, "k", [value.as_bytes(), &[0]].concat()).unwrap()),
        forged(&subject, |parts| parts.message = vec![b'm'; guard::CHANGE_MESSAGE_BYTES_MAX + 1]),
        forged(&subject, |parts| parts.deps = vec![[1; 32]; guard::CHANGE_DEPS_MAX as usize + 1]),
    ];
    for hostile in hostile {
        check_refused(&subject, hostile, "change.too_big");
    }
}

/// Maps inside each other, in one change.
fn nest(edit: &mut Transaction<'_>, depth: usize) {
    let mut object = ROOT;
    for _ in 0..depth {
        object = edit.put_object(object, "deeper", ObjType::Map).unwrap();
    }
}

#[test]
fn nesting_has_an_end() {
    // Reading recurses: at a thousand levels the stack overflows, which nothing can catch.
    let subject = sheet();
    let deepest = edited(&subject, |edit| nest(edit, guard::DEPTH_MAX));
    assert_eq!(verdicts(&subject.document, &[deepest]), ["accepted"]);
    for depth in [guard::DEPTH_MAX + 1, 20_000] {
        check_refused(&subject, edited(&subject, |edit| nest(edit, depth)), "change.too_big");
    }
    // Nor is there a way down in two steps.
    let mut phone = replica(&subject.document, AMINA, 8);
    let half = change(&mut phone, 5_000, |edit| nest(edit, guard::DEPTH_MAX / 2));
    let rest = change(&mut phone, 5_001, |edit| {
        let mut object = ROOT;
        while let Some((_, deeper)) = edit.get(&object, "deeper").unwrap() {
            object = deeper;
        }
        for _ in 0..=guard::DEPTH_MAX / 2 {
            object = edit
                .put_object(object, "deeper", ObjType::List)
                .map(|list| edit.insert_object(&list, 0, ObjType::Map).unwrap())
                .unwrap();
        }
    });
    assert_eq!(verdicts(&subject.document, &[half, rest]), ["accepted", "change.too_big"]);
}

#[test]
fn an_upload_has_an_allowance_and_a_document_an_end() {
    let subject = text();
    let mut phone = replica(&subject.document, AMINA, 8);
    let long = "a".repeat(45_000);
    let upload: Vec<Vec<u8>> = (0..12)
        .map(|step| {
            change(&mut phone, 5_000 + step, |edit| {
                let note = edit.put_object(ROOT, "note", ObjType::Text).unwrap();
                edit.splice_text(&note, 0, 0, &long).unwrap();
            })
        })
        .collect();
    let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &upload);
    let codes: Vec<_> = admitted.verdicts.iter().map(code).collect();
    assert_eq!(codes, [vec!["accepted"; 10], vec!["change.postponed"; 2]].concat());
    // Sent again they are judged.
    assert_eq!(verdicts(&admitted.document, &upload[10..]), ["accepted", "change.document_full"]);
}

#[test]
fn heads_never_outgrow_what_one_change_can_merge() {
    let subject = sheet();
    let alone = edited(&subject, |edit| edit.put(ROOT, "alone", true).unwrap());
    let heads: Vec<Vec<u8>> = (0..=guard::CHANGE_DEPS_MAX)
        .map(|start| {
            let mut parts = Parts::of(&alone);
            parts.actor = actor(AMINA, 1_000 + start).to_bytes().to_vec();
            parts.chunk()
        })
        .collect();
    let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &heads);
    assert_eq!(admitted.accepted().count() as u64, guard::CHANGE_DEPS_MAX);
    assert_eq!(code(admitted.verdicts.last().unwrap()), "change.document_full");
    // Whoever holds them all can still go on, and makes them one.
    let mut phone = replica(&admitted.document, AMINA, 7);
    let merge = change(&mut phone, 5_000, |edit| edit.put(ROOT, "alone", false).unwrap());
    assert_eq!(verdicts(&admitted.document, &[merge, heads.last().unwrap().clone()]), ["accepted", "accepted"]);
}

// What a caught panic costs, and what the last proof finds.

/// An insertion into one text after a character of another: everything it names is known, and Automerge panics.
fn panicking(subject: &Subject) -> Vec<u8> {
    let context = subject.document.get(ROOT, "context").unwrap().unwrap().1;
    let automerge::ObjId::Id(counter, actor, _) = context else { unreachable!() };
    reworded(subject, |change| {
        for operation in &mut change.operations {
            let id = automerge::legacy::OpId::new(counter, &actor);
            operation.obj = automerge::legacy::ObjectId::Id(id);
        }
    })
}

#[test]
fn a_change_that_makes_automerge_panic_spoils_nothing() {
    let subject = text();
    let spoiling = panicking(&subject);
    let mut phone = replica(&subject.document, AMINA, 8);
    let mut chain = (0..6).map(|step| change(&mut phone, 5_000, |edit| edit.put(ROOT, "step", step).unwrap()));
    let upload: Vec<Vec<u8>> = (0..6).flat_map(|_| [spoiling.clone(), chain.next().unwrap()]).collect();
    let admitted = guard::admit(&subject.document, &Owner::Device(AMINA), None, &upload);
    let codes: Vec<_> = admitted.verdicts.iter().map(code).collect();
    assert_eq!(codes, ["change.panicked", "accepted"].repeat(6));
    assert_eq!(admitted.document.get_heads(), phone.get_heads());
    guard::prove(&admitted.document).unwrap();
}

#[test]
fn a_dear_change_that_panics_does_not_hold_up_those_behind_it_for_ever() {
    let subject = text();
    let long = "a".repeat(100_000);
    let dear = edited(&subject, |edit| {
        let summary = edit.get(ROOT, "summary").unwrap().unwrap().1;
        edit.splice_text(&summary, 1, 0, &long).unwrap();
    });
    let spoiling = panicking(&Subject { honest: dear, ..subject.clone() });
    let mut phone = replica(&subject.document, AMINA, 8);
    let chain = (0..15).map(|step| change(&mut phone, 5_000, |edit| edit.put(ROOT, "step", step).unwrap()));
    let upload: Vec<Vec<u8>> = std::iter::once(spoiling).chain(chain).collect();
    // The spoilt batches have used up the allowance, but not for the first one.
    let first = guard::admit(&subject.document, &Owner::Device(AMINA), None, &upload);
    assert_eq!(code(&first.verdicts[0]), "change.panicked");
    // What was put off the device sends again.
    let rest: Vec<_> =
        upload.iter().zip(&first.verdicts).filter(|(_, verdict)| code(verdict) == "change.postponed").collect();
    let again: Vec<_> = rest.into_iter().map(|(bytes, _)| bytes).collect();
    let then = guard::admit(&first.document, &Owner::Device(AMINA), None, &again);
    assert_eq!(then.document.get_heads(), phone.get_heads());
}

#[test]
fn the_proof_refuses_a_document_that_would_not_come_back() {
    let subject = sheet();
    guard::prove(&subject.document).unwrap();
    // Stock Automerge accepts a start that is too low, and loses the document with it.
    let mut poisoned = subject.document.clone();
    let low = forged(&subject, |parts| parts.start_op = 1);
    let low = Change::from_bytes(low).unwrap();
    let _ = catch_unwind(AssertUnwindSafe(|| poisoned.apply_changes([low]).is_ok()));
    assert_eq!(guard::prove(&poisoned), Err(Refusal::Unsaveable));
}

#[test]
fn every_refusal_has_its_own_code() {
    let codes: BTreeSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), Refusal::ALL.len());
    assert!(codes.iter().all(|code| code.starts_with("change.")));
}

/// Set in the process that [`hostile_changes_cost_little_memory_and_print_nothing`] starts.
const CHILD: &str = "TIWIZI_GUARD_CHILD";

/// Needs a process of its own: its peak of memory and its standard error are measured.
#[test]
#[cfg(target_os = "linux")]
fn hostile_changes_cost_little_memory_and_print_nothing() {
    if std::env::var_os(CHILD).is_some() {
        return suffer_alone();
    }
    let name = "guard::hostile::hostile_changes_cost_little_memory_and_print_nothing";
    let child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    let grown_kb: u64 = out
        .lines()
        .find_map(|line| line.split_once("grown kB: ")?.1.parse().ok())
        .unwrap_or_else(|| panic!("{out}\n{err}"));
    assert!(grown_kb < 16 * 1024, "{grown_kb} kB");
    assert!(!err.contains("assertion failed"), "a contained panic was printed: {err}");
    assert!(err.contains("printed as ever"), "panics elsewhere are: {err}");
}

fn suffer_alone() {
    let (sheet, text) = (sheet(), text());
    let hostile = [forge::bomb(256 << 20), million_operations(&sheet), panicking(&text)];
    let honest = [text.honest.clone()];
    guard::admit(&text.document, &Owner::Device(AMINA), None, &honest);
    let before = peak_kb();
    for _ in 0..3 {
        let codes = verdicts(&text.document, &hostile);
        assert_eq!(codes, ["change.too_big", "change.too_big", "change.panicked"]);
    }
    println!("grown kB: {}", peak_kb() - before);
    let _ = catch_unwind(|| panic!("printed as ever"));
}

/// The most memory that this process has held at once.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}
