//! A large dossier: how long its history takes to read as it grows, and what a phone shows of it (`tests/bench/dossier.js`).

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    rc::Rc,
    time::Instant,
};

use automerge::{AutoCommit, ROOT, ReadDoc as _, transaction::Transactable as _};
use shared::{
    document::{Document, Kind},
    edit::Edit,
    field::Field,
    id::DocumentId,
    record::Record,
    view::{View, ViewKey},
};

use crate::{Outcome, Phone, Row, Server, binary, invite, root, spaced};

const SECTIONS: usize = 10;
const SECTION_CHARS: usize = 6_000;
const CHANGES: usize = 5_000;
/// What comes at once while somebody reads.
const REMOTE_CHANGES: usize = 1_000;
/// Each measurement is taken so often; the one in the middle counts.
const TIMES: usize = 7;
/// The word with which the last of the remote changes begins.
const LAST: &str = "Fin.";

const WORDS: [&str; 8] = ["l’eau", "du", "village", "est", "loin", "femmes", "puits", "saison"];

/// Some text of whole words.
fn prose(chars: usize) -> String {
    let mut text = String::new();
    let mut n = 0;
    while text.chars().count() < chars {
        text.push_str(WORDS[n * 7 % WORDS.len()]);
        // A paragraph every sixty words.
        text.push_str(if n % 60 == 59 { "\n\n" } else { " " });
        n += 1;
    }
    text.chars().take(chars).collect()
}

fn key(n: usize) -> String {
    format!("part_{}", n % SECTIONS)
}

/// What the section says, and the version of the document in which it does.
fn shown(phone: &mut Phone, dossier: DocumentId, section: &str) -> Outcome<(String, String)> {
    let View::Dossier(view) = phone.replica.view(&ViewKey::Dossier { dossier }) else {
        return Err("no dossier".into());
    };
    let of = view.sections.into_iter().find(|one| one.about.key == section).ok_or("no section")?;
    Ok((view.version, of.text))
}

/// Somebody changes a word in the middle of a section, as one does who writes: what it says stays as long.
fn reword(phone: &mut Phone, dossier: DocumentId, n: usize, word: &str) -> Outcome<()> {
    let section = key(n);
    let (version, before) = shown(phone, dossier, &section)?;
    let chars: Vec<char> = before.chars().collect();
    let at = n * 7919 % (chars.len() - 2 * word.chars().count());
    let after: String = chars[..at]
        .iter()
        .copied()
        .chain(word.chars())
        .chain(chars[at + word.chars().count()..].iter().copied())
        .collect();
    phone.edit(Edit::EditSection { dossier, section, version, before, after })
}

/// A dossier of 60,000 characters in ten sections, to which so many changes led, and the version before them.
fn write(phone: &mut Phone, changes: usize) -> Outcome<(DocumentId, String)> {
    let dossier = phone.document();
    let fields = [(Field::Title, "Un réseau d’eau".into())].into();
    phone.edit(Edit::CreateDossier { dossier, fields, sections: (0..SECTIONS).map(key).collect() })?;
    for n in 0..SECTIONS {
        let (version, before) = shown(phone, dossier, &key(n))?;
        phone.edit(Edit::EditSection { dossier, section: key(n), version, before, after: prose(SECTION_CHARS) })?;
    }
    let (before, _) = shown(phone, dossier, &key(0))?;
    for n in 0..changes {
        reword(phone, dossier, n, WORDS[n % WORDS.len()])?;
        if n % 500 == 499 {
            phone.settle()?;
        }
    }
    phone.settle()?;
    Ok((dossier, before))
}

/// The same document with so many more changes: what a phone would have written, without the phone.
fn grown(document: &Document, changes: usize) -> Outcome<Document> {
    let mut crdt = AutoCommit::load(&document.save())?;
    let map = crdt.get(ROOT, "sections")?.ok_or("no sections")?.1;
    for n in 0..changes {
        let text = crdt.get(&map, key(n))?.ok_or("no section")?.1;
        crdt.splice_text(&text, n * 7919 % (SECTION_CHARS - 10), 4, "eau ")?;
        crdt.commit();
    }
    Ok(Document::load(document.id, Kind::Dossier, &crdt.save())?)
}

/// Reads a document from its bytes, and what it says. In ms.
fn reading(document: &Document) -> Outcome<(f64, usize)> {
    let bytes = document.save();
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        let read = Document::load(document.id, document.kind, &bytes)?;
        let Record::Dossier(record) = Record::read(&read) else { return Err("no dossier".into()) };
        took.push(started.elapsed().as_secs_f64() * 1e3);
        if record.sections.len() != SECTIONS {
            return Err("sections are missing".into());
        }
    }
    took.sort_by(f64::total_cmp);
    Ok((took[TIMES / 2], bytes.len()))
}

/// Measures all of it.
pub(crate) fn dossiers(rows: &mut Vec<Row>) -> Outcome<()> {
    let server = Server::start()?;
    let mut author = Phone::enroll(&server, 1)?;
    let (dossier, before) = write(&mut author, CHANGES)?;
    eprintln!("a dossier with {CHANGES} changes: written");
    let document = author.replica.document(dossier).ok_or("no dossier")?;
    growth(rows, &document)?;
    comparison(rows, &mut author, dossier, before)?;
    let code = invite(&server)?;
    let folder = Rc::clone(&server.folder);
    // The data outlive this server.
    drop(server);
    let mut node = Command::new("node")
        .arg(root().join("tests/bench/dossier.js"))
        .arg(folder.path())
        .args([&dossier.to_string(), &code, LAST])
        .env("TIWIZI", env::var_os("TIWIZI").unwrap_or_else(|| binary().into()))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    for line in BufReader::new(node.stdout.take().ok_or("no output")?).lines() {
        match serde_json::from_str(&line?)? {
            Said::Host(host) => {
                author.host = host;
                for n in 0..REMOTE_CHANGES - 1 {
                    reword(&mut author, dossier, n + 1, WORDS[n % WORDS.len()])?;
                }
                let (version, before) = shown(&mut author, dossier, &key(0))?;
                let after = format!("{LAST} {before}");
                author.edit(Edit::EditSection { dossier, section: key(0), version, before, after })?;
                author.settle()?;
            }
            Said::Rows(measured) => rows.extend(measured),
        }
    }
    let ended = node.wait()?;
    if ended.success() { Ok(()) } else { Err(format!("dossier.js: {ended}").into()) }
}

/// The first version that was whole beside the dossier as it is.
fn comparison(rows: &mut Vec<Row>, author: &mut Phone, dossier: DocumentId, before: String) -> Outcome<()> {
    let key = ViewKey::Compare { dossier, before, after: String::new() };
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        let View::Compare(view) = author.replica.view(&key) else { return Err("no comparison".into()) };
        took.push(started.elapsed().as_secs_f64() * 1e3);
        if view.differences.sections.len() != SECTIONS {
            return Err("sections are missing".into());
        }
    }
    took.sort_by(f64::total_cmp);
    rows.push(Row {
        what: "Two versions of that dossier, 5 000 changes apart, are compared word by word, native".into(),
        target: "≤ 300 ms".into(),
        measured: format!("{:.0} ms", took[TIMES / 2]),
        met: took[TIMES / 2] <= 300.0,
    });
    Ok(())
}

/// What `dossier.js` prints, a line each.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// Its server listens there, and it waits for the changes of others.
    Host(String),
    /// What it measured.
    Rows(Vec<Row>),
}

/// How reading grows with the history: a tenth of it, all of it, and as much as a document may have.
fn growth(rows: &mut Vec<Row>, document: &Document) -> Outcome<()> {
    let short = {
        let mut crdt = AutoCommit::load(&document.save())?;
        let changes: Vec<_> = crdt.get_changes(&[]).into_iter().take(CHANGES / 10).collect();
        let mut short = Document::new(document.id, Kind::Dossier);
        let bytes: Vec<Vec<u8>> = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
        short.take(&bytes)?;
        short
    };
    let long = grown(document, 9 * CHANGES)?;
    let mut parts = Vec::new();
    let mut slowest = 0.0;
    for (of, changes) in [(&short, CHANGES / 10), (document, CHANGES), (&long, 10 * CHANGES)] {
        let (took, bytes) = reading(of)?;
        slowest = took;
        parts.push(format!("{} changes {took:.0} ms, {} kB", spaced(changes as u64), bytes / 1000));
    }
    rows.push(Row {
        what: "A dossier of 60 000 characters is read from its bytes, native; a document takes no more than 50 000 changes".into(),
        target: "≤ 1 s at the most".into(),
        measured: parts.join("; "),
        met: slowest <= 1_000.0,
    });
    Ok(())
}
