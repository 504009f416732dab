//! A QR code made of half blocks, so that a phone can be held to the terminal.

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2, types::QrError};

/// Whether the output understands colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// A terminal: black on white is asked for, whatever its theme.
    Ansi,
    /// A file or a pipe: light modules are drawn, as for a dark background.
    Plain,
}

/// Draws `text`, with the quiet margin that scanners need. Fails when it is too long for any code (about 2,300 bytes).
pub fn draw(text: &str, paint: Paint) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let picture =
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build();
    Ok(match paint {
        Paint::Plain => picture,
        // Drawn marks are the light modules: bright white on black.
        Paint::Ansi => picture.lines().map(|line| format!("\x1b[97;40m{line}\x1b[0m\n")).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_fits_a_small_terminal() {
        let picture = draw("https://tiwizi.example/#/join/01AB-23CD-EFGH", Paint::Plain).unwrap();
        assert!(picture.lines().count() <= 24, "{picture}");
        assert!(picture.lines().all(|line| line.chars().count() <= 60), "{picture}");
    }
}
