//! The load generator: wrk (a Debian package) with prepared requests.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const SCRIPT: &str = include_str!("wrk.lua");

/// Connections, each with one request in flight at all times.
pub(crate) const CONNECTIONS: usize = 64;

/// One request.
pub(crate) struct Prepared {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: Option<Value>,
}

/// The results that wrk reports.
pub(crate) struct Outcome {
    /// Requests answered.
    pub(crate) requests: u64,
    pub(crate) took: Duration,
    pub(crate) per_second: u64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// Broken connections, timeouts, responses with status 400 and above.
    pub(crate) errors: u64,
}

/// Sends the requests in turn, each as soon as the previous one is answered.
pub(crate) fn run(url: &str, requests: &[Prepared], duration: Duration) -> Result<Outcome> {
    let directory = tempfile::tempdir()?;
    let (script, list) = (
        directory.path().join("wrk.lua"),
        directory.path().join("requests"),
    );
    let mut lines = String::new();
    for Prepared {
        method,
        path,
        token,
        body,
    } in requests
    {
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        writeln!(lines, "{method}\t{path}\t{token}\t{body}")?;
    }
    std::fs::write(&script, SCRIPT)?;
    std::fs::write(&list, lines)?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{CONNECTIONS}"), "--timeout", "10s"])
        .arg(format!("-d{}s", duration.as_secs()))
        .arg("-s")
        .arg(&script)
        .args([url, "--"])
        .arg(&list)
        .output()
        .context("wrk cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(result) = text.lines().find_map(|line| line.strip_prefix("RESULT ")) else {
        bail!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    let numbers: Vec<u64> = result
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [requests, microseconds, errors, median, p99] = numbers[..] else {
        bail!("wrk: {result}");
    };
    Ok(Outcome {
        requests,
        took: Duration::from_micros(microseconds),
        per_second: requests.saturating_mul(1_000_000) / microseconds.max(1),
        median: Duration::from_micros(median),
        p99: Duration::from_micros(p99),
        errors,
    })
}
