//! A look at the first page of a PDF that somebody brought.

use std::sync::Arc;

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{InterpreterSettings, font::FontData},
    hayro_syntax::Pdf,
    render,
    vello_cpu::color::palette::css::WHITE,
};
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

use crate::press;

/// The longer side of the picture, in pixels: what a phone's screen shows of a page.
const SIDE: f32 = 720.0;

/// The first page of a PDF as a PNG, on white; none where it is none, is locked, or has no page.
///
/// What a stranger's file makes it do is not bounded here: it belongs into a process of its own, with limits.
#[must_use]
pub fn first_page(pdf: Vec<u8>) -> Option<Vec<u8>> {
    let pdf = Pdf::new(pdf).ok()?;
    let page = pdf.pages().first()?;
    let (width, height) = page.render_dimensions();
    let longest = width.max(height);
    if !longest.is_normal() {
        return None;
    }
    let scale = SIDE / longest;
    // Of a font that the file does not bring, ours shows the words.
    let ours: FontData = Arc::new(press::SANS);
    let interpreter =
        InterpreterSettings { font_resolver: Arc::new(move |_| Some((Arc::clone(&ours), 0))), ..Default::default() };
    let settings = RenderSettings { x_scale: scale, y_scale: scale, bg_color: WHITE, ..Default::default() };
    let pixels = render(page, &RenderCache::new(), &interpreter, &settings);
    // The ground is opaque, and so is all that lies on it.
    let rgb: Vec<u8> = pixels.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied().collect();
    let mut png = Vec::new();
    let (width, height) = (pixels.width().into(), pixels.height().into());
    PngEncoder::new(&mut png).write_image(&rgb, width, height, ExtendedColorType::Rgb8).ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pdf_has_no_first_page() {
        assert_eq!(first_page(b"%PDF-1.7 and nothing".to_vec()), None);
        assert_eq!(first_page(Vec::new()), None);
    }
}
