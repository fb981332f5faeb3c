//! Facets where there are very many products.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{Client, Launch, Person};
use stack::{Name, Options, Service, Stack};

use crate::fill;
use crate::report::{Report, milliseconds};

/// Readings of each list.
const READINGS: usize = 500;

/// Five of them.
const FACETS: &str = "facets=category,price,seller,attr.colour,attr.size";

/// In embedded mode.
pub(crate) async fn embedded(products: u32, report: &mut Report) -> Result<()> {
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    let owner = fill::fill(&launch, data_dir.path(), products).await?;
    let server = launch.serve();
    measure(&server.client(), &owner, products, report).await
}

/// In distributed mode, through the gateway: the same catalogue, moved to MongoDB.
pub(crate) async fn distributed(products: u32, report: &mut Report) -> Result<()> {
    let data_dir = tempfile::tempdir()?;
    let launch = Launch::on(data_dir.path());
    let owner = fill::fill(&launch, data_dir.path(), products).await?;
    let directory = tempfile::tempdir()?;
    let mut stack = Stack::up(Options::for_tests(directory.path())).await?;
    for service in Service::ALL {
        stack.kill(Name::Service(service, 0))?;
    }
    // The key of the shop that moves takes its place.
    std::fs::remove_file(directory.path().join("signing-key.pem"))?;
    let (from, config) = (data_dir.path(), stack.config_path());
    let (from, config) = (from.display().to_string(), config.display().to_string());
    let moved = launch.run(&["move", "--config", &config, "--from", &from, "--to-mongo"]);
    ensure!(moved.code == Some(0), "{moved:?}");
    for service in Service::ALL {
        stack.start(Name::Service(service, 0))?;
    }
    for service in Service::ALL {
        stack.wait_ready(Name::Service(service, 0)).await?;
    }
    let gateway = Client::new(&stack.gateway_url());
    measure(&gateway, &owner, products, report).await?;
    stack.down()
}

async fn measure(
    client: &Client,
    owner: &Person,
    products: u32,
    report: &mut Report,
) -> Result<()> {
    let owner = client.log_in(&owner.email, &owner.password).await;
    let begun = Instant::now();
    read(&owner, "").await?;
    report.add(
        &format!("GET /api/products with facets, the first after a start, {products} products"),
        milliseconds(begun.elapsed()),
        "–",
        "loads the index".to_owned(),
    );
    for (what, narrowed) in [
        ("all", ""),
        ("one category", "category=bench-3&"),
        (
            "a colour and a range of sizes",
            "attr.colour=red&attr.size=5..20&",
        ),
        ("in stock, by sales", "inStock=true&sort=best_selling&"),
        ("that a search finds, one in seven", "q=red&"),
    ] {
        let mut times = Vec::with_capacity(READINGS);
        for _ in 0..READINGS {
            times.push(read(&owner, narrowed).await?);
        }
        times.sort_unstable();
        report.add(
            &format!("GET /api/products with 5 facets, {what}, {products} products, p99"),
            milliseconds(quantile(&times, 99)),
            "≤ 50 ms",
            format!("p50 {}, one client", milliseconds(quantile(&times, 50))),
        );
    }
    Ok(())
}

async fn read(owner: &Person, narrowed: &str) -> Result<Duration> {
    let begun = Instant::now();
    let page = owner
        .get(&format!("/api/products?{narrowed}limit=20&{FACETS}"))
        .await;
    let took = begun.elapsed();
    ensure!(page.status == 200, "{narrowed}: {page:?}");
    let sizes = page.body.pointer("/facets/attr.size");
    ensure!(sizes.is_some(), "{narrowed}: no facets");
    Ok(took)
}

/// A quantile in percent of times that are in order.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let place = times.len() * percent / 100;
    times.get(place).copied().unwrap_or_default()
}
