//! Who asks, as far as the network tells: the address of the client, and the prefix by which clients are counted.
//!
//! A client can write any address into `X-Forwarded-For` or `Forwarded`. Only what a proxy of ours wrote counts: the hops are read from the
//! right, as long as the one that wrote them is in `server.trusted_proxies`.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::limits::Limits;
use super::network::{Networks, Prefix};
use super::problem::Problem;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request. Declare it as a handler argument.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it came to us over TLS, as a trusted proxy says.
    pub is_secure: bool,
    /// Its limits. None for an exempt client.
    limits: Option<Arc<Limits>>,
}

impl Client {
    /// The client of a request that came from `peer` with these headers.
    pub(super) fn of(peer: Option<SocketAddr>, headers: &HeaderMap, limits: &Arc<Limits>) -> Self {
        let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        let address = limits.proxies.client(peer, headers);
        let said = headers.get(X_FORWARDED_PROTO);
        Self {
            address,
            is_secure: limits.proxies.contain(peer)
                && said.is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(b"https")),
            limits: (!limits.unlimited.contain(address)).then(|| limits.clone()),
        }
    }

    /// The client at `address`, with its limits unless nothing limits it.
    #[must_use]
    pub fn at(address: IpAddr, limits: Option<Arc<Limits>>) -> Self {
        Self {
            address,
            is_secure: false,
            limits,
        }
    }

    /// What it is counted by.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        Prefix::of(self.address)
    }

    /// Its limits. None for an exempt client (`server.unlimited_clients`).
    #[must_use]
    pub fn limits(&self) -> Option<&Arc<Limits>> {
        self.limits.as_ref()
    }

    /// The client of `request`. One that came by no server of ours is not limited.
    #[must_use]
    pub fn of_request(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(|| {
            let peer = request.peer_addr();
            Self::at(
                peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip()),
                None,
            )
        })
    }
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of_request(request)))
    }
}

impl Networks {
    /// Whose request it is that came from `peer`. Each hop is believed if the one to its right is trusted. What is no address ends the
    /// reading: then the last that is known counts.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut known = peer.to_canonical();
        if !self.contain(known) {
            return known;
        }
        for hop in hops(headers).into_iter().rev() {
            let Some(hop) = hop else {
                break;
            };
            known = hop;
            if !self.contain(known) {
                break;
            }
        }
        known
    }
}

/// The hops that the headers name, from the first to the last; None for one that names no address. `X-Forwarded-For` goes before
/// `Forwarded`: the two cannot be put in one order.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let items = |name: HeaderName| -> Vec<String> {
        let lines = headers.get_all(name);
        let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
        let all = lines.collect::<Vec<_>>().join(",");
        all.split(',').map(|item| item.trim().to_owned()).collect()
    };
    if headers.contains_key(X_FORWARDED_FOR) {
        return items(X_FORWARDED_FOR)
            .iter()
            .map(|item| node(item))
            .collect();
    }
    if headers.contains_key(header::FORWARDED) {
        return items(header::FORWARDED)
            .iter()
            .map(|item| node(forwarded_for(item)?))
            .collect();
    }
    Vec::new()
}

/// The parameter `for` of one element of `Forwarded` (RFC 7239 section 4).
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for")
            .then(|| value.trim_matches('"'))
    })
}

/// The address of a node: an address, with brackets and a port or without.
fn node(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| text.trim_matches(['[', ']']).parse::<IpAddr>());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
