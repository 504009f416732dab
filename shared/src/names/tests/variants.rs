//! Thousands of pairs of full names that are, and are not, one person's, made from a seed.
//!
//! A list of names as they stand on real sheets, each with the spellings that families use in Latin and Arabic letters, and the rules by
//! which one name comes to be written in two ways. Nothing of it is taken from the engine: neither its folding nor its tables of sounds.
//! A pair differs by one rule ([`Kind`]), so that what is missed is known by name.

use std::collections::BTreeSet;

/// Who bears a first name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sex {
    Man,
    Woman,
}
use Sex::{Man, Woman};

/// A first name: its Latin spellings, its Arabic ones.
type Given = (Sex, &'static [&'static str], &'static [&'static str]);

const GIVEN: &[Given] = &[
    (Man, &["Mohamed", "Mohammed", "Mouhamed", "Muhammad", "Mohammad"], &["محمد"]),
    (Man, &["M’hamed", "Mhamed", "M’Hammed"], &["امحمد"]),
    (Man, &["Ahmed", "Ahmad"], &["أحمد", "احمد"]),
    (Man, &["Hassan", "Hasan", "Hassane"], &["حسن"]),
    (Man, &["Lahcen", "Lahsen", "Lahcene"], &["لحسن"]),
    (Man, &["Lahoucine", "El Houssaine", "Lhoussaine", "El Houcine", "L’Houcine", "Elhoussine"], &["الحسين"]),
    (Man, &["Brahim", "Ibrahim"], &["إبراهيم", "ابراهيم"]),
    (Man, &["Youssef", "Yousef", "Youcef", "Yusuf"], &["يوسف"]),
    (Man, &["Omar", "Oumar"], &["عمر"]),
    (Man, &["Ali", "Aly"], &["علي"]),
    (Man, &["Said", "Saïd", "Saeed"], &["سعيد"]),
    (Man, &["Rachid", "Rashid"], &["رشيد"]),
    (Man, &["Abdellah", "Abdallah", "Abdullah"], &["عبد الله", "عبدالله"]),
    (Man, &["Abderrahmane", "Abderrahman", "Abd Rahman", "Abdurrahman"], &["عبد الرحمان", "عبد الرحمن"]),
    (Man, &["Abdelkader", "Abdelkadir", "Abdel Kader"], &["عبد القادر"]),
    (Man, &["Abdelaziz", "Abdel Aziz"], &["عبد العزيز"]),
    (Man, &["Abdeslam", "Abdessalam", "Abdesslam"], &["عبد السلام"]),
    (Man, &["Mustapha", "Mostafa", "Moustapha"], &["مصطفى"]),
    (Man, &["Khalid", "Khaled"], &["خالد"]),
    (Man, &["Hicham", "Hisham"], &["هشام"]),
    (Man, &["Tarik", "Tariq", "Tarek"], &["طارق"]),
    (Man, &["Jamal", "Djamal", "Jamel"], &["جمال"]),
    (Man, &["Kamal", "Kamel"], &["كمال"]),
    (Man, &["Driss", "Idriss", "Idris"], &["إدريس", "ادريس"]),
    (Man, &["Noureddine", "Nour Eddine", "Nordine"], &["نور الدين"]),
    (Man, &["Marouane", "Marwan", "Marwane"], &["مروان"]),
    (Man, &["Jaouad", "Jawad"], &["جواد"]),
    (Man, &["Yassine", "Yacine"], &["ياسين"]),
    (Man, &["Othmane", "Othman", "Outmane"], &["عثمان"]),
    (Man, &["Hamid"], &["حميد"]),
    (Man, &["Karim", "Krim"], &["كريم"]),
    (Man, &["Amine", "Amin"], &["أمين"]),
    (Man, &["Samir"], &["سمير"]),
    (Man, &["Nabil"], &["نبيل"]),
    (Man, &["Mbarek", "Moubarak", "Embarek"], &["مبارك"]),
    (Man, &["Bouchaib", "Bouchaïb", "Bushaib"], &["بوشعيب"]),
    (Woman, &["Fatima", "Fatma"], &["فاطمة", "فاطمه"]),
    (Woman, &["Fatiha"], &["فتيحة"]),
    (Woman, &["Fatima Zahra", "Fatima-Zahra", "Fatimazahra", "Fatima Ezzahra"], &["فاطمة الزهراء"]),
    (Woman, &["Khadija", "Khadidja"], &["خديجة"]),
    (Woman, &["Aicha", "Aïcha", "Aisha"], &["عائشة"]),
    (Woman, &["Zahra", "Zohra"], &["زهرة"]),
    (Woman, &["Malika"], &["مليكة"]),
    (Woman, &["Karima"], &["كريمة"]),
    (Woman, &["Amina"], &["أمينة", "امينة"]),
    (Woman, &["Samira"], &["سميرة"]),
    (Woman, &["Nabila"], &["نبيلة"]),
    (Woman, &["Saida", "Saïda"], &["سعيدة"]),
    (Woman, &["Rachida", "Rashida"], &["رشيدة"]),
    (Woman, &["Jamila", "Djamila"], &["جميلة"]),
    (Woman, &["Naima", "Naïma"], &["نعيمة"]),
    (Woman, &["Latifa"], &["لطيفة"]),
    (Woman, &["Meryem", "Maryam", "Mariam", "Meriem"], &["مريم"]),
    (Woman, &["Zineb", "Zaineb", "Zaynab"], &["زينب"]),
    (Woman, &["Bouchra", "Bushra", "Buchra"], &["بشرى"]),
    (Woman, &["Khaoula", "Khawla"], &["خولة"]),
    (Woman, &["Nawal", "Naoual"], &["نوال"]),
    (Woman, &["Ouafae", "Wafaa", "Wafae"], &["وفاء"]),
    (Woman, &["Soukaina", "Soukayna"], &["سكينة"]),
    (Woman, &["Hanane", "Hanan"], &["حنان"]),
    (Woman, &["Ghizlane", "Rhizlane"], &["غزلان"]),
    (Woman, &["Loubna", "Lubna"], &["لبنى"]),
    (Woman, &["Rkia", "Rqia", "Roukia"], &["رقية"]),
    (Woman, &["Kaltoum", "Keltoum", "Kalthoum"], &["كلثوم"]),
    (Woman, &["Ijja", "Ija"], &["إيجا"]),
];

/// What stands before the stem of a family name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Article,
    Ait,
    Ben,
    Ou,
    Oulad,
}
use Before::{Ait, Article, Ben, Nothing, Ou, Oulad};

/// A family name: its particle, the stem's spellings in Latin letters, and in Arabic ones.
type Family = (Before, &'static [&'static str], &'static [&'static str]);

const FAMILY: &[Family] = &[
    (Nothing, &["Amzil"], &["أمزيل"]),
    (Nothing, &["Azoulay", "Azoulai"], &["أزولاي"]),
    (Nothing, &["Ouchen", "Oushen"], &["أوشن"]),
    (Nothing, &["Aboulkacem", "Aboulqacem", "Abulkacem"], &["أبو القاسم"]),
    (Nothing, &["Tazi"], &["التازي", "تازي"]),
    (Nothing, &["Bouzidi", "Bouzidy"], &["بوزيدي", "البوزيدي"]),
    (Nothing, &["Chraibi", "Chraïbi", "Shraibi"], &["الشرايبي"]),
    (Nothing, &["Cherkaoui", "Charkaoui", "Cherkawi"], &["الشرقاوي"]),
    (Nothing, &["Naciri", "Nassiri"], &["الناصري"]),
    (Nothing, &["Bouhaddou", "Bouhadou"], &["بوحدو"]),
    (Nothing, &["Oubella", "Oubela"], &["أوبلا"]),
    (Nothing, &["Agourram", "Agouram"], &["أكرام"]),
    (Nothing, &["Idoubih", "Idubih"], &["إدوبيه"]),
    (Nothing, &["Zeroual", "Zerwal"], &["زروال"]),
    (Nothing, &["Tahiri"], &["الطاهري", "طاهري"]),
    (Nothing, &["Boutaleb", "Butaleb"], &["بوطالب"]),
    (Nothing, &["Lamrani", "Amrani"], &["العمراني"]),
    (Article, &["Idrissi", "Idrisi"], &["الإدريسي", "الادريسي"]),
    (Article, &["Alaoui", "Alawi"], &["العلوي"]),
    (Article, &["Khattabi", "Khatabi"], &["الخطابي"]),
    (Article, &["Mansouri", "Mansuri"], &["المنصوري"]),
    (Article, &["Fassi", "Fasi"], &["الفاسي"]),
    (Article, &["Ghazi", "Rhazi"], &["الغازي"]),
    (Article, &["Ouafi", "Wafi"], &["الوافي"]),
    (Article, &["Bakkali", "Bakali", "Baqqali"], &["البقالي"]),
    (Article, &["Moutawakil", "Moutaouakil"], &["المتوكل"]),
    (Article, &["Yacoubi", "Yaakoubi", "Yaqoubi"], &["اليعقوبي"]),
    (Ait, &["Oufkir", "Oufqir"], &["أوفقير"]),
    (Ait, &["Brahim", "Ibrahim"], &["إبراهيم", "ابراهيم"]),
    (Ait, &["Ali", "Aly"], &["علي"]),
    (Ait, &["Lahcen", "Lahsen"], &["لحسن"]),
    (Ait, &["Oumghar", "Oumrhar"], &["أومغار"]),
    (Ait, &["Baha"], &["بها"]),
    (Ait, &["Taleb"], &["الطالب", "طالب"]),
    (Ait, &["Hammou", "Hamou"], &["حمو"]),
    (Ait, &["Said", "Saïd"], &["سعيد"]),
    (Ben, &["Moussa", "Mousa"], &["موسى"]),
    (Ben, &["Ali", "Aly"], &["علي"]),
    (Ben, &["Youssef", "Yousef"], &["يوسف"]),
    (Ben, &["Jelloun", "Jeloun"], &["جلون"]),
    (Ben, &["Taher", "Tahar"], &["الطاهر", "طاهر"]),
    (Ben, &["Abdellah", "Abdallah"], &["عبد الله", "عبدالله"]),
    (Ben, &["Kirane", "Kiran"], &["كيران"]),
    (Ben, &["Daoud", "Dawud"], &["داود"]),
    (Ou, &["Said", "Saïd"], &["سعيد"]),
    (Ou, &["Hadda", "Hada"], &["حدا"]),
    (Ou, &["Brahim", "Ibrahim"], &["إبراهيم"]),
    (Ou, &["Aziz"], &["عزيز"]),
    (Oulad, &["Hmad", "Ahmed"], &["أحمد", "احمد"]),
    (Oulad, &["Berhil"], &["برحيل"]),
];

/// How a particle is written in Latin letters, apart; in the letters of Arabic.
fn particles(before: Before) -> (&'static [&'static str], &'static str) {
    match before {
        Nothing => (&[""], ""),
        Article => (&["El ", "Al ", "L’", "El-"], ""),
        Ait => (&["Aït ", "Ait ", "Ait-", "Ayt "], "أيت "),
        Ben => (&["Ben ", "Ben-", "Bin "], "بن "),
        Ou => (&["Ou ", "Ou-", "U "], "أو "),
        Oulad => (&["Oulad ", "Ouled ", "Ouled-"], "أولاد "),
    }
}

/// A person's name, to be written in one way or another: indices into the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Person {
    given: usize,
    family: usize,
}

/// Why a pair differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    SpellingOfTheGivenName,
    SpellingOfTheFamilyName,
    AcrossScripts,
    ArabicSpelling,
    AccentsAndCapitals,
    Article,
    ParticleJoined,
    ParticleDropped,
    BenForBent,
    DoubledLetter,
    OuForWOrU,
    ChForSh,
    KForQ,
    YForI,
    Swapped,
    Hyphens,
    TypoInAVowel,
    TypoInAConsonant,
    TwoAtOnce,
    SameGivenName,
    BrothersAndSisters,
    FatherAndChild,
    ManAndWoman,
    NearNamesInOneFamily,
    OneStemTwoParticles,
    Strangers,
}

const TRUE_KINDS: [Kind; 19] = [
    Kind::SpellingOfTheGivenName,
    Kind::SpellingOfTheFamilyName,
    Kind::AcrossScripts,
    Kind::ArabicSpelling,
    Kind::AccentsAndCapitals,
    Kind::Article,
    Kind::ParticleJoined,
    Kind::ParticleDropped,
    Kind::BenForBent,
    Kind::DoubledLetter,
    Kind::OuForWOrU,
    Kind::ChForSh,
    Kind::KForQ,
    Kind::YForI,
    Kind::Swapped,
    Kind::Hyphens,
    Kind::TypoInAVowel,
    Kind::TypoInAConsonant,
    Kind::TwoAtOnce,
];
const FALSE_KINDS: [Kind; 7] = [
    Kind::SameGivenName,
    Kind::BrothersAndSisters,
    Kind::FatherAndChild,
    Kind::ManAndWoman,
    Kind::NearNamesInOneFamily,
    Kind::OneStemTwoParticles,
    Kind::Strangers,
];

/// Two names of one sound to a stranger's ear, and two people: brothers bear them.
const NEAR: &[(&str, &str)] = &[
    ("Mohamed", "M’hamed"),
    ("Lahcen", "Lahoucine"),
    ("Hassan", "Lahoucine"),
    ("Jamal", "Kamal"),
    ("Ahmed", "Hamid"),
    ("Ahmed", "Mohamed"),
    ("Samir", "Amine"),
    ("Said", "Rachid"),
    ("Fatima", "Fatiha"),
    ("Malika", "Karima"),
    ("Amina", "Naima"),
    ("Abdelkader", "Abdelaziz"),
    ("Abdellah", "Abdeslam"),
    ("Jamila", "Jamal"),
    ("Omar", "Ali"),
    ("Hanane", "Loubna"),
    ("Salma", "Salima"),
    ("Nadia", "Nadira"),
    ("Hassan", "Hasna"),
    ("Said", "Saad"),
    ("Khalid", "Khalil"),
    ("Amine", "Amir"),
    ("Anas", "Anis"),
    ("Rabia", "Rabie"),
    ("Hamza", "Hamid"),
    ("Omar", "Ammar"),
    ("Younes", "Yanis"),
    ("Ikram", "Akram"),
];

pub(super) struct Pair {
    pub(super) kind: Kind,
    pub(super) a: String,
    pub(super) b: String,
    pub(super) same: bool,
}

/// Pairs of each kind: of those that are one person's, and of those that are not.
const PAIRS: [usize; 2] = [300, 700];
/// A kind whose rule seldom applies gives up after so many draws, with what it has.
const DRAWS_MAX: usize = 60_000;

/// All pairs: what they are follows from the seed alone.
pub(super) fn pairs(seed: u64) -> Vec<Pair> {
    let mut maker = Maker { state: seed };
    let mut all = Vec::new();
    for kind in TRUE_KINDS.into_iter().chain(FALSE_KINDS) {
        let same = TRUE_KINDS.contains(&kind);
        let mut known = BTreeSet::new();
        let mut draws = 0;
        while known.len() < PAIRS[usize::from(!same)] && draws < DRAWS_MAX {
            draws += 1;
            let Some((a, b)) = maker.pair(kind).filter(|(a, b)| a != b) else { continue };
            if known.insert((a.clone(), b.clone())) {
                all.push(Pair { kind, a, b, same });
            }
        }
    }
    all
}

/// Draws names (splitmix64).
struct Maker {
    state: u64,
}

impl Maker {
    fn draw(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(below).unwrap()).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.draw(of.len())]
    }

    fn person(&mut self) -> Person {
        Person { given: self.draw(GIVEN.len()), family: self.draw(FAMILY.len()) }
    }

    /// The name as one list has it: first spellings, the family name in capitals or not, first or last.
    fn plain(&mut self, of: Person) -> (String, String) {
        let (_, given, _) = GIVEN[of.given];
        (given[0].to_owned(), family(of.family, 0, 0))
    }

    fn pair(&mut self, kind: Kind) -> Option<(String, String)> {
        let person = self.person();
        let (given, name) = self.plain(person);
        let whole = format!("{given} {name}");
        let (before, stems, arabic_stems) = FAMILY[person.family];
        let (_, spellings, arabic_spellings) = GIVEN[person.given];
        let pair = |other: String| Some((whole.clone(), other));
        match kind {
            Kind::SpellingOfTheGivenName => pair(format!("{} {name}", self.one(spellings))),
            Kind::SpellingOfTheFamilyName => {
                let (stem, particle) = (self.draw(stems.len()), self.draw(particles(before).0.len()));
                pair(format!("{given} {}", family(person.family, stem, particle)))
            }
            Kind::AcrossScripts => pair(self.arabic(person)),
            Kind::ArabicSpelling => {
                let one = format!("{} {}{}", arabic_spellings[0], particles(before).1, arabic_stems[0]);
                let other = if self.draw(2) == 0 { self.arabic(person) } else { loosely(&one) };
                Some((one, other))
            }
            Kind::AccentsAndCapitals => pair(match self.draw(4) {
                0 => format!("{given} {}", name.to_uppercase()),
                1 => bare(&whole),
                2 => bare(&whole).to_uppercase(),
                _ => format!("{} {}", given.to_uppercase(), bare(&name)),
            }),
            Kind::Article => {
                if before != Article {
                    return None;
                }
                let written = self.one(&["Al ", "L’", "El-", "El", "Al", "L", "el "]);
                let stem = stems[0];
                let glued = matches!(written, "El" | "Al" | "L").then(|| stem.to_lowercase());
                pair(format!("{given} {written}{}", glued.as_deref().unwrap_or(stem)))
            }
            Kind::ParticleJoined => {
                if matches!(before, Nothing | Article) {
                    return None;
                }
                let particle = bare(particles(before).0[0].trim());
                pair(format!("{given} {particle}{}", stems[0].to_lowercase()))
            }
            Kind::ParticleDropped => (before != Nothing).then(|| (whole.clone(), format!("{given} {}", stems[0]))),
            Kind::BenForBent => {
                if before != Ben || GIVEN[person.given].0 != Woman {
                    return None;
                }
                let written = self.one(&["Bent ", "Bint ", "Bent-"]);
                pair(format!("{given} {written}{}", stems[0]))
            }
            Kind::DoubledLetter => self.ruled(&whole, doubled).map(|other| (whole.clone(), other)),
            Kind::OuForWOrU => self.ruled(&whole, ou_for_w_or_u).map(|other| (whole.clone(), other)),
            Kind::ChForSh => self
                .ruled(&whole, |text| exchanged(text, &[("ch", "sh"), ("Ch", "Sh")]))
                .map(|other| (whole.clone(), other)),
            Kind::KForQ => self.ruled(&whole, k_for_q).map(|other| (whole.clone(), other)),
            Kind::YForI => self.ruled(&whole, y_for_i).map(|other| (whole.clone(), other)),
            Kind::Swapped => {
                let name = if self.draw(2) == 0 { name } else { name.to_uppercase() };
                pair(format!("{name} {given}"))
            }
            Kind::Hyphens => {
                let joint = self.one(&["-", " - ", "  ", ", ", "_"]);
                pair(format!("{given} {name}").replacen(' ', joint, 1 + self.draw(2)))
            }
            Kind::TypoInAVowel | Kind::TypoInAConsonant => {
                let vowel = kind == Kind::TypoInAVowel;
                let other = self.typo(&whole, vowel)?;
                // A slip of the finger that makes another known name is no typo to anybody.
                let known = |name: &str| {
                    GIVEN
                        .iter()
                        .any(|(_, spellings, _)| spellings.iter().any(|s| bare(s).eq_ignore_ascii_case(&bare(name))))
                };
                let first = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
                if first(&other) != first(&whole) && known(&first(&other)) {
                    return None;
                }
                pair(other)
            }
            Kind::TwoAtOnce => {
                let (stem, particle) = (self.draw(stems.len()), self.draw(particles(before).0.len()));
                let (given, name) = (self.one(spellings), family(person.family, stem, particle));
                let other = format!("{name} {given}");
                let ruled = match self.draw(4) {
                    0 => self.ruled(&other, doubled),
                    1 => self.ruled(&other, ou_for_w_or_u),
                    2 => self.ruled(&other, y_for_i),
                    _ => Some(other.to_uppercase()),
                };
                pair(ruled?)
            }
            Kind::SameGivenName => {
                let other = self.draw(FAMILY.len());
                (!same_stem(other, person.family))
                    .then(|| (whole.clone(), format!("{} {}", self.one(spellings), family(other, 0, 0))))
            }
            Kind::BrothersAndSisters => {
                let other = self.draw(GIVEN.len());
                (!ambiguous(other, person.given)).then(|| (whole.clone(), format!("{} {name}", GIVEN[other].1[0])))
            }
            Kind::FatherAndChild => {
                let child = self.draw(GIVEN.len());
                if GIVEN[person.given].0 == Woman || ambiguous(child, person.given) {
                    return None;
                }
                let (son, of) = (GIVEN[child].1[0], if GIVEN[child].0 == Man { "Ben" } else { "Bent" });
                // As papers have it: the father's name after one's own, with or without the family name.
                match self.draw(3) {
                    0 => pair(format!("{son} {of} {given}")),
                    1 => pair(format!("{son} {given} {name}")),
                    _ => {
                        let grandfather = GIVEN[self.draw(GIVEN.len())];
                        (grandfather.0 == Man && grandfather.1[0] != given)
                            .then(|| (format!("{given} Ben {}", grandfather.1[0]), format!("{son} {of} {given}")))
                    }
                }
            }
            Kind::ManAndWoman => {
                let woman = format!("{given}a");
                let is_pair = GIVEN.iter().any(|(sex, spellings, _)| *sex == Woman && spellings[0] == woman)
                    || (given == "Amine" && self.draw(2) == 0);
                let woman = if given == "Amine" { "Amina".to_owned() } else { woman };
                (GIVEN[person.given].0 == Man && is_pair).then(|| (whole.clone(), format!("{woman} {name}")))
            }
            Kind::NearNamesInOneFamily => {
                let (one, other) = self.one(NEAR);
                let both = [one, other].map(|given| {
                    let known = GIVEN.iter().find(|(_, spellings, _)| spellings[0] == given);
                    known.map_or(given, |(_, spellings, _)| self.one(spellings))
                });
                Some((format!("{} {name}", both[0]), format!("{} {name}", both[1])))
            }
            Kind::OneStemTwoParticles => {
                let other = self.one(&[Ait, Ben, Ou]);
                let is_particle = matches!(before, Ait | Ben | Ou) && other != before;
                is_particle.then(|| (whole.clone(), format!("{given} {}{}", particles(other).0[0], self.one(stems))))
            }
            Kind::Strangers => {
                let other = self.person();
                (!ambiguous(other.given, person.given) && !same_stem(other.family, person.family)).then(|| {
                    let (given, name) = self.plain(other);
                    (whole.clone(), format!("{given} {name}"))
                })
            }
        }
    }

    fn arabic(&mut self, of: Person) -> String {
        let (before, _, stems) = FAMILY[of.family];
        format!("{} {}{}", self.one(GIVEN[of.given].2), particles(before).1, self.one(stems))
    }

    /// One of the ways in which a rule can be applied to a text; none where it cannot.
    fn ruled(&mut self, text: &str, rule: impl Fn(&str) -> Vec<String>) -> Option<String> {
        let ways = rule(text);
        (!ways.is_empty()).then(|| ways[self.draw(ways.len())].clone())
    }

    /// A slip of the finger in a word of five letters or more, never in its first: a letter that is missing, struck twice, changed places
    /// with its neighbour, or fell on the key beside.
    fn typo(&mut self, text: &str, vowel: bool) -> Option<String> {
        let mut letters: Vec<char> = text.chars().collect();
        let at = 1 + self.draw(letters.len() - 1);
        let word = |from: usize| letters[from..].iter().take_while(|c| c.is_alphabetic()).count();
        let begins = letters[..at].iter().rposition(|c| !c.is_alphabetic()).map_or(0, |space| space + 1);
        let is_vowel = |c: char| "aeiouyAEIOUYïé".contains(c);
        if begins == at || word(begins) < 5 || !letters[at].is_alphabetic() || is_vowel(letters[at]) != vowel {
            return None;
        }
        match self.draw(4) {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters[at]),
            2 => {
                let next = letters.get(at + 1).copied().filter(|c| c.is_alphabetic() && is_vowel(*c) == vowel)?;
                (letters[at], letters[at + 1]) = (next, letters[at]);
            }
            _ => letters[at] = beside(letters[at])?,
        }
        Some(letters.into_iter().collect())
    }
}

/// Whether two first names may be taken for spellings of one: nothing is claimed of such a pair.
fn ambiguous(a: usize, b: usize) -> bool {
    const LOOSE: &[(&str, &str)] = &[("Hassan", "Lahcen"), ("Fatima", "Fatima Zahra"), ("Zahra", "Fatima Zahra")];
    let [a, b] = [a, b].map(|n| GIVEN[n].1[0]);
    a == b || LOOSE.contains(&(a, b)) || LOOSE.contains(&(b, a))
}

/// Whether two family names have one stem: Aït Ali and Ben Ali are not surely two families.
fn same_stem(a: usize, b: usize) -> bool {
    FAMILY[a].1[0] == FAMILY[b].1[0]
        || [FAMILY[a].1[0], FAMILY[b].1[0]].iter().all(|stem| ["Hmad", "Lahcen", "Hammou"].contains(stem))
}

fn family(of: usize, stem: usize, particle: usize) -> String {
    let (before, stems, _) = FAMILY[of];
    format!("{}{}", particles(before).0[particle], stems[stem])
}

/// Without accents.
fn bare(text: &str) -> String {
    let plain = |c: char| match c {
        'ï' | 'î' => 'i',
        'é' | 'è' | 'ê' => 'e',
        '’' => '\'',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// As somebody types Arabic in a hurry: hamzas gone, the final ة without its dots, the final ى with some.
fn loosely(text: &str) -> String {
    let hurried = |word: &str| -> String {
        let last = word.chars().count() - 1;
        let letters = word.chars().enumerate().map(|(n, c)| match c {
            'أ' | 'إ' | 'آ' => 'ا',
            'ة' if n == last => 'ه',
            'ى' if n == last => 'ي',
            other => other,
        });
        letters.collect()
    };
    text.split(' ').map(hurried).collect::<Vec<_>>().join(" ")
}

/// Each way to put the second text in the place of the first, or the first in the place of the second.
fn exchanged(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    let mut ways = Vec::new();
    for (one, other) in pairs {
        for (from, to) in [(one, other), (other, one)] {
            ways.extend(
                text.match_indices(from).map(|(at, _)| format!("{}{to}{}", &text[..at], &text[at + from.len()..])),
            );
        }
    }
    ways
}

/// A consonant between vowels once instead of twice, or the other way round.
fn doubled(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let vowel = |c: Option<&char>| c.is_some_and(|c| "aeiou".contains(*c));
    let mut ways = Vec::new();
    for at in 1..letters.len() {
        let c = letters[at];
        if !"bdfklmnrst".contains(c) || !vowel(letters.get(at - 1)) {
            continue;
        }
        let mut other = letters.clone();
        if vowel(letters.get(at + 1)) {
            other.insert(at, c);
        } else if letters.get(at + 1) == Some(&c) && vowel(letters.get(at + 2)) {
            other.remove(at);
        } else {
            continue;
        }
        ways.push(other.into_iter().collect());
    }
    ways
}

/// `ou` is a vowel (Mouhamed, Muhamed) or, before another one, a glide (Ouafae, Wafae).
fn ou_for_w_or_u(text: &str) -> Vec<String> {
    let vowel = |c: Option<char>| c.is_some_and(|c| "aei".contains(c));
    let mut ways = Vec::new();
    for (from, glide, short) in [("ou", "w", "u"), ("Ou", "W", "U")] {
        for (at, _) in text.match_indices(from) {
            let (left, right) = (&text[..at], &text[at + 2..]);
            ways.push(format!("{left}{}{right}", if vowel(right.chars().next()) { glide } else { short }));
        }
    }
    for (from, to) in [("w", "ou"), ("W", "Ou")] {
        ways.extend(text.match_indices(from).map(|(at, _)| format!("{}{to}{}", &text[..at], &text[at + 1..])));
    }
    ways
}

/// One sound to a French ear. Not the k of kh.
fn k_for_q(text: &str) -> Vec<String> {
    let mut ways = Vec::new();
    for (from, to) in [("k", "q"), ("q", "k"), ("K", "Q"), ("k", "c"), ("K", "C")] {
        for (at, _) in text.match_indices(from) {
            let next = text[at + 1..].chars().next();
            // A c before e or i would be said as an s.
            let fits = match to {
                "c" | "C" => next.is_some_and(|c| "aou".contains(c)),
                _ => next != Some('h'),
            };
            if fits {
                ways.push(format!("{}{to}{}", &text[..at], &text[at + 1..]));
            }
        }
    }
    ways
}

/// Inside a word or at its end; a name that begins with Y does so everywhere.
fn y_for_i(text: &str) -> Vec<String> {
    let mut ways = Vec::new();
    for (at, c) in text.char_indices().filter(|(at, _)| *at > 0) {
        let to = match c {
            'i' | 'ï' => 'y',
            'y' => 'i',
            _ => continue,
        };
        ways.push(format!("{}{to}{}", &text[..at], &text[at + c.len_utf8()..]));
    }
    ways
}

/// The key to the right on a French keyboard.
fn beside(letter: char) -> Option<char> {
    const ROWS: [&str; 3] = ["azertyuiop", "qsdfghjklm", "wxcvbn"];
    ROWS.iter().find_map(|row| {
        let at = row.find(letter)?;
        row[at..].chars().nth(1)
    })
}
