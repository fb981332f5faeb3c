//! The audit of books with many orders: its time and its memory.

use std::time::Instant;

use anyhow::{Result, ensure};
use e2e::books::{Size, mongo, sqlite};
use e2e::{Launch, Run};
use mongodb::Client;
use stack::{Only, Options, Stack};

use crate::report::Report;

/// In embedded mode.
pub(crate) async fn embedded(orders: u32, report: &mut Report) -> Result<()> {
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    let server = launch.serve();
    let answer = server.client().get("/readyz").await;
    ensure!(answer.status == 200, "not ready: {answer:?}");
    ensure!(server.terminate() == Some(0), "it did not end well");
    eprintln!("Writing {orders} orders.");
    let begun = Instant::now();
    sqlite::fill(data_dir.path(), &Size::of(orders))?;
    let mut bytes = 0;
    for file in std::fs::read_dir(data_dir.path())? {
        bytes += file?.metadata()?.len();
    }
    eprintln!("Wrote {} MB in {:?}.", bytes / 1_000_000, begun.elapsed());
    audit(&launch, &["audit"], orders, report)
}

/// In distributed mode, on a MongoDB server of its own.
pub(crate) async fn distributed(orders: u32, report: &mut Report) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut options = Options::for_tests(directory.path());
    options.shape.only = Some(Only::Servers);
    let stack = Stack::up(options).await?;
    let uri = stack.mongo_uri();
    let client = Client::with_uri_str(&uri).await?;
    eprintln!("Writing {orders} orders.");
    let begun = Instant::now();
    mongo::fill(&client, "audited", &Size::of(orders)).await?;
    eprintln!("Wrote them in {:?}.", begun.elapsed());
    let launch = Launch::on(directory.path())
        .set("MONGO__URI", &uri)
        .set("MONGO__DATABASE_PREFIX", "audited");
    audit(&launch, &["audit", "--distributed"], orders, report)?;
    stack.down()
}

fn audit(launch: &Launch, command: &[&str], orders: u32, report: &mut Report) -> Result<()> {
    let begun = Instant::now();
    let (audit, peak) = launch.measured(command);
    let took = begun.elapsed();
    let Run { code, stdout, .. } = &audit;
    ensure!(*code == Some(0), "the audit is not clean: {audit:?}");
    eprint!("{stdout}");
    report.add(
        &format!("audit of {orders} orders, time"),
        format!("{:.0} s", took.as_secs_f64()),
        "",
        String::new(),
    );
    report.add(
        &format!("audit of {orders} orders, memory"),
        format!("{:.0} MB", f64::from(peak) * 1_024.0 / 1_000_000.0),
        "≤ 200 MB",
        "the most that was resident (VmHWM)".to_owned(),
    );
    Ok(())
}
