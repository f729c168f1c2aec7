//! Where central or another node is, as people write it.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The UDP port of a node, where an address names none: central's by default.
pub const PORT: u16 = 7443;

/// The longest name of the domain name system.
const HOST_LENGTH_MAX: usize = 253;

/// The address of a node, central's above all: `quic://host:port`; scheme and port may be left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentralAddress {
    host: String,
    port: u16,
}

/// Text that is not the address of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{text}» is not an address ({reason}); write it like quic://central.example.org:7443")]
pub struct InvalidAddress {
    text: String,
    reason: &'static str,
}

impl CentralAddress {
    /// The network addresses of this central, as its name resolves now.
    ///
    /// # Errors
    /// What the resolver said, or `NotFound` when the name has no address.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<_> = tokio::net::lookup_host((self.host.as_str(), self.port)).await?.collect();
        match found.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", self.host))),
            false => Ok(found),
        }
    }
}

impl From<SocketAddr> for CentralAddress {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port() }
    }
}

impl FromStr for CentralAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = |reason| InvalidAddress { text: text.to_owned(), reason };
        let rest = text.trim();
        let rest = match rest.split_once("://") {
            None => rest,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("quic") => rest,
            Some(_) => return Err(invalid("the scheme is not quic")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or_else(|| invalid("the brackets are not in pairs"))?;
        let port = match port {
            None => PORT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| invalid("the port is not a number from 1 to 65535"))?,
        };
        match is_host(host) {
            true => Ok(Self { host: host.to_owned(), port }),
            false => Err(invalid("the host is not a name or an IP address")),
        }
    }
}

/// Host and port of `host`, `host:port`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:port`.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            match rest {
                "" => Some((host, None)),
                _ => rest.strip_prefix(':').map(|port| (host, Some(port))),
            }
        }
        None if text.parse::<Ipv6Addr>().is_ok() => Some((text, None)),
        None => Some(text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)))),
    }
}

fn is_host(host: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let named = (1..=HOST_LENGTH_MAX).contains(&host.len()) && host.chars().all(is_name);
    named || host.parse::<Ipv6Addr>().is_ok()
}

impl fmt::Display for CentralAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "quic://[{}]:{}", self.host, self.port),
            false => write!(f, "quic://{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, meant) in [
            ("quic://127.0.0.1:7443", "quic://127.0.0.1:7443"),
            ("central.example.org", "quic://central.example.org:7443"),
            ("  QUIC://central.example.org/ ", "quic://central.example.org:7443"),
            ("central:9000", "quic://central:9000"),
            ("2001:db8::1", "quic://[2001:db8::1]:7443"),
            ("quic://[::1]:9000", "quic://[::1]:9000"),
        ] {
            let address: CentralAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), meant);
            assert_eq!(meant.parse::<CentralAddress>().expect(meant), address);
        }
    }

    #[test]
    fn what_is_no_address_is_answered_with_how_to_write_one() {
        for text in [
            "",
            "https://central",
            "central:0",
            "central:70000",
            "central:",
            "[::1",
            "[::1]x",
            "a b",
            "quic:///",
            "ü",
        ] {
            let error = text.parse::<CentralAddress>().expect_err(text);
            assert!(error.to_string().contains("write it like quic://"), "{error}");
        }
    }
}
