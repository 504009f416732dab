//! The frame of one change: opened, inflated and counted before anything is decoded.
//!
//! The layout is Automerge's binary format, "change chunk" and "compressed change chunk"
//! (<https://automerge.org/automerge-binary-format-spec/>). This reader only bounds what Automerge's own parser is then
//! allowed to see. It takes no meaning from the bytes, so that two readers can never disagree about what a change does.

use std::io::Read;

use automerge::Change;
use flate2::bufread::DeflateDecoder;
use sha2::{Digest, Sha256};

use super::{CHANGE_BYTES_MAX, CHANGE_DEPS_MAX, CHANGE_MESSAGE_BYTES_MAX, CHANGE_OPS_MAX, CHANGE_PREDS_MAX, Refusal};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const PLAIN: u8 = 1;
const DEFLATED: u8 = 2;
/// Bytes that count as much as one operation: see [`super::UPLOAD_WORK_MAX`].
pub(super) const BYTES_PER_WORK: u64 = 32;

/// Column specifications of a change's operations: the column's number times 16, plus its type.
mod column {
    pub(super) const ACTION: u64 = 0x42;
    pub(super) const PRED_COUNT: u64 = 0x70;
    pub(super) const MARK_EXPAND: u64 = 0x94;
    pub(super) const MARK_NAME: u64 = 0xa5;
    /// In the one order that an encoder writes them: object (actor, counter), key (actor, counter, string), insert,
    /// action, value (meta, bytes), predecessors (count, actor, counter).
    pub(super) const KNOWN: [u64; 12] =
        [0x01, 0x02, 0x11, 0x13, 0x15, 0x34, ACTION, 0x56, 0x57, PRED_COUNT, 0x71, 0x73];
}

/// One change chunk whose size, checksum and counts are within the limits.
pub(super) struct Opened {
    /// SHA-256 of the uncompressed chunk without magic and checksum: the change's name everywhere.
    pub(super) hash: [u8; 32],
    /// The chunk uncompressed, byte for byte as an encoder writes it.
    pub(super) plain: Vec<u8>,
    /// Operations that the chunk claims to hold.
    pub(super) ops: u64,
    /// What decoding it costs: operations, their predecessors, and each 32 bytes; never 0.
    pub(super) work: u64,
}

impl Opened {
    /// Has Automerge parse it, which may panic.
    pub(super) fn parse(&self) -> Result<Change, Refusal> {
        let change = Change::try_from(&self.plain[..]).map_err(|_| Refusal::Malformed)?;
        // The limits rest on our count of what the parser sees.
        let faithful = change.len() as u64 == self.ops && change.hash().0 == self.hash;
        faithful.then_some(change).ok_or(Refusal::Malformed)
    }
}

/// What opening a chunk may cost, told from its kind: a deflated one may inflate to the limit before it proves worthless.
pub(super) fn opening_work(bytes: &[u8]) -> u64 {
    let bytes = if bytes.get(8) == Some(&DEFLATED) { CHANGE_BYTES_MAX } else { bytes.len().min(CHANGE_BYTES_MAX) };
    1 + bytes as u64 / BYTES_PER_WORK
}

/// Opens one chunk as it arrived.
pub(super) fn open(bytes: &[u8]) -> Result<Opened, Refusal> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    let mut reader = Reader(bytes);
    if reader.take(4)? != MAGIC {
        return Err(Refusal::Malformed);
    }
    let checksum = reader.take(4)?;
    let kind = reader.byte()?;
    let length = reader.unsigned()?;
    let data = reader.0;
    if data.len() as u64 != length {
        return Err(Refusal::Malformed); // Cut short, or something follows.
    }
    let inflated;
    let data = match kind {
        PLAIN => data,
        DEFLATED => {
            inflated = inflate(data)?;
            &inflated
        }
        // Documents (0) and bundles (3) have no place in an upload: the server makes its own snapshots.
        _ => return Err(Refusal::NotAChange),
    };

    // Automerge parses a change without ever comparing its checksum.
    let mut head = vec![PLAIN];
    push_unsigned(&mut head, data.len() as u64);
    let hash: [u8; 32] = Sha256::new().chain_update(&head).chain_update(data).finalize().into();
    if hash[..4] != *checksum {
        return Err(Refusal::Checksum);
    }

    let counts = count(data)?;
    let mut plain = Vec::with_capacity(8 + head.len() + data.len());
    plain.extend_from_slice(&MAGIC);
    plain.extend_from_slice(checksum);
    plain.extend_from_slice(&head);
    plain.extend_from_slice(data);
    Ok(Opened {
        hash,
        plain,
        ops: counts.ops,
        work: 1 + counts.ops + counts.preds + data.len() as u64 / BYTES_PER_WORK,
    })
}

/// Inflates at most [`CHANGE_BYTES_MAX`]: a bomb is given up at the first byte beyond.
fn inflate(data: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut decoder = DeflateDecoder::new(data);
    let mut inflated = Vec::new();
    decoder.by_ref().take(CHANGE_BYTES_MAX as u64 + 1).read_to_end(&mut inflated).map_err(|_| Refusal::Malformed)?;
    if inflated.len() > CHANGE_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    if decoder.total_in() != data.len() as u64 {
        return Err(Refusal::Malformed); // Bytes hidden behind the stream's end.
    }
    Ok(inflated)
}

struct Counts {
    ops: u64,
    preds: u64,
}

/// Walks a change's body and counts its operations from the run lengths, without decoding one.
///
/// 268 bytes can name a million operations; decoding them takes 1.6 s and 535 MB, counting them some microseconds.
fn count(data: &[u8]) -> Result<Counts, Refusal> {
    let mut reader = Reader(data);
    let deps = reader.unsigned()?;
    if deps > CHANGE_DEPS_MAX {
        return Err(Refusal::TooBig);
    }
    reader.take(deps * 32)?;
    reader.sized()?; // actor
    reader.unsigned()?; // seq
    reader.unsigned()?; // start_op
    reader.signed()?; // time
    if reader.sized()?.len() > CHANGE_MESSAGE_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    let others = reader.unsigned()?;
    for _ in 0..others {
        reader.sized()?;
    }

    let columns = reader.unsigned()?;
    let mut lengths = Vec::new();
    let mut last = 0;
    for _ in 0..columns {
        let (spec, length) = (reader.unsigned()?, reader.unsigned()?);
        if matches!(spec, column::MARK_EXPAND | column::MARK_NAME) {
            return Err(Refusal::Unsupported);
        }
        // A column twice, out of order, deflated or unknown.
        if spec <= last || !column::KNOWN.contains(&spec) {
            return Err(Refusal::Malformed);
        }
        last = spec;
        lengths.push((spec, length));
    }
    let mut counts = Counts { ops: 0, preds: 0 };
    for (spec, length) in lengths {
        let bytes = reader.take(length)?;
        match spec {
            column::ACTION => counts.ops = total(bytes, CHANGE_OPS_MAX, Total::OfValues)?,
            column::PRED_COUNT => counts.preds = total(bytes, CHANGE_PREDS_MAX, Total::OfSums)?,
            _ => {}
        }
    }
    // What may follow the columns is an author, which anybody may claim: the device's credential says who it is.
    if !reader.0.is_empty() {
        return Err(Refusal::Unsupported);
    }
    Ok(counts)
}

enum Total {
    OfValues,
    OfSums,
}

/// Adds up a run-length encoded column of unsigned integers: how many they are, or what they sum to.
///
/// Positive runs repeat one value, negative ones are literals, 0 starts a run of nulls, which these columns never hold.
fn total(bytes: &[u8], max: u64, of: Total) -> Result<u64, Refusal> {
    let mut reader = Reader(bytes);
    let mut total = 0u64;
    while !reader.0.is_empty() {
        let run = reader.signed()?;
        let (literals, repeats) = match run {
            1.. => (1, run.unsigned_abs()),
            0 => return Err(Refusal::Malformed),
            _ => (run.unsigned_abs(), 1),
        };
        for _ in 0..literals {
            let value = reader.unsigned()?; // Fails at the column's end, however many are claimed.
            let more = match of {
                Total::OfValues => repeats,
                Total::OfSums => repeats.checked_mul(value).ok_or(Refusal::TooBig)?,
            };
            total = total.checked_add(more).filter(|total| *total <= max).ok_or(Refusal::TooBig)?;
        }
    }
    Ok(total)
}

/// A cursor over bytes that nobody has vouched for: every read is checked.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let length = usize::try_from(length).map_err(|_| Refusal::Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.take(1)?[0])
    }

    /// Bytes with their length in front.
    fn sized(&mut self) -> Result<&'a [u8], Refusal> {
        let length = self.unsigned()?;
        self.take(length)
    }

    /// An unsigned LEB128 of at most 64 bits.
    fn unsigned(&mut self) -> Result<u64, Refusal> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Refusal::Malformed)
    }

    /// A signed LEB128 of at most 64 bits.
    fn signed(&mut self) -> Result<i64, Refusal> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 && shift + 7 < 64 {
                    value |= -1i64 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(Refusal::Malformed)
    }
}

fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
