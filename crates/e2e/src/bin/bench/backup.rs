//! Backups while orders are placed: how long they take, how long writers wait, and what clients notice.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{Client, Launch, Run};
use serde_json::json;

use crate::load;
use crate::report::{Report, median, milliseconds};
use crate::wrk::{self, CONNECTIONS, Outcome, Prepared};

/// Pause before each backup, so that the first one, too, meets clients at work.
const BETWEEN: Duration = Duration::from_millis(500);
/// Several times what a backup takes, so that there are several.
const LONG: u32 = 6;

pub(crate) async fn measure(
    launch: &Launch,
    duration: Duration,
    report: &mut Report,
) -> Result<()> {
    let server = launch.serve();
    let client = server.client();
    let orders = Arc::new(load::orders(&client).await?);
    let place = tempfile::tempdir()?;
    wrk::run(client.url(), &orders, Duration::from_secs(1))?;
    let quiet = under_load(&client, &orders, duration, || Ok(())).await?;
    let mut backups = Vec::new();
    let busy = under_load(&client, &orders, duration * LONG, || {
        std::thread::sleep(BETWEEN);
        let to = place.path().join(backups.len().to_string());
        backups.push(Made::of(&back_up(launch, &to)?)?);
        Ok(())
    })
    .await?;
    ensure!(server.terminate() == Some(0), "it did not end well");

    let newest = backups.len().checked_sub(1).context("a backup")?;
    let restored = tempfile::tempdir()?;
    let target = Launch::on(&restored.path().join("data"));
    let begun = Instant::now();
    let from = place.path().join(newest.to_string());
    succeeded(target.run(&["restore", &from.display().to_string()]))?;
    let restoring = begun.elapsed();

    let count = backups.len();
    let size = backups.last().context("a backup")?.megabytes;
    let times = backups.iter().map(|made| made.took).collect();
    report.add(
        &format!("backup of {size} MB, audited, under orders"),
        format!("{:.1} s", median(times).as_secs_f64()),
        "",
        format!("median of {count}, {CONNECTIONS} connections place orders"),
    );
    let pauses: Vec<Duration> = backups.iter().map(|made| made.pause).collect();
    let longest = pauses.iter().max().copied().unwrap_or_default();
    report.add(
        "pause of writers for a backup",
        milliseconds(longest),
        "≤ 50 ms",
        format!(
            "longest of {count}, median {}",
            milliseconds(median(pauses))
        ),
    );
    for (what, seen) in [("no backup", quiet), ("one backup after another", busy)] {
        report.add(
            &format!("POST /api/orders/create, 256 buyers, 500 products, with {what}"),
            format!("{}/s", seen.orders.per_second),
            "",
            format!(
                "p50 {}, p99 {}; another client's writes, one at a time: median {}, longest {}",
                milliseconds(seen.orders.median),
                milliseconds(seen.orders.p99),
                milliseconds(median(seen.probes.clone())),
                milliseconds(seen.probes.into_iter().max().unwrap_or_default()),
            ),
        );
        ensure!(seen.orders.errors == 0, "orders failed with {what}");
    }
    report.add(
        &format!("restore of {size} MB"),
        format!("{:.1} s", restoring.as_secs_f64()),
        "",
        "checksums verified".to_owned(),
    );
    Ok(())
}

/// What clients noticed.
struct Seen {
    orders: Outcome,
    /// The times of single writes of another client.
    probes: Vec<Duration>,
}

/// Places orders for `duration`, and does `work` over and over meanwhile.
async fn under_load(
    client: &Client,
    orders: &Arc<Vec<Prepared>>,
    duration: Duration,
    mut work: impl FnMut() -> Result<()>,
) -> Result<Seen> {
    let probe = client.join("Probe").await;
    let over = Arc::new(AtomicBool::new(false));
    let (until, url, orders) = (over.clone(), client.url().to_owned(), orders.clone());
    let probing = tokio::spawn(async move {
        let mut times = Vec::new();
        while !until.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let answer = probe
                .post("/api/wallet/credit", &json!({"amount": 1}))
                .await;
            times.push(begun.elapsed());
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        times
    });
    let load = std::thread::spawn(move || wrk::run(&url, &orders, duration));
    while !load.is_finished() {
        tokio::task::block_in_place(&mut work)?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    over.store(true, Ordering::Relaxed);
    let orders = load
        .join()
        .map_err(|_| anyhow::anyhow!("the load panicked"))?;
    Ok(Seen {
        orders: orders?,
        probes: probing.await?,
    })
}

/// What `backup` says about one.
struct Made {
    megabytes: f64,
    took: Duration,
    pause: Duration,
}

impl Made {
    /// Reads `… 5 files, 12.3 MB, in 0.4 s; writers waited 3.1 ms.`
    fn of(line: &str) -> Result<Self> {
        let before = |unit: &str| -> Result<f64> {
            let mut words = line.split_whitespace().rev();
            words.find(|word| word.trim_matches([',', ';', '.']) == unit);
            let number = words.next().with_context(|| format!("{unit} in {line}"))?;
            Ok(number.parse()?)
        };
        Ok(Self {
            megabytes: before("MB")?,
            took: Duration::from_secs_f64(before("s")?),
            pause: Duration::from_secs_f64(before("ms")? / 1_000.0),
        })
    }
}

fn back_up(launch: &Launch, to: &Path) -> Result<String> {
    succeeded(launch.run(&["backup", "--to", &to.display().to_string()]))
}

fn succeeded(run: Run) -> Result<String> {
    ensure!(run.code == Some(0), "{run:?}");
    Ok(run.stdout)
}
