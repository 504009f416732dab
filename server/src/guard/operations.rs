//! What a change's operations say, held against the document: each refers only to what its change can have seen.

use std::{collections::HashMap, rc::Rc};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjType, Prop, ROOT, ReadDoc, ScalarValue};
use shared::{
    document::{Document, Kind},
    effect::{Judge, Touch},
    field::Field,
    id::DocumentId,
    record::DossierRecord,
    stage::Around,
    visa::{Visaed, visaed},
};

use super::past::{Held, Past, object_id};
use super::{DEPTH_MAX, KEY_BYTES_MAX, Library, Refusal, VALUE_BYTES_MAX};

/// Checks all operations of a change whose ancestors are held.
///
/// Returns the objects that this change makes or names, and the stages that it writes.
pub(super) fn check(
    held: &Held<'_>,
    past: &Past,
    so_far: &SoFar<'_>,
    judge: Option<Judge>,
    change: &Change,
) -> Result<Checked, Refusal> {
    let ExpandedChange { operations, actor_id, .. } = change.decode();
    let mut seen = Seen {
        judge,
        stages: HashMap::new(),
        held,
        past,
        objects: so_far.objects,
        actor: &actor_id,
        start_op: change.start_op().get(),
        next_op: change.start_op().get(),
        own_objects: HashMap::new(),
    };
    let mut read = None;
    for operation in &operations {
        seen.check(operation)?;
        seen.next_op += 1;
    }
    if let Some(judge) = seen.judge.take() {
        let stage =
            |id: &OpId| so_far.stages.get(id).or_else(|| seen.stages.get(id)).cloned().or_else(|| stage_of(held, id));
        let after = || read.insert(dossier_after(held, change, so_far.library)).take();
        judge.finish(stage, after).map_err(Refusal::Forbidden)?;
    }
    Ok(Checked { objects: seen.own_objects, stages: seen.stages, reads: read.is_some() })
}

/// What is known when a change is judged, beside the document and its past.
pub(super) struct SoFar<'a> {
    /// The objects that earlier changes made or named.
    pub(super) objects: &'a HashMap<OpId, Object>,
    /// The stages that they wrote.
    pub(super) stages: &'a HashMap<OpId, String>,
    /// The documents beside this one.
    pub(super) library: Option<&'a dyn Library>,
}

/// What is kept of a change that passed.
pub(super) struct Checked {
    /// The objects that it made or named.
    pub(super) objects: HashMap<OpId, Object>,
    /// The stages of a dossier that it wrote.
    pub(super) stages: HashMap<OpId, String>,
    /// Whether the whole dossier was read to judge it.
    pub(super) reads: bool,
}

/// The dossier as it is with this change, what its visas say of it, and what it names.
fn dossier_after(
    held: &Held<'_>,
    change: &Change,
    library: Option<&dyn Library>,
) -> Option<(DossierRecord, Visaed, Option<Around>)> {
    let mut crdt = held.document.clone();
    crdt.apply_changes(held.taken.iter().chain([change]).cloned()).ok()?;
    let document = Document::from_crdt(DocumentId([0; 16]), Kind::Dossier, crdt);
    let dossier = DossierRecord::at(&document, &[change.hash()])?;
    let visa = visaed(&document, &dossier);
    // A convention that was in force when the move was made is one, however long the phone was away.
    let named = || [Field::Association, Field::Call].into_iter().filter_map(|field| dossier.fields.document(field));
    let has_all = |library: &dyn Library| named().all(|id| library.document(id).is_some());
    let library = library.filter(|library| !library.may_lack() || has_all(*library));
    let around = library.map(|library| {
        let made_ms = u64::try_from(change.timestamp()).unwrap_or(0).saturating_mul(1_000).min(library.now_ms());
        Around::read(&dossier, made_ms, |id| Some(Document::clone(&*library.document(id)?)))
    });
    Some((dossier, visa, around))
}

/// The stage that an operation of the document wrote.
fn stage_of(held: &Held<'_>, id: &OpId) -> Option<String> {
    let written_by = held.document.hash_for_opid(&object_id(id))?;
    let then = held.document.get_all_at(ROOT, Field::Stage.key(), &[written_by]).ok()?;
    let (value, _) = then.into_iter().find(|(_, other)| *other == object_id(id))?;
    value.as_str().map(ToOwned::to_owned)
}

/// A map, list or text: its type and the keys that lead to it.
#[derive(Clone)]
pub(super) struct Object {
    kind: ObjType,
    path: Rc<[String]>,
    /// The change in hand made it.
    made_here: bool,
}

/// What an operation can have seen: the past of its change, and the operations before it in the same change.
struct Seen<'a> {
    held: &'a Held<'a>,
    past: &'a Past,
    objects: &'a HashMap<OpId, Object>,
    actor: &'a ActorId,
    start_op: u64,
    /// Counter of the operation in hand.
    next_op: u64,
    /// The objects that operations of this change made or named so far.
    own_objects: HashMap<OpId, Object>,
    /// Holds what each operation does against the table of permissions.
    judge: Option<Judge>,
    /// The stages that operations of this change wrote.
    stages: HashMap<OpId, String>,
}

impl Seen<'_> {
    fn check(&mut self, operation: &Op) -> Result<(), Refusal> {
        let object = self.object(&operation.obj)?;
        match object.kind {
            ObjType::Map => check_map_operation(operation)?,
            ObjType::List => check_sequence_operation(operation)?,
            ObjType::Text => {
                check_sequence_operation(operation)?;
                check_text_operation(operation)?;
            }
            ObjType::Table => return Err(Refusal::Unsupported),
        }
        if let Key::Seq(ElementId::Id(element)) = &operation.key {
            self.check_known(element)?;
        }
        for pred in operation.pred.iter() {
            self.check_known(pred)?;
        }
        // One that deletes nothing leaves no trace, and an insertion has nothing to replace.
        if operation.insert && !operation.pred.is_empty()
            || operation.action == OpType::Delete && operation.pred.is_empty()
        {
            return Err(Refusal::Malformed);
        }
        self.check_permission(operation, &object)?;
        self.check_action(operation, &object)
    }

    fn check_permission(&mut self, operation: &Op, object: &Object) -> Result<(), Refusal> {
        let Some(judge) = &mut self.judge else { return Ok(()) };
        let replaces: Vec<OpId> = operation.pred.iter().cloned().collect();
        let key = match &operation.key {
            Key::Map(key) => Some(key.as_str()),
            Key::Seq(_) => None,
        };
        let touch = Touch {
            path: &object.path,
            key,
            object_is_new: object.made_here,
            replaces: &replaces,
            action: &operation.action,
        };
        judge.touch(&touch).map_err(Refusal::Forbidden)?;
        if let (true, Some("stage"), OpType::Put(ScalarValue::Str(stage))) =
            (object.path.is_empty(), key, &operation.action)
        {
            self.stages.insert(OpId::new(self.next_op, self.actor), stage.to_string());
        }
        Ok(())
    }

    fn check_action(&mut self, operation: &Op, inside: &Object) -> Result<(), Refusal> {
        match &operation.action {
            OpType::Put(value) => check_value(value),
            OpType::Delete => Ok(()),
            OpType::Make(kind @ (ObjType::Map | ObjType::List | ObjType::Text)) => {
                if inside.path.len() >= DEPTH_MAX {
                    return Err(Refusal::TooBig);
                }
                let id = OpId::new(self.next_op, self.actor);
                let key = match &operation.key {
                    Key::Map(key) => key.to_string(),
                    Key::Seq(_) => String::new(),
                };
                let path = inside.path.iter().cloned().chain([key]).collect();
                self.own_objects.insert(id, Object { kind: *kind, path, made_here: true });
                Ok(())
            }
            // Counters and marks are what Automerge fails at most often, and our documents hold none.
            OpType::Make(ObjType::Table) | OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_) => {
                Err(Refusal::Unsupported)
            }
        }
    }

    /// The object that an operation changes: the root, one made earlier in this change, or one of the document.
    fn object(&mut self, id: &ObjectId) -> Result<Object, Refusal> {
        let id = match id {
            ObjectId::Root => {
                return Ok(Object { kind: ObjType::Map, path: Rc::default(), made_here: false });
            }
            ObjectId::Id(id) => id,
        };
        if let Some(object) = self.own_objects.get(id) {
            return Ok(object.clone());
        }
        self.check_known(id)?;
        let object = match self.objects.get(id) {
            Some(object) => Object { made_here: false, ..object.clone() },
            None => self.object_of_document(id).ok_or(Refusal::UnknownOperation)?,
        };
        self.own_objects.insert(id.clone(), object.clone());
        Ok(object)
    }

    fn object_of_document(&self, id: &OpId) -> Option<Object> {
        let id = object_id(id);
        let kind = self.held.document.object_type(&id).ok()?;
        let parents = self.held.document.parents(&id).ok()?;
        let keys = parents.take(DEPTH_MAX + 1).map(|parent| match parent.prop {
            Prop::Map(key) => key.to_string(),
            Prop::Seq(_) => String::new(),
        });
        let mut path: Vec<String> = keys.collect();
        path.reverse();
        Some(Object { kind, path: path.into(), made_here: false })
    }

    /// An operation is known if it came earlier in this change, or is of a change in its past.
    ///
    /// Being in the document is not enough. Another replica may hold this change without that operation, and would then
    /// make something else of it.
    fn check_known(&self, id: &OpId) -> Result<(), Refusal> {
        let known = if id.actor() == self.actor && id.counter() >= self.start_op {
            id.counter() < self.next_op
        } else {
            let change = self.held.change_of(id);
            change.is_some_and(|change| self.past.holds(&change))
        };
        known.then_some(()).ok_or(Refusal::UnknownOperation)
    }
}

fn check_map_operation(operation: &Op) -> Result<(), Refusal> {
    match &operation.key {
        Key::Map(key) if key.len() > KEY_BYTES_MAX => Err(Refusal::TooBig),
        Key::Map(_) if !operation.insert => Ok(()),
        _ => Err(Refusal::Malformed),
    }
}

fn check_sequence_operation(operation: &Op) -> Result<(), Refusal> {
    match &operation.key {
        Key::Seq(ElementId::Head) if operation.insert => Ok(()),
        Key::Seq(ElementId::Id(_)) => Ok(()),
        _ => Err(Refusal::Malformed),
    }
}

/// Text holds strings, put in and taken out; nothing else.
fn check_text_operation(operation: &Op) -> Result<(), Refusal> {
    match &operation.action {
        OpType::Put(ScalarValue::Str(_)) if operation.insert => Ok(()),
        OpType::Delete => Ok(()),
        _ => Err(Refusal::Unsupported),
    }
}

fn check_value(value: &ScalarValue) -> Result<(), Refusal> {
    match value {
        ScalarValue::Str(text) if text.len() > VALUE_BYTES_MAX => Err(Refusal::TooBig),
        ScalarValue::Bytes(bytes) if bytes.len() > VALUE_BYTES_MAX => Err(Refusal::TooBig),
        ScalarValue::F64(number) if !number.is_finite() => Err(Refusal::Unsupported),
        ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => Err(Refusal::Unsupported),
        _ => Ok(()),
    }
}
