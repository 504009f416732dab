//! QR codes as vector drawings.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use crate::error::PaperError;

/// Beyond this the modules are finer than a phone reads from paper at the sizes used here.
const BYTES_MAX: usize = 300;
/// Scanners need four light modules around.
const MARGIN: usize = 4;

/// Draws `text`. The light margin is part of the drawing.
pub(crate) fn svg(text: &str) -> Result<String, PaperError> {
    if text.len() > BYTES_MAX {
        return Err(PaperError::Code);
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| PaperError::Code)?;
    let side = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                write!(path, "M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len()).ok();
            }
            x += run.len();
        }
    }
    let whole = side + 2 * MARGIN;
    Ok(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="{whole}" height="{whole}" shape-rendering="crispEdges"><path d="{path}" fill="black"/></svg>"#
    ))
}
