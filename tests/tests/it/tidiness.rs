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
    check_only_in("shared/src", "rs", &outside, &[]);
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
    for (folder, ending) in [("shared", "rs"), ("server", "rs"), ("pwa/src", "ts"), ("pwa/src", "svelte")] {
        check_only_in(
            folder,
            ending,
            &["todo!(", "unimplemented!(", "#[ignore]", "FIXME"],
            &["shared/src/replica", "server/src"],
        );
    }
}
