//! Against the crate that has the tables of the Unicode Consortium.

use unicode_normalization::{
    UnicodeNormalization as _,
    char::{canonical_combining_class, compose, decompose_canonical, decompose_compatible, is_combining_mark},
};

use super::*;

fn every_char() -> impl Iterator<Item = char> {
    (0..=0x10_ffff).filter_map(char::from_u32)
}

fn write(number: u32, packed: &mut Vec<u8>) {
    let mut rest = number;
    while rest > 0x7f {
        packed.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    packed.push(rest as u8);
}

fn write_column(column: &[u32], packed: &mut Vec<u8>) {
    write(u32::try_from(column.len()).expect("short"), packed);
    column.iter().for_each(|number| write(*number, packed));
}

fn runs(value_of: impl Fn(char) -> u8) -> Vec<u32> {
    let (mut column, mut end) = (Vec::new(), 0);
    let mut run: Option<(u32, u32, u8)> = None;
    for c in every_char() {
        let (at, value) = (u32::from(c), value_of(c));
        match &mut run {
            Some((_, to, known)) if *known == value && *to == at => *to += 1,
            _ => {
                if let Some((from, to, known)) = run.take().filter(|(.., known)| *known != 0) {
                    column.extend([from - end, to - from, u32::from(known)]);
                    end = to;
                }
                run = Some((at, at + 1, value));
            }
        }
    }
    column
}

fn packed() -> Vec<u8> {
    let (mut steps, mut heads, mut firsts, mut rests) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut last, mut last_first) = (0, 0_u32);
    for c in every_char().filter(|c| hangul::apart(u32::from(*c)).is_none()) {
        let (mut canonical, mut compatible) = (Vec::new(), Vec::new());
        decompose_canonical(c, |part| canonical.push(part));
        decompose_compatible(c, |part| compatible.push(part));
        let composes = canonical.len() > 1 && canonical.iter().copied().nfc().eq([c]);
        let composes = if composes { COMPOSES } else { 0 };
        let entries = match (canonical == [c], compatible == canonical) {
            (true, true) => vec![],
            (true, false) => vec![(COMPATIBLE, &compatible)],
            (false, true) => vec![(CANONICAL | COMPATIBLE | composes, &canonical)],
            (false, false) => vec![(CANONICAL | composes, &canonical), (COMPATIBLE, &compatible)],
        };
        for (flags, parts) in entries {
            let first = u32::from(parts[0]);
            let difference = first.wrapping_sub(last_first);
            steps.push(u32::from(c) - last);
            heads.push(u32::try_from(parts.len()).expect("short") << 3 | u32::from(flags));
            firsts.push((difference << 1) ^ ((difference as i32) >> 31) as u32);
            rests.extend(parts[1..].iter().map(|part| u32::from(*part)));
            (last, last_first) = (u32::from(c), first);
        }
    }
    let mut packed = Vec::new();
    for column in [steps, heads, firsts, rests, runs(canonical_combining_class), runs(|c| is_combining_mark(c).into())]
    {
        write_column(&column, &mut packed);
    }
    packed
}

/// `TIWIZI_WRITE_TABLES=1 cargo test -p shared normal` writes the file anew, for another version of Unicode.
#[test]
fn the_packed_tables_are_those_of_unicode() {
    let fresh = packed();
    if std::env::var_os("TIWIZI_WRITE_TABLES").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/names/normal/normal.bin");
        std::fs::write(file, &fresh).expect("a writable file");
        return;
    }
    assert!(PACKED == fresh, "write it anew: TIWIZI_WRITE_TABLES=1 cargo test -p shared normal");
}

#[test]
fn every_character_has_the_normal_forms_of_unicode() {
    for c in every_char() {
        let mut ours = String::new();
        nfkd(c, |part| ours.push(part));
        // One character's parts need no reordering.
        let mut theirs = String::new();
        decompose_compatible(c, |part| theirs.push(part));
        assert_eq!(ours, theirs, "NFKD of {c:?}");
        assert_eq!(is_mark(c), is_combining_mark(c), "{c:?}");
        let text = c.to_string();
        assert_eq!(nfc(&text), text.nfc().collect::<String>(), "NFC of {c:?}");
    }
}

#[test]
fn whatever_composes_composes_and_nothing_else() {
    let tables = Tables::get();
    for entry in tables.entries.iter().filter(|entry| entry.flags & COMPOSES != 0) {
        let text: String = tables.parts(entry).iter().copied().filter_map(char::from_u32).collect();
        assert_eq!(nfc(&text), text.nfc().collect::<String>());
    }
    // What may come second: whatever is last in some composition, and the Korean vowels and tails at their borders.
    let mut seconds: Vec<u32> = tables.composing.iter().map(|(last, _)| *last).collect();
    seconds.extend([0x1160, 0x1161, 0x1175, 0x1176, 0x11a7, 0x11a8, 0x11c2, 0x11c3]);
    seconds.sort_unstable();
    seconds.dedup();
    let latin_indic_korean = (0x41..0x180).chain(0x5d0..0x6e0).chain(0x900..0x1200).chain((0xac00..0xd7b0).step_by(97));
    for first in latin_indic_korean.filter_map(char::from_u32) {
        for second in seconds.iter().copied().filter_map(char::from_u32) {
            let ours = tables.compose(u32::from(first), u32::from(second));
            assert_eq!(ours, compose(first, second).map(u32::from), "{first:?} {second:?}");
        }
    }
}

#[test]
fn marks_in_any_order_compose_alike() {
    let pool: Vec<char> =
        "aeoAEcsz ẛſéǟạ\u{300}\u{301}\u{308}\u{304}\u{323}\u{327}\u{345}\u{5b0}\u{64b}\u{651}\u{653}\u{654}اأوىي가각ᄀ\u{1161}\u{11a8}\u{ccb}\u{cc6}\u{cc2}\u{cd5}Å".chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(pool[(state % pool.len() as u64) as usize]);
        }
        assert_eq!(nfc(&text), text.nfc().collect::<String>(), "{}", text.escape_unicode());
    }
}
