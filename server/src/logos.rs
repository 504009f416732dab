//! Logos at the head of papers: what one may be.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use papers::{BadPicture, FUNDERS_MAX, Picture};

use crate::storage::StoreError;

/// The house's, and two for each funder that one paper can name.
pub const LOGOS_MAX: usize = 1 + 2 * FUNDERS_MAX;
/// A sealed sheet holds the logos that it was printed with, and is read whole when somebody looks it up; the app shrinks a picture
/// before it brings it. In base64 it fits a JSON body.
pub const LOGO_BYTES_MAX: usize = 45 * 1024;

/// Why a picture was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such logo")]
    Unknown,
    #[error("there are {LOGOS_MAX} logos already")]
    TooMany,
    #[error("the picture has more than {LOGO_BYTES_MAX} bytes, or more pixels than are printed")]
    TooLarge,
    #[error("it is no picture that can be printed: a PNG or a JPEG")]
    Picture,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "logo.unknown",
            Self::TooMany => "logo.too_many",
            Self::TooLarge => "logo.too_large",
            Self::Picture => "logo.picture",
            Self::Store(_) => "server.failed",
        }
    }
}

/// The bytes of a picture that was looked through, so that it cannot fail on paper.
///
/// # Errors
/// [`Refusal::TooLarge`], [`Refusal::Picture`].
pub fn checked(picture: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = STANDARD.decode(picture).map_err(|_| Refusal::Picture)?;
    if bytes.len() > LOGO_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    match Picture::new(bytes.clone()) {
        Ok(_) => Ok(bytes),
        Err(BadPicture::TooLarge | BadPicture::TooManyPixels) => Err(Refusal::TooLarge),
        Err(BadPicture::Format | BadPicture::Broken) => Err(Refusal::Picture),
    }
}
