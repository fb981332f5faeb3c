//! The process itself: startup time and memory at rest.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::Launch;

use crate::report::{Report, median, milliseconds};

pub(crate) async fn measure(launch: &Launch, starts: usize, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..starts {
        let begun = Instant::now();
        let server = launch.serve();
        let answer = server.client().get("/readyz").await;
        times.push(begun.elapsed());
        ensure!(answer.status == 200, "not ready: {answer:?}");
        ensure!(server.terminate() == Some(0), "it did not end well");
    }
    report.add(
        "start to ready, filled directory",
        milliseconds(median(times)),
        "≤ 150 ms",
        format!("median of {starts}, process start to the first 200 of /readyz"),
    );

    let server = launch.serve();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let kib = resident_kib(server.pid())?;
    report.add(
        "resident memory, idle, filled directory",
        format!("{:.1} MB", f64::from(kib) * 1_024.0 / 1_000_000.0),
        "≤ 40 MB",
        "VmRSS five seconds after the start".to_owned(),
    );
    Ok(())
}

/// Notes about the machine: figures taken alongside other work mean little.
pub(crate) fn surroundings() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!(
        "{cores} cores, shared with the load generator; load average before the run: {load}."
    ))
}

/// The machine's number of cores and their model name.
pub(crate) fn machine() -> Result<(usize, String)> {
    let cores = std::thread::available_parallelism()?.get();
    let text = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("of unknown make", |(_, model)| model.trim());
    Ok((cores, model.to_owned()))
}

/// Resident memory of a process.
pub(crate) fn resident_kib(pid: u32) -> Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS in /proc")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
