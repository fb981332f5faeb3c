//! What a login was made with: what the client says it is, and the network that it came from.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;
use kernel::one_line;
use platform_http::Client;

use crate::domain::Device;

/// Longest text that is kept of what a client says it is, in characters.
const LONGEST: usize = 200;

/// The device behind a request.
pub(super) fn device(request: &HttpRequest) -> Device {
    let said = request.headers().get(header::USER_AGENT);
    let said = said.and_then(|value| value.to_str().ok());
    Device {
        user_agent: said.and_then(shown),
        network: Some(network(Client::of_request(request).address)),
    }
}

/// The text, if it can be shown in a line.
fn shown(raw: &str) -> Option<String> {
    let text: String = raw.chars().take(LONGEST).collect();
    one_line(&text, 1, LONGEST).ok()
}

/// The network of an address, in which its owner recognises it and which does not name a household: the first three bytes of an IPv4
/// address, the first six of an IPv6 one.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_its_network() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ] {
            assert_eq!(network(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn what_a_client_says_is_cut_and_never_breaks_a_line() {
        assert_eq!(shown("curl/8.5.0").as_deref(), Some("curl/8.5.0"));
        assert_eq!(shown(&"x".repeat(300)).map(|text| text.len()), Some(200));
        assert_eq!(shown("a\u{202e}b"), None);
        assert_eq!(shown(""), None);
    }
}
