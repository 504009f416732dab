//! Mutation fuzz: honest changes, changed at random, most with their checksums set right again.
//!
//! Whatever the guard admits and proves must leave a whole document ([`check_readable`], [`check_editable`], [`check_convergent`]), and an
//! innocent change beside the mutated ones must never suffer from them. Each input has its own random numbers, drawn from
//! the seed and its number, so that the outcome does not depend on how many threads share the work.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};
use server::guard::{self, Admitted, Owner, Refusal, Verdict};

use super::documents::{AMINA, BADR, Subject, actor};
use super::forge::{self, Parts};
use super::wholeness::{check_convergent, check_editable, check_readable};

/// Inputs of one run; three in four from the fixed seed, the others from a fresh one.
const INPUTS: u64 = 200_000;
const FIXED_SEED: u64 = 0x7469_7769_7a69;

/// `TIWIZI_FUZZ_INPUTS` sets how many inputs, `TIWIZI_FUZZ_SEED` one seed for all of them.
#[test]
fn whatever_is_accepted_leaves_the_document_whole() {
    let inputs = variable("TIWIZI_FUZZ_INPUTS").unwrap_or(INPUTS);
    let parts = match variable("TIWIZI_FUZZ_SEED") {
        Some(seed) => vec![(seed, inputs)],
        None => vec![(FIXED_SEED, inputs * 3 / 4), (fresh_seed(), inputs - inputs * 3 / 4)],
    };
    let subjects = Subject::all();
    let mut failures = Vec::new();
    for (seed, inputs) in parts {
        let started = Instant::now();
        let tally = run(&subjects, seed, inputs);
        println!("guard fuzz, TIWIZI_FUZZ_SEED={seed}, {inputs} inputs, {:.1?}", started.elapsed());
        println!("{}", tally.table());
        failures.extend(tally.failures.into_iter().map(|failure| format!("seed {seed}, {failure}")));
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {value:?}")))
}

fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) >> 16 // Short enough to be typed.
}

/// What happened to the inputs of one run.
#[derive(Default)]
struct Tally {
    /// What the guard said of each mutated change.
    verdicts: BTreeMap<&'static str, u64>,
    /// Documents whose wholeness was checked.
    checked: u64,
    slowest: Duration,
    failures: Vec<String>,
}

impl Tally {
    fn count(&mut self, verdict: &'static str) {
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    fn add(&mut self, other: Tally) {
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        self.checked += other.checked;
        self.slowest = self.slowest.max(other.slowest);
        self.failures.extend(other.failures);
    }

    fn table(&self) -> String {
        let mut rows: Vec<_> = self.verdicts.iter().collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut table: Vec<String> =
            rows.into_iter().map(|(verdict, count)| format!("  {verdict:<26}{count:>9}")).collect();
        table.push(format!("  {:<26}{:>9}", "documents checked", self.checked));
        table.push(format!("  {:<26}{:>9}", "failures", self.failures.len()));
        table.push(format!("  slowest upload {:.1?}", self.slowest));
        table.join("\n")
    }
}

/// All inputs of one seed, on every core.
fn run(subjects: &[Subject], seed: u64, inputs: u64) -> Tally {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    for input in (thread..inputs).step_by(threads as usize) {
                        let mut random = Random(seed ^ input.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                        if let Err(failure) = one_input(subjects, &mut random, &mut tally) {
                            tally.failures.push(format!("input {input}: {failure}"));
                        }
                    }
                    tally
                })
            })
            .collect();
        for worker in workers {
            tally.add(worker.join().expect("a panic inside an input is caught there"));
        }
    });
    tally
}

/// One upload whose first change is mutated.
fn one_input(subjects: &[Subject], random: &mut Random, tally: &mut Tally) -> Result<(), String> {
    let subject = random.pick(subjects);
    let mut upload = vec![mutated(subject, &subject.honest, random)];
    if random.below(4) == 0 {
        for chunk in &subject.following {
            upload.push(match random.below(2) {
                0 => chunk.clone(),
                _ => mutated(subject, chunk, random),
            });
        }
        upload.push(subject.innocent.clone());
    }
    let started = Instant::now();
    let admitted =
        catch_unwind(AssertUnwindSafe(|| guard::admit(&subject.document, &Owner::Device(AMINA), None, &upload)))
            .map_err(|_| "a panic escaped from admit")?;
    tally.slowest = tally.slowest.max(started.elapsed());

    if upload.len() > 1 && !is_innocent_accepted(&admitted, &upload) {
        return Err("an innocent change suffered".into());
    }
    let accepted = match &admitted.verdicts[0] {
        Verdict::Accepted(_) => true,
        Verdict::Duplicate(_) => {
            tally.count("duplicate");
            false
        }
        Verdict::Refused(refusal) => {
            tally.count(refusal.code());
            false
        }
    };
    // That refused changes leave no trace is checked now and then.
    if !accepted && random.below(64) != 0 {
        return Ok(());
    }
    let proved = catch_unwind(AssertUnwindSafe(|| guard::prove(&admitted.document)))
        .map_err(|_| "a panic escaped from prove")?;
    let saved = match proved {
        Ok(saved) => saved,
        Err(refusal) if accepted => {
            tally.count(refusal.code());
            return Ok(());
        }
        Err(_) => return Err("a refused change left a trace".into()),
    };
    if accepted {
        tally.count("accepted");
    }
    tally.checked += 1;
    let (edit_loaded, converge) = (random.below(2) == 0, random.below(4) == 0);
    catch_unwind(AssertUnwindSafe(|| {
        let loaded = check_readable(&admitted.document, &saved)?;
        check_editable(subject, if edit_loaded { &loaded } else { &admitted.document })?;
        if converge { check_convergent(subject, &admitted) } else { Ok(()) }
    }))
    .unwrap_or_else(|_| Err("panicked".into()))
    .map_err(|failure| format!("{}: not whole: {failure}", subject.name))
}

/// Whether the last change of an upload passes, sent again as a device would for as long as it is put off.
fn is_innocent_accepted(first: &Admitted, upload: &[Vec<u8>]) -> bool {
    let is_put_off = |verdict: &Verdict| *verdict == Verdict::Refused(Refusal::Postponed);
    let mut again: Option<(Admitted, Vec<Vec<u8>>)> = None;
    loop {
        let (admitted, sent) = again.as_ref().map_or((first, upload), |(admitted, sent)| (admitted, sent));
        match admitted.verdicts.last() {
            Some(Verdict::Accepted(_)) => return true,
            Some(last) if is_put_off(last) && !is_put_off(&admitted.verdicts[0]) => {}
            _ => return false,
        }
        let put_off = sent.iter().zip(&admitted.verdicts).filter(|(_, verdict)| is_put_off(verdict));
        let rest: Vec<_> = put_off.map(|(bytes, _)| bytes.clone()).collect();
        again = Some((guard::admit(&admitted.document, &Owner::Device(AMINA), None, &rest), rest));
    }
}

/// An honest chunk with one to three things wrong.
fn mutated(subject: &Subject, honest: &[u8], random: &mut Random) -> Vec<u8> {
    match random.below(40) {
        0 => return (0..random.below(300)).map(|_| random.byte()).collect(),
        1..3 => return broken_frame(honest, random),
        3..20 => return mutate_operations(subject, honest, random),
        _ => {}
    }
    let mut parts = Parts::of(honest);
    for _ in 0..1 + random.below(3) * random.below(2) {
        mutate_parts(subject, &mut parts, random);
    }
    let mut body = parts.body();
    if random.below(4) == 0 {
        mutate_bytes(subject, &mut body, random);
    }
    match random.below(20) {
        0 | 1 => forge::framed(forge::PLAIN, &honest[4..8], &body), // The checksum as it was.
        2 => forge::deflated_chunk(&body),
        _ => forge::plain_chunk(&body),
    }
}

/// A frame that lies about what it holds, around a body that is honest.
fn broken_frame(honest: &[u8], random: &mut Random) -> Vec<u8> {
    let mut chunk = if random.below(2) == 0 { honest.to_vec() } else { forge::deflated_chunk(forge::body(honest)) };
    match random.below(5) {
        0 => chunk[random.below(12)] = random.byte(),
        1 => chunk.truncate(random.below(chunk.len())),
        2 => chunk.extend((0..1 + random.below(9)).map(|_| random.byte())),
        3 => chunk[8] = random.below(5) as u8,
        _ => {
            let at = random.below(chunk.len());
            chunk[at] ^= 1 << random.below(8);
        }
    }
    chunk
}

/// Changes what the operations say and encodes them as Automerge would: nothing is wrong with these bytes but their
/// meaning.
fn mutate_operations(subject: &Subject, honest: &[u8], random: &mut Random) -> Vec<u8> {
    let mut change = Change::from_bytes(honest.to_vec()).unwrap().decode();
    for _ in 0..1 + random.below(3) {
        let count = change.operations.len();
        let at = random.below(count);
        match random.below(12) {
            0 => change.operations.swap(at, random.below(count)),
            1 if count > 1 => {
                change.operations.remove(at);
            }
            2 => {
                let again = change.operations[at].clone();
                change.operations.insert(random.below(count), again);
            }
            3 => {
                let donor = Change::from_bytes(Vec::clone(random.pick(&subject.donors))).unwrap();
                let other = random.pick(&donor.decode().operations).clone();
                change.operations[at] = other;
            }
            _ => mutate_operation(subject, &mut change, at, random),
        }
    }
    Change::from(change).raw_bytes().to_vec()
}

fn mutate_operation(subject: &Subject, change: &mut ExpandedChange, at: usize, random: &mut Random) {
    let id = some_operation(subject, change, random);
    let operation = &mut change.operations[at];
    match random.below(9) {
        0 => operation.obj = ObjectId::Id(id),
        1 => operation.obj = ObjectId::Root,
        2 => operation.key = Key::Seq(ElementId::Id(id)),
        3 => operation.key = Key::head(),
        4 => {
            let keys = ["title", "status", "count", "cents", "summary", "marks", "rows", ""];
            operation.key = Key::Map((*random.pick(&keys)).into());
        }
        5 => operation.insert = !operation.insert,
        6 => operation.action = some_action(random),
        7 => operation.pred = vec![id].into(),
        _ => {
            let mut pred: Vec<OpId> = operation.pred.iter().cloned().collect();
            match random.below(3) {
                0 => pred.clear(),
                1 => pred.push(id),
                _ => pred.extend(pred.first().cloned()),
            }
            operation.pred = pred.into();
        }
    }
}

/// The id of an operation: mostly one of the document or of the change itself, sometimes of nobody.
fn some_operation(subject: &Subject, change: &ExpandedChange, random: &mut Random) -> OpId {
    match random.below(8) {
        0 => OpId::new(random.near(change.start_op.get()).max(1) & 0xffff_ffff, &change.actor_id),
        1 => OpId::new(1 + random.next() % 60, &actor(BADR, 1)),
        2 | 3 => {
            let next = random.next() % (change.operations.len() as u64 + 1);
            OpId::new(change.start_op.get() + next, &change.actor_id)
        }
        _ => {
            let change = random.pick(&subject.changes);
            let next = random.next() % (change.len() as u64 + 1);
            OpId::new(change.start_op().get() + next, change.actor_id())
        }
    }
}

fn some_action(random: &mut Random) -> OpType {
    match random.below(12) {
        0 => OpType::Make(ObjType::Map),
        1 => OpType::Make(ObjType::List),
        2 => OpType::Make(ObjType::Text),
        3 => OpType::Make(ObjType::Table),
        4 | 5 => OpType::Delete,
        6 => OpType::Increment(random.integer() as i64),
        7 => OpType::MarkEnd(true),
        8 => OpType::Put(ScalarValue::counter(random.integer() as i64)),
        9 => OpType::Put(ScalarValue::Null),
        10 => OpType::Put(random.integer().into()),
        _ => OpType::Put("put".into()),
    }
}

/// Changes one part, keeping all lengths right, so that the damage reaches the decoders and what lies behind them.
fn mutate_parts(subject: &Subject, parts: &mut Parts, random: &mut Random) {
    match random.below(20) {
        0 => parts.seq = random.near(parts.seq),
        1 => parts.start_op = random.near(parts.start_op),
        2 if random.below(4) == 0 => parts.time = random.integer() as i64,
        2 => parts.message = (0..random.below(40)).map(|_| random.byte()).collect(),
        4 => mutate_deps(subject, parts, random),
        5 => mutate_others(subject, parts, random),
        6 => match random.below(3) {
            0 => parts.actor = actor(BADR, random.next()).to_bytes().to_vec(),
            1 => parts.actor = actor(AMINA, random.next()).to_bytes().to_vec(),
            _ => parts.actor.truncate(random.below(24)),
        },
        7 => parts.extra = (0..random.below(20)).map(|_| random.byte() & 3).collect(),
        8 if !parts.columns.is_empty() => {
            let at = random.below(parts.columns.len());
            parts.columns[at].0 = random.below(0xb0) as u64;
            if random.below(2) == 0 {
                parts.columns.sort_by_key(|(spec, _)| *spec);
            }
        }
        9 if !parts.columns.is_empty() => {
            parts.columns.remove(random.below(parts.columns.len()));
        }
        10 | 11 => {
            // The same column of another honest change.
            let other: &Vec<u8> = random.pick(&subject.donors);
            let other = Parts::of(other);
            let (spec, data) = random.pick(&other.columns).clone();
            *parts.column(spec) = data;
        }
        12 => {
            let column = random.column(parts);
            column.extend((0..1 + random.below(6)).map(|_| random.byte()));
        }
        13 => {
            let column = random.column(parts);
            column.truncate(random.below(column.len() + 1));
        }
        14..16 => {
            let column = random.column(parts);
            for _ in 0..1 + random.below(3) {
                if !column.is_empty() {
                    let at = random.below(column.len());
                    column[at] ^= 1 << random.below(8);
                }
            }
        }
        _ => mutate_integers(random.column(parts), random),
    }
}

/// Replaces, repeats or drops an integer of a column, or spells a run differently.
fn mutate_integers(column: &mut Vec<u8>, random: &mut Random) {
    let mut integers = forge::integers(column);
    if integers.is_empty() {
        return;
    }
    let at = random.below(integers.len());
    match random.below(8) {
        0 => {
            integers.remove(at);
        }
        1 => integers.insert(at, integers[at].clone()),
        2 => {
            let other = random.below(integers.len());
            integers.swap(at, other);
        }
        // A number with a needless byte.
        3 => {
            let last = integers[at].last_mut().unwrap();
            *last |= 0x80;
            integers[at].push(0);
        }
        4 => integers[at] = forge::leb_signed(random.integer() as i64),
        5 => integers[at] = forge::leb_unsigned(random.integer()),
        _ => {
            let byte = integers[at][0] & 0x7f;
            let near = if random.below(2) == 0 { byte + 1 } else { byte.wrapping_sub(1) };
            integers[at][0] = integers[at][0] & 0x80 | near & 0x7f;
        }
    }
    *column = integers.concat();
}

fn mutate_deps(subject: &Subject, parts: &mut Parts, random: &mut Random) {
    let known: Vec<[u8; 32]> = subject.changes.iter().map(|change| change.hash().0).collect();
    match random.below(6) {
        0 => {
            parts.deps.pop();
        }
        1 => parts.deps.push(*random.pick(&known)),
        2 => {
            parts.deps = vec![*random.pick(&known)];
        }
        3 => parts.deps.push(std::array::from_fn(|_| random.byte())),
        4 => parts.deps.extend(parts.deps.first().copied()),
        _ => parts.deps.reverse(),
    }
    if random.below(2) == 0 {
        parts.deps.sort();
    }
    // Half of them count on from where the new past ends, so that they get further.
    if random.below(2) == 0 {
        let last = |change: &automerge::Change| parts.deps.contains(&change.hash().0).then(|| change.max_op());
        let past = subject.changes.iter().filter_map(last).max();
        parts.start_op = past.map_or(parts.start_op, |max_op| max_op + 1);
    }
}

fn mutate_others(subject: &Subject, parts: &mut Parts, random: &mut Random) {
    let changes = &subject.changes;
    match random.below(5) {
        0 => {
            parts.others.pop();
        }
        1 => parts.others.push(random.pick(changes).actor_id().to_bytes().to_vec()),
        2 => parts.others.push((0..24).map(|_| random.byte()).collect()),
        3 => parts.others.reverse(),
        _ => {
            if let Some(other) = parts.others.first_mut() {
                *other = random.pick(changes).actor_id().to_bytes().to_vec();
            }
        }
    }
}

/// Damages a body as bytes, with no regard for its structure.
fn mutate_bytes(subject: &Subject, body: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(body.len());
    match random.below(6) {
        0 | 1 => body[at] ^= 1 << random.below(8),
        2 => body[at] = *random.pick(&[0, 1, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0xff]),
        3 => body.insert(at, random.byte()),
        4 => {
            let end = (at + 1 + random.below(8)).min(body.len());
            body.drain(at..end);
        }
        _ => {
            let other: &Vec<u8> = random.pick(&subject.donors);
            let other = forge::body(other);
            body.truncate(at);
            body.extend(&other[random.below(other.len())..]);
        }
    }
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn column<'a>(&mut self, parts: &'a mut Parts) -> &'a mut Vec<u8> {
        if parts.columns.is_empty() {
            return parts.column(forge::ACTION);
        }
        let at = self.below(parts.columns.len());
        &mut parts.columns[at].1
    }

    /// A number at which something usually breaks.
    fn integer(&mut self) -> u64 {
        let edge =
            *self.pick(&[0, 1, 2, 64, 127, 128, 255, 1 << 16, 1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63, u64::MAX]);
        match self.below(3) {
            0 => edge,
            1 => edge.wrapping_add(self.next() % 5).wrapping_sub(2),
            _ => self.next() % 40,
        }
    }

    /// A number a little off the right one, or far off.
    fn near(&mut self, right: u64) -> u64 {
        match self.below(3) {
            0 => right.wrapping_add(1),
            1 => right.saturating_sub(1),
            _ => self.integer(),
        }
    }
}
