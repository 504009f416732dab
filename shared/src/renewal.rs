//! Writing a document anew without its history, to erase what stood in it; and saying again, on top of that, what a phone had
//! meant for the document before.

use automerge::{
    ActorId, Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, TextEncoding, Value as Crdt,
    transaction::{Transactable, Transaction},
};

use crate::{
    compare, decision,
    document::{Author, Document, Kind, Made},
    edit::{Refusal, family_of},
};

/// The message of the changes that write a document anew: history says so instead of telling all that is in it.
pub const MESSAGE: &str = "rewritten";

/// The paragraphs that were touched, by the places of characters which a rewriting does away with.
const TOUCHED: &str = "touched";

/// Whether documents of this kind can be written anew.
///
/// Not events: who made a mark is told by the change that made it, and a sheet without its witnesses proves nothing. There is
/// no long text in one. Not the house's rules, nor calls, whose versions are their heads (C1): nobody is named
/// there.
#[must_use]
pub fn may_be_rewritten(kind: Kind) -> bool {
    !matches!(kind, Kind::Event | Kind::Settings | Kind::Call)
}

/// The document as it reads now, without how it came to be: on top of its kind's genesis, one change, then one for each long
/// text, so that none outgrows what a server takes back.
///
/// Of values that were set apart only the one that is shown comes along, and no line that was removed: whoever asks for this has
/// settled the Questions first. How they were settled goes with the rest of the history.
///
/// # Errors
/// [`Refusal::NoSuchEdit`] for a kind that is not written anew; [`Refusal::Failed`] if the engine fails.
pub fn rewrite(before: &Document, author: &Author) -> Result<Document, Refusal> {
    if !may_be_rewritten(before.kind) {
        return Err(Refusal::NoSuchEdit);
    }
    let mut anew = Document::new(before.id, before.kind);
    let mut texts = Vec::new();
    anew.write_saying(author, Some(MESSAGE), |tx| {
        let copied = copy(before.crdt(), &ROOT, tx, &ROOT, &mut texts);
        copied.map_err(Refusal::from)
    })?;
    for (object, text) in texts {
        anew.write_saying(author, Some(MESSAGE), |tx| Ok(tx.splice_text(&object, 0, 0, &text)?))?;
    }
    Ok(anew)
}

/// Copies what a map shows; long texts are begun, and returned to be filled.
fn copy(
    from: &Automerge,
    map: &ObjId,
    tx: &mut Transaction<'_>,
    into: &ObjId,
    texts: &mut Vec<(ObjId, String)>,
) -> Result<(), AutomergeError> {
    for item in from.map_range(map, ..) {
        let (key, id) = (item.key.to_string(), item.id());
        if *map == ROOT
            && family_of(&key).is_some_and(|(family, _)| [decision::DECISION, decision::DECIDED].contains(&family))
        {
            continue;
        }
        match item.value.clone().into_value() {
            Crdt::Scalar(scalar) => put(tx, into, &key, scalar.as_ref())?,
            Crdt::Object(ObjType::Text) => {
                let text = tx.put_object(into, key, ObjType::Text)?;
                let said = from.text(&id)?;
                if !said.is_empty() {
                    texts.push((text, said));
                }
            }
            Crdt::Object(_) if key == TOUCHED || is_removed(from, &id) => {}
            Crdt::Object(_) => {
                let row = map_at(tx, into, &key)?;
                copy(from, &id, tx, &row, texts)?;
            }
        }
    }
    Ok(())
}

/// A line that was removed, and that nobody says stays.
fn is_removed(crdt: &Automerge, row: &ObjId) -> bool {
    matches!(crdt.get(row, "state"), Ok(Some((Crdt::Scalar(state), _))) if matches!(state.as_ref(), ScalarValue::Str(word) if word == "removed"))
}

/// The map of that key, begun where there is none.
fn map_at(tx: &mut Transaction<'_>, parent: &ObjId, key: &str) -> Result<ObjId, AutomergeError> {
    match tx.get(parent, key)? {
        Some((Crdt::Object(ObjType::Map), id)) => Ok(id),
        _ => tx.put_object(parent, key, ObjType::Map),
    }
}

/// Sets a register where it says something else. What says nothing is not begun.
fn put(tx: &mut Transaction<'_>, map: &ObjId, key: &str, value: &ScalarValue) -> Result<(), AutomergeError> {
    match tx.get(map, key)? {
        Some((Crdt::Scalar(present), _)) if present.as_ref() == value => return Ok(()),
        None if *value == ScalarValue::Null => return Ok(()),
        None => {}
        // A word of its own, that can disagree with what others say apart (M4).
        Some(_) => tx.delete(map, key)?,
    }
    tx.put(map, key, value.clone())
}

/// Says on top of `onto` what `ours` says beyond `base`, in one change of the author's own: registers, rows, and long texts
/// character by character. What others wrote since stays; what they took out does not come back.
///
/// `base` is the document as the server had it, `ours` the same with what this device had not sent.
///
/// # Errors
/// [`Refusal::Failed`] if the engine fails; then nothing was said.
pub fn say_again(
    base: &Document,
    ours: &Document,
    onto: &mut Document,
    author: &Author,
) -> Result<Option<Made>, Refusal> {
    onto.write(author, |tx| {
        let meant = Meant { base: base.crdt(), ours: ours.crdt() };
        Ok(meant.carry(Some(&ROOT), &ROOT, tx, &ROOT)?)
    })
}

/// What somebody meant: the difference between two versions of one document.
struct Meant<'a> {
    base: &'a Automerge,
    ours: &'a Automerge,
}

impl Meant<'_> {
    fn carry(
        &self,
        before: Option<&ObjId>,
        map: &ObjId,
        tx: &mut Transaction<'_>,
        into: &ObjId,
    ) -> Result<(), AutomergeError> {
        for item in self.ours.map_range(map, ..) {
            let (key, id) = (item.key.to_string(), item.id());
            let was = before.and_then(|map| self.base.get(map, key.as_str()).ok().flatten());
            match item.value.clone().into_value() {
                Crdt::Scalar(scalar) => {
                    let same = matches!(&was, Some((Crdt::Scalar(was), _)) if was.as_ref() == scalar.as_ref());
                    if !same {
                        put(tx, into, &key, scalar.as_ref())?;
                    }
                }
                Crdt::Object(ObjType::Text) => {
                    let was = match was {
                        Some((Crdt::Object(ObjType::Text), id)) => self.base.text(id)?,
                        _ => String::new(),
                    };
                    self.carry_text(&was, &self.ours.text(&id)?, tx, into, &key)?;
                }
                Crdt::Object(_) if key == TOUCHED => {}
                Crdt::Object(_) => {
                    let was = was.filter(|(value, _)| value.is_object()).map(|(_, id)| id);
                    if was.as_ref().is_some_and(|was| read_alike(self.base, was, self.ours, &id)) {
                        continue;
                    }
                    match tx.get(into, key.as_str())? {
                        Some((Crdt::Object(ObjType::Map), row)) => self.carry(was.as_ref(), &id, tx, &row)?,
                        // The row went with the rewriting, and somebody had still worked on it: all of it is said again.
                        _ => {
                            let row = tx.put_object(into, key, ObjType::Map)?;
                            self.carry(None, &id, tx, &row)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn carry_text(
        &self,
        was: &str,
        ours: &str,
        tx: &mut Transaction<'_>,
        into: &ObjId,
        key: &str,
    ) -> Result<(), AutomergeError> {
        if was == ours {
            return Ok(());
        }
        let text = match tx.get(into, key)? {
            Some((Crdt::Object(ObjType::Text), id)) => id,
            _ => tx.put_object(into, key, ObjType::Text)?,
        };
        let now = tx.text(&text)?;
        let merged = merged(was, ours, &now)?;
        write_over(tx, &text, &now, &merged)
    }
}

/// Whether two maps read alike, all that is in them included.
fn read_alike(before: &Automerge, was: &ObjId, now: &Automerge, is: &ObjId) -> bool {
    let (mut was, mut is) = (before.map_range(was, ..), now.map_range(is, ..));
    loop {
        let (was, is) = match (was.next(), is.next()) {
            (None, None) => return true,
            (Some(was), Some(is)) if was.key == is.key => (was, is),
            _ => return false,
        };
        let alike = match (was.value.clone().into_value(), is.value.clone().into_value()) {
            (Crdt::Scalar(was), Crdt::Scalar(is)) => was == is,
            (Crdt::Object(ObjType::Text), Crdt::Object(ObjType::Text)) => {
                matches!((before.text(was.id()), now.text(is.id())), (Ok(was), Ok(is)) if was == is)
            }
            (Crdt::Object(_), Crdt::Object(_)) => read_alike(before, &was.id(), now, &is.id()),
            _ => false,
        };
        if !alike {
            return false;
        }
    }
}

/// What two people left of one text, put together by Automerge's own rules: each character that one of them took out is gone,
/// and each that one of them typed is there.
fn merged(base: &str, ours: &str, theirs: &str) -> Result<String, AutomergeError> {
    if base == theirs {
        return Ok(ours.to_owned());
    }
    // Fixed actors: the same three texts give the same one on every device.
    let mut doc = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from([0]));
    let mut tx = doc.transaction();
    let text = tx.put_object(ROOT, "text", ObjType::Text)?;
    tx.splice_text(&text, 0, 0, base)?;
    tx.commit();
    let mut mine = doc.fork().with_actor(ActorId::from([1]));
    let mut tx = mine.transaction();
    write_over(&mut tx, &text, base, ours)?;
    tx.commit();
    doc.set_actor(ActorId::from([2]));
    let mut tx = doc.transaction();
    write_over(&mut tx, &text, base, theirs)?;
    tx.commit();
    doc.merge(&mut mine)?;
    doc.text(&text)
}

/// Makes one text of another by what differs, character by character. Automerge's own way of it cuts texts by what is seen as one
/// sign, and brings the tables for that.
fn write_over(tx: &mut Transaction<'_>, text: &ObjId, before: &str, after: &str) -> Result<(), AutomergeError> {
    // The last first: what stands before it keeps its place.
    for change in compare::changed_chars(before, after).into_iter().rev() {
        let removed = isize::try_from(change.old.len()).unwrap_or(isize::MAX);
        tx.splice_text(text, change.old.start, removed, &change.now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_took_out_of_a_text_does_not_come_back_with_what_was_typed_beside_it() {
        let check = |base: &str, ours: &str, theirs: &str, expected: &str| {
            assert_eq!(merged(base, ours, theirs).unwrap(), expected);
        };
        check(
            "Vu avec Zahra Aït. Le puits est sec.",
            "Le 3, vu avec Zahra Aït. Le puits est sec. À creuser.",
            "Vu avec une habitante. Le puits est sec.",
            "Le 3, vu avec une habitante. Le puits est sec. À creuser.",
        );
        check("", "abc", "", "abc");
        check("abc", "abc", "", "");
        check("الماء", "الماء قليل", "ماء", "ماء قليل");
    }
}
