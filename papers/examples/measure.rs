//! Prints how long each paper takes; `cargo run --release -p papers --example measure FOLDER` writes them there as well.

#[path = "../tests/papers/sample.rs"]
mod sample;
#[path = "../tests/papers/sample_dossier.rs"]
mod sample_dossier;

use std::{env, fs, path::PathBuf, time::Instant};

use papers::PaperError;

fn main() {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let measure = |name: &str, make: &dyn Fn() -> Result<Vec<u8>, PaperError>| {
        let starts = Instant::now();
        let bytes = make().unwrap_or_else(|e| panic!("{name}: {e}"));
        println!("{name:28} {:6} ms {:8} bytes", starts.elapsed().as_millis(), bytes.len());
        if let Some(folder) = &folder {
            fs::write(folder.join(name), bytes).expect("a folder that can be written");
        }
    };
    measure("sheet_1.pdf", &|| papers::sheet_pdf(&sample::sheet(1, 1)));
    measure("sheet_25.pdf", &|| papers::sheet_pdf(&sample::sheet(25, 2)));
    measure("sheet_200.pdf", &|| papers::sheet_pdf(&sample::sheet(200, 2)));
    measure("sheet_25_days.pdf", &|| papers::sheet_pdf(&sample::sheet(25, 6)));
    measure("blank_25.pdf", &|| papers::blank_sheet_pdf(&sample::sheet(25, 4)));
    measure("contacts_25.pdf", &|| papers::contact_list_pdf(&sample::contacts(25)));
    measure("attestations_10.pdf", &|| papers::attestations_pdf(&sample::attestations(10, 4)));
    measure("convocations_10.pdf", &|| papers::convocations_pdf(&sample::convocations(10, 4)));
    measure("badges_10.pdf", &|| papers::badges_pdf(&sample::badges(10)));
    measure("sheet_200.xlsx", &|| papers::sheet_xlsx(&sample::sheet(200, 2)));
    measure("sheet_200.csv", &|| papers::sheet_csv(&sample::sheet(200, 2)));
    measure("sheet_200.json", &|| papers::sheet_json(&sample::sheet(200, 2)));
    measure("dossier.pdf", &|| papers::dossier_pdf(&sample_dossier::dossier()));
    measure("dossier_60000.pdf", &|| papers::dossier_pdf(&sample_dossier::long(60_000)));
    measure("dossier.docx", &|| papers::dossier_docx(&sample_dossier::dossier()));
    measure("dossier_60000.docx", &|| papers::dossier_docx(&sample_dossier::long(60_000)));
    measure("budget.xlsx", &|| papers::budget_xlsx(&sample_dossier::dossier()));
    let pages = (0..20).map(|n| sample_dossier::photo(1_500 + n, 2_000)).collect();
    let scan = papers::Scan { title: "Procès-verbal".to_owned(), pages, made_ms: sample::MADE_MS };
    measure("scan_20.pdf", &|| papers::scan_pdf(&scan));
    measure("contacts_25.xlsx", &|| papers::contact_list_xlsx(&sample::contacts(25)));
}
