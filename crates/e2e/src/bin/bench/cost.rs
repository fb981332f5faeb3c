//! The cost of a load on the machine: CPU time of each process, bytes written, transactions, syncs, messages, and disk space kept.
//! It is the difference of two snapshots, and feeds the capacity model of `docs/SCALING.md`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::Client;
use e2e::capacity::Cost;
use mongodb::bson::{Bson, Document, doc};
use stack::{Name, Stack};

/// Clock ticks per second in /proc; the same on every Linux that we use (`getconf CLK_TCK`).
const TICKS: f64 = 100.0;
/// Collections that grow with sales; the others are emptied as they are filled.
const KEPT: [(&str, &str); 6] = [
    ("orders", "orders"),
    ("orders", "idempotency"),
    ("products", "reservations"),
    ("wallet", "journal"),
    ("wallet", "payments"),
    ("wallet", "inbox"),
];
/// Work in flight when the load ends is finished after this delay.
const SETTLED: Duration = Duration::from_secs(2);

/// Reads the counters of all parts of a stack.
pub(crate) struct Meter {
    processes: Vec<(&'static str, u32)>,
    mongo: mongodb::Client,
    counters: Vec<Client>,
}

/// All counters at one point in time.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    cpu: BTreeMap<&'static str, f64>,
    written: BTreeMap<&'static str, f64>,
    commits: f64,
    syncs: f64,
    log_bytes: f64,
    messages: f64,
    stored: BTreeMap<String, Stored>,
}

/// A collection's size on disk.
#[derive(Debug, Default, Clone, Copy)]
struct Stored {
    documents: f64,
    /// Data and indexes.
    bytes: f64,
}

impl Meter {
    pub(crate) async fn of(stack: &Stack, counters: Vec<Client>) -> Result<Self> {
        let mut processes = Vec::new();
        for name in stack.names() {
            let word = match name {
                Name::Mongo(_) => "mongod",
                Name::Epmd | Name::Rabbit => "rabbitmq",
                Name::Service(service, _) => service.binary(),
                Name::Gateway => "nginx",
            };
            let pid = stack.pid(name).context("a running process")?;
            processes.push((word, u32::try_from(pid)?));
        }
        Ok(Self {
            processes,
            mongo: mongodb::Client::with_uri_str(stack.mongo_uri()).await?,
            counters,
        })
    }

    /// Waits until work in flight is finished, then reads all counters.
    pub(crate) async fn read(&self) -> Result<Snapshot> {
        tokio::time::sleep(SETTLED).await;
        let mut snapshot = Snapshot::default();
        for &(word, pid) in &self.processes {
            for pid in family(pid) {
                let (cpu, written) = usage(pid).unwrap_or_default();
                *snapshot.cpu.entry(word).or_default() += cpu;
                *snapshot.written.entry(word).or_default() += written;
            }
        }
        let admin = self.mongo.database("admin");
        let status = admin.run_command(doc! { "serverStatus": 1 }).await?;
        snapshot.commits = number(&status, &["transactions", "totalCommitted"]);
        snapshot.syncs = number(&status, &["wiredTiger", "log", "log sync operations"]);
        snapshot.log_bytes = number(&status, &["wiredTiger", "log", "log bytes written"]);
        // Force a checkpoint: data that is only in memory has no size on disk.
        admin.run_command(doc! { "fsync": 1 }).await?;
        for (database, collection) in KEPT {
            let sizes = self
                .mongo
                .database(&format!("marketplace_{database}"))
                .run_command(doc! { "collStats": collection })
                .await?;
            let bytes = number(&sizes, &["storageSize"]) + number(&sizes, &["totalIndexSize"]);
            let documents = number(&sizes, &["count"]);
            snapshot.stored.insert(
                format!("{database}.{collection}"),
                Stored { documents, bytes },
            );
        }
        for counter in &self.counters {
            let (_, _, metrics) = counter.get_text("/metrics").await;
            snapshot.messages += metrics
                .lines()
                .filter(|line| line.starts_with("marketplace_messages_handled_total{"))
                .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
                .sum::<f64>();
        }
        Ok(snapshot)
    }
}

impl Snapshot {
    /// The cost per request for `count` requests between `before` and this snapshot.
    pub(crate) fn each(&self, before: &Self, count: f64, seconds: f64) -> Cost {
        let each = |now: f64, before: f64| (now - before).max(0.0) / count;
        let map = |now: &BTreeMap<&'static str, f64>,
                   before: &BTreeMap<&'static str, f64>,
                   scale: f64| {
            now.iter()
                .map(|(word, value)| {
                    let earlier = before.get(word).copied().unwrap_or_default();
                    ((*word).to_owned(), each(*value, earlier) * scale)
                })
                .collect()
        };
        Cost {
            per_second: count / seconds,
            cpu_ms: map(&self.cpu, &before.cpu, 1_000.0),
            written_bytes: map(&self.written, &before.written, 1.0),
            transactions: each(self.commits, before.commits),
            syncs: each(self.syncs, before.syncs),
            log_bytes: each(self.log_bytes, before.log_bytes),
            messages: each(self.messages, before.messages),
            stored_bytes: self
                .stored
                .iter()
                .map(|(name, now)| {
                    // Files contain free space, so this counts the new documents at the average size of a document.
                    let earlier = before.stored.get(name).copied().unwrap_or_default();
                    let document = now.bytes / now.documents.max(1.0);
                    (
                        name.clone(),
                        each(now.documents, earlier.documents) * document,
                    )
                })
                .collect(),
        }
    }
}

/// A process and all its descendants.
fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    for child in children.unwrap_or_default().split_whitespace() {
        all.extend(child.parse().map(family).unwrap_or_default());
    }
    all
}

/// Seconds of CPU time, and bytes written to disk. None for a process that has ended.
fn usage(pid: u32) -> Option<(f64, f64)> {
    let process = Path::new("/proc").join(pid.to_string());
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    let cpu = (ticks()? + ticks()?) / TICKS;
    let io = std::fs::read_to_string(process.join("io")).ok()?;
    let written = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes:"))?;
    Some((cpu, written.trim().parse().ok()?))
}

fn number(document: &Document, path: &[&str]) -> f64 {
    let Some((last, parents)) = path.split_last() else {
        return 0.0;
    };
    let mut inner = document;
    for parent in parents {
        match inner.get_document(parent) {
            Ok(next) => inner = next,
            Err(_) => return 0.0,
        }
    }
    match inner.get(last) {
        Some(Bson::Double(value)) => *value,
        Some(Bson::Int32(value)) => f64::from(*value),
        Some(Bson::Int64(value)) => value.to_string().parse().unwrap_or_default(),
        Some(_) | None => 0.0,
    }
}
