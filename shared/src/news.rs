//! What others wrote into a dossier's long texts since somebody last looked: where it stands now, and whose it is.

use std::collections::BTreeMap;

use automerge::{ActorId, ChangeHash, ObjId, PatchAction, Prop, ReadDoc};
use serde::{Deserialize, Serialize};

use crate::{
    document::{Document, device_of},
    id::DeviceId,
};

/// The news of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SectionNews {
    /// Which section.
    pub section: String,
    /// What is new in it, first to last.
    pub spans: Vec<NewSpan>,
}

/// A run of characters that one device wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewSpan {
    /// Where it begins, in characters (code points).
    pub at: u32,
    /// How long it is, in characters.
    pub chars: u32,
    /// The device that wrote it.
    pub by: Option<DeviceId>,
    /// When, by that device's clock; milliseconds since 1970, whole seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// What is new in the sections of a dossier since that version, without what those devices wrote. Nothing where the version is not
/// known here, or the document was written anew since: then nobody can tell.
#[must_use]
pub fn since(document: &Document, version: &[ChangeHash], is_mine: impl Fn(DeviceId) -> bool) -> Vec<SectionNews> {
    let crdt = document.crdt();
    let (now, known) = (crdt.get_heads(), |head: &ChangeHash| crdt.get_change_by_hash(head).is_some());
    if version.is_empty() || now == version || !version.iter().all(known) {
        return Vec::new();
    }
    let mut news: BTreeMap<String, Vec<NewSpan>> = BTreeMap::new();
    for patch in crdt.diff(version, &now) {
        let [(_, Prop::Map(sections)), (_, Prop::Map(section))] = patch.path.as_slice() else { continue };
        if &**sections != "sections" {
            continue;
        }
        let PatchAction::SpliceText { index, value, .. } = patch.action else { continue };
        // Patches go from the first to the last: where one stands is where it stands now.
        let spans = spans(document, &patch.obj, index, value.make_string().chars().count(), &is_mine);
        if !spans.is_empty() {
            news.entry(section.to_string()).or_default().extend(spans);
        }
    }
    news.into_iter().map(|(section, spans)| SectionNews { section, spans }).collect()
}

/// Who wrote each part of a run of characters.
fn spans(
    document: &Document,
    text: &ObjId,
    from: usize,
    chars: usize,
    is_mine: &impl Fn(DeviceId) -> bool,
) -> Vec<NewSpan> {
    let crdt = document.crdt();
    let mut spans: Vec<NewSpan> = Vec::new();
    // Runs of one change are counted up one by one: only where the count breaks off is the change looked for.
    let mut before: Option<(u64, String, Option<NewSpan>)> = None;
    for at in from..from + chars {
        let Ok(cursor) = crdt.get_cursor(text, at, None) else { continue };
        let cursor = cursor.to_string();
        let Some((counter, actor)) = cursor.split_once('@') else { continue };
        let Ok(counter) = counter.parse::<u64>() else { continue };
        let position = u32::try_from(at).unwrap_or(u32::MAX);
        let goes_on = before.as_ref().is_some_and(|(last, by, _)| *last + 1 == counter && by == actor);
        let span = match before.take() {
            Some((.., span)) if goes_on => span.map(|span| NewSpan { chars: span.chars + 1, ..span }),
            other => {
                spans.extend(other.and_then(|(.., span)| span));
                written(document, counter, actor, is_mine).map(|(by, at_ms)| NewSpan {
                    at: position,
                    chars: 1,
                    by,
                    at_ms,
                })
            }
        };
        before = Some((counter, actor.to_owned(), span));
    }
    spans.extend(before.and_then(|(.., span)| span));
    spans
}

/// Who wrote a character and when; none where it was one of those devices.
fn written(
    document: &Document,
    counter: u64,
    actor: &str,
    is_mine: &impl Fn(DeviceId) -> bool,
) -> Option<(Option<DeviceId>, u64)> {
    let actor = ActorId::try_from(actor).ok()?;
    let by = device_of(actor.to_bytes());
    if by.is_some_and(is_mine) {
        return None;
    }
    let change = document.crdt().hash_for_opid(&ObjId::Id(counter, actor, 0));
    let meta = change.and_then(|hash| document.crdt().get_change_meta_by_hash(&hash));
    Some((by, meta.map_or(0, |meta| u64::try_from(meta.timestamp).unwrap_or(0).saturating_mul(1000))))
}
