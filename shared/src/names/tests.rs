mod variants;

use std::collections::{BTreeMap, HashMap};

use super::*;
use variants::Kind;

struct Measured {
    right: usize,
    yes: usize,
    wrong: usize,
    no: usize,
    misjudged: Vec<String>,
}

fn measure<'a>(pairs: impl Iterator<Item = (&'a str, &'a str, bool)>) -> Measured {
    let mut measured = Measured { right: 0, yes: 0, wrong: 0, no: 0, misjudged: Vec::new() };
    let mut known: HashMap<&str, Heard> = HashMap::new();
    for (a, b, same) in pairs {
        known.entry(a).or_insert_with(|| Heard::new(a));
        known.entry(b).or_insert_with(|| Heard::new(b));
        let likeness = known[a].alike(&known[b]);
        assert_eq!(likeness, known[b].alike(&known[a]), "{a}, {b}: the order of the two names must not matter");
        if likeness.is_some() {
            assert_eq!(name_key(a).block, name_key(b).block, "{a}, {b}: alike but in two blocks");
            let keys = known[b].keys();
            assert!(known[a].keys().iter().any(|key| keys.contains(key)), "{a}, {b}: alike without a key of both");
        }
        if same {
            measured.yes += 1;
            measured.right += usize::from(likeness.is_some());
        } else {
            measured.no += 1;
            measured.wrong += usize::from(likeness.is_some());
        }
        if likeness.is_some() != same {
            measured.misjudged.push(format!("{} {a} / {b}", if same { "missed" } else { "proposed" }));
        }
    }
    measured
}

fn pairs(csv: &str) -> Vec<(&str, &str, bool)> {
    let rows = csv.lines().skip(1).filter(|line| !line.is_empty());
    rows.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0], cells[1], cells[2] == "yes")
    })
    .collect()
}

fn report(title: &str, measured: &Measured) {
    let Measured { right, yes, wrong, no, misjudged } = measured;
    println!("{title}: {right} of {yes} same names proposed, {wrong} of {no} other names proposed");
    for line in misjudged {
        println!("  {line}");
    }
}

#[test]
fn the_names_of_the_field_report_are_told_apart() {
    let measured = measure(pairs(include_str!("../../../tests/fixtures/name_pairs.csv")).into_iter());
    report("name pairs of the field", &measured);
    assert!(measured.right * 100 >= measured.yes * 90, "{} of {}", measured.right, measured.yes);
    assert!(measured.wrong <= 1, "{:?}", measured.misjudged);
}

/// The pairs of the kinds `second` and `third` were written after the rules, and judged once before a rule changed for them:
/// 96 of 100 proposed and 0 of 99 wrongly, then 79 of 80 and 0 of 47.
#[test]
fn our_own_pairs_are_told_apart() {
    let measured = measure(pairs(include_str!("../../vectors/name_pairs.csv")).into_iter());
    report("own name pairs", &measured);
    assert!(measured.right * 100 >= measured.yes * 97, "{} of {}", measured.right, measured.yes);
    assert!(measured.wrong * 100 <= measured.no * 2, "{:?}", measured.misjudged);
}

/// Thousands of pairs by the rules by which names come to be written in two ways: see [`variants`]. Of each kind nine in ten are
/// proposed, but for slips of the finger: a struck wrong consonant makes another name as often as it makes none.
#[test]
fn names_are_told_apart_by_the_thousand() {
    let pairs = variants::pairs(4);
    let mut kinds: BTreeMap<Kind, Vec<(&str, &str, bool)>> = BTreeMap::new();
    for variants::Pair { kind, a, b, same } in &pairs {
        kinds.entry(*kind).or_default().push((a, b, *same));
    }
    let mut all = Measured { right: 0, yes: 0, wrong: 0, no: 0, misjudged: Vec::new() };
    for (kind, pairs) in kinds {
        let measured = measure(pairs.into_iter());
        report(&format!("{kind:?}"), &measured);
        let typo = matches!(kind, Kind::TypoInAVowel | Kind::TypoInAConsonant);
        assert!(typo || measured.right * 10 >= measured.yes * 9, "{kind:?}: {} of {}", measured.right, measured.yes);
        assert!(measured.wrong * 100 <= measured.no * 2, "{kind:?}: {} of {}", measured.wrong, measured.no);
        all.right += measured.right;
        all.yes += measured.yes;
        all.wrong += measured.wrong;
        all.no += measured.no;
    }
    report("all kinds", &all);
    assert!(all.yes > 5_000 && all.no > 4_000);
    assert!(all.right * 100 >= all.yes * 92, "{} of {}", all.right, all.yes);
    assert!(all.wrong * 1_000 <= all.no * 3, "{} of {}", all.wrong, all.no);
}

#[test]
fn families_of_names_hold_together_and_apart() {
    let mut families: Vec<(bool, Vec<&str>)> = Vec::new();
    for line in include_str!("../../vectors/name_families.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        families.push((line.starts_with('?'), line.trim_start_matches('?').split('|').collect()));
    }
    let mut all = Vec::new();
    for (index, (_, spellings)) in families.iter().enumerate() {
        for (place, one) in spellings.iter().enumerate() {
            all.extend(spellings[place + 1..].iter().map(|other| (*one, *other, true)));
            for (next, (near, others)) in families.iter().enumerate().skip(index + 1) {
                if !(*near && next == index + 1) {
                    all.extend(others.iter().map(|other| (*one, *other, false)));
                }
            }
        }
    }
    let measured = measure(all.into_iter());
    report("families of names", &measured);
    assert!(measured.right * 100 >= measured.yes * 98, "{} of {}", measured.right, measured.yes);
    assert!(measured.wrong * 10_000 <= measured.no, "{} of {}", measured.wrong, measured.no);
}

/// Every commune of Morocco has its name in both scripts: names that nobody chose for this test.
#[test]
fn communes_are_recognised_across_scripts() {
    let communes = include_str!("../../../reference/morocco/communes.csv");
    let names = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[1], cells[2], cells[4])
    };
    let all: Vec<_> = communes.lines().skip(1).map(names).collect();
    let measured = measure(all.iter().map(|(french, arabic, _)| (*french, *arabic, true)));
    report("communes in both scripts", &measured);
    assert!(measured.right * 100 >= measured.yes * 94, "{} of {}", measured.right, measured.yes);

    let souss_massa: Vec<&str> =
        all.iter().filter(|(_, _, region)| *region == "09").map(|(french, _, _)| *french).collect();
    let pairs = souss_massa
        .iter()
        .enumerate()
        .flat_map(|(n, one)| souss_massa[n + 1..].iter().map(|other| (*one, *other, false)));
    let measured = measure(pairs);
    report("communes of Souss-Massa", &measured);
    assert_eq!(measured.no, 175 * 174 / 2);
    assert!(measured.wrong <= 3, "{:?}", measured.misjudged);
}

#[test]
fn a_name_outside_every_rule_is_like_itself_only() {
    assert_eq!(alike("", ""), None);
    assert_eq!(alike("", "Ali"), None);
    assert_eq!(alike(" ' ", "-"), None);
    assert_eq!(alike("ⵎⵓⵃⵎⵎⴷ", "ⵎⵓⵃⵎⵎⴷ"), Some(Likeness::Same));
    assert_eq!(alike("ⵎⵓⵃⵎⵎⴷ", "ⵄⵍⵉ"), None);
    assert_eq!(alike("Ali 2", "Ali 3"), None);
    let long = "Ali ".repeat(300);
    assert_eq!(alike(&long, "Ali"), None);
    assert_eq!(alike(&"m".repeat(10_000), &"n".repeat(10_000)), None);
    assert_eq!(name_key("").to_string(), "");
    assert_ne!(name_key("Ali Alaoui").to_string(), "");
}

#[test]
fn likeness_says_why() {
    let cases = [
        ("Saïd AÏT OUFKIR", "Ait-Oufkir Said", Likeness::Same),
        ("Aïcha", "Aisha", Likeness::SameKey),
        ("Mohamed", "محمد", Likeness::AcrossScripts),
        ("Moulay Rachid", "Rachid", Likeness::SameKey),
        ("Idriss", "Driss", Likeness::CloseKey),
        ("Fatima Zahra", "Fatimazahra", Likeness::CloseKey),
    ];
    for (a, b, why) in cases {
        assert_eq!(alike(a, b), Some(why), "{a}, {b}");
    }
}

#[test]
fn kept_text_is_composed_and_on_one_line() {
    assert_eq!(tidy(" Ai\u{308}cha\u{a0}\u{202f} Ben\tAli\r\n"), "Aïcha Ben Ali");
    assert_eq!(tidy("\u{feff}\u{202b}محمد\u{202c}\u{200f}"), "محمد");
    assert_eq!(tidy("a\u{0}b"), "a b");
}

#[derive(Deserialize)]
struct SearchVectors {
    fold: Vec<(String, String)>,
    matches: Vec<(String, String, bool)>,
}

/// The page has a twin of these two functions; both read this file.
#[test]
fn search_folds_and_matches_as_the_page_does() {
    let vectors: SearchVectors = serde_json::from_str(include_str!("../../vectors/search.json")).expect("vectors");
    for (text, folded) in &vectors.fold {
        assert_eq!(&fold_search(text), folded, "{text:?}");
        assert_eq!(&fold_search(folded), folded, "folding twice changes nothing: {text:?}");
    }
    for (query, text, expected) in &vectors.matches {
        assert_eq!(matches(&fold_search(query), &fold_search(text)), *expected, "{query:?} in {text:?}");
    }
}

#[test]
fn a_list_finds_a_name_by_its_sound_in_both_scripts() {
    let found = |typed: &str, name: &str| {
        let keys: Vec<String> = sound_keys(name).into_iter().flatten().collect();
        let wanted = sound_keys(typed);
        !wanted.is_empty() && wanted.iter().all(|word| word.iter().any(|key| keys.contains(key)))
    };
    for (typed, name) in [
        ("Fatma Zohra Oufkir", "Fatima Zahra OUFKIR"),
        ("فاطمة الزهراء أوفقير", "Fatima Zahra OUFKIR"),
        ("Fatima Zahra Oufkir", "فاطمة الزهراء أوفقير"),
        ("Bouchra Benjelloun", "BENDJELLOUN Boushra"),
        ("Houcine", "El Hossein Amrani"),
        ("محمد", "Mohamed Ait Baha"),
    ] {
        assert!(found(typed, name), "{typed} / {name}: {:?} {:?}", sound_keys(typed), sound_keys(name));
    }
    for (typed, name) in [("Karim", "Rachid Amrani"), ("", "Ali"), ("Ali", "Ali Alaoui")] {
        assert!(!found(typed, name), "{typed} / {name}");
    }
}

#[test]
fn a_letter_may_be_wrong_and_two_in_a_long_word() {
    for (typed, word) in [
        ("aboulkasem", "aboulkacem"),
        ("abuolkacem", "aboulkacem"),
        ("aboulkacm", "aboulkacem"),
        ("abolkacm", "aboulkacem"),
        ("tarudannt", "taroudannt"),
        ("zhara", "zahra"),
        ("aboulkas", "aboulkacem"),
        ("زهرء", "زهراء"),
    ] {
        assert!(Mistyped::new(typed).is_near(word), "{typed} / {word}");
    }
    for (typed, word) in [("ali", "aly"), ("hassan", "houcine"), ("zahra", "amina"), ("karim", "kar"), ("", "zahra")] {
        assert!(!Mistyped::new(typed).is_near(word), "{typed} / {word}");
    }
}
