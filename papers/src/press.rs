//! Setting pages: a template and values in, a PDF out.
//!
//! What people wrote reaches a template as the strings of `data.json`, never as markup: nothing in it is evaluated.

use std::sync::LazyLock;

use serde_json::Value;
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::{error::PaperError, picture::Picture, when, words};

/// One layout. Each is a file in `templates/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    Sheet,
    Contacts,
    Attestations,
    Convocations,
    Badges,
    Dossier,
    Scan,
}

/// Pages to be set.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) template: Template,
    /// All that the template shows. `words` is added.
    pub(crate) data: Value,
    /// What [`Pictures::place`] gave names to.
    pub(crate) pictures: Pictures<'a>,
    /// The date that the file bears: milliseconds since 1970.
    pub(crate) made_ms: u64,
}

/// The logos and photos of one paper, by the path under which the template finds them.
#[derive(Debug, Default)]
pub(crate) struct Pictures<'a>(Vec<&'a [u8]>);

impl<'a> Pictures<'a> {
    /// The path of this picture; nothing where there is none.
    pub(crate) fn place(&mut self, picture: Option<&'a Picture>) -> Option<String> {
        Some(self.place_bytes(picture?.bytes()))
    }

    /// The path of a picture that was looked through.
    pub(crate) fn place_bytes(&mut self, bytes: &'a [u8]) -> String {
        self.0.push(bytes);
        format!("/pictures/{}", self.0.len() - 1)
    }
}

/// Sets the pages.
pub(crate) fn print(job: Job<'_>) -> Result<Vec<u8>, PaperError> {
    let mut data = job.data;
    data["words"] = words::all();
    // The file is identified by all that it says.
    let data = data.to_string();
    let ident = data.clone();
    let pictures = job.pictures.0.iter().map(|bytes| Bytes::new(bytes.to_vec())).collect();
    let desk = Desk { main: SOURCES[job.template as usize].id(), data: Bytes::from_string(data), pictures };
    let compiled = typst::compile::<PagedDocument>(&desk);
    debug_assert!(compiled.warnings.is_empty(), "{:?}", compiled.warnings);
    let printed = compiled.output.and_then(|document| typst_pdf::pdf(&document, &options(ident, job.made_ms)));
    // A server lives long: nothing of one paper is remembered for the next.
    typst::comemo::evict(0);
    printed.map_err(|errors| PaperError::Typeset(told(&errors)))
}

fn options(ident: String, made_ms: u64) -> PdfOptions {
    let (year, month, day, hour, minute, second) = when::moment(made_ms);
    let made = Datetime::from_ymd_hms(year, month, day, hour, minute, second);
    PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some("Tiwizi".to_owned())),
        timestamp: made.map(Timestamp::new_utc),
        standards: STANDARDS.clone(),
        ..PdfOptions::default()
    }
}

fn told(errors: &[SourceDiagnostic]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// Whether one of the fonts has this letter.
pub(crate) fn has_glyph(c: char) -> bool {
    FONTS.iter().any(|font| font.info().coverage.contains(c.into()))
}

/// What a template may see: itself, its neighbours, its values and its logos.
#[derive(Debug)]
struct Desk {
    main: FileId,
    data: Bytes,
    pictures: Vec<Bytes>,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        SOURCES.iter().find(|source| source.id() == id).cloned().ok_or_else(|| missing(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.vpath().get_with_slash();
        if path == "/data.json" {
            return Ok(self.data.clone());
        }
        let number = path.strip_prefix("/pictures/").and_then(|number| number.parse::<usize>().ok());
        number.and_then(|number| self.pictures.get(number)).cloned().ok_or_else(|| missing(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn missing(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().get_with_slash().into())
}

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

/// What most words are set in.
pub(crate) static SANS: &[u8] = include_bytes!("../../reference/fonts/NotoSans-Regular.ttf");

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 5] = [
        SANS,
        include_bytes!("../../reference/fonts/NotoSans-Bold.ttf"),
        include_bytes!("../../reference/fonts/NotoNaskhArabic-Regular.ttf"),
        include_bytes!("../../reference/fonts/NotoNaskhArabic-Bold.ttf"),
        include_bytes!("../../reference/fonts/NotoSansTifinagh-Regular.ttf"),
    ];
    files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect()
});

/// In the order of [`Template`], then what they share.
static SOURCES: LazyLock<[Source; 8]> = LazyLock::new(|| {
    [
        ("/sheet.typ", include_str!("../templates/sheet.typ")),
        ("/contacts.typ", include_str!("../templates/contacts.typ")),
        ("/attestations.typ", include_str!("../templates/attestations.typ")),
        ("/convocations.typ", include_str!("../templates/convocations.typ")),
        ("/badges.typ", include_str!("../templates/badges.typ")),
        ("/dossier.typ", include_str!("../templates/dossier.typ")),
        ("/scan.typ", include_str!("../templates/scan.typ")),
        ("/common.typ", include_str!("../templates/common.typ")),
    ]
    .map(|(path, text)| {
        let path = VirtualPath::new(path).expect("a path of ours");
        Source::new(RootedPath::new(VirtualRoot::Project, path).intern(), text.to_owned())
    })
});

/// PDF/A-2a: everything that a page needs is in the file, and its text can be read out.
static STANDARDS: LazyLock<PdfStandards> =
    LazyLock::new(|| PdfStandards::new(&[PdfStandard::A_2a]).expect("a standard that exists"));
