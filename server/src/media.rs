//! What a blob may be, how large, and what it must look like. The app holds the same (`pwa/src/store/media.ts`), so that a phone never
//! keeps what will be refused; `shared/vectors/media.json` tries both.

mod office;

use serde::{Deserialize, Serialize};

/// A finger signature, as JSON. In bytes.
pub const INK_BYTES_MAX: u64 = 16 * 1024;
/// A photo; the app makes them smaller than that. In bytes.
pub const JPEG_BYTES_MAX: u64 = 1536 * 1024;
/// A scan or an attachment. In bytes.
pub const PDF_BYTES_MAX: u64 = 5 * 1024 * 1024;
/// A text or a table as office programs write it. In bytes.
pub const OFFICE_BYTES_MAX: u64 = 5 * 1024 * 1024;
/// Strokes of a signature.
pub const INK_STROKES_MAX: usize = 64;
/// Points of a signature, all strokes together.
pub const INK_POINTS_MAX: usize = 2_000;
/// The longest side of the box that is signed in.
pub const INK_SIDE_MAX: f64 = 2_000.0;

/// The kinds of blobs. A closed list: whatever else a file is, it is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// A finger signature: strokes in a box.
    Ink,
    Jpeg,
    Pdf,
    /// Texts and tables without macros: see `office`.
    Docx,
    Xlsx,
    Odt,
    Ods,
}

impl Media {
    pub const ALL: [Self; 7] = [Self::Ink, Self::Jpeg, Self::Pdf, Self::Docx, Self::Xlsx, Self::Odt, Self::Ods];

    /// The word for it in SQL and in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ink => "ink",
            Self::Jpeg => "jpeg",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Odt => "odt",
            Self::Ods => "ods",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.as_str() == word)
    }

    /// How the name of a file of that kind ends.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Ink => "json",
            Self::Jpeg => "jpg",
            Self::Pdf | Self::Docx | Self::Xlsx | Self::Odt | Self::Ods => self.as_str(),
        }
    }

    /// What a browser is told that such a file is.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Ink => "application/json",
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => office::ODT,
            Self::Ods => office::ODS,
        }
    }

    /// The most that one of that kind may have. In bytes.
    #[must_use]
    pub fn bytes_max(self) -> u64 {
        match self {
            Self::Ink => INK_BYTES_MAX,
            Self::Jpeg => JPEG_BYTES_MAX,
            Self::Pdf => PDF_BYTES_MAX,
            Self::Docx | Self::Xlsx | Self::Odt | Self::Ods => OFFICE_BYTES_MAX,
        }
    }

    /// Whether these bytes look like one of that kind, within its limits.
    #[must_use]
    pub fn is(self, bytes: &[u8]) -> bool {
        bytes.len() as u64 <= self.bytes_max()
            && match self {
                Self::Ink => Ink::read(bytes).is_some(),
                Self::Jpeg => bytes.starts_with(b"\xFF\xD8\xFF") && bytes.ends_with(b"\xFF\xD9"),
                Self::Pdf => bytes.starts_with(b"%PDF-"),
                Self::Docx => office::is_open_xml(bytes, "word/document"),
                Self::Xlsx => office::is_open_xml(bytes, "xl/workbook"),
                Self::Odt => office::is_open_document(bytes, office::ODT),
                Self::Ods => office::is_open_document(bytes, office::ODS),
            }
    }
}

/// A signature. Numbers as JSON has them: `1` and `1.0` are the same on the phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ink {
    /// The version of this shape.
    ink: f64,
    pub width: f64,
    pub height: f64,
    /// Each is `x, y, x, y, …`
    pub strokes: Vec<Vec<f64>>,
}

impl Ink {
    /// The signature, if it is one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        // Serde would take a list of the same values too.
        let object = bytes.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(bytes).ok().filter(|ink: &Self| object && ink.is_sound())
    }

    fn is_sound(&self) -> bool {
        let side = |side: f64| side.fract() == 0.0 && (1.0..=INK_SIDE_MAX).contains(&side);
        let inside = |[x, y]: [f64; 2]| (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y);
        let numbers: usize = self.strokes.iter().map(Vec::len).sum();
        self.ink == 1.0
            && side(self.width)
            && side(self.height)
            && (1..=INK_STROKES_MAX).contains(&self.strokes.len())
            && numbers <= 2 * INK_POINTS_MAX
            && self.strokes.iter().all(|stroke| {
                let (points, rest) = stroke.as_chunks();
                rest.is_empty() && !points.is_empty() && points.iter().copied().all(inside)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The app reads the same file.
    const VECTORS: &str = include_str!("../../shared/vectors/media.json");

    /// Bytes as `["text", "…"]`, or `["hex", "…"]`; `["repeat", "…", n]` in the middle of what stands around it.
    fn bytes_of(parts: &[Vec<serde_json::Value>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in parts {
            let text = part[1].as_str().unwrap();
            match part[0].as_str().unwrap() {
                "text" => bytes.extend(text.as_bytes()),
                "repeat" => bytes.extend(text.repeat(usize::try_from(part[2].as_u64().unwrap()).unwrap()).as_bytes()),
                "hex" => {
                    bytes.extend(
                        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()),
                    );
                }
                other => panic!("{other}"),
            }
        }
        bytes
    }

    #[test]
    fn what_is_taken_is_what_the_app_keeps() {
        #[derive(Deserialize)]
        struct Vector {
            what: String,
            media: Media,
            parts: Vec<Vec<serde_json::Value>>,
            sound: bool,
        }
        let vectors: Vec<Vector> = serde_json::from_str(VECTORS).unwrap();
        assert!(vectors.len() > 20);
        for Vector { what, media, parts, sound } in vectors {
            assert_eq!(media.is(&bytes_of(&parts)), sound, "{what}");
        }
    }

    #[test]
    fn words_and_kinds_are_the_same_both_ways() {
        for media in Media::ALL {
            assert_eq!(Media::from_word(media.as_str()), Some(media));
            assert_eq!(serde_json::to_value(media).unwrap(), media.as_str());
        }
        assert_eq!(Media::from_word("html"), None);
    }
}
