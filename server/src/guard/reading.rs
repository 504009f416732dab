//! A whole reading of a document, condensed: two documents that read alike have equal digests.

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value};
use sha2::{Digest, Sha256};

use super::Refusal;

/// Reads everything that the present state of a document shows, values that lost a conflict included.
///
/// Keeps its own stack, so that no depth of nesting can overflow the thread's.
pub(super) fn digest(document: &Automerge) -> Result<[u8; 32], Refusal> {
    let mut reading = Reading {
        document,
        digest: Sha256::new(),
        to_read: vec![(ROOT, ObjType::Map)],
    };
    while let Some((object, kind)) = reading.to_read.pop() {
        reading.part(&object);
        match kind {
            ObjType::Map | ObjType::Table => reading.map(&object)?,
            ObjType::List => reading.list(&object)?,
            ObjType::Text => reading.text(&object)?,
        }
    }
    Ok(reading.digest.finalize().into())
}

struct Reading<'a> {
    document: &'a Automerge,
    digest: Sha256,
    to_read: Vec<(ObjId, ObjType)>,
}

impl Reading<'_> {
    fn map(&mut self, object: &ObjId) -> Result<(), Refusal> {
        for key in self.document.keys(object) {
            self.part(&key);
            let values = self.document.get_all(object, &*key);
            self.values(values.map_err(|_| Refusal::Unsaveable)?)?;
        }
        Ok(())
    }

    fn list(&mut self, object: &ObjId) -> Result<(), Refusal> {
        for index in 0..self.document.length(object) {
            let values = self.document.get_all(object, index);
            self.values(values.map_err(|_| Refusal::Unsaveable)?)?;
        }
        Ok(())
    }

    fn text(&mut self, object: &ObjId) -> Result<(), Refusal> {
        let text = self.document.text(object);
        self.part(&text.map_err(|_| Refusal::Unsaveable)?);
        self.part(&self.document.length(object).to_string());
        Ok(())
    }

    /// All values of one key or index. One without any is a shape that reading as JSON panics at.
    fn values(&mut self, values: Vec<(Value<'_>, ObjId)>) -> Result<(), Refusal> {
        if values.is_empty() {
            return Err(Refusal::Unsaveable);
        }
        for (value, id) in values {
            self.part(&format!("{value:?}"));
            self.part(&id);
            if let Value::Object(kind) = value {
                self.to_read.push((id, kind));
            }
        }
        Ok(())
    }

    /// Adds one piece with its length, so that pieces cannot run into each other.
    fn part(&mut self, part: &impl ToString) {
        let part = part.to_string();
        self.digest.update((part.len() as u64).to_le_bytes());
        self.digest.update(part);
    }
}
