//! The health check of a container without a shell or curl: the binary asks itself.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Prints what `/readyz` says; success if it is ready.
pub(crate) async fn ask(internal: SocketAddr) -> anyhow::Result<ExitCode> {
    let mut address = internal;
    // An address that means "all of mine" is none to connect to.
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let answer = client
        .get(format!("http://{address}/readyz"))
        .send()
        .await?;
    let ready = answer.status().is_success();
    println!("{}", answer.text().await?);
    Ok(if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
