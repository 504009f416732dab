//! Whether a document is whole: everything that a server or a phone will ever do with it still works.

use automerge::transaction::CommitOptions;
use automerge::{AutoSerde, Automerge, Change};
use server::guard::Admitted;

use super::documents::{DRISS, Subject, actor};
use super::forge;

/// The document loads back equal and can be read. Returns it as loaded.
///
/// `saved` are the bytes that the guard's proof returned. Panics are the caller's to catch.
pub(super) fn check_readable(document: &Automerge, saved: &[u8]) -> Result<Automerge, String> {
    let loaded = Automerge::load(saved).map_err(|error| format!("load: {error}"))?;
    same("heads after loading", &loaded.get_heads(), &document.get_heads())?;
    same("state after loading", &loaded.hydrate(None), &document.hydrate(None))?;
    json(&loaded)?;
    Ok(loaded)
}

/// Another phone can go on from here, and what it makes loads and reads too.
pub(super) fn check_editable(subject: &Subject, document: &Automerge) -> Result<(), String> {
    let mut edited = document.clone().with_actor(actor(DRISS, 9));
    let mut transaction = edited.transaction();
    (subject.edit)(&mut transaction);
    transaction.commit_with(CommitOptions::default().with_time(9_000));
    check_readable(&edited, &edited.save()).map_err(|failure| format!("edited: {failure}"))?;
    Ok(())
}

/// Other replicas make the same document of the admitted changes, in whatever order these reach them.
pub(super) fn check_convergent(subject: &Subject, admitted: &Admitted) -> Result<(), String> {
    let new: Vec<Change> =
        admitted.accepted().map(|change| Change::from_bytes(change.bytes.clone()).unwrap()).collect();
    check_history(subject, &admitted.document)?;
    check_replicas(subject, &new, &admitted.document)?;
    check_concurrent(subject, new, &admitted.document)
}

fn json(document: &Automerge) -> Result<String, String> {
    serde_json::to_string(&AutoSerde::from(document)).map_err(|error| format!("JSON: {error}"))
}

fn same<T: PartialEq>(what: &str, left: &T, right: &T) -> Result<(), String> {
    (left == right).then_some(()).ok_or(format!("not the same: {what}"))
}

/// The same operations in the same order, with the same successors.
fn same_operations(what: &str, left: &Automerge, right: &Automerge) -> Result<(), String> {
    let left = forge::operations(&left.save_nocompress());
    let right = forge::operations(&right.save_nocompress());
    same(what, &left, &right)
}

/// The past has not moved, and what happened since can be told.
fn check_history(subject: &Subject, document: &Automerge) -> Result<(), String> {
    let before = subject.document.get_heads();
    same("the state before", &document.hydrate(Some(&before)), &subject.document.hydrate(None))?;
    document.diff(&before, &document.get_heads());
    document.diff(&document.get_heads(), &before);
    document.current_state();
    Ok(())
}

/// A phone that takes all changes at once, and one that takes them one by one, see what the server sees.
fn check_replicas(subject: &Subject, new: &[Change], document: &Automerge) -> Result<(), String> {
    let changes = [&subject.changes[..], new].concat();
    let mut at_once = Automerge::new();
    apply(&mut at_once, changes.clone())?;
    let mut one_by_one = Automerge::new();
    for change in changes {
        apply(&mut one_by_one, vec![change])?;
    }
    same("JSON of a replica", &json(&at_once)?, &json(document)?)?;
    for replica in [&at_once, &one_by_one] {
        same("heads of a replica", &replica.get_heads(), &document.get_heads())?;
        same_operations("operations of a replica", replica, document)?;
    }
    Ok(())
}

/// Another phone's change may come before these or after: both ends agree.
fn check_concurrent(subject: &Subject, new: Vec<Change>, document: &Automerge) -> Result<(), String> {
    let other = Change::from_bytes(subject.concurrent.clone()).unwrap();
    let mut after = document.clone();
    apply(&mut after, vec![other.clone()])?;
    let mut before = subject.document.clone();
    apply(&mut before, vec![other])?;
    apply(&mut before, new)?;
    same("JSON in either order", &json(&before)?, &json(&after)?)?;
    same_operations("operations in either order", &before, &after)?;
    Automerge::load(&after.save()).map_err(|error| format!("load with another's change: {error}"))?;
    Ok(())
}

fn apply(document: &mut Automerge, changes: Vec<Change>) -> Result<(), String> {
    document.apply_changes(changes).map_err(|error| format!("apply: {error}"))
}
