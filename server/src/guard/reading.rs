//! Whether two documents read alike.

use std::collections::HashSet;
use std::sync::Arc;

use automerge::iter::{DocItem, DocObjItem, Keys};
use automerge::{Automerge, ObjId, ObjType, Prop, ROOT, ReadDoc, Value, ValueRef};

/// Reads everything that two documents show, values that lost a conflict included, and compares.
///
/// One pass over each, without recursion: it holds for any depth of nesting.
pub(super) fn read_alike(left: &Automerge, right: &Automerge) -> bool {
    let mut reading = Reading { left, right, map: None, unread: HashSet::new(), lost: Vec::new() };
    if !reading.enter(ROOT, ObjType::Map) || !reading.read(&ROOT) {
        return false;
    }
    while let Some(object) = reading.lost.pop() {
        if !reading.read(&object) {
            return false;
        }
    }
    reading.unread.is_empty()
}

struct Reading<'a> {
    left: &'a Automerge,
    right: &'a Automerge,
    /// The map that is being read.
    map: Option<MapReading<'a>>,
    /// Maps that have keys, of which none has shown a value yet.
    unread: HashSet<ObjId>,
    /// Maps, lists and texts that lost a conflict, so that they stand under nothing that is shown.
    lost: Vec<ObjId>,
}

struct MapReading<'a> {
    id: Arc<ObjId>,
    /// The keys that asking for them will give.
    keys: Keys<'a>,
    last_key: Option<String>,
}

impl<'a> Reading<'a> {
    /// Compares an object and all that stands under it.
    fn read(&mut self, object: &ObjId) -> bool {
        let mut others = self.right.iter_at(object, None);
        let alike =
            self.left.iter_at(object, None).all(|item| others.next().as_ref() == Some(&item) && self.item(&item));
        alike && others.next().is_none() && self.leave_map()
    }

    /// Goes into what an item shows and hides.
    fn item(&mut self, item: &DocObjItem<'_>) -> bool {
        let (key, conflict) = match &item.item {
            DocItem::Map(shown) if self.key(&item.obj, &shown.key) => (shown.key.as_ref().into(), shown.conflict),
            DocItem::Map(_) => return false,
            DocItem::List(shown) => (shown.index.into(), shown.conflict),
            DocItem::Text(_) => return true,
        };
        let entered = match (item.item.value(), item.item.id()) {
            (Some(ValueRef::Object(kind)), Some(id)) => self.enter(id, *kind),
            _ => true,
        };
        entered && (!conflict || self.conflict(&item.obj, key))
    }

    /// Each key shows a value, in ascending order. Where not, asking for one finds none, and reading as JSON panics.
    fn key(&mut self, map: &Arc<ObjId>, key: &str) -> bool {
        if self.map.as_ref().is_none_or(|reading| reading.id != *map) {
            if !self.leave_map() {
                return false;
            }
            self.unread.remove(&**map);
            self.map = Some(MapReading { id: map.clone(), keys: self.left.keys(&**map), last_key: None });
        }
        let Some(reading) = &mut self.map else { return false };
        let ascends = reading.last_key.as_deref().is_none_or(|last| last < key);
        reading.last_key = reading.keys.next();
        ascends && reading.last_key.as_deref() == Some(key)
    }

    /// The map that was being read has no further key.
    fn leave_map(&mut self) -> bool {
        self.map.take().is_none_or(|mut reading| reading.keys.next().is_none())
    }

    /// All values of a key or index about which phones disagree: the last one is shown, the others lost.
    fn conflict(&mut self, object: &ObjId, key: Prop) -> bool {
        let (left, right) = (self.left.get_all(object, key.clone()), self.right.get_all(object, key));
        let (Ok(mut left), Ok(right)) = (left, right) else { return false };
        if left.len() < 2 || left != right {
            return false;
        }
        left.pop();
        left.into_iter().all(|(value, id)| match value {
            Value::Object(kind) => {
                self.lost.push(id.clone());
                self.enter(id, kind)
            }
            Value::Scalar(_) => true,
        })
    }

    /// Notes that there is an object to be read.
    fn enter(&mut self, id: ObjId, kind: ObjType) -> bool {
        match kind {
            ObjType::Map | ObjType::Table => {
                if self.left.keys(&id).next().is_some() {
                    self.unread.insert(id);
                }
                true
            }
            ObjType::List | ObjType::Text => self.left.length(&id) == self.right.length(&id),
        }
    }
}
