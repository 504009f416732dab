//! Whether two documents read alike.

use automerge::iter::DocItem;
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value, ValueRef};

/// Reads everything that two documents show, values that lost a conflict included, and compares.
///
/// One pass over each, without recursion: it holds for any depth of nesting.
pub(super) fn read_alike(left: &Automerge, right: &Automerge) -> bool {
    let mut roots = vec![ROOT];
    while let Some(root) = roots.pop() {
        let mut others = right.iter_at(&root, None);
        for item in left.iter_at(&root, None) {
            if others.next().as_ref() != Some(&item) {
                return false;
            }
            let (key, conflict) = match &item.item {
                DocItem::Map(shown) => (shown.key.as_ref().into(), shown.conflict),
                DocItem::List(shown) => (shown.index.into(), shown.conflict),
                DocItem::Text(_) => continue,
            };
            if conflict {
                match read_conflict(left, right, &item.obj, key) {
                    Some(lost) => roots.extend(lost),
                    None => return false,
                }
            }
            if let Some(ValueRef::Object(ObjType::List | ObjType::Text)) = item.item.value() {
                let sequence = item.item.id().unwrap_or(ROOT);
                if left.length(&sequence) != right.length(&sequence) {
                    return false;
                }
            }
        }
        if others.next().is_some() {
            return false;
        }
    }
    true
}

/// All values of a key or index about which phones disagree. Returns the maps, lists and texts among those not shown.
fn read_conflict(left: &Automerge, right: &Automerge, object: &ObjId, key: automerge::Prop) -> Option<Vec<ObjId>> {
    let mut values = left.get_all(object, key.clone()).ok()?;
    if values.len() < 2 || values != right.get_all(object, key).ok()? {
        return None;
    }
    values.pop(); // The last one is shown.
    let lost = values.into_iter().filter_map(|(value, id)| match value {
        Value::Object(_) => Some(id),
        Value::Scalar(_) => None,
    });
    Some(lost.collect())
}
