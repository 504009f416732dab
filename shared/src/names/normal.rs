//! Unicode's normal forms, small.
//!
//! The crate that is usual for it looks characters up in perfect hashes: 137 kB of the engine that hardly compress. Here the
//! same facts stand in `normal.bin`, in the order of the characters and as differences, and are unpacked when the first text
//! beyond Latin letters comes. The tests hold every character against that crate, and write the file anew.

use std::sync::OnceLock;

#[cfg(test)]
mod tests;

/// Columns of varints, each as long as its first says: see `Columns`.
static PACKED: &[u8] = include_bytes!("normal/normal.bin");

/// No character before this one is a mark or composes with another, nor is changed by NFC.
const FIRST_MARK: u32 = 0x300;

/// The text composed (NFC).
pub(super) fn nfc(text: &str) -> String {
    if text.chars().all(|c| u32::from(c) < FIRST_MARK) {
        return text.to_owned();
    }
    let tables = Tables::get();
    let mut ordered: Vec<(u32, u8)> = Vec::with_capacity(text.len());
    for c in text.chars() {
        tables.decompose(u32::from(c), Form::Canonical, &mut |c| {
            let class = tables.class(c);
            // Marks stand in the order of their classes; those of one class as they came.
            let after = |(_, before): &(u32, u8)| class == 0 || *before <= class;
            let at = ordered.iter().rposition(after).map_or(0, |at| at + 1);
            ordered.insert(at, (c, class));
        });
    }
    let mut composed: Vec<u32> = Vec::with_capacity(ordered.len());
    let (mut starter, mut last_class) = (None, 0);
    for (c, class) in ordered {
        if let Some(at) = starter {
            // A mark composes over others, unless one of its own class is nearer.
            let reaches = composed.len() == at + 1 || last_class < class;
            if let Some(one) = reaches.then(|| tables.compose(composed[at], c)).flatten() {
                composed[at] = one;
                continue;
            }
        }
        if class == 0 {
            starter = Some(composed.len());
        }
        last_class = class;
        composed.push(c);
    }
    composed.into_iter().filter_map(char::from_u32).collect()
}

/// The parts of one character under compatibility (NFKD), one after the other.
pub(super) fn nfkd(c: char, mut each: impl FnMut(char)) {
    if c.is_ascii() {
        return each(c);
    }
    Tables::get().decompose(u32::from(c), Form::Compatible, &mut |c| {
        if let Some(c) = char::from_u32(c) {
            each(c);
        }
    });
}

/// Whether it is a mark of any kind (general category M).
pub(super) fn is_mark(c: char) -> bool {
    u32::from(c) >= FIRST_MARK && Tables::get().marks.of(u32::from(c)) > 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Canonical,
    Compatible,
}

/// Which forms an entry of the table is for.
const CANONICAL: u8 = 1;
const COMPATIBLE: u8 = 2;
/// NFC makes this character of its parts again.
const COMPOSES: u8 = 4;

/// A character and its full decomposition.
#[derive(Debug)]
struct Entry {
    c: u32,
    flags: u8,
    /// Where its parts begin in [`Tables::parts`], and how many there are.
    at: usize,
    count: usize,
}

#[derive(Debug)]
struct Tables {
    /// In the order of the characters. One that is decomposed differently in the two forms is there twice.
    entries: Vec<Entry>,
    parts: Vec<u32>,
    /// The last part of each entry that composes, and which one it is.
    composing: Vec<(u32, usize)>,
    classes: Runs,
    marks: Runs,
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| Self::unpack(PACKED))
    }

    fn unpack(packed: &[u8]) -> Self {
        let mut columns = Columns(packed);
        let [steps, heads, firsts, rests] = [columns.next(), columns.next(), columns.next(), columns.next()];
        let (mut c, mut first) = (0_u32, 0_u32);
        let mut rests = rests.into_iter();
        let mut tables = Self {
            entries: Vec::with_capacity(steps.len()),
            parts: Vec::new(),
            composing: Vec::new(),
            classes: Runs::unpack(&columns.next()),
            marks: Runs::unpack(&columns.next()),
        };
        for ((step, head), difference) in steps.into_iter().zip(heads).zip(firsts) {
            c += step;
            first = first.wrapping_add(unfolded(difference));
            let (count, at) = ((head >> 3) as usize, tables.parts.len());
            tables.parts.push(first);
            tables.parts.extend(rests.by_ref().take(count - 1));
            let flags = (head & 7) as u8;
            if flags & COMPOSES != 0 {
                tables.composing.push((tables.parts[at + count - 1], tables.entries.len()));
            }
            tables.entries.push(Entry { c, flags, at, count });
        }
        tables
    }

    fn parts(&self, entry: &Entry) -> &[u32] {
        &self.parts[entry.at..entry.at + entry.count]
    }

    fn decompose(&self, c: u32, form: Form, each: &mut dyn FnMut(u32)) {
        if let Some(syllable) = hangul::apart(c) {
            return syllable.into_iter().filter(|part| *part != 0).for_each(each);
        }
        let flag = if form == Form::Canonical { CANONICAL } else { COMPATIBLE };
        let from = self.entries.partition_point(|entry| entry.c < c);
        let both = self.entries[from..].iter().take_while(|entry| entry.c == c);
        match both.into_iter().find(|entry| entry.flags & flag != 0) {
            Some(entry) => self.parts(entry).iter().copied().for_each(each),
            None => each(c),
        }
    }

    /// What a character and one that follows make together.
    fn compose(&self, before: u32, after: u32) -> Option<u32> {
        if let Some(syllable) = hangul::together(before, after) {
            return Some(syllable);
        }
        let mut whole = Vec::with_capacity(4);
        self.decompose(before, Form::Canonical, &mut |c| whole.push(c));
        whole.push(after);
        let ending = self.composing.iter().filter(|(last, _)| *last == after).map(|(_, at)| &self.entries[*at]);
        ending.into_iter().find(|entry| self.parts(entry) == whole).map(|entry| entry.c)
    }

    /// The canonical combining class: 0 for all but marks.
    fn class(&self, c: u32) -> u8 {
        if c < FIRST_MARK { 0 } else { self.classes.of(c) }
    }
}

/// A value for each run of characters; 0 for those that are in none.
#[derive(Debug)]
struct Runs(Vec<(u32, u32, u8)>);

impl Runs {
    /// Triples: from the end of the run before, how many, which value.
    fn unpack(column: &[u32]) -> Self {
        let mut end = 0;
        let run = |run: &[u32]| {
            let from = end + run[0];
            end = from + run[1];
            (from, end, run[2] as u8)
        };
        Self(column.chunks_exact(3).map(run).collect())
    }

    fn of(&self, c: u32) -> u8 {
        let at = self.0.partition_point(|(_, end, _)| *end <= c);
        self.0.get(at).filter(|(from, ..)| *from <= c).map_or(0, |(.., value)| *value)
    }
}

/// Reads columns of varints: seven bits a byte, the lowest first, the eighth says that more follow. Each begins with its length.
struct Columns<'a>(&'a [u8]);

impl Columns<'_> {
    fn number(&mut self) -> u32 {
        let (mut number, mut shift) = (0, 0);
        while let [byte, rest @ ..] = self.0 {
            self.0 = rest;
            number |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    fn next(&mut self) -> Vec<u32> {
        let count = self.number();
        (0..count).map(|_| self.number()).collect()
    }
}

/// A difference of either sign from a number without one: 0, -1, 1, -2, …
fn unfolded(number: u32) -> u32 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

/// Korean syllables are computed (The Unicode Standard, section 3.12).
mod hangul {
    const FIRST: u32 = 0xac00;
    const LEADS: (u32, u32) = (0x1100, 19);
    const VOWELS: (u32, u32) = (0x1161, 21);
    /// The first stands for no tail.
    const TAILS: (u32, u32) = (0x11a7, 28);

    /// Lead, vowel, and tail or 0.
    pub(super) fn apart(c: u32) -> Option<[u32; 3]> {
        let n = c.checked_sub(FIRST).filter(|n| *n < LEADS.1 * VOWELS.1 * TAILS.1)?;
        let tail = n % TAILS.1;
        let lead = LEADS.0 + n / (VOWELS.1 * TAILS.1);
        Some([lead, VOWELS.0 + n / TAILS.1 % VOWELS.1, if tail == 0 { 0 } else { TAILS.0 + tail }])
    }

    pub(super) fn together(before: u32, after: u32) -> Option<u32> {
        let nth = |c: u32, (first, count): (u32, u32)| c.checked_sub(first).filter(|n| *n < count);
        if let (Some(lead), Some(vowel)) = (nth(before, LEADS), nth(after, VOWELS)) {
            return Some(FIRST + (lead * VOWELS.1 + vowel) * TAILS.1);
        }
        let whole = nth(before, (FIRST, LEADS.1 * VOWELS.1 * TAILS.1)).filter(|n| n % TAILS.1 == 0)?;
        nth(after, TAILS).filter(|tail| *tail > 0).map(|tail| FIRST + whole + tail)
    }
}
