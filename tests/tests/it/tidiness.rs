//! The borders of the house.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository")
}

/// Every file below `folder` with that ending, as a path from the root and its text.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(&place).unwrap_or_else(|e| panic!("{}: {e}", place.display())) {
            let path = entry.expect("a readable folder").path();
            let skipped =
                ["node_modules", "dist", "paraglide", "wasm", "target"].iter().any(|name| path.ends_with(name));
            if path.is_dir() && !skipped {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((name, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{ending} below {folder}");
    found
}

/// Fails for each file outside `allowed` that holds one of `words`.
fn check_only_in(folder: &str, ending: &str, words: &[&str], allowed: &[&str]) {
    for (name, text) in files(folder, ending) {
        if allowed.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            for word in words {
                assert!(!code.contains(word), "{name}:{number}: `{word}` belongs in {allowed:?} only");
            }
        }
    }
}

#[test]
fn the_engine_has_no_io_no_clock_and_no_randomness() {
    let outside =
        ["tokio", "axum", "rusqlite", "std::fs", "std::net", "std::time", "SystemTime", "Instant::now", "getrandom"];
    // What only its tests are made of is not in it.
    check_only_in("shared/src", "rs", &outside, &["shared/src/names/normal/tests.rs"]);
}

#[test]
fn papers_follow_from_their_values_alone() {
    let outside =
        ["tokio", "std::fs", "std::net", "std::env", "SystemTime", "Instant::now", "getrandom", "shared::", "server::"];
    check_only_in("papers/src", "rs", &outside, &[]);
}

#[test]
fn sql_stands_in_storage_only() {
    check_only_in(
        "server/src",
        "rs",
        &["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM", "prepare_cached", "pragma_"],
        &["server/src/storage/"],
    );
}

#[test]
fn axum_stands_in_routes_auth_and_error_only() {
    let allowed = [
        "server/src/routes/",
        "server/src/auth.rs",
        "server/src/error.rs",
        "server/src/serve.rs",
        "server/src/assets.rs",
    ];
    check_only_in("server/src", "rs", &["axum"], &allowed);
}

#[test]
fn screens_see_no_storage_and_no_engine() {
    let words = ["indexedDB", "from 'idb'", "/wasm/", "localStorage", "BroadcastChannel"];
    for ending in ["svelte", "ts"] {
        check_only_in("pwa/src/ui", ending, &words, &[]);
    }
}

#[test]
fn nothing_unfinished_is_left() {
    for (folder, ending) in
        [("shared", "rs"), ("papers", "rs"), ("server", "rs"), ("pwa/src", "ts"), ("pwa/src", "svelte")]
    {
        check_only_in(
            folder,
            ending,
            &[concat!("todo!", "("), concat!("unimplemented!", "("), concat!("#[", "ignore]"), "FIXME"],
            &[],
        );
    }
}

/// Whatever stands in a document as `file` or `file::name`.
fn references(document: &str) -> Vec<(String, Option<String>)> {
    let text = fs::read_to_string(root().join(document)).unwrap_or_else(|e| panic!("{document}: {e}"));
    let quoted = text.split('`').skip(1).step_by(2);
    let ours = ["pwa/", "server/", "shared/", "tests/"];
    let found = quoted.filter(|part| ours.iter().any(|folder| part.starts_with(folder)));
    let found: Vec<_> = found
        .map(|part| match part.split_once("::") {
            Some((file, name)) => (file.to_owned(), Some(name.to_owned())),
            None => (part.to_owned(), None),
        })
        .collect();
    assert!(found.len() > 10, "{document} refers to hardly anything");
    found
}

/// Fails for each reference whose file, or whose name in it, is not there.
fn check_references(document: &str, is_there: impl Fn(&str, &str) -> bool) {
    for (file, name) in references(document) {
        let text = fs::read_to_string(root().join(&file)).unwrap_or_else(|e| panic!("{document}: `{file}`: {e}"));
        if let Some(name) = name {
            assert!(is_there(&text, &name), "{document}: there is no `{name}` in {file}");
        }
    }
}

#[test]
fn each_line_of_the_threat_model_has_its_test() {
    check_references("SECURITY.md", |text, name| {
        let declared = format!("fn {name}(");
        let test = text.find(&declared).map(|place| &text[..place]);
        test.is_some_and(|before| before.trim_end().trim_end_matches("async").trim_end().ends_with(']'))
    });
    let text = fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md");
    for line in text.lines().filter(|line| line.contains("*can")) {
        let shown = line.contains('`') || line.contains("(test: to be named)") || line.contains("No test: ");
        assert!(shown, "neither a test nor a reason why there is none: {line}");
    }
}

#[test]
fn each_limit_that_the_operator_reads_of_has_its_name_in_the_code() {
    check_references("docs/operating.md", |text, name| {
        text.contains(&format!("pub const {name}: "))
            || text.contains(&format!("\nconst {name}: "))
            || text.contains(&format!("    pub {name}: "))
    });
}
