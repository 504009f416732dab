use std::collections::HashMap;

use super::*;

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

#[test]
fn our_own_pairs_are_told_apart() {
    let measured = measure(pairs(include_str!("../../vectors/name_pairs.csv")).into_iter());
    report("own name pairs", &measured);
    assert!(measured.right * 100 >= measured.yes * 95, "{} of {}", measured.right, measured.yes);
    assert!(measured.wrong * 100 <= measured.no * 4, "{:?}", measured.misjudged);
}

#[test]
fn families_of_names_hold_together_and_apart() {
    let mut families: Vec<(bool, Vec<&str>)> = Vec::new();
    for line in include_str!("../../vectors/name_families.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
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
    assert!(measured.right * 100 >= measured.yes * 95, "{} of {}", measured.right, measured.yes);
    assert!(measured.wrong * 10_000 <= measured.no * 5, "{} of {}", measured.wrong, measured.no);
}

#[test]
fn names_tmp_holdout() {
    let measured = measure(pairs(&std::fs::read_to_string("/tmp/holdout.csv").unwrap()).into_iter());
    report("holdout", &measured);
}

#[test]
fn names_tmp_communes() {
    let text = std::fs::read_to_string("../data/morocco/communes.csv").unwrap();
    let rows: Vec<(&str, &str)> = text.lines().skip(1).map(|l| { let c: Vec<&str> = l.split(',').collect(); (c[1], c[2]) }).collect();
    let fr: Vec<Heard> = rows.iter().map(|r| Heard::new(r.0)).collect();
    let ar: Vec<Heard> = rows.iter().map(|r| Heard::new(r.1)).collect();
    let mut hit = 0;
    let mut missed = vec![];
    for i in 0..rows.len() { if fr[i].alike(&ar[i]).is_some() { hit += 1 } else { missed.push(rows[i]) } }
    println!("cross-script {hit} of {}", rows.len());
    for m in missed.iter().take(120) { println!("  missed {} / {}", m.0, m.1); }
    let mut n = 0;
    for i in 0..rows.len() { for j in i+1..rows.len() {
        if rows[i].1 != rows[j].1 { if let Some(l) = fr[i].alike(&fr[j]) { n += 1; if l != Likeness::Same { println!("  proposed {} / {} {:?} ({} / {})", rows[i].0, rows[j].0, l, rows[i].1, rows[j].1); } } }
        if rows[i].1 != rows[j].1 && ar[i].alike(&ar[j]).is_some() { println!("  proposed {} / {}", rows[i].1, rows[j].1); }
        if rows[i].1 != rows[j].1 && fold_search(rows[i].0) != fold_search(rows[j].0) && fr[i].alike(&ar[j]).is_some() { println!("  proposed {} / {}", rows[i].0, rows[j].1); }
    } }
    println!("proposed {n}");
}
