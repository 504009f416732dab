//! A logo.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::{ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};

const BYTES_MAX: usize = 1024 * 1024;
/// One megapixel, once unpacked 4 MB: a logo is 31 mm wide, and whoever looks a sealed sheet up has those on it unpacked.
const PIXELS_MAX: u64 = 1_000_000;

/// A logo: a PNG or JPEG that was looked through, so that it cannot fail later. In JSON it is base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Picture(Vec<u8>);

/// Why something is not a logo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPicture {
    #[error("more than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("more than {PIXELS_MAX} pixels")]
    TooManyPixels,
    #[error("neither PNG nor JPEG")]
    Format,
    #[error("a picture that is broken")]
    Broken,
}

impl Picture {
    /// A PNG or JPEG of at most 1 MiB and one megapixel.
    ///
    /// # Errors
    /// Whatever else it is.
    pub fn new(bytes: Vec<u8>) -> Result<Self, BadPicture> {
        if bytes.len() > BYTES_MAX {
            return Err(BadPicture::TooLarge);
        }
        let format = image::guess_format(&bytes).map_err(|_| BadPicture::Format)?;
        if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
            return Err(BadPicture::Format);
        }
        // The size is read first: a small file may unpack to gigabytes.
        let reader = || ImageReader::with_format(Cursor::new(&bytes), format);
        let (width, height) = reader().into_dimensions().map_err(|_| BadPicture::Broken)?;
        if u64::from(width) * u64::from(height) > PIXELS_MAX {
            return Err(BadPicture::TooManyPixels);
        }
        reader().decode().map_err(|_| BadPicture::Broken)?;
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Picture {
    type Error = BadPicture;

    fn try_from(text: String) -> Result<Self, BadPicture> {
        Self::new(STANDARD.decode(text).map_err(|_| BadPicture::Format)?)
    }
}

impl From<Picture> for String {
    fn from(picture: Picture) -> Self {
        STANDARD.encode(picture.0)
    }
}
