//! The TypeScript types of edits and views are written from the Rust ones: that the written ones are fresh.

use std::{
    fs,
    path::{Path, PathBuf},
};

use shared::{
    permission::TABLE,
    role::Role,
    stage::{Need, table},
};
use ts_rs::TS as _;

/// `make types` sets TIWIZI_WRITE_TYPES and writes them anew.
#[test]
fn typescript_types_are_fresh() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pwa/src/generated");
    let fresh = std::env::temp_dir().join(format!("tiwizi-types-{}", std::process::id()));
    let writes = std::env::var_os("TIWIZI_WRITE_TYPES").is_some();
    let to = if writes { &kept } else { &fresh };
    fs::remove_dir_all(to).ok();
    let config = ts_rs::Config::new().with_out_dir(to);
    shared::edit::Entry::export_all(&config).expect("types are written");
    shared::edit::Refusal::export_all(&config).expect("types are written");
    shared::replica::ViewUpdate::export_all(&config).expect("types are written");
    shared::replica::Sought::export_all(&config).expect("types are written");
    shared::replica::KnownPerson::export_all(&config).expect("types are written");
    shared::figures::Figures::export_all(&config).expect("types are written");
    shared::indicators::Indicators::export_all(&config).expect("types are written");
    shared::wire::Report::export_all(&config).expect("types are written");
    shared::twin::Against::export_all(&config).expect("types are written");
    shared::twin::Certainty::export_all(&config).expect("types are written");
    fs::write(to.join("PERMISSIONS.ts"), permissions()).expect("the table is written");
    fs::write(to.join("MOVES.ts"), moves()).expect("the table is written");
    let (before, now) = (read(&kept), read(to));
    fs::remove_dir_all(&fresh).ok();
    let names = |files: &[(PathBuf, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&now), "run `make types`");
    for ((name, before), (_, now)) in before.iter().zip(&now) {
        assert_eq!(before, now, "{}: run `make types`", name.display());
    }
}

/// The table of permissions, by role: the page shows no button that the engine would refuse.
fn permissions() -> String {
    let rows = Role::ALL.map(|role| {
        let may = TABLE.iter().map(|(capability, _)| capability).filter(|one| role.may(**one));
        let words: Vec<String> = may.map(|one| serde_json::to_string(one).expect("a word")).collect();
        format!("  {}: [{}],\n", role.as_str(), words.join(", "))
    });
    let imports = "import type { Capability } from \"./Capability\";\nimport type { Role } from \"./Role\";\n\n";
    let head = "// Written by `make types` from shared/src/permission.rs.\n";
    let table = format!("export const PERMISSIONS: Record<Role, readonly Capability[]> = {{\n{}}};\n", rows.concat());
    let governed = Role::ALL.map(|actor| {
        let below = Role::ALL.into_iter().filter(|role| actor.may_govern(*role));
        let words: Vec<String> = below.map(|role| format!("\"{}\"", role.as_str())).collect();
        format!("  {}: [{}],\n", actor.as_str(), words.join(", "))
    });
    let governed = format!("export const GOVERNS: Record<Role, readonly Role[]> = {{\n{}}};\n", governed.concat());
    format!("{head}{imports}{table}\n/** Whom each may let in and out. */\n{governed}")
}

/// The table of a dossier's moves, for the page that shows it to people.
fn moves() -> String {
    let words = |words: Vec<String>| format!("[{}]", words.join(", "));
    let rows = table().map(|one| {
        let needs = one.needs.iter().map(|need| format!("\"{}\"", need.as_str())).collect();
        let records = one.records.iter().map(|field| format!("\"{}\"", field.key())).collect();
        let who = serde_json::to_string(&one.who).expect("a word");
        format!(
            "  {{ from: \"{}\", to: \"{}\", who: {who}, needs: {}, records: {}, says_why: {} }},\n",
            one.from,
            one.to,
            words(needs),
            words(records),
            one.says_why
        )
    });
    let imports = "import type { Capability } from \"./Capability\";\nimport type { Field } from \"./Field\";\n\n";
    let head = "// Written by `make types` from shared/src/stage.rs.\n";
    let need = Need::ALL.map(|need| format!("\"{}\"", need.as_str())).join(" | ");
    let shape = format!(
        "export type Need = {need};\n\nexport interface Move {{\n  from: string;\n  to: string;\n  who: Capability;\n  \
         needs: readonly Need[];\n  records: readonly Field[];\n  says_why: boolean;\n}}\n\n"
    );
    format!("{head}{imports}{shape}export const MOVES: readonly Move[] = [\n{}];\n", rows.collect::<String>())
}

fn read(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).expect("the folder of generated types");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut all: Vec<_> = paths
        .map(|path| (path.file_name().expect("a file").into(), fs::read_to_string(&path).expect("text")))
        .collect();
    all.sort();
    all
}
