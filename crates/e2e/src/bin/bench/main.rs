//! Measures a release build: requests per second under load, the cost of far pages, the start, the memory at rest.
//!
//! It prints a Markdown table and fails if an answer was wrong or the books do not balance. It never fails for being slow:
//! what a figure should come to stands beside it, for a reader who knows the machine. Run it with `scripts/bench`.

mod cost;
mod distributed;
mod fill;
mod load;
mod paging;
mod process;
mod raw;
mod report;
mod wrk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::Launch;

use crate::report::Report;

/// How much to measure.
struct Plan {
    /// Of each load.
    duration: Duration,
    /// Products, and wallet transactions, in the directory with far pages.
    rows: u32,
    /// How often to start on it.
    starts: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let usage = "usage: bench [--quick] | bench --distributed [--quick] [--costs FILE]";
    let costs = arguments
        .iter()
        .position(|argument| argument == "--costs")
        .map(|place| arguments.get(place + 1).map(PathBuf::from).context(usage))
        .transpose()?;
    let known = |argument: &&String| {
        ["--quick", "--distributed", "--costs"].contains(&argument.as_str())
            || costs.as_deref() == Some(Path::new(argument))
    };
    if !arguments.iter().all(|argument| known(&argument))
        || (costs.is_some() && !has("--distributed"))
    {
        bail!(usage);
    }
    let plan = if has("--quick") {
        Plan {
            duration: Duration::from_secs(2),
            rows: 50_000,
            starts: 3,
        }
    } else {
        Plan {
            duration: Duration::from_secs(10),
            rows: 1_000_000,
            starts: 5,
        }
    };
    let mut report = Report::default();
    let surroundings = process::surroundings()?;
    eprintln!("{surroundings}");

    if has("--distributed") {
        distributed::measure(plan.duration, costs.as_deref(), &mut report).await?;
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    load::measure(&launch, plan.duration, &mut report).await?;
    audit(&launch, "after the load")?;

    let filled = tempfile::tempdir()?;
    let launch = Launch::on(filled.path());
    let owner = fill::fill(&launch, filled.path(), plan.rows).await?;
    audit(&launch, "of the filled directory")?;
    process::measure(&launch, plan.starts, &mut report).await?;
    paging::measure(&launch, &owner, &mut report).await?;

    println!("{report}\n{surroundings}");
    report.errors()
}

fn audit(launch: &Launch, when: &str) -> Result<()> {
    let audit = launch.audit();
    if audit.code == Some(0) {
        eprintln!("The audit {when} is clean.");
        return Ok(());
    }
    bail!(
        "the audit {when} is not clean:\n{}{}",
        audit.stdout,
        audit.stderr
    )
}
