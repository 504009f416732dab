//! The TypeScript types of edits and views are written from the Rust ones: that the written ones are fresh.

use std::{
    fs,
    path::{Path, PathBuf},
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
    let (before, now) = (read(&kept), read(to));
    fs::remove_dir_all(&fresh).ok();
    let names = |files: &[(PathBuf, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&now), "run `make types`");
    for ((name, before), (_, now)) in before.iter().zip(&now) {
        assert_eq!(before, now, "{}: run `make types`", name.display());
    }
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
