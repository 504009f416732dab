//! What people wrote, made fit for paper.

use serde::Serialize;

use crate::press;

/// Letters of a name, of an association, of a place.
pub(crate) const LINE_MAX: usize = 160;
/// Letters of a title or of a sentence.
pub(crate) const TEXT_MAX: usize = 600;
/// Letters of one paragraph of a long text.
pub(crate) const LONG_MAX: usize = 60_000;
/// Letters in one word after which a line may break, so that nothing leaves its column.
const WORD_MAX: usize = 22;
/// Invisible: a line may break here.
const BREAK: char = '\u{200b}';

/// A text with its own direction of writing. The template sets it apart from what stands around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    text: String,
    /// Its first letter is Arabic, or of another script that is written from right to left.
    rtl: bool,
}

/// One line of at most [`LINE_MAX`] letters.
pub(crate) fn line(text: &str) -> Said {
    said(text, LINE_MAX)
}

/// A title or a sentence, of at most [`TEXT_MAX`] letters.
pub(crate) fn text(text: &str) -> Said {
    said(text, TEXT_MAX)
}

fn said(text: &str, letters_max: usize) -> Said {
    let text = clean(text, letters_max);
    Said { text: breakable(&text), rtl: begins_rtl(&text) }
}

/// A long text, paragraph by paragraph: its line breaks are the author's.
pub(crate) fn paragraphs(text: &str) -> Vec<Said> {
    text.lines().map(|line| said(line, LONG_MAX)).filter(|said| !said.text.is_empty()).collect()
}

/// Whether a text is written from right to left: its first letter says so.
pub(crate) fn begins_rtl(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(is_rtl)
}

/// A spreadsheet takes what begins so for a formula, and runs it.
pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Without what cannot be seen: controls, marks that turn the direction of writing around, blanks in a row. A letter that
/// none of the fonts has becomes the sign for that, since a page for archives may not have an empty box.
pub(crate) fn clean(text: &str, letters_max: usize) -> String {
    cleaned(text, letters_max, |c| c.is_ascii() || press::has_glyph(c))
}

/// The same for files that others' programs show, with others' fonts: every letter stays.
pub(crate) fn kept(text: &str, letters_max: usize) -> String {
    cleaned(text, letters_max, |_| true)
}

fn cleaned(text: &str, letters_max: usize, is_known: impl Fn(char) -> bool) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut letters = 0;
    for c in text.chars() {
        if letters == letters_max {
            cleaned.push('…');
            break;
        }
        let c = match c {
            c if c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}') => ' ',
            c if is_unseen(c) => continue,
            c if is_known(c) => c,
            _ => char::REPLACEMENT_CHARACTER,
        };
        if c == ' ' && (cleaned.is_empty() || cleaned.ends_with(' ')) {
            continue;
        }
        cleaned.push(c);
        letters += 1;
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

fn is_unseen(c: char) -> bool {
    // Not U+200C and U+200D: they part and join letters.
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        )
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

pub(crate) fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if c == ' ' || c == '-' { 0 } else { run + 1 };
        // A mark stays with its letter.
        if run > WORD_MAX && c.is_alphanumeric() {
            broken.push(BREAK);
            run = 1;
        }
        broken.push(c);
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        for (given, kept) in [
            ("  Aïcha \t\n  Ben\u{0}ali ", "Aïcha Benali"),
            ("abc\u{202e}fed\u{2066}\u{200f}", "abcfed"),
            ("e\u{301}", "e\u{301}"),
            ("فَاطِمَة", "فَاطِمَة"),
            ("ⵜⵉⵡⵉⵣⵉ", "ⵜⵉⵡⵉⵣⵉ"),
            ("a 漢 👍 b", "a \u{fffd} \u{fffd} b"),
            ("#panic() $x$ *_`\\", "#panic() $x$ *_`\\"),
        ] {
            assert_eq!(clean(given, 100), kept);
        }
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("abc", 3), "abc");
    }

    #[test]
    fn a_long_word_may_be_broken_and_a_short_one_stays() {
        assert_eq!(line(&"x".repeat(50)).text.matches(BREAK).count(), 2);
        assert_eq!(line("anticonstitutionnel-lement et plus").text.matches(BREAK).count(), 0);
    }

    #[test]
    fn the_first_letter_gives_the_direction() {
        for (text, rtl) in [("12 فاطمة", true), ("Dar الشباب", false), ("", false), ("2026", false), ("ⵜⵉ", false)]
        {
            assert_eq!(line(text).rtl, rtl, "{text}");
        }
    }
}
