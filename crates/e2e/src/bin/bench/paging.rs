//! The cost of the last page of a long list, compared with the first.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{Launch, Person};

use crate::report::{Report, median, milliseconds};

/// Number of readings of each page.
const READINGS: usize = 300;

pub(crate) async fn measure(launch: &Launch, owner: &Person, report: &mut Report) -> Result<()> {
    let server = launch.serve();
    let owner = owner.at(&server.client());
    let lists = [
        ("GET /api/products", "/api/products?"),
        ("GET /api/products, by price", "/api/products?sort=price&"),
        (
            "GET /api/products, one category, by price",
            "/api/products?category=bench-3&sort=price&",
        ),
        ("GET /api/wallet/transaction", "/api/wallet/transaction?"),
    ];
    for (what, path) in lists {
        let (cursor, rows) = far_cursor(&owner, path).await?;
        let first = format!("{path}limit=20");
        let last = format!("{path}limit=20&cursor={cursor}");
        // The readings alternate, so that a slow moment of the machine affects both.
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for _ in 0..READINGS {
            near.push(time(&owner, &first).await?);
            far.push(time(&owner, &last).await?);
        }
        let (near, far) = (median(near), median(far));
        report.add(
            &format!("{what}: last page beside first, {rows} rows"),
            format!("{:.2}×", far.as_secs_f64() / near.as_secs_f64()),
            "≤ 2×",
            format!(
                "first {}, last {}, medians of {READINGS}, one client",
                milliseconds(near),
                milliseconds(far)
            ),
        );
    }
    Ok(())
}

async fn time(owner: &Person, path: &str) -> Result<Duration> {
    let begun = Instant::now();
    let page = owner.get(path).await;
    let took = begun.elapsed();
    ensure!(page.status == 200, "{path}: {page:?}");
    Ok(took)
}

/// The cursor of the last full page, found by reading the whole list, and the length of the list.
async fn far_cursor(owner: &Person, path: &str) -> Result<(String, usize)> {
    let (mut last, mut before, mut rows) = (None, None, 0);
    loop {
        let page = match &last {
            None => owner.get(&format!("{path}limit=100")).await,
            Some(cursor) => owner.get(&format!("{path}limit=100&cursor={cursor}")).await,
        };
        ensure!(page.status == 200, "{path}: {page:?}");
        rows += page
            .body
            .pointer("/items")
            .and_then(|items| items.as_array())
            .map_or(0, Vec::len);
        let Some(next) = page.body.pointer("/nextCursor").and_then(|c| c.as_str()) else {
            return Ok((before.context("a list of more than two pages")?, rows));
        };
        before = last.replace(next.to_owned());
    }
}
