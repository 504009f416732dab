//! How far two names are apart in sound: the half of the duplicate finder that weighs.
//!
//! Consonants must agree. Vowels are weighed, because that is where spellings of one name differ and where names differ:
//! `e` and `a` are exchanged freely, a Moroccan speaker drops the short vowel of an open first syllable (Karim, Krim), a
//! final `a` is the feminine and never drops. All weights are hundredths of 'surely another name'.

use std::borrow::Cow;

use super::sound::{Name, Particle, Reading, Script, Word, is_vowel};

type Weight = u32;

/// Another name.
const NEVER: Weight = 1_000;
/// How far the words of two names may be apart in all.
const NAME_MAX: Weight = 60;
/// An article here and none there: Houcine, El Houcine.
const ARTICLE: Weight = 15;
/// A particle of a family name here and none there, beside another word that agrees: Khadija Aït Ali, Khadija Ali.
const PARTICLE: Weight = 20;
/// The vowel behind a particle here and none there: Aït Ibrahim, Aït Brahim.
const SHORTENED: Weight = 15;
/// A title of courtesy here and none there.
const HONORIFIC: Weight = 15;

/// How far one word may be from another: a short word has less room to differ.
fn word_max(sounds: usize) -> Weight {
    match sounds {
        0..=3 => 20,
        4 => 30,
        _ => 45,
    }
}

/// How far two names are apart, or nothing where they are two names.
pub(super) fn distance(a: &Name, b: &Name) -> Option<Weight> {
    let titles = titles_apart(&a.honorifics, &b.honorifics);
    let words = pair_up(&mut a.words.iter().map(Some).collect(), &mut b.words.iter().map(Some).collect())?;
    Some(words + titles).filter(|weight| *weight <= NAME_MAX)
}

/// Who writes a title at times writes the same one: Moulay Ahmed is not Sidi Ahmed.
fn titles_apart(a: &[&str], b: &[&str]) -> Weight {
    let shared = a.iter().filter(|title| b.contains(title)).count();
    match a.len() + b.len() - 2 * shared {
        0 => 0,
        _ if shared == 0 && !a.is_empty() && !b.is_empty() => NEVER,
        extra => HONORIFIC * Weight::try_from(extra).unwrap_or(NEVER),
    }
}

/// The least weight by which all words of one name can be paired with all words of the other, in any order; two words that
/// stand side by side may pair with one.
fn pair_up(a: &mut Vec<Option<&Word>>, b: &mut Vec<Option<&Word>>) -> Option<Weight> {
    let Some(first) = a.iter().position(Option::is_some) else {
        return b.iter().all(Option::is_none).then_some(0);
    };
    let mut best: Option<Weight> = None;
    for second in 0..b.len() {
        for (from_a, from_b) in [(1, 1), (1, 2), (2, 1)] {
            let (Some(left), Some(right)) = (neighbours(a, first, from_a), neighbours(b, second, from_b)) else {
                continue;
            };
            let Some(weight) = words_apart(&left, &right) else { continue };
            a[first..first + from_a].fill(None);
            b[second..second + from_b].fill(None);
            if let Some(rest) = pair_up(a, b) {
                best = Some(best.map_or(weight + rest, |best| best.min(weight + rest)));
            }
            left.iter().zip(&mut a[first..]).for_each(|(word, place)| *place = Some(word));
            right.iter().zip(&mut b[second..]).for_each(|(word, place)| *place = Some(word));
        }
    }
    best
}
/// So many words side by side, where none of them has a partner yet.
fn neighbours<'a>(words: &[Option<&'a Word>], at: usize, count: usize) -> Option<Vec<&'a Word>> {
    words.get(at..at + count)?.iter().copied().collect()
}

fn words_apart(a: &[&Word], b: &[&Word]) -> Option<Weight> {
    let mut best: Option<Weight> = None;
    for one in readings(a) {
        for other in readings(b) {
            if !one.has_bones_of(&other) {
                continue;
            }
            let (one, other) = (one.whole(), other.whole());
            let Some(particles) = particles_apart(one.particle, other.particle) else { continue };
            let article = if one.article == other.article { 0 } else { ARTICLE };
            let weight = readings_apart(&one, &other) + article + particles;
            if weight <= word_max(one.sound.len().max(other.sound.len())) {
                best = Some(best.map_or(weight, |best| best.min(weight)));
            }
        }
    }
    best
}

/// What it weighs that a particle is shortened or left out on one side. Nobody leaves out one who writes another: Aït Ali is not Ben Ali.
fn particles_apart(one: Particle, other: Particle) -> Option<Weight> {
    use Particle::{LeftOut, None as Missing, Read, Shortened};
    match (one, other) {
        (Missing | Read, Missing | Read) => Some(0),
        (Shortened, Missing | Read) | (Missing | Read, Shortened) => Some(SHORTENED),
        (LeftOut, Missing) | (Missing, LeftOut) => Some(PARTICLE),
        _ => None,
    }
}

/// A reading of one word, or of two neighbours that may be one word.
struct Run<'a> {
    first: &'a Reading,
    second: Option<&'a Reading>,
}

fn readings<'a>(words: &[&'a Word]) -> Vec<Run<'a>> {
    match words {
        [word] => word.readings.iter().map(|first| Run { first, second: None }).collect(),
        [word, next] => {
            let seconds = |first| next.readings.iter().map(move |second| Run { first, second: Some(second) });
            word.readings.iter().flat_map(seconds).collect()
        }
        _ => Vec::new(),
    }
}

impl Run<'_> {
    fn bones(&self) -> impl Iterator<Item = u8> {
        let mut last = None;
        let second = self.second.map_or(&[][..], |second| &second.bones);
        self.first.bones.iter().chain(second).copied().filter(move |bone| last.replace(*bone) != Some(*bone))
    }

    fn has_bones_of(&self, other: &Run<'_>) -> bool {
        self.bones().eq(other.bones())
    }

    fn whole(&self) -> Cow<'_, Reading> {
        self.second.map_or(Cow::Borrowed(self.first), |second| Cow::Owned(self.first.joined(second)))
    }
}

fn readings_apart(a: &Reading, b: &Reading) -> Weight {
    // Arabic on the left where there is one of each.
    if a.script == Script::Latin && b.script == Script::Arabic {
        return readings_apart(b, a);
    }
    if let (Some(one), Some(other)) = (mohamed_or_mhamed(a), mohamed_or_mhamed(b))
        && one != other
    {
        return NEVER;
    }
    let are = |(one, other): &(&str, &str)| a.sound == one.as_bytes() && b.sound == other.as_bytes();
    if NEIGHBOURS.iter().any(|(one, other)| are(&(one, other)) || are(&(other, one))) {
        return NEVER;
    }
    Aligning { a, b }.weight()
}

/// Names that differ by no more than spellings of one name do (Khaled and Khalid are one), and are two all the same.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("hamed", "hamid"),
    ("salem", "salim"),
    ("jamel", "jamil"),
    ("raced", "racid"),
    ("samer", "samir"),
    ("amer", "amir"),
];

/// Mohamed and M'hamed are brothers' names; so are Mohand and M'hand.
fn mohamed_or_mhamed(reading: &Reading) -> Option<&'static str> {
    let has = |sounds: &[u8]| reading.sound.windows(sounds.len()).any(|window| window == sounds);
    match reading.script {
        Script::Latin if has(b"muh") => Some("mohamed"),
        Script::Latin if has(b"mh") => Some("mhamed"),
        Script::Arabic if has(b"Omh") => Some("mhamed"),
        Script::Arabic if has(b"mh") => Some("mohamed"),
        _ => None,
    }
}

/// Two sounds side by side. In mixed company `a` is the Arabic one.
struct Aligning<'a> {
    a: &'a Reading,
    b: &'a Reading,
}

impl Aligning<'_> {
    /// The lightest way to turn one into the other, sound by sound.
    fn weight(&self) -> Weight {
        let (a, b) = (&self.a.sound, &self.b.sound);
        let mut row: Vec<Weight> = Vec::with_capacity(b.len() + 1);
        row.push(0);
        for j in 0..b.len() {
            row.push(row[j] + drop_weight(self.b, j, self.a));
        }
        for i in 0..a.len() {
            let dropped = drop_weight(self.a, i, self.b);
            let mut diagonal = row[0];
            row[0] += dropped;
            for j in 0..b.len() {
                let exchanged = diagonal + self.exchanged(i, j);
                diagonal = row[j + 1];
                row[j + 1] = exchanged.min(diagonal + dropped).min(row[j] + drop_weight(self.b, j, self.a));
            }
        }
        row[b.len()]
    }

    fn exchanged(&self, i: usize, j: usize) -> Weight {
        let (a, b) = (&self.a.sound, &self.b.sound);
        let diphthong = |sound: &[u8], at: usize| sound[at] == b'i' && at > 0 && matches!(sound[at - 1], b'a' | b'e');
        // The e of Lahcen is short, the ai of Lahsaine is long.
        if (a[i] == b'e' && diphthong(b, j)) || (b[j] == b'e' && diphthong(a, i)) {
            return 40;
        }
        exchange_weight(a[i], b[j])
    }
}

/// What it weighs that one spelling has a sound and the other has none.
fn drop_weight(of: &Reading, at: usize, other: &Reading) -> Weight {
    let sound = &of.sound;
    let last = at + 1 == sound.len();
    match (sound[at], other.script) {
        // The h of Othmane and Ridha; of Sarah.
        (b'h', _) if at > 0 && matches!(sound[at - 1], b't' | b'd') => 10,
        (b'h', _) if last && at > 0 && is_vowel(sound[at - 1]) => 5,
        (b'h', _) => 50,
        // The carrier of a first vowel: Brahim, Ait Oufkir.
        (b'O', _) if at == 0 => 15,
        (b'O', _) if matches!(sound.get(at + 1), Some(b'U' | b'I')) => 5,
        // And of a first consonant that has none: Ait Hkim. But not of Abdelilah, which is not Abdellah.
        (b'O', _) if !sound.ends_with(b"OlH") && !sound.ends_with(b"Olh") => 15,
        // Rahmane is written with and without; in a short word it makes another name.
        (b'A', _) => {
            if sound.len() >= 6 {
                40
            } else {
                60
            }
        }
        (b'U' | b'I', _) => 60,
        (b'E' | b'V', Script::Latin) => 3,
        (b'a' | b'e' | b'i' | b'u', Script::Latin) => latin_vowel_drop(sound, at),
        (b'a' | b'e' | b'i' | b'u', Script::Arabic) => unwritten_vowel(of, at, other),
        _ => NEVER,
    }
}

fn is_final_vowel(sound: &[u8], at: usize) -> bool {
    matches!(&sound[at + 1..], [] | [b'h'])
}

/// A vowel that one Latin spelling has and another has not.
fn latin_vowel_drop(sound: &[u8], at: usize) -> Weight {
    let vowel_at = |index: usize| sound.get(index).is_some_and(|letter| is_vowel(*letter));
    let before = at.checked_sub(1).is_some_and(vowel_at);
    let after = vowel_at(at + 1);
    match sound[at] {
        b'a' if is_final_vowel(sound, at) => NEVER,
        _ if is_final_vowel(sound, at) && at > 1 => 80,
        // One sound in Houssaine and Houcine, in Faouzi and Fouzi.
        b'a' | b'e' if matches!(sound.get(at + 1), Some(b'i' | b'u')) => 10,
        b'e' if before && sound[at - 1] == b'a' => 10,
        _ if before || after => 60,
        // Idriss, Driss.
        _ if at == 0 => {
            if vowel_at(2) {
                60
            } else {
                25
            }
        }
        b'e' => 20,
        // Karim, Krim, Abdelkrim: the short vowel of an open first syllable.
        _ if (at == 1 || (at == 4 && sound.starts_with(b"abd"))) && vowel_at(at + 2) => 30,
        b'a' => 50,
        _ => 60,
    }
}

/// A Latin vowel for which the Arabic spelling has no letter, as for all short vowels.
fn unwritten_vowel(latin: &Reading, at: usize, arabic: &Reading) -> Weight {
    let sound = &latin.sound;
    match sound[at] {
        b'a' if is_final_vowel(sound, at) && !(sound.ends_with(b"h") && arabic.sound.ends_with(b"h")) => NEVER,
        b'a' | b'e' => 2,
        _ if is_final_vowel(sound, at) => NEVER,
        _ => {
            let vowel_at = |index: usize| sound.get(index).is_some_and(|letter| is_vowel(*letter));
            let has = |letters: &[u8]| arabic.sound.iter().any(|letter| letters.contains(letter));
            let first = !sound[..at].iter().any(|letter| is_vowel(*letter)) && at <= 1;
            // Beside a vowel Arabic writes the glide: the y of Samia, the w of Widad, or an ayn, as in Souad.
            let after_glide = at == 1 && sound[0] == b'u' && arabic.sound[0] == b'U';
            if (at > 0 && vowel_at(at - 1) && !after_glide) || (vowel_at(at + 1) && !has(b"E")) {
                return 60;
            }
            // A bare word of three letters is Hassan, Omar or Mohcine; Houcine and Amir would write their second vowel.
            let mohcine = sound.starts_with(b"mu") && sound[at] == b'i';
            if first || mohcine || has(b"AUI") { 12 } else { 60 }
        }
    }
}

/// What it weighs that one spelling has this sound where the other has that.
fn exchange_weight(a: u8, b: u8) -> Weight {
    // Capitals come before small letters.
    match (a.min(b), a.max(b)) {
        (a, b) if a == b => 0,
        (b'a', b'e') => 5,
        (b'e', b'i') => 20,
        (b'e', b'u') => 30,
        (b'k', b'x') | (b'g', b'k') | (b'K', b'x') | (b'g', b'j') => 25,
        (b'g', b'q') => 20,
        (b'b', b'p') | (b'f', b'v') => 15,
        (b'A' | b'E', b'a' | b'e')
        | (b'U', b'u')
        | (b'I', b'i')
        | (b'H' | b'T' | b'Y', b'a')
        | (b'H', b'h')
        | (b'K', b'k') => 0,
        (b'O' | b'V', b'a' | b'e' | b'i' | b'u') | (b'K', b'g') | (b'Y', b'i') | (b'T', b't') => 5,
        (b'H', b'T') | (b'A', b'O') | (b'E', b'V') => 0,
        (b'A' | b'I', b'Y') | (b'A', b'H' | b'T') => 10,
        (b'I', b'e') => 50,
        _ => NEVER,
    }
}
