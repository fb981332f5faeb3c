//! The health check of a container without a shell or curl: the binary asks the process that serves.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

/// How long connecting, and each part of the answer, may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than `/readyz` ever says.
const ANSWER: u64 = 64 * 1024;

/// Whether `/readyz` says that the process on this port is ready, and the words it says it with. Asks with HTTP/1.0, whose answer
/// ends with the connection: all that is needed, without a client library.
///
/// # Errors
/// If no such answer comes.
pub fn ask(listen: SocketAddr) -> anyhow::Result<(bool, String)> {
    let mut address = listen;
    // An address that means "all of mine" is none to connect to.
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
    Ok((status == "200", body.to_owned()))
}
