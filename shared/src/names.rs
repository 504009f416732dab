//! Names: how they are searched for, and when two of them may be the same person's.

mod compare;
mod normal;
mod sound;

use std::fmt;

use serde::{Deserialize, Serialize};

use sound::{Name, Reading, Script, Word};

/// A text as it is kept: composed (NFC), on one line with single spaces, without joiners that nobody sees and marks of
/// direction that somebody's keyboard left.
#[must_use]
pub fn tidy(text: &str) -> String {
    let seen = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let clean: String = text.chars().filter(seen).map(|c| if c.is_control() { ' ' } else { c }).collect();
    normal::nfc(&clean).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text folded for instant search: words of small letters and digits with one space between them.
///
/// Accents, tashkil and tatweel go; ligatures are spelled out; letters of the Arabic script that people exchange become
/// one; digits become ASCII. An apostrophe inside a word goes (`M'hamed` is `mhamed`), except after a French article,
/// which is a word of its own (`d'Agadir`); any other sign is a space. The page folds alike: see `vectors/search.json`.
#[must_use]
pub fn fold_search(text: &str) -> String {
    fold(text, Letters::Exchanged)
}

/// Whether letters that people exchange in Arabic writing become one: `ة` and `ه`, `ى` and `ي`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Exchanged,
    Kept,
}

fn fold(text: &str, letters: Letters) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut apostrophe = false;
    for c in text.chars() {
        if is_apostrophe(c) {
            apostrophe = true;
            continue;
        }
        let before = folded.len();
        fold_char(c, letters, &mut folded);
        if folded.len() == before {
            continue;
        }
        if std::mem::take(&mut apostrophe) && is_article(last_word(&folded[..before])) {
            folded.insert(before, ' ');
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn last_word(folded: &str) -> &str {
    folded.rsplit(' ').next().unwrap_or_default()
}

/// The French words that lose their vowel before another word.
fn is_article(word: &str) -> bool {
    matches!(word, "l" | "d" | "qu")
}

/// Every sign that keyboards and transliterations put for an apostrophe, an ayn or a hamza.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '‛' | 'ʼ' | 'ʻ' | 'ʿ' | 'ʾ' | '′' | '`' | '´' | '＇')
}

/// Appends what one character folds to: letters and digits, a space for a sign, nothing for a mark.
fn fold_char(c: char, letters: Letters, folded: &mut String) {
    normal::nfkd(c, |c| {
        match c {
            // Tatweel, soft hyphen, joiners and marks of direction are seen by nobody.
            '\u{640}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            _ if normal::is_mark(c) => {}
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' => folded.push('d'),
            'ħ' | 'Ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ٱ' => folded.push('ا'),
            'ہ' | 'ە' => folded.push('ه'),
            'ی' => folded.push('ي'),
            'ة' if letters == Letters::Exchanged => folded.push('ه'),
            'ى' if letters == Letters::Exchanged => folded.push('ي'),
            'ݣ' | 'ڭ' | 'گ' | 'ک' => folded.push('ك'),
            '٠'..='٩' => folded.push(ascii_digit(c, '٠')),
            '۰'..='۹' => folded.push(ascii_digit(c, '۰')),
            _ if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            _ => folded.push(' '),
        }
    });
}

fn ascii_digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}

/// Most words of a query that may together be one word of the text.
const GLUED_WORDS_MAX: usize = 3;

/// Whether every word of a folded query begins some word of a folded text, in any order.
///
/// A word may run on over the spaces of the text, and neighbours in the query may be one word of it: who types
/// `fatimazahra` finds Fatima Zahra and the other way round. An Arabic word is also found without its article.
#[must_use]
pub fn matches(query_folded: &str, text_folded: &str) -> bool {
    let words: Vec<&str> = query_folded.split(' ').filter(|word| !word.is_empty()).collect();
    // found[n]: the first n words are in the text.
    let mut found = vec![false; words.len() + 1];
    found[0] = true;
    for end in 1..=words.len() {
        let longest = GLUED_WORDS_MAX.min(end);
        found[end] =
            (1..=longest).any(|count| found[end - count] && begins_a_word(&words[end - count..end], text_folded));
    }
    found[words.len()]
}

/// Whether the words, read as one, begin at the beginning of a word of the text.
fn begins_a_word(words: &[&str], text: &str) -> bool {
    let mut starts = text.char_indices().filter(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b' ');
    starts.any(|(at, _)| {
        let rest = &text[at..];
        let bare = rest.strip_prefix("ال").filter(|bare| bare.chars().take_while(|c| *c != ' ').count() >= 3);
        runs_on(words, rest) || bare.is_some_and(|bare| runs_on(words, bare))
    })
}

fn runs_on(words: &[&str], text: &str) -> bool {
    let mut letters = text.chars().filter(|c| *c != ' ');
    words.iter().flat_map(|word| word.chars()).all(|c| letters.next() == Some(c))
}

/// What a name is looked up by when duplicates are PROPOSED. It never says that two names are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameKey {
    /// The consonants of the name, each once, in alphabetical order. Names that are [`alike`] have the same block, in whatever
    /// script and order: who looks for duplicates compares within blocks.
    pub block: String,
    /// The words as they sound, sorted, without articles and titles.
    pub words: String,
}

impl fmt::Display for NameKey {
    /// The block: what to group by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.block)
    }
}

/// The key of a name. A name without a letter that is known here has its folded text for a key.
#[must_use]
pub fn name_key(text: &str) -> NameKey {
    let heard = Heard::new(text);
    let words = heard.name.as_ref().map_or_else(|| heard.words.join(" "), key_words);
    NameKey { block: heard.block, words }
}

/// Keys of one name at most. Who has so many words that there would be more is found by the first ones.
const KEYS_MAX: usize = 40;

/// What a name is looked up by among many thousands: names that are [`alike`] share one of these keys at least. A finer sieve than
/// [`NameKey::block`], with several keys for each name: its words as they may be joined, with and without articles and particles.
#[must_use]
pub fn name_keys(text: &str) -> Vec<String> {
    Heard::new(text).keys()
}

/// Every way to read the words as units of one or two neighbours, each unit by its bones.
fn skeletons(words: &[Word], units: &mut Vec<Vec<u8>>, keys: &mut Vec<String>) {
    if keys.len() >= KEYS_MAX {
        return;
    }
    let Some((first, rest)) = words.split_first() else {
        let mut units = units.clone();
        units.sort_unstable();
        let key = units.iter().map(|unit| String::from_utf8_lossy(unit)).collect::<Vec<_>>().join(" ");
        if !keys.contains(&key) {
            keys.push(key);
        }
        return;
    };
    for bones in distinct(first.readings.iter().map(|reading| reading.bones.clone())) {
        units.push(bones);
        skeletons(rest, units, keys);
        units.pop();
    }
    let Some((second, rest)) = rest.split_first() else { return };
    let glued = first.readings.iter().flat_map(|one| {
        second.readings.iter().map(|other| {
            let mut bones = [&one.bones[..], &other.bones].concat();
            bones.dedup();
            bones
        })
    });
    for bones in distinct(glued) {
        units.push(bones);
        skeletons(rest, units, keys);
        units.pop();
    }
}

fn distinct(all: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut distinct: Vec<Vec<u8>> = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

/// The bones of the whole name but the l, which an article adds, and those of a *ben* before a word, which some lists leave out.
fn block(name: &Name) -> String {
    let mut block: Vec<char> = Vec::new();
    for word in &name.words {
        let bones: Vec<u8> = word.readings[0].bones.iter().copied().filter(|bone| *bone != b'l').collect();
        let bare = bones.strip_prefix(b"bn").filter(|bare| !bare.is_empty()).unwrap_or(&bones);
        block.extend(bare.iter().map(|bone| char::from(*bone)));
    }
    if block.is_empty() {
        // Ali Alaoui has none, and is a name like any other.
        block.push('-');
    }
    block.sort_unstable();
    block.dedup();
    block.into_iter().collect()
}

fn key_words(name: &Name) -> String {
    let mut words: Vec<String> = name.words.iter().filter_map(Word::barest).map(key_word).collect();
    words.sort_unstable();
    words.join(" ")
}

/// One word of a key: `e` is `a`, a diphthong is its second half, and a mute h goes.
fn key_word(reading: &Reading) -> String {
    let mut key = String::with_capacity(reading.sound.len());
    for (at, &letter) in reading.sound.iter().enumerate() {
        let next = reading.sound.get(at + 1);
        match letter {
            b'a' | b'e' if matches!(next, Some(b'i' | b'u')) => {}
            b'h' if key.ends_with(['t', 'd']) || (next.is_none() && key.ends_with(['a', 'i', 'u'])) => {}
            b'e' => key.push('a'),
            _ => key.push(char::from(letter)),
        }
    }
    key
}

/// The keys by which a list finds a name however it was spelled, in Latin or Arabic letters: for each word, those of every way in
/// which it can be read. Words without two consonants have none.
///
/// A list shows who is *perhaps* meant; nothing is joined by these.
#[must_use]
pub fn sound_keys(text: &str) -> Vec<Vec<String>> {
    let Some(name) = Name::read(text) else { return Vec::new() };
    let keys = name.words.iter().map(|word| {
        let mut keys: Vec<String> = word.readings.iter().filter_map(sound_key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    });
    keys.filter(|keys| !keys.is_empty()).collect()
}

/// The consonants of one reading in their order; without the l, which an article adds, where two others are left.
fn sound_key(reading: &Reading) -> Option<String> {
    let text = |bones: &[u8]| bones.iter().map(|bone| char::from(*bone)).collect::<String>();
    let bare: Vec<u8> = reading.bones.iter().copied().filter(|bone| *bone != b'l').collect();
    match (bare.len(), reading.bones.len()) {
        (2.., _) => Some(text(&bare)),
        (_, 2..) => Some(text(&reading.bones)),
        _ => None,
    }
}

/// Letters from which on one may be wrong, and from which on two.
const WRONG: (usize, usize) = (4, 7);

/// A folded word that was typed, with letters that may be wrong.
#[derive(Debug, Clone)]
pub struct Mistyped {
    letters: Vec<char>,
    /// Letters that it has, each a bit.
    has: u64,
    /// How many may be wrong.
    most: usize,
}

/// A letter as one of 64 bits: others may share it.
fn bit(letter: char) -> u64 {
    1 << (u32::from(letter) % 64)
}

impl Mistyped {
    /// Reads it once, to be compared with many.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        let letters: Vec<char> = typed.chars().collect();
        let most = usize::from(letters.len() >= WRONG.0) + usize::from(letters.len() >= WRONG.1);
        Self { has: letters.iter().fold(0, |has, letter| has | bit(*letter)), letters, most }
    }

    /// Whether it may be this word: one letter is wrong, missing, too many, or exchanged with its neighbour; two in a long word. A word
    /// that goes on behind what was typed is taken for it too.
    #[must_use]
    pub fn is_near(&self, word: &str) -> bool {
        let has = word.chars().fold(0, |has, letter| has | bit(letter));
        // Each letter that the word lacks is wrong: that alone rules most words out.
        if self.most == 0 || (self.has & !has).count_ones() as usize > self.most {
            return false;
        }
        let word: Vec<char> = word.chars().take(self.letters.len() + self.most).collect();
        if word.len() + self.most < self.letters.len() {
            return false;
        }
        let last = steps(&self.letters, &word, self.most);
        last.is_some_and(|last| {
            last[self.letters.len().saturating_sub(self.most).min(last.len())..].iter().any(|wrong| *wrong <= self.most)
        })
    }
}

/// What it takes to make each beginning of `word` from `typed` (optimal string alignment); nothing where that is more than `most`.
fn steps(typed: &[char], word: &[char], most: usize) -> Option<Vec<usize>> {
    let width = word.len();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=width).collect();
    for (n, letter) in typed.iter().enumerate() {
        let mut row = Vec::with_capacity(width + 1);
        row.push(n + 1);
        for at in 1..=width {
            let other = word[at - 1];
            let mut least = (last[at] + 1).min(row[at - 1] + 1).min(last[at - 1] + usize::from(*letter != other));
            if n > 0 && at > 1 && *letter == word[at - 2] && typed[n - 1] == other {
                least = least.min(before[at - 2] + 1);
            }
            row.push(least);
        }
        if row.iter().all(|wrong| *wrong > most) {
            return None;
        }
        (before, last) = (last, row);
    }
    Some(last)
}

/// Why two names may be one person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same but for accents, case, signs and the order of words.
    Same,
    /// Two spellings of the same sounds.
    SameKey,
    /// One is in Latin and the other in Arabic letters.
    AcrossScripts,
    /// Spellings that are often exchanged: a vowel, an article or a title differs, or a space.
    CloseKey,
}

/// Whether two names may be one person's, and why. A proposal for a human, who also looks at phone, email and association.
///
/// Never alike are Mohamed and M'hamed, Lahcen and Lahoucine, and the masculine and the feminine of one name.
#[must_use]
pub fn alike(a: &str, b: &str) -> Option<Likeness> {
    Heard::new(a).alike(&Heard::new(b))
}

/// A name read once, to be compared with many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The folded words, sorted.
    words: Vec<String>,
    /// Nothing where it is not in a script that is known here, or too long for a name.
    name: Option<Name>,
    block: String,
}

impl Heard {
    /// Reads a name.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut words: Vec<String> = fold_search(text).split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        let name = Name::read(text);
        let block = name.as_ref().map_or_else(|| words.concat(), block);
        Self { words, name, block }
    }

    /// Whether there is nothing to hear.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// See [`name_keys`].
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        if self.words.is_empty() {
            return Vec::new();
        }
        // Word by word the same, in whatever order: particles may then belong to other words.
        let mut keys = vec![format!("={}", self.words.join(" "))];
        if let Some(name) = &self.name {
            skeletons(&name.words, &mut Vec::new(), &mut keys);
        }
        keys
    }

    /// See [`alike`].
    #[must_use]
    pub fn alike(&self, other: &Self) -> Option<Likeness> {
        if self.words == other.words {
            return (!self.words.is_empty()).then_some(Likeness::Same);
        }
        let (a, b) = (self.name.as_ref()?, other.name.as_ref()?);
        // The block is what duplicates are looked up by: alike names share it, whatever the rules of sound come to.
        if self.block != other.block || differ_in_french_gender(&self.words, &other.words) {
            return None;
        }
        compare::distance(a, b)?;
        Some(if script_of(a) != script_of(b) {
            Likeness::AcrossScripts
        } else if key_words(a) == key_words(b) {
            Likeness::SameKey
        } else {
            Likeness::CloseKey
        })
    }
}

fn script_of(name: &Name) -> Option<Script> {
    name.words.first().and_then(|word| word.readings.first()).map(|reading| reading.script)
}

/// French first names whose feminine only adds letters that are mute elsewhere (Amine and Hassane are men).
const FRENCH_MASCULINES: &[&str] = &[
    "adrien",
    "aime",
    "albert",
    "andre",
    "antonin",
    "armand",
    "augustin",
    "bernard",
    "christian",
    "daniel",
    "denis",
    "desire",
    "emmanuel",
    "fabien",
    "fernand",
    "francois",
    "frederic",
    "gabriel",
    "gerard",
    "germain",
    "ghislain",
    "jean",
    "joel",
    "julien",
    "justin",
    "louis",
    "lucien",
    "marcel",
    "martin",
    "michel",
    "noel",
    "pascal",
    "paul",
    "raphael",
    "rene",
    "roland",
    "sebastien",
    "simon",
    "sylvain",
    "valentin",
    "vivian",
    "yvon",
];

fn differ_in_french_gender(a: &[String], b: &[String]) -> bool {
    let only_in = |here: &[String], there: &[String]| -> Vec<String> {
        here.iter().filter(|word| !there.contains(word)).cloned().collect()
    };
    let (a, b) = (only_in(a, b), only_in(b, a));
    let pairs = |men: &[String], women: &[String]| {
        let mut men = men.iter().filter(|man| FRENCH_MASCULINES.contains(&man.as_str()));
        men.any(|man| women.iter().any(|woman| is_feminine_of(woman, man)))
    };
    pairs(&a, &b) || pairs(&b, &a)
}

/// Pascale, Michelle, Frédérique.
fn is_feminine_of(woman: &str, man: &str) -> bool {
    let ending = woman.strip_prefix(man).unwrap_or_default();
    let doubled = ending.strip_suffix('e').unwrap_or("-");
    doubled.is_empty() || (doubled.len() == 1 && man.ends_with(doubled)) || (man == "frederic" && woman == "frederique")
}

#[cfg(test)]
mod tests;
