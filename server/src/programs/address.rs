//! Where news may be sent. Whoever registers an address must not make the server ask what only the server reaches: its own
//! machine, the network it stands in, the metadata of whoever rents it out.
//!
//! The name is resolved, every answer is looked at, and the connection goes to an address that was looked at: a name that means
//! something else a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// Longest address that is kept. In bytes.
pub const URL_BYTES_MAX: usize = 500;

/// How far the server goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses, by https.
    Public,
    /// Anywhere, also in plain: where the operator says that the other program stands beside this one.
    Anywhere,
}

/// An address to which news may be sent, as far as its text tells.
#[must_use]
pub fn parse(text: &str, reach: Reach) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= URL_BYTES_MAX)?;
    let scheme = match reach {
        Reach::Public => url.scheme() == "https",
        Reach::Anywhere => matches!(url.scheme(), "https" | "http"),
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let named = match url.host()? {
        Host::Domain(_) => true,
        Host::Ipv4(address) => may(address.into(), reach),
        Host::Ipv6(address) => may(address.into(), reach),
    };
    (scheme && plain && named).then_some(url)
}

/// Whether that address may be connected to.
#[must_use]
pub fn may(address: IpAddr, reach: Reach) -> bool {
    reach == Reach::Anywhere || is_public(address)
}

/// Finds where to connect to. Where one of the answers may not be reached, none is: such a name is not an honest one.
///
/// # Errors
/// A word for why not: see [`super::news`].
pub async fn resolve(url: &Url, reach: Reach) -> Result<SocketAddr, &'static str> {
    let host = url.host().ok_or("address")?;
    let port = url.port_or_known_default().ok_or("address")?;
    let found: Vec<SocketAddr> = match host {
        Host::Domain(name) => tokio::net::lookup_host((name, port)).await.map_err(|_| "address")?.collect(),
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
    };
    if !found.iter().all(|address| may(address.ip(), reach)) {
        return Err("private");
    }
    found.into_iter().next().ok_or("address")
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, shared by carriers, protocols, relays, measurements, reserved and broadcast.
        (0 | 240..=255, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => true,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // What is given out is 2000::/3. Within it: protocols and tunnels (2001::/23, 2002::/16 hold IPv4 addresses), documentation.
    a & 0xe000 == 0x2000 && !(a == 0x2001 && b < 0x0200) && a != 0x2002 && (a, b) != (0x2001, 0x0db8) && a != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_ones_own_network_is_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2001::1",
        ] {
            assert!(!may(address.parse().unwrap(), Reach::Public), "{address}");
            assert!(may(address.parse().unwrap(), Reach::Anywhere), "{address}");
        }
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert!(may(address.parse().unwrap(), Reach::Public), "{address}");
        }
    }

    #[test]
    fn an_address_is_https_and_nobodys_secret() {
        for text in ["https://exemple.org/tiwizi", "https://exemple.org:8443/", "https://[2606:4700::1]/x?y=z"] {
            assert!(parse(text, Reach::Public).is_some(), "{text}");
        }
        let long = format!("https://exemple.org/{}", "x".repeat(URL_BYTES_MAX));
        for text in [
            "",
            "exemple.org",
            "http://exemple.org/",
            "ftp://exemple.org/",
            "https://a:b@exemple.org/",
            "https://exemple.org/#x",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "file:///etc/passwd",
            &long,
        ] {
            assert!(parse(text, Reach::Public).is_none(), "{text}");
        }
        assert!(parse("http://127.0.0.1:9/", Reach::Anywhere).is_some());
        assert!(parse("ftp://127.0.0.1/", Reach::Anywhere).is_none());
    }
}
