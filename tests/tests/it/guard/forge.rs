//! A change taken apart and put together again, with any part replaced and the checksum right.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub(super) const PLAIN: u8 = 1;
pub(super) const DEFLATED: u8 = 2;

/// Column specifications that the tests name.
pub(super) const KEY_STRING: u64 = 0x15;
pub(super) const INSERT: u64 = 0x34;
pub(super) const ACTION: u64 = 0x42;
pub(super) const VALUE_META: u64 = 0x56;
pub(super) const PRED_COUNT: u64 = 0x70;

/// The parts of a change chunk's body, in their order.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) deps: Vec<[u8; 32]>,
    pub(super) actor: Vec<u8>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: Vec<u8>,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) columns: Vec<(u64, Vec<u8>)>,
    pub(super) extra: Vec<u8>,
}

impl Parts {
    /// Takes an honest, plain chunk apart.
    pub(super) fn of(chunk: &[u8]) -> Parts {
        let mut rest = body(chunk);
        let rest = &mut rest;
        let deps = (0..unsigned(rest)).map(|_| take(rest, 32).try_into().unwrap()).collect();
        let actor = sized(rest);
        let (seq, start_op, time) = (unsigned(rest), unsigned(rest), signed(rest));
        let message = sized(rest);
        let others = (0..unsigned(rest)).map(|_| sized(rest)).collect();
        let lengths: Vec<(u64, u64)> = (0..unsigned(rest)).map(|_| (unsigned(rest), unsigned(rest))).collect();
        let columns = lengths.into_iter().map(|(spec, length)| (spec, take(rest, length as usize).to_vec())).collect();
        Parts { deps, actor, seq, start_op, time, message, others, columns, extra: rest.to_vec() }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_unsigned(&mut out, self.deps.len() as u64);
        out.extend(self.deps.iter().flatten());
        push_sized(&mut out, &self.actor);
        push_unsigned(&mut out, self.seq);
        push_unsigned(&mut out, self.start_op);
        push_signed(&mut out, self.time);
        push_sized(&mut out, &self.message);
        push_unsigned(&mut out, self.others.len() as u64);
        for other in &self.others {
            push_sized(&mut out, other);
        }
        push_unsigned(&mut out, self.columns.len() as u64);
        for (spec, data) in &self.columns {
            push_unsigned(&mut out, *spec);
            push_unsigned(&mut out, data.len() as u64);
        }
        for (_, data) in &self.columns {
            out.extend(data);
        }
        out.extend(&self.extra);
        out
    }

    pub(super) fn chunk(&self) -> Vec<u8> {
        plain_chunk(&self.body())
    }

    /// The data of one column, made if it is not there.
    pub(super) fn column(&mut self, spec: u64) -> &mut Vec<u8> {
        let at = self.columns.partition_point(|(other, _)| *other < spec);
        if self.columns.get(at).is_none_or(|(other, _)| *other != spec) {
            self.columns.insert(at, (spec, Vec::new()));
        }
        &mut self.columns[at].1
    }
}

/// The body of a plain chunk.
pub(super) fn body(chunk: &[u8]) -> &[u8] {
    assert_eq!((&chunk[..4], chunk[8]), (&MAGIC[..], PLAIN));
    let mut rest = &chunk[9..];
    let length = unsigned(&mut rest);
    assert_eq!(length, rest.len() as u64);
    rest
}

/// The hash that names a change, from its body.
pub(super) fn hash(body: &[u8]) -> [u8; 32] {
    let mut head = vec![PLAIN];
    push_unsigned(&mut head, body.len() as u64);
    Sha256::new().chain_update(head).chain_update(body).finalize().into()
}

/// A body in a plain chunk, with the right checksum.
pub(super) fn plain_chunk(body: &[u8]) -> Vec<u8> {
    framed(PLAIN, &hash(body)[..4], body)
}

/// A body in a deflated chunk, with the right checksum.
pub(super) fn deflated_chunk(body: &[u8]) -> Vec<u8> {
    framed(DEFLATED, &hash(body)[..4], &deflate(body))
}

pub(super) fn framed(kind: u8, checksum: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(checksum);
    out.push(kind);
    push_sized(&mut out, data);
    out
}

pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A deflated chunk that inflates to so many zeros.
pub(super) fn bomb(inflated_bytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let zeros = [0; 64 * 1024];
    for _ in 0..inflated_bytes / zeros.len() {
        encoder.write_all(&zeros).unwrap();
    }
    framed(DEFLATED, &[0; 4], &encoder.finish().unwrap())
}

/// Every integer of a column as bytes, each of one to ten.
pub(super) fn integers(column: &[u8]) -> Vec<Vec<u8>> {
    column.split_inclusive(|byte| byte & 0x80 == 0).map(<[u8]>::to_vec).collect()
}

pub(super) fn leb_unsigned(value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    push_unsigned(&mut out, value);
    out
}

pub(super) fn leb_signed(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    push_signed(&mut out, value);
    out
}

/// The columns of all operations in a document chunk that was saved without compression.
///
/// Unlike the whole chunk they do not depend on the order in which changes arrived.
pub(super) fn operations(saved: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut rest = &saved[9..];
    let rest = &mut rest;
    unsigned(rest); // the chunk's length
    for _ in 0..unsigned(rest) {
        sized(rest); // an actor
    }
    let heads = unsigned(rest) as usize;
    take(rest, 32 * heads);
    let [changes, operations] =
        [(); 2].map(|()| (0..unsigned(rest)).map(|_| (unsigned(rest), unsigned(rest) as usize)).collect::<Vec<_>>());
    for (_, length) in changes {
        take(rest, length);
    }
    operations.into_iter().map(|(spec, length)| (spec, take(rest, length).to_vec())).collect()
}

fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    push_unsigned(out, bytes.len() as u64);
    out.extend(bytes);
}

fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    rest.split_off(..length).unwrap()
}

fn sized(rest: &mut &[u8]) -> Vec<u8> {
    let length = unsigned(rest) as usize;
    take(rest, length).to_vec()
}

fn unsigned(rest: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = take(rest, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn signed(rest: &mut &[u8]) -> i64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = take(rest, 1)[0];
        value |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let sign = if byte & 0x40 != 0 && shift < 64 { -1 << shift } else { 0 };
            return value | sign;
        }
    }
}
