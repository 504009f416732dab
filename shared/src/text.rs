//! Long text: one splice per pause in the typing, placed where its author meant it (M5).
//!
//! The page never sends positions. It sends the text that the author saw, the text that they left, and the version they saw
//! it at; so a page that counts UTF-16 units and a document that counts code points cannot disagree.

use automerge::{
    ActorId, AutomergeError, ChangeHash, Cursor, ObjId, ReadDoc, legacy,
    transaction::{Transactable, Transaction},
};

use crate::document::Document;

/// What turns one text into another: at `at`, `removed` characters give way to `inserted`. Counted in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) at: usize,
    pub(crate) removed: usize,
    pub(crate) inserted: String,
}

impl Splice {
    /// The one splice between two texts: what stands between their common beginning and their common end.
    pub(crate) fn between(before: &str, after: &str) -> Self {
        let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
        let at = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let end = old[at..].iter().rev().zip(new[at..].iter().rev()).take_while(|(a, b)| a == b).count();
        Self { at, removed: old.len() - at - end, inserted: new[at..new.len() - end].iter().collect() }
    }
}

/// Where the characters that a splice removes stand now, and where its insertion goes.
struct Placed {
    insert_at: usize,
    /// Positions in the present text, falling.
    remove: Vec<usize>,
}

/// Writes an author's rewording of `text` into a document that may have moved on since `version`.
///
/// Returns the anchors of the paragraphs that it touched. Where the version is unknown here, what was typed goes in and
/// nothing is taken out that the author may not have seen.
pub(crate) fn reword(
    tx: &mut Transaction<'_>,
    text: &ObjId,
    version: &[ChangeHash],
    before: &str,
    after: &str,
) -> Result<Vec<String>, AutomergeError> {
    let splice = Splice::between(before, after);
    let now = tx.text(text)?;
    if now == after {
        // Done already, here or by somebody who meant the same.
        return Ok(Vec::new());
    }
    let seen_here = !version.is_empty()
        && version.iter().all(|head| tx.get_change_by_hash(head).is_some())
        && tx.text_at(text, version).is_ok_and(|then| then == before);
    let placed = if now == before {
        Placed { insert_at: splice.at, remove: (splice.at..splice.at + splice.removed).rev().collect() }
    } else if seen_here {
        place_by_cursors(tx, text, version, &splice)?
    } else {
        place_beside(before, &now, &splice)
    };
    let anchors = touched(tx, text, &now, &placed)?;
    // Positions fall: each run that stands together goes at once.
    for run in placed.remove.chunk_by(|after, before| *after == before + 1) {
        tx.splice_text(text, run[run.len() - 1], run.len() as isize, "")?;
    }
    let removed_before = placed.remove.iter().filter(|position| **position < placed.insert_at).count();
    tx.splice_text(text, placed.insert_at - removed_before, 0, &splice.inserted)?;
    Ok(anchors)
}

/// Follows each character from the version that the author saw to where it stands now.
fn place_by_cursors(
    tx: &Transaction<'_>,
    text: &ObjId,
    version: &[ChangeHash],
    splice: &Splice,
) -> Result<Placed, AutomergeError> {
    let then = tx.length_at(text, version);
    let now = tx.length(text);
    let mut remove = Vec::with_capacity(splice.removed);
    for index in splice.at..splice.at + splice.removed {
        let cursor = tx.get_cursor(text, index, Some(version))?;
        let position = tx.get_cursor_position(text, &cursor, None)?;
        let still_there = position < now && tx.get_cursor(text, position, None)? == cursor;
        if still_there {
            remove.push(position);
        }
    }
    remove.sort_unstable_by(|a, b| b.cmp(a));
    let after_removed = splice.at + splice.removed;
    let insert_at = if after_removed < then {
        let cursor = tx.get_cursor(text, after_removed, Some(version))?;
        tx.get_cursor_position(text, &cursor, None)?
    } else if splice.at > 0 {
        // At the end of what the author saw: right behind its last character, before what others added since.
        let cursor = tx.get_cursor(text, splice.at - 1, Some(version))?;
        let position = tx.get_cursor_position(text, &cursor, None)?;
        let still_there = position < now && tx.get_cursor(text, position, None)? == cursor;
        position + usize::from(still_there)
    } else {
        0
    };
    Ok(Placed { insert_at: insert_at.min(now), remove })
}

/// The present text differs from the one seen by one region; a splice outside it shifts, one inside it only adds.
fn place_beside(before: &str, now: &str, splice: &Splice) -> Placed {
    let others = Splice::between(before, now);
    let added = others.inserted.chars().count();
    if splice.at + splice.removed <= others.at {
        Placed { insert_at: splice.at, remove: (splice.at..splice.at + splice.removed).rev().collect() }
    } else if splice.at >= others.at + others.removed {
        let at = splice.at + added - others.removed;
        Placed { insert_at: at, remove: (at..at + splice.removed).rev().collect() }
    } else {
        Placed { insert_at: others.at + added, remove: Vec::new() }
    }
}

/// The anchors of the paragraphs that a splice reaches into, in the text as it is before the splice.
fn touched(tx: &Transaction<'_>, text: &ObjId, now: &str, placed: &Placed) -> Result<Vec<String>, AutomergeError> {
    let newlines = newlines(now);
    let mut touched: Vec<Option<usize>> = vec![start_of_paragraph(&newlines, placed.insert_at)];
    for &position in &placed.remove {
        touched.push(start_of_paragraph(&newlines, position));
        if newlines.binary_search(&position).is_ok() {
            // Joining two paragraphs touches the second one too.
            touched.push(Some(position));
        }
    }
    touched.sort_unstable();
    touched.dedup();
    touched.into_iter().map(|newline| anchor(tx, text, newline)).collect()
}

/// Where the newlines of a text stand, rising.
fn newlines(text: &str) -> Vec<usize> {
    text.chars().enumerate().filter(|(_, c)| *c == '\n').map(|(position, _)| position).collect()
}

/// The newline that a position's paragraph follows, or none in the first paragraph.
fn start_of_paragraph(newlines: &[usize], position: usize) -> Option<usize> {
    newlines[..newlines.partition_point(|newline| *newline < position)].last().copied()
}

/// The first paragraph's anchor.
const FIRST: &str = "first";

/// The lasting name of a paragraph: the newline before it.
fn anchor(tx: &Transaction<'_>, text: &ObjId, newline: Option<usize>) -> Result<String, AutomergeError> {
    match newline {
        None => Ok(FIRST.to_owned()),
        Some(position) => Ok(tx.get_cursor(text, position, None)?.to_string()),
    }
}

/// The paragraph of that anchor, as it read at `heads`; none where there was none.
///
/// Where the newline before it is gone, it is the paragraph that its characters joined.
pub(crate) fn paragraph(document: &Document, text: &ObjId, anchor: &str, heads: &[ChangeHash]) -> Option<String> {
    let crdt = &document.crdt;
    let whole = crdt.text_at(text, heads).ok()?;
    let chars: Vec<char> = whole.chars().collect();
    let start = if anchor == FIRST {
        0
    } else {
        let cursor = cursor(document, text, anchor)?;
        // At a version, Automerge finds nothing where a removed character stood behind all that is left.
        let position = crdt.get_cursor_position(text, &cursor, Some(heads)).unwrap_or(chars.len()).min(chars.len());
        let still_there = position < chars.len() && crdt.get_cursor(text, position, Some(heads)).ok()? == cursor;
        if still_there {
            position + 1
        } else {
            start_of_paragraph(&newlines(&whole), position).map_or(0, |newline| newline + 1)
        }
    };
    Some(chars[start..].iter().take_while(|c| **c != '\n').collect())
}

/// The cursor of an anchor; none where a stranger's hand wrote anything else, at some of which Automerge panics: what is no
/// cursor, and one that points out of the text.
fn cursor(document: &Document, text: &ObjId, anchor: &str) -> Option<Cursor> {
    let (counter, actor) = anchor.split_once('@')?;
    let counter: u64 = counter.parse().ok()?;
    let id = ObjId::Id(counter, ActorId::try_from(actor).ok()?, 0);
    let change = document.crdt.get_change_by_hash(&document.crdt.hash_for_opid(&id)?)?;
    let index = usize::try_from(counter.checked_sub(change.start_op().get())?).ok()?;
    let made = change.decode();
    let operation = made.operations.get(index)?;
    let ObjId::Id(begun, by, _) = text else { return None };
    let in_it = operation.insert && operation.obj == legacy::ObjectId::Id(legacy::OpId::new(*begun, by));
    in_it.then(|| Cursor::try_from(anchor).ok()).flatten()
}
