//! Photos of the pages of one paper, as one PDF.

use std::io::Cursor;

use image::{ImageDecoder as _, ImageFormat, ImageReader};
use serde_json::json;

use crate::{
    error::{PaperError, at_most},
    press::{self, Job, Pictures, Template},
    said,
};

/// Pages of one paper.
pub const SCAN_PAGES_MAX: usize = 40;
/// One photo, unpacked: twelve megapixels. The app makes them a third of that.
const PIXELS_MAX: u64 = 12_000_000;
/// Millimetres of A4.
const SHORT_MM: f64 = 210.0;
const LONG_MM: f64 = 297.0;

/// Photos of one paper, in the order of its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// What the paper is.
    pub title: String,
    /// JPEGs.
    pub pages: Vec<Vec<u8>>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// One PDF: each photo on an A4 page, upright or across as the photo is.
///
/// # Errors
/// [`PaperError::Photo`] for one that cannot be read; more pages than [`SCAN_PAGES_MAX`].
pub fn scan_pdf(scan: &Scan) -> Result<Vec<u8>, PaperError> {
    at_most("pages", scan.pages.len(), SCAN_PAGES_MAX)?;
    let mut pictures = Pictures::default();
    let mut pages = Vec::with_capacity(scan.pages.len());
    for (n, photo) in scan.pages.iter().enumerate() {
        let (width, height) = sides(photo).ok_or(PaperError::Photo { page: n + 1 })?;
        let across = width > height;
        // Without a margin a printer would cut the edges of what was photographed to the edge.
        let (page_width, page_height) = if across { (LONG_MM, SHORT_MM) } else { (SHORT_MM, LONG_MM) };
        pages.push(json!({ "path": pictures.place_bytes(photo), "width": page_width, "height": page_height }));
    }
    let data = json!({ "title": said::clean(&scan.title, said::TEXT_MAX), "pages": pages });
    // Setting the pages unpacks each photo. Which of them is broken is looked for only where one is: twice would be seconds.
    press::print(Job { template: Template::Scan, data, pictures, made_ms: scan.made_ms }).map_err(|error| {
        let broken = scan.pages.iter().position(|photo| reader(photo).decode().is_err());
        broken.map_or(error, |n| PaperError::Photo { page: n + 1 })
    })
}

fn reader(bytes: &[u8]) -> ImageReader<Cursor<&[u8]>> {
    ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg)
}

/// Width and height of a JPEG. Read before it is unpacked: a small file may unpack to gigabytes.
fn sides(bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = reader(bytes).into_decoder().ok()?.dimensions();
    let is_sound = width > 0 && height > 0 && u64::from(width) * u64::from(height) <= PIXELS_MAX;
    is_sound.then_some((width, height))
}
