//! Every stable code that reaches the app has its words, in each language.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidiness::files;

/// Codes for the operator, who reads them in French on the terminal.
const OPERATORS: [&str; 4] =
    ["server/src/import/", "server/src/cli/", "server/src/verify.rs", "server/src/sheet/proof.rs"];
/// What the importer says of files that only the operator brings: the register of associations, the communes.
const NO_LISTS: [&str; 6] = [
    "rna.number_invalid",
    "rna.accents_lost",
    "territory.",
    "file.layout_unknown",
    "file.column_missing",
    "row.columns",
];
/// What is written like a code and names a file.
const FILE_ENDINGS: [&str; 6] = ["html", "js", "json", "pem", "sqlite", "txt"];
/// What a worker tells its own page when it ends. Nobody reads it.
const DEATHS: [&str; 2] = ["engine.failed", "storage.lost"];
/// For edits that a rule refused, shown on any screen: they are among those that are always at hand.
const SHOWN_ANYWHERE: &str = "pwa/src/i18n/errors.ts";
const LANGUAGES: [&str; 3] = ["fr", "ar", "en"];

/// Texts of one line between these signs, outside comments and tests.
fn quoted(source: &str, sign: char) -> impl Iterator<Item = &str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(move |line| line.split(sign).skip(1).step_by(2))
}

fn is_code(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    text.split_once('.').is_some_and(|(of, what)| word(of) && word(what) && !FILE_ENDINGS.contains(&what))
}

fn codes(folder: &str, ending: &str, sign: char) -> BTreeSet<String> {
    let sources =
        files(folder, ending).into_iter().filter(|(name, _)| !OPERATORS.iter().any(|of| name.starts_with(of)));
    sources.flat_map(|(_, text)| codes_in(&text, sign)).collect()
}

fn codes_in(text: &str, sign: char) -> Vec<String> {
    quoted(text, sign).filter(|text| is_code(text)).map(str::to_owned).collect()
}

/// What the app may be told of a list from a spreadsheet.
fn codes_of_lists() -> BTreeSet<String> {
    let problems = files("server/src/import", "rs").into_iter().find(|(name, _)| name == "server/src/import/mod.rs");
    let codes = codes_in(&problems.expect("the importer").1, '"').into_iter();
    codes.filter(|code| !NO_LISTS.iter().any(|other| code.starts_with(other))).collect()
}

/// The key of the message for each code, and the file that says so.
fn explained() -> BTreeMap<String, (String, String)> {
    let mut explained = BTreeMap::new();
    let lock = files("pwa/src/ui/lock", "ts").into_iter().filter(|(name, _)| name.ends_with("/words.ts"));
    for (name, text) in files("pwa/src/i18n", "ts").into_iter().chain(lock) {
        for line in text.lines() {
            let Some((code, message)) = line.trim().strip_prefix('\'').and_then(|line| line.split_once("': m.")) else {
                continue;
            };
            let key = message.trim_end_matches(',').to_owned();
            // The lock is the first that is seen, and has words of its own for what others say too: the same ones.
            let before = explained.entry(code.to_owned()).or_insert_with(|| (key.clone(), name.clone()));
            let again = before.1 == name || name.starts_with("pwa/src/ui/lock/");
            assert!(again && before.0 == key, "{code} is explained twice");
        }
    }
    explained
}

#[test]
fn every_code_that_reaches_the_app_is_explained_in_every_language() {
    let mut given: BTreeSet<String> =
        ["shared/src", "server/src", "pwa/engine/src"].iter().flat_map(|folder| codes(folder, "rs", '"')).collect();
    given.extend(codes_of_lists());
    given.extend(["pwa/src/store", "pwa/src/engine", "pwa/src/ui"].iter().flat_map(|folder| codes(folder, "ts", '\'')));
    DEATHS.iter().for_each(|death| assert!(given.remove(*death), "{death} is given by nobody"));
    for code in [
        "edit.failed",
        "change.too_big",
        "frame.malformed",
        "exchange.unasked",
        "scope.outside",
        "server.busy",
        "participant.repeated",
    ] {
        assert!(given.contains(code), "this test no longer finds {code}");
    }
    let explained = explained();
    let known: BTreeSet<String> = explained.keys().cloned().collect();
    let lacking: Vec<_> = given.difference(&known).collect();
    assert!(lacking.is_empty(), "no words in pwa/src/i18n for {lacking:?}");
    let needless: Vec<_> = known.difference(&given).collect();
    assert!(needless.is_empty(), "nobody gives {needless:?}");

    for language in LANGUAGES {
        let path = format!("pwa/messages/{language}.json");
        let text = files("pwa/messages", "json").into_iter().find(|(name, _)| *name == path).expect("a language").1;
        let messages: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
        for (code, (key, _)) in &explained {
            assert!(messages.get(key).is_some_and(|said| said != ""), "{language}: {key} for {code}");
        }
    }
}

/// The engine's refusals are shown wherever one is, as soon as one comes back.
#[test]
fn refusals_of_the_engine_are_explained_on_every_screen() {
    let refusals =
        files("shared/src", "rs").into_iter().find(|(name, _)| name == "shared/src/edit.rs").expect("edits").1;
    let explained = explained();
    let mut found = 0;
    for code in quoted(&refusals, '"').filter(|text| is_code(text)) {
        assert_eq!(explained[code].1, SHOWN_ANYWHERE, "{code}");
        found += 1;
    }
    assert!(found > 20, "each is named twice: for JSON, and as a code");
}
