//! Measures a release build: requests per second under load, the cost of far pages, the startup time, the memory at rest.
//!
//! It prints a Markdown table, and fails if a response was wrong or the books do not balance. It never fails for being slow:
//! the target stands beside each figure, for a reader who knows the machine. Run it with `scripts/bench`.

mod audit;
mod backup;
mod cost;
mod distributed;
mod facets;
mod fill;
mod load;
mod paging;
mod process;
mod raw;
mod report;
mod sales;
mod wrk;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;
use e2e::Launch;

use crate::report::Report;

/// How much to measure.
struct Plan {
    /// Duration of each load.
    duration: Duration,
    /// Products, and wallet transactions, in the directory with far pages.
    rows: u32,
    /// How many times to start on that directory.
    starts: usize,
}

/// Measures a release build and prints a Markdown table. Start it with ./scripts/bench, which builds what is measured.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    /// The distributed mode, on a stack of its own, instead of the embedded one
    #[arg(long)]
    distributed: bool,
    /// Only this: `backups`, under load, of a directory with a million products and as many wallet transactions
    #[arg(long, value_name = "WHAT", value_parser = ["backups"], conflicts_with = "distributed")]
    only: Option<String>,
    /// Two seconds of each load instead of ten: a rough look
    #[arg(long)]
    quick: bool,
    /// Write what a request of each kind costs the machine to this file, for ./scripts/capacity
    #[arg(long, value_name = "FILE", requires = "distributed")]
    costs: Option<PathBuf>,
    /// TLS to MongoDB and RabbitMQ, for the raw limit, too
    #[arg(long, requires = "distributed")]
    tls: bool,
    /// Processes of each service. Two of them fight for the same rows, which is what more than one is to show
    #[arg(long, value_name = "N", requires = "distributed", conflicts_with = "costs", default_value = "1", value_parser = replicas)]
    replicas: usize,
    /// Only the audit, of books with this many orders; they are written first
    #[arg(long, value_name = "ORDERS", conflicts_with_all = ["only", "quick", "costs", "tls", "traces"])]
    audit: Option<u32>,
    /// Only a seller's list of sales, where one seller has this many orders; they are written first
    #[arg(long, value_name = "ORDERS", conflicts_with_all = ["only", "quick", "costs", "tls", "traces", "audit"])]
    sales: Option<u32>,
    /// Only lists with facets, of a catalogue with this many products; they are written first
    #[arg(long, value_name = "PRODUCTS", conflicts_with_all = ["only", "quick", "costs", "tls", "traces", "audit", "sales"])]
    facets: Option<u32>,
    /// Trace this share of the requests, such as 0.05 or 1, into a receiver in this process that throws the traces away
    #[arg(long, value_name = "SHARE", requires = "distributed", value_parser = share)]
    traces: Option<f64>,
}

fn replicas(raw: &str) -> Result<usize, String> {
    match raw.parse() {
        Ok(replicas @ 1..=20) => Ok(replicas),
        Ok(_) | Err(_) => Err("must be 1 to 20".to_owned()),
    }
}

fn share(raw: &str) -> Result<f64, String> {
    match raw.parse() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        Ok(_) | Err(_) => Err("must be above 0 and at most 1".to_owned()),
    }
}

impl Arguments {
    fn plan(&self) -> Plan {
        if self.quick {
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
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let plan = arguments.plan();
    let mut report = Report::default();
    let surroundings = process::surroundings()?;
    eprintln!("{surroundings}");

    if let Some(orders) = arguments.sales {
        if arguments.distributed {
            sales::distributed(orders, &mut report).await?;
        } else {
            sales::embedded(orders, &mut report).await?;
        }
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    if let Some(products) = arguments.facets {
        if arguments.distributed {
            facets::distributed(products, &mut report).await?;
        } else {
            facets::embedded(products, &mut report).await?;
        }
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    if let Some(orders) = arguments.audit {
        if arguments.distributed {
            audit::distributed(orders, &mut report).await?;
        } else {
            audit::embedded(orders, &mut report).await?;
        }
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    if arguments.distributed {
        distributed::measure(plan.duration, &arguments, &mut report).await?;
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    if arguments.only.is_some() {
        let filled = tempfile::tempdir()?;
        let launch = Launch::on(filled.path());
        fill::fill(&launch, filled.path(), plan.rows).await?;
        backup::measure(&launch, plan.duration, &mut report).await?;
        assert_clean(&launch, "after the load")?;
        println!("{report}\n{surroundings}");
        return report.errors();
    }
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    load::measure(&launch, plan.duration, &mut report).await?;
    assert_clean(&launch, "after the load")?;

    let filled = tempfile::tempdir()?;
    let launch = Launch::on(filled.path());
    let owner = fill::fill(&launch, filled.path(), plan.rows).await?;
    assert_clean(&launch, "of the filled directory")?;
    process::measure(&launch, plan.starts, &mut report).await?;
    paging::measure(&launch, &owner, &mut report).await?;

    println!("{report}\n{surroundings}");
    report.errors()
}

fn assert_clean(launch: &Launch, when: &str) -> Result<()> {
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
