//! A seller's sales where there are very many: the list and its sums.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::books::{Size, mongo, sqlite};
use e2e::{Client, Launch, Person};
use stack::{Options, Stack};

use crate::report::{Report, milliseconds};

/// Readings of each list.
const READINGS: usize = 1_000;
/// Readings before those that count, so that caches are as they are in a shop that is open.
const WARM_UP: usize = 100;

/// In embedded mode.
pub(crate) async fn embedded(orders: u32, report: &mut Report) -> Result<()> {
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    let server = launch.serve();
    let seller = server.client().join("Seller").await;
    ensure!(server.terminate() == Some(0), "it did not end well");
    eprintln!("Writing {orders} orders.");
    let size = Size::sold_by(seller.id.parse()?, orders);
    sqlite::fill(data_dir.path(), &size)?;
    let server = launch.serve();
    measure(&server.client(), &seller, orders, "≤ 20 ms", report).await
}

/// In distributed mode, through the gateway.
pub(crate) async fn distributed(orders: u32, report: &mut Report) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let stack = Stack::up(Options::for_tests(directory.path())).await?;
    let gateway = Client::new(&stack.gateway_url());
    let seller = gateway.join("Seller").await;
    eprintln!("Writing {orders} orders.");
    let client = mongodb::Client::with_uri_str(stack.mongo_uri()).await?;
    let size = Size::sold_by(seller.id.parse()?, orders);
    mongo::fill(&client, "marketplace", &size).await?;
    measure(&gateway, &seller, orders, "≤ 50 ms", report).await?;
    stack.down()
}

async fn measure(
    client: &Client,
    seller: &Person,
    orders: u32,
    target: &'static str,
    report: &mut Report,
) -> Result<()> {
    // Writing may have taken longer than a token lives.
    let seller = client.log_in(&seller.email, &seller.password).await;
    let far = far_cursor(&seller).await?;
    for (what, path) in [
        ("the first page", String::new()),
        ("completed ones", "status=completed&".to_owned()),
        ("delivered ones", "status=delivered&".to_owned()),
        ("a far page", format!("cursor={far}&")),
    ] {
        let path = format!("/api/orders/sales?{path}limit=20");
        let times = times(&seller, &path).await?;
        report.add(
            &format!("GET /api/orders/sales, {what}, {orders} orders of one seller, p99"),
            milliseconds(quantile(&times, 99)),
            target,
            format!("p50 {}, one client", milliseconds(quantile(&times, 50))),
        );
    }
    Ok(())
}

/// The cursor after some thousand sales.
async fn far_cursor(seller: &Person) -> Result<String> {
    let mut cursor = String::new();
    for _ in 0..50 {
        let page = seller
            .get(&format!("/api/orders/sales?limit=100{cursor}"))
            .await;
        ensure!(page.status == 200, "{page:?}");
        let next = page.body.pointer("/nextCursor").and_then(|c| c.as_str());
        cursor = format!("&cursor={}", next.context("a list of many pages")?);
    }
    Ok(cursor.trim_start_matches("&cursor=").to_owned())
}

/// How long each reading took, the quickest first.
async fn times(seller: &Person, path: &str) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(READINGS);
    for reading in 0..WARM_UP + READINGS {
        let begun = Instant::now();
        let page = seller.get(path).await;
        let took = begun.elapsed();
        ensure!(page.status == 200, "{path}: {page:?}");
        let items = page
            .body
            .pointer("/items")
            .and_then(|items| items.as_array());
        ensure!(items.is_some_and(|items| items.len() == 20), "{page:?}");
        if reading >= WARM_UP {
            times.push(took);
        }
    }
    times.sort_unstable();
    Ok(times)
}

/// A quantile in percent of times that are in order.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    times
        .get(times.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}
