//! Protocol 1, frozen: what phones of version 0.1.0 send and read. A phone that was away for a year still delivers.

use serde::{Deserialize, Serialize};

use super::{AuthorEntry, Cursor, Differences, Hash, Part, ServerId};
use crate::{document::Kind, id::DocumentId, role::Role};

/// See [`super::Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    build: String,
    unsent: u32,
    persisted: Option<bool>,
    installed: bool,
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

/// See [`super::Upload`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    document: DocumentId,
    kind: Kind,
    changes: Vec<serde_bytes::ByteBuf>,
}

/// See [`super::Response`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    server: ServerId,
    now_ms: u64,
    receipts: Vec<Receipt>,
    down: Vec<Down>,
    forget: Vec<DocumentId>,
    lacking: Vec<DocumentId>,
    cursor: Cursor,
    more: bool,
    digest: Option<u128>,
    authors: Vec<AuthorEntry>,
    differences: Option<Differences>,
    role: Option<Role>,
}

/// See [`super::Receipt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    document: DocumentId,
    verdicts: Vec<Verdict>,
    heads: Vec<Hash>,
}

/// See [`super::Verdict`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// On the server's disk.
    Stored,
    /// Kept for staff.
    SetAside(String),
    /// Its ancestors are missing.
    Missing,
    /// Not now.
    Later,
}

/// See [`super::Down`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    document: DocumentId,
    kind: Kind,
    part: Part,
}

impl From<Request> for super::Request {
    fn from(old: Request) -> Self {
        let Report { build, unsent, persisted, installed } = old.report;
        let upload = |Upload { document, kind, changes }| super::Upload { document, kind, epoch: 0, changes };
        Self {
            server: old.server,
            cursor: old.cursor,
            now_ms: old.now_ms,
            report: super::Report { build, unsent, persisted, installed, ..super::Report::default() },
            uploads: old.uploads.into_iter().map(upload).collect(),
            want: old.want,
            buckets: old.buckets,
        }
    }
}

impl From<super::Response> for Response {
    fn from(new: super::Response) -> Self {
        let verdict = |verdict| match verdict {
            // What was erased is told by `forget`, and nothing is left to send of it.
            super::Verdict::Stored | super::Verdict::Erased => Verdict::Stored,
            super::Verdict::SetAside(code) => Verdict::SetAside(code),
            super::Verdict::Missing => Verdict::Missing,
            // It learns to say it again when it is updated.
            super::Verdict::Later | super::Verdict::StaleEpoch => Verdict::Later,
        };
        let receipt = |receipt: super::Receipt| Receipt {
            document: receipt.document,
            verdicts: receipt.verdicts.into_iter().map(verdict).collect(),
            heads: receipt.heads,
        };
        let down = |down: super::Down| Down { document: down.document, kind: down.kind, part: down.part };
        Self {
            server: new.server,
            now_ms: new.now_ms,
            receipts: new.receipts.into_iter().map(receipt).collect(),
            down: new.down.into_iter().map(down).collect(),
            forget: new.forget,
            lacking: new.lacking,
            cursor: new.cursor,
            more: new.more,
            digest: new.digest,
            authors: new.authors,
            differences: new.differences,
            role: new.role,
        }
    }
}
