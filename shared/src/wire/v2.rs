//! Protocol 2, frozen: what phones send that do not tell photos and signatures from the rest. Answers are those of today.

use serde::{Deserialize, Serialize};

use super::{Cursor, Failure, Lock, ServerId, Upload};
use crate::id::DocumentId;

/// See [`super::Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    build: String,
    unsent: u32,
    persisted: Option<bool>,
    installed: bool,
    lock: Lock,
    storage_percent: Option<u8>,
    failure: Option<Failure>,
}

/// See [`super::Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    server: ServerId,
    cursor: Cursor,
    now_ms: u64,
    report: Report,
    uploads: Vec<Upload>,
    want: Vec<DocumentId>,
    buckets: Vec<u64>,
}

impl From<Request> for super::Request {
    fn from(old: Request) -> Self {
        let Report { build, unsent, persisted, installed, lock, storage_percent, failure } = old.report;
        let unsent_blobs = 0;
        Self {
            server: old.server,
            cursor: old.cursor,
            now_ms: old.now_ms,
            report: super::Report { build, unsent, unsent_blobs, persisted, installed, lock, storage_percent, failure },
            uploads: old.uploads,
            want: old.want,
            buckets: old.buckets,
        }
    }
}
