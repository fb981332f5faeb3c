//! The health check for a container without a shell or curl: the binary queries the serving process.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

use crate::output;

/// Timeout for the connection, and for each read of the response.
const PATIENCE: Duration = Duration::from_secs(3);

/// Upper bound on the response size; `/readyz` never sends this much.
const ANSWER: u64 = 64 * 1024;

/// Prints the response body of `/readyz` on this port. Returns whether it reports ready. Uses HTTP/1.0, whose response ends when the
/// connection closes, so no client library is needed.
///
/// # Errors
/// If no valid response arrives.
pub fn print(listen: SocketAddr) -> anyhow::Result<bool> {
    let mut address = listen;
    // The unspecified address accepts connections on every interface, but cannot be connected to.
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let nobody = || format!("nobody answers on {address}");
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE).with_context(nobody)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection
        .write_all(format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())
        .with_context(nobody)?;
    let mut answer = String::new();
    connection
        .take(ANSWER)
        .read_to_string(&mut answer)
        .with_context(nobody)?;
    let status = answer.split(' ').nth(1).context("this is no HTTP answer")?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    output::line(body.trim_end())?;
    Ok(status == "200")
}
