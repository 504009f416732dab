//! What the operator decides.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use http::Uri;

use crate::{programs::address::Reach, secret::InviteCode, storage::Place};

/// The server's settings, whatever they were read from.
#[derive(Debug, Clone)]
pub struct Config {
    pub place: Place,
    pub public_url: PublicUrl,
    pub app: AppSource,
    pub proxy: Proxy,
    /// How far news for other programs go.
    pub reach: Reach,
}

/// Where the app's files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppSource {
    /// Those built into this binary.
    BuiltIn,
    /// A folder, read at each request: for whoever works on the app.
    Folder(PathBuf),
}

/// Who stands between the phones and this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// Nobody: the peer's address is the phone's, and `X-Forwarded-For` is what anybody may write.
    None,
    /// A proxy of ours, which appends the phone's address to `X-Forwarded-For`.
    Trusted,
}

/// The address under which phones reach the server: a scheme and a host, no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    https: bool,
}

/// A text that is no public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("adresse attendue sous la forme https://exemple.org, sans chemin")]
pub struct BadUrl;

impl FromStr for PublicUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let uri: Uri = text.parse().map_err(|_| BadUrl)?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(BadUrl),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(BadUrl)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(BadUrl);
        }
        let scheme = if https { "https" } else { "http" };
        Ok(Self { origin: format!("{scheme}://{authority}").to_ascii_lowercase(), https })
    }
}

impl PublicUrl {
    /// The address of a server that only this machine reaches.
    #[must_use]
    pub fn local(address: SocketAddr) -> Self {
        // By name when it is a loopback address: browsers let plain HTTP have a service worker only there.
        let host = if address.ip().is_loopback() || address.ip().is_unspecified() {
            format!("localhost:{}", address.port())
        } else {
            address.to_string()
        };
        Self { origin: format!("http://{host}"), https: false }
    }

    /// The same place, reached by TLS.
    #[must_use]
    pub fn over_tls(self) -> Self {
        match self.origin.strip_prefix("http://") {
            Some(rest) => Self { origin: format!("https://{rest}"), https: true },
            None => self,
        }
    }

    /// As browsers write it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The link that opens the app with an invite. The code stands in the fragment, which browsers never send: no log on
    /// the way has it.
    #[must_use]
    pub fn join_link(&self, code: &InviteCode) -> String {
        format!("{}/#/join/{code}", self.origin)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        for (text, origin) in [
            ("https://tiwizi.example", "https://tiwizi.example"),
            ("HTTP://Localhost:8080/", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().map(|url| url.to_string()), Ok(origin.to_owned()), "{text}");
        }
        for text in ["", "tiwizi.example", "ftp://x", "https://x/app", "https://x?y", "https://a@x", "https://x/#a"] {
            assert_eq!(text.parse::<PublicUrl>(), Err(BadUrl), "{text}");
        }
    }
}
