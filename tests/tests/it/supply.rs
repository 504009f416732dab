//! What others wrote and we build in: under licences that were read, from one registry, and nothing that was banned. The rules
//! are those of deny.toml, so that cargo-deny, where it is installed, checks the same.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository")
}

fn rules() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).expect("deny.toml").parse().expect("TOML")
}

/// Every crate of the lock, those for other systems included.
fn crates() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

/// The packages of one of npm's locks, by path.
fn npm(folder: &str) -> serde_json::Map<String, Value> {
    let lock = fs::read_to_string(root().join(folder).join("package-lock.json")).expect("a lock");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    lock["packages"].as_object().expect("packages").clone()
}

#[test]
fn every_licence_was_allowed() {
    let rules = rules();
    let allowed: Vec<spdx::Licensee> = rules["licenses"]["allow"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|licence| spdx::Licensee::parse(licence.as_str().expect("a licence")).expect("an SPDX licence"))
        .collect();
    let is_allowed = |expression: &str| {
        spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX)
            .is_ok_and(|terms| terms.evaluate(|term| allowed.iter().any(|licence| licence.satisfies(term))))
    };
    assert!(!is_allowed("GPL-3.0-only") && !is_allowed("MIT AND SSPL-1.0") && is_allowed("GPL-2.0 OR MIT"));
    for package in crates() {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(is_allowed(licence), "{}: {licence}", name(&package));
    }
    // Of npm's, what is sent to phones; the other tools that build it stay here.
    let own = fs::read_to_string(root().join("pwa/package.json")).expect("a file");
    let own: Value = serde_json::from_str(&own).expect("JSON");
    let bundled: Vec<_> = own["bundledTools"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let packages = npm("pwa");
    for name in &bundled {
        assert!(packages.contains_key(&format!("node_modules/{name}")), "{name} is bundled and not there");
    }
    for (path, package) in packages {
        let is_bundled = path.strip_prefix("node_modules/").is_some_and(|name| bundled.contains(&name));
        if path.is_empty() || package["dev"] == true && !is_bundled {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(is_allowed(licence), "{path}: {licence}");
    }
}

#[test]
fn everything_comes_from_one_registry_and_is_what_the_lock_says() {
    let rules = rules();
    let registries = rules["sources"]["allow-registry"].as_array().expect("a list");
    for package in crates() {
        // Ours have no source.
        let Some(source) = package["source"].as_str() else { continue };
        let known = registries.iter().filter_map(toml::Value::as_str);
        assert!(known.into_iter().any(|url| source == format!("registry+{url}")), "{}: {source}", name(&package));
    }
    for folder in ["pwa", "tests/browser"] {
        for (path, package) in npm(folder) {
            assert!(path.is_empty() || package["link"] == true || package["integrity"].is_string(), "{folder}: {path}");
        }
    }
}

#[test]
fn what_was_banned_is_not_there() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in crates() {
        let version = package["version"].as_str().expect("a version").to_owned();
        versions.entry(name(&package).to_owned()).or_default().push(version);
    }
    let rules = rules();
    for ban in rules["bans"]["deny"].as_array().expect("a list") {
        let banned = ban["crate"].as_str().expect("a name");
        let found = versions.get(banned).map_or(&[][..], Vec::as_slice);
        let once = ban.get("deny-multiple-versions").is_some();
        assert!(found.len() <= usize::from(once), "{banned}: {found:?}");
        assert!(!once || found.len() == 1, "{banned} is named in deny.toml and nowhere used");
    }
}
