//! Who a client is, behind proxies and without.

use actix_web::http::header::HeaderValue;
use rstest::rstest;

use super::*;
use crate::network::Network;

fn networks(all: &[&str]) -> Networks {
    let all: Vec<Network> = all
        .iter()
        .map(|one| Network::try_from((*one).to_owned()).unwrap())
        .collect();
    Networks::of(&all)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[rstest]
#[case("192.0.2.7", "192.0.2.7")]
#[case("::ffff:192.0.2.7", "192.0.2.7")]
#[case("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
#[case("2001:db8:1:2:ffff::", "2001:db8:1:2::/64")]
#[case("::1", "::/64")]
fn a_client_is_an_address_of_ipv4_or_64_bits_of_ipv6(#[case] address: &str, #[case] prefix: &str) {
    assert_eq!(Prefix::of(ip(address)).to_string(), prefix);
}

#[rstest]
#[case("10.0.0.0/8", "10.255.0.1", true)]
#[case("10.0.0.0/8", "11.0.0.1", false)]
#[case("10.0.0.0/8", "::ffff:10.1.1.1", true)]
#[case("127.0.0.1", "127.0.0.1", true)]
#[case("127.0.0.1", "127.0.0.2", false)]
#[case("0.0.0.0/0", "203.0.113.9", true)]
#[case("0.0.0.0/0", "2001:db8::1", false)]
#[case("::/0", "2001:db8::1", true)]
#[case("2001:db8::/32", "2001:db8:ffff::1", true)]
#[case("2001:db8::/32", "2001:db9::1", false)]
fn a_network_has_the_addresses_that_begin_like_it(
    #[case] network: &str,
    #[case] address: &str,
    #[case] inside: bool,
) {
    assert_eq!(networks(&[network]).contain(ip(address)), inside);
}

#[rstest]
#[case("")]
#[case("shop.example")]
#[case("10.0.0.0/33")]
#[case("10.0.0.0/-1")]
#[case("10.0.0.0/8/8")]
#[case("2001:db8::/129")]
fn what_is_no_network_is_refused(#[case] given: &str) {
    let refused = Network::try_from(given.to_owned()).unwrap_err();
    assert!(refused.contains(given), "{refused}");
}

#[rstest]
// Nobody is believed who is not trusted.
#[case("203.0.113.9", &[("x-forwarded-for", "192.0.2.1")], "203.0.113.9")]
#[case("203.0.113.9", &[("forwarded", "for=192.0.2.1")], "203.0.113.9")]
#[case("127.0.0.1", &[], "127.0.0.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "192.0.2.1")], "192.0.2.1")]
#[case("::ffff:127.0.0.1", &[("x-forwarded-for", "192.0.2.1")], "192.0.2.1")]
// What stands to the left of an address that is not trusted, it may have made up.
#[case("127.0.0.1", &[("x-forwarded-for", "6.6.6.6, 192.0.2.1")], "192.0.2.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "6.6.6.6, 192.0.2.1, 10.0.0.3")], "192.0.2.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1")], "192.0.2.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "127.0.0.1, 192.0.2.1")], "192.0.2.1")]
// What is no address ends the reading.
#[case("127.0.0.1", &[("x-forwarded-for", "192.0.2.1, unknown, 10.0.0.3")], "10.0.0.3")]
#[case("127.0.0.1", &[("x-forwarded-for", "")], "127.0.0.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "10.0.0.3")], "10.0.0.3")]
#[case("127.0.0.1", &[("x-forwarded-for", "192.0.2.1:4711")], "192.0.2.1")]
#[case("127.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:4711")], "2001:db8::1")]
#[case("127.0.0.1", &[("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:80\";proto=https")], "2001:db8::1")]
#[case("127.0.0.1", &[("forwarded", "proto=https;For=192.0.2.1")], "192.0.2.1")]
#[case("127.0.0.1", &[("forwarded", "for=_hidden")], "127.0.0.1")]
#[case("127.0.0.1", &[("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.1")], "192.0.2.1")]
fn the_client_is_the_last_whom_a_trusted_proxy_names(
    #[case] peer: &str,
    #[case] headers: &[(&'static str, &'static str)],
    #[case] client: &str,
) {
    let trusted = networks(&["127.0.0.1", "10.0.0.0/8"]);
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    assert_eq!(trusted.client(ip(peer), &map), ip(client));
    assert_eq!(
        Networks::default().client(ip(peer), &map),
        ip(peer).to_canonical()
    );
}
