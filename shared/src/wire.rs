//! The exchange: `POST /api/sync`, one body up and one down.
//!
//! A frame is `TWZ`, one byte of protocol version, then deflated postcard. It is safe to repeat: the server answers a second
//! copy of an upload with the same receipts.

use std::io::{Read, Write};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{
    document::Kind,
    id::{AccountId, DeviceId, DocumentId},
    limit,
    role::Role,
};

pub mod v1;
pub mod v2;

/// The protocol that this build speaks. A server reads this one and every older one, and answers in the protocol that it was
/// asked in.
pub const PROTOCOL: u8 = 3;

const MAGIC: &[u8; 3] = b"TWZ";

/// SHA-256 of a change, as it travels.
pub type Hash = [u8; 32];

/// Where a device stands in the server's order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Everything that arrived up to here is on the device.
    pub base: u64,
    /// Inside a run of pages: documents whose news is older than this were sent. Else equal to `base`.
    pub paged: u64,
    /// Inside a run of pages: of the documents that are news as of `paged`, those up to this one were sent. Many may be,
    /// where one event brings its whole roster. Else none: all of them were.
    pub page_end: Option<DocumentId>,
}

impl Cursor {
    /// Level with the server as of that arrival.
    #[must_use]
    pub fn level(arrival: u64) -> Self {
        Self { base: arrival, paged: arrival, page_end: None }
    }

    /// Whether a document that is news as of that arrival was sent, in the order of arrivals, then of ids.
    #[must_use]
    pub fn is_past(&self, news: u64, document: DocumentId) -> bool {
        news < self.paged || news == self.paged && self.page_end.is_none_or(|end| document <= end)
    }
}

/// Which server, and which of its lives: restoring a backup begins a new epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerId {
    /// Made when the database was.
    pub identity: [u8; 16],
    /// Counts the restores.
    pub epoch: u32,
}

/// What a device tells of itself. No personal data. What the page leaves out of the JSON is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Report {
    /// The app's build.
    pub build: String,
    /// Changes that the server has not acknowledged.
    pub unsent: u32,
    /// Photos, scans and signatures that the server has not got.
    pub unsent_blobs: u32,
    /// Whether the browser promised to keep the storage; none where it did not say.
    pub persisted: Option<bool>,
    /// Whether the app is installed, or only a tab.
    pub installed: bool,
    /// What opens the app on the device.
    pub lock: Lock,
    /// How full the browser's storage is, 0 to 100; none where it did not say.
    pub storage_percent: Option<u8>,
    /// The last exchange that failed since one went well.
    pub failure: Option<Failure>,
}

/// What opens the app on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Nothing but the device's own lock.
    #[default]
    None,
    /// A PIN.
    Pin,
    /// A passkey.
    Passkey,
}

/// An exchange that failed, as the device saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Failure {
    /// A stable code.
    pub code: String,
    /// When, by the device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// What a device sends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Request {
    /// The server that it last spoke to; zeros at first.
    pub server: ServerId,
    /// Where it stands.
    pub cursor: Cursor,
    /// Its clock, milliseconds since 1970.
    pub now_ms: u64,
    /// About itself.
    pub report: Report,
    /// Changes that the server has not acknowledged.
    pub uploads: Vec<Upload>,
    /// Documents of which it asks a whole copy.
    pub want: Vec<DocumentId>,
    /// Its digest by bucket, when it seeks where it differs from the server; else empty.
    pub buckets: Vec<u64>,
}

impl Request {
    /// Whether it asks no more of the server than an honest device ever does.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        let fits = |upload: &Upload| upload.changes.len() <= limit::CHANGES_PER_UPLOAD_MAX;
        self.uploads.len() <= limit::PAGE_DOCUMENTS
            && self.uploads.iter().all(fits)
            && self.want.len() <= limit::PAGE_DOCUMENTS
            && self.buckets.len() <= BUCKETS
    }
}

/// Changes of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Which document.
    pub document: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    /// The document's epoch that they build on: see [`Down::epoch`].
    pub epoch: u32,
    /// Each as Automerge encodes it, oldest first.
    pub changes: Vec<serde_bytes::ByteBuf>,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Response {
    /// Which server this is.
    pub server: ServerId,
    /// Its clock, milliseconds since 1970.
    pub now_ms: u64,
    /// One for each upload, in their order.
    pub receipts: Vec<Receipt>,
    /// What the device lacks.
    pub down: Vec<Down>,
    /// Documents that the device must no longer hold.
    pub forget: Vec<DocumentId>,
    /// Documents that the device asked for and that the server has nothing of.
    pub lacking: Vec<DocumentId>,
    /// Where the device stands once it has stored all this.
    pub cursor: Cursor,
    /// Whether there is another page.
    pub more: bool,
    /// The digest of what the device should hold now; none while there is more to come.
    pub digest: Option<u128>,
    /// Who the writers of the documents in `down` are.
    pub authors: Vec<AuthorEntry>,
    /// Where the two sides differ, when the device asked by buckets.
    pub differences: Option<Differences>,
    /// What the account may do from now on.
    pub role: Option<Role>,
    /// What staff decided about changes of this device that had been set aside.
    pub judged: Vec<Judged>,
    /// The device's access has ended: what it sent is with staff, and once it has nothing left to send it must forget
    /// everything.
    pub ended: bool,
}

/// What staff decided about changes that had been set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Of which document.
    pub document: DocumentId,
    /// The code under which they were set aside.
    pub code: String,
    /// How many changes.
    pub changes: u32,
    /// Whether they were accepted; the document then has them.
    pub accepted: bool,
    /// What staff wrote to the sender; empty if nothing.
    pub word: String,
}

/// What became of the changes of one upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which document.
    pub document: DocumentId,
    /// One for each change, in their order.
    pub verdicts: Vec<Verdict>,
    /// The server's heads, where it lacks what a change builds on.
    pub heads: Vec<Hash>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// On the server's disk.
    Stored,
    /// Not applied and not lost: kept for staff, for the reason of that code.
    SetAside(String),
    /// The server lacks a change that this one builds on; `Receipt::heads` says what it has.
    Missing,
    /// Not now: send it again.
    Later,
    /// The document was written anew since, in another epoch: what this change says must be said again on top of that.
    StaleEpoch,
    /// The document was erased: the change is dropped, and the document with it.
    Erased,
}

/// One document on its way to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// Which document.
    pub document: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    /// Counts how often the document was written anew, without its history, to erase what stood in it.
    pub epoch: u32,
    /// What is sent of it.
    pub part: Part,
}

/// What is sent of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// All of it, in Automerge's file format.
    Whole(serde_bytes::ByteBuf),
    /// Changes, each after what it builds on.
    Changes(Vec<serde_bytes::ByteBuf>),
}

/// Who stands behind a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AuthorEntry {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// What its owner calls the device.
    pub label: String,
}

/// Where the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Differences {
    /// The buckets whose digests are not the same.
    pub buckets: Vec<u8>,
    /// The server's documents in these buckets. What the device holds in them beside these, the server lacks.
    pub documents: Vec<Differing>,
}

/// The server's version of a document, for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// Which document.
    pub document: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    /// The server's heads.
    pub heads: Vec<Hash>,
}

/// Why a frame was not read. The code is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not one of our frames, or cut off.
    #[error("not a frame")]
    Malformed,
    /// Of a newer protocol than this build speaks.
    #[error("of protocol {0}, newer than this build speaks")]
    TooNew(u8),
    /// Larger than a frame may be.
    #[error("too large")]
    TooLarge,
}

impl FrameError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "frame.malformed",
            Self::TooNew(_) => "frame.protocol_too_new",
            Self::TooLarge => "frame.too_large",
        }
    }
}

/// Writes a frame of this build's protocol.
#[must_use]
pub fn encode<T: Serialize>(body: &T) -> Vec<u8> {
    frame(PROTOCOL, body)
}

/// Writes an answer in the protocol of the one who asked.
#[must_use]
pub fn encode_for(protocol: u8, response: Response) -> Vec<u8> {
    match protocol {
        1 => frame(1, &v1::Response::from(response)),
        // What is asked has changed since, and not the answer.
        2 => frame(2, &response),
        _ => encode(&response),
    }
}

/// A body up to here is squeezed as well as can be: all that a phone sends, and what it usually gets. Beyond, the last percent
/// would cost the server more time than the network. In bytes.
const BEST_BYTES_MAX: usize = 64 * 1024;

fn frame<T: Serialize>(protocol: u8, body: &T) -> Vec<u8> {
    let plain = postcard::to_allocvec(body).unwrap_or_default();
    let mut frame = MAGIC.to_vec();
    frame.push(protocol);
    let effort = if plain.len() <= BEST_BYTES_MAX { Compression::best() } else { Compression::default() };
    let mut deflater = DeflateEncoder::new(frame, effort);
    // Writing into memory cannot fail.
    deflater.write_all(&plain).ok();
    deflater.finish().unwrap_or_default()
}

/// Reads a frame of this build's protocol, never inflating more than its limit.
///
/// # Errors
/// [`FrameError`]: see there.
pub fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<T, FrameError> {
    match opened(frame)? {
        (PROTOCOL, deflated) => body(deflated),
        _ => Err(FrameError::Malformed),
    }
}

/// Reads a request of this protocol or an older one, and says which.
///
/// # Errors
/// [`FrameError`]: see there.
pub fn decode_request(frame: &[u8]) -> Result<(u8, Request), FrameError> {
    let (protocol, deflated) = opened(frame)?;
    let request = match protocol {
        1 => body::<v1::Request>(deflated)?.into(),
        2 => body::<v2::Request>(deflated)?.into(),
        _ => body(deflated)?,
    };
    Ok((protocol, request))
}

fn opened(frame: &[u8]) -> Result<(u8, &[u8]), FrameError> {
    if frame.len() > limit::FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge);
    }
    let rest = frame.strip_prefix(MAGIC).ok_or(FrameError::Malformed)?;
    match rest.split_first().ok_or(FrameError::Malformed)? {
        (0, _) => Err(FrameError::Malformed),
        (&protocol @ 1..=PROTOCOL, deflated) => Ok((protocol, deflated)),
        (&newer, _) => Err(FrameError::TooNew(newer)),
    }
}

fn body<T: DeserializeOwned>(deflated: &[u8]) -> Result<T, FrameError> {
    let mut plain = Vec::new();
    let inflated_max = limit::FRAME_INFLATED_BYTES_MAX as u64;
    let read = DeflateDecoder::new(deflated).take(inflated_max + 1).read_to_end(&mut plain);
    if plain.len() as u64 > inflated_max {
        return Err(FrameError::TooLarge);
    }
    read.map_err(|_| FrameError::Malformed)?;
    let (body, left) = postcard::take_from_bytes(&plain).map_err(|_| FrameError::Malformed)?;
    if left.is_empty() { Ok(body) } else { Err(FrameError::Malformed) }
}

/// How many buckets a digest is split into when two sides seek where they differ.
pub const BUCKETS: usize = 256;

/// The bucket of a document: its last byte, which is random.
#[must_use]
pub fn bucket_of(document: DocumentId) -> u8 {
    document.0[15]
}

/// The digest of one document at a version. Digests of a set are combined by exclusive or, so that one can be taken out again.
#[must_use]
pub fn digest_of(document: DocumentId, sorted_heads: &[Hash]) -> u128 {
    let mut hash = Sha256::new();
    hash.update(document.0);
    for head in sorted_heads {
        hash.update(head);
    }
    let digest = hash.finalize();
    digest[..16].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// What of a digest goes into its bucket's sum.
#[must_use]
pub fn bucket_part(digest: u128) -> u64 {
    (digest >> 64) as u64
}
