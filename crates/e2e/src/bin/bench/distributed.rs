//! The distributed mode on this machine, compared with the raw limits of the same servers.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use e2e::capacity::Measured;
use e2e::{Client, audit_distributed, receive_traces};
use stack::{Options, Service, Stack};

use crate::Arguments;
use crate::cost::Meter;
use crate::load::{self, Ran, Subject, Targets};
use crate::process::{self, resident_kib};
use crate::raw;
use crate::report::Report;

const TARGETS: Targets = Targets {
    read: "≥ 50 % of find_one",
    credit: "≥ 1 200/s",
    credit_one: "≥ 1 000/s",
    order: "≥ 500/s, p99 ≤ 400 ms",
    order_one: "≥ 400/s",
};

/// Measures, and writes the cost of one request of each kind to a file, if one is given.
pub(crate) async fn measure(
    duration: Duration,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut options = Options::for_tests(directory.path());
    options.shape.replicas = arguments.replicas;
    options.shape.tls = arguments.tls;
    let mut set = |name: &str, value: String| {
        let name = format!("MARKETPLACE__{name}");
        options.shape.settings.push((name, value));
    };
    set("LOG__FILTER", "error".to_owned());
    if let Some(share) = arguments.traces {
        set("TELEMETRY__OTLP_ENDPOINT", receive_traces(drop));
        set("TELEMETRY__SAMPLE_RATIO", share.to_string());
    }
    let stack = Stack::up(options).await?;
    idle(&stack, report).await?;
    let raw = raw::measure(&stack.mongo_uri(), duration, report).await?;

    let gateway = Client::new(&stack.gateway_url());
    let mut counters = Vec::new();
    for service in Service::ALL {
        counters.extend(counters_of(&stack, service, arguments.replicas)?);
    }
    let url = stack
        .public_url(Service::Product, 0)
        .context("a public port")?;
    let product = Subject {
        client: Client::new(&url),
        counters: counters_of(&stack, Service::Product, 1)?,
        meter: None,
    };
    let reads =
        load::reads_against(&product, &gateway, "≥ 70 % of find_one", duration, report).await?;
    share(
        "GET by id, the service itself / find_one",
        reads,
        raw,
        report,
    );
    let subject = Subject {
        client: gateway,
        meter: Some(Meter::of(&stack, counters.clone()).await?),
        counters,
    };
    let ran = load::against(&subject, &TARGETS, duration, report).await?;
    let [read, credit, _, order, ..] = ran.as_slice() else {
        bail!("more loads than {} were to be run", ran.len());
    };
    let through_nginx = "GET by id, through nginx / find_one";
    share(through_nginx, read.per_second, raw, report);
    if arguments.traces.is_some() {
        let [exported, dropped, failed] = spans(&subject.counters).await;
        ensure!(exported > 0, "no trace was sent");
        let lost = format!("{dropped} found the queue full, {failed} were not taken");
        report.add(
            "spans sent to a receiver of traces",
            exported.to_string(),
            "–",
            lost,
        );
    }
    if arguments.replicas > 1 {
        let pages = pages(&subject.counters).await;
        report.add(
            "tries of a transaction that lost against another",
            total(&pages, "store_write_conflicts", "").to_string(),
            "–",
            format!("{} replicas of each service", arguments.replicas),
        );
    }
    if let Some(path) = &arguments.costs {
        let cost = |ran: &Ran| ran.cost.clone().context("what it cost");
        let measured = Measured {
            on: surroundings()?,
            order: cost(order)?,
            credit: cost(credit)?,
            read: cost(read)?,
        };
        std::fs::write(path, serde_json::to_string_pretty(&measured)? + "\n")?;
    }

    let audit = audit_distributed(&stack.config_path());
    ensure!(
        audit.code == Some(0),
        "the audit after the load is not clean: {audit:?}"
    );
    eprintln!("The audit after the load is clean.");
    stack.down()?;
    Ok(())
}

/// How many spans the services have exported, dropped for lack of room, and failed to export.
async fn spans(counters: &[Client]) -> [u64; 3] {
    let pages = pages(counters).await;
    ["exported", "dropped", "failed"]
        .map(|outcome| total(&pages, "trace_spans", &format!("outcome=\"{outcome}\"")))
}

/// The metrics of all of them.
async fn pages(counters: &[Client]) -> String {
    let mut pages = String::new();
    for counter in counters {
        pages += &counter.get_text("/metrics").await.2;
    }
    pages
}

/// The sum of a counter over all series whose labels start with `labels`.
fn total(pages: &str, name: &str, labels: &str) -> u64 {
    let sample = format!("marketplace_{name}_total{{{labels}");
    let lines = pages.lines().filter(|line| line.starts_with(&sample));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    values.sum()
}

/// The date and the machine of the measurement.
fn surroundings() -> Result<String> {
    let now = kernel::Timestamp::from_millis(
        i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis()).unwrap_or_default(),
    );
    let (cores, cpu) = process::machine()?;
    Ok(format!(
        "on {}, {cores} cores ({cpu}) for everything, the load generator included",
        now.to_string().split('T').next().unwrap_or_default()
    ))
}

/// Clients for the internal ports of a service's first replicas, where they expose their counters.
fn counters_of(stack: &Stack, service: Service, replicas: usize) -> Result<Vec<Client>> {
    (0..replicas)
        .map(|replica| {
            let url = stack.internal_url(service, replica);
            Ok(Client::new(&url.context("an internal port")?))
        })
        .collect()
}

fn share(what: &str, reads: u64, raw: u64, report: &mut Report) {
    report.add(
        what,
        format!("{} %", reads * 100 / raw.max(1)),
        "see above",
        "of the same server in the same run".to_owned(),
    );
}

/// Memory of each service at idle.
async fn idle(stack: &Stack, report: &mut Report) -> Result<()> {
    tokio::time::sleep(Duration::from_secs(5)).await;
    for service in Service::ALL {
        let name = stack::Name::Service(service, 0);
        let pid = stack.pid(name).context("a running service")?;
        let kib = resident_kib(u32::try_from(pid)?)?;
        report.add(
            &format!("resident memory, idle, {name}"),
            format!("{:.1} MB", f64::from(kib) * 1_024.0 / 1_000_000.0),
            "≤ 30 MB",
            "VmRSS five seconds after it was ready".to_owned(),
        );
    }
    Ok(())
}
