//! Every metric is documented, and every documented metric exists: the table in `docs/OPERATIONS.md`, the dashboards and the rules name
//! what the services expose, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use host::testing::{ExposedFamily, Scrape, eventually};
use marketplace::Services;
use serde_json::{Value, json};
use telemetry::metrics::Metrics;

use crate::world::World;

/// Metrics of distributed mode only: they are registered everywhere, and exposed once there is a broker or a MongoDB.
const DISTRIBUTED: [&str; 4] = [
    "marketplace_amqp_connection_up",
    "marketplace_mongodb_connections",
    "marketplace_mongodb_connections_max",
    "marketplace_store_get_batch_size",
];

/// Metrics that appear only when something goes wrong.
const WHEN_WRONG: [&str; 1] = ["marketplace_messages_given_up_total"];

/// Registered where a process starts its log and exports traces, which this test's does not; `operator` and e2e's `traces` cover them.
const OF_A_PROCESS: [&str; 2] = [
    "marketplace_trace_spans_total",
    "marketplace_log_lines_lost_total",
];

/// Registered only by a process that makes backups, as this one does not; e2e's `backup` test covers them.
const WITH_BACKUPS: &str = "marketplace_backup_";

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A scrape of a marketplace in which every kind of event has happened.
async fn lived_in() -> BTreeMap<String, ExposedFamily> {
    let mut services = Services::default();
    services.wallet.audit_interval_seconds = 1;
    let world = World::with(services);
    let (seller, buyer) = (world.join("Grace").await, world.join("Ada").await);
    let lamp = world.list(&seller, "Lamp", 500, 10).await;
    let money = json!({ "amount": 5000 });
    let funded = world.post("/api/wallet/credit", &buyer.token, &money).await;
    assert_eq!(funded.status, 201);
    let order = json!({ "productId": lamp, "quantity": 1 });
    let ordered = world.post("/api/orders/create", &buyer.token, &order).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    let scrape = eventually("the ledger's audit and a look at what is open", || async {
        let request = world.request("GET", "/metrics", "");
        let scrape = Scrape::of(request.send().await.unwrap().text().await.unwrap());
        let audited = scrape.sum("marketplace_ledger_findings", &[]).is_some();
        let looked = scrape.sum("marketplace_orders_unsettled", &[]).is_some();
        let sent = scrape.sum("marketplace_outbox_rows", &[]).is_some();
        (audited && looked && sent).then_some(scrape)
    })
    .await;
    let mut families = scrape.families();
    families.retain(|name, _| name.starts_with("marketplace_"));
    families
}

/// A row of the table.
struct Described {
    kind: String,
    labels: BTreeSet<String>,
}

/// The table: name, type, unit, labels, meaning.
fn table() -> BTreeMap<String, Described> {
    let page = read(&root().join("docs/OPERATIONS.md"));
    let mut table = BTreeMap::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, kind, unit, labels, meaning, _] = cells.as_slice() else {
            continue;
        };
        let Some(name) = name.strip_prefix("`marketplace_") else {
            continue;
        };
        let name = format!("marketplace_{}", name.trim_end_matches('`'));
        assert!(!meaning.is_empty(), "{name} is not explained");
        assert_eq!(*unit, unit_of(&name), "the unit of {name}");
        let labels = labels
            .split(',')
            .map(|label| label.trim().trim_matches('`'));
        let described = Described {
            kind: (*kind).to_owned(),
            labels: labels
                .filter(|label| !label.is_empty())
                .map(str::to_owned)
                .collect(),
        };
        let twice = table.insert(name.clone(), described);
        assert!(twice.is_none(), "{name} is there twice");
    }
    table
}

/// The unit that a metric's name implies.
fn unit_of(name: &str) -> &'static str {
    let name = name.trim_end_matches("_total");
    if name.ends_with("_seconds") { "s" } else { "1" }
}

#[tokio::test]
async fn the_table_of_metrics_is_what_the_services_expose() {
    let (table, exposed) = (table(), lived_in().await);
    let registered = registered();
    for (name, family) in &exposed {
        let described = table
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the table of docs/OPERATIONS.md"));
        assert_eq!(described.kind, family.kind, "the type of {name}");
        assert_eq!(described.labels, family.labels, "the labels of {name}");
        assert!(family.helped, "{name} has no help text");
    }
    for name in table.keys() {
        if OF_A_PROCESS.contains(&name.as_str()) || name.starts_with(WITH_BACKUPS) {
            assert!(!exposed.contains_key(name), "{name} is exposed here, too");
            continue;
        }
        let rare = DISTRIBUTED.contains(&name.as_str()) || WHEN_WRONG.contains(&name.as_str());
        if rare {
            assert!(registered.contains(name), "{name} is registered nowhere");
        } else {
            assert!(exposed.contains_key(name), "{name} is exposed nowhere");
        }
    }
    for name in registered {
        assert!(table.contains_key(&name), "{name} is not in the table");
    }
}

/// The metrics that every process registers, whether or not it exposes them.
fn registered() -> BTreeSet<String> {
    Metrics::default().names().into_iter().collect()
}

/// Our metrics' names in a text, as the table spells them.
fn names_in(text: &str, known: &BTreeMap<String, Described>) -> BTreeSet<String> {
    text.match_indices("marketplace_")
        // A recording rule's own name has colons.
        .filter(|(at, _)| !text[..*at].ends_with([':', '/', '-', '_']))
        .map(|(at, _)| {
            let rest = &text[at..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let name = &rest[..end.unwrap_or(rest.len())];
            ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .filter(|stem| known.contains_key(*stem))
                .unwrap_or(name)
                .to_owned()
        })
        .collect()
}

/// The files in a directory with a given extension.
fn files(directory: &str, kind: &str) -> Vec<PathBuf> {
    let path = root().join("deploy/observability").join(directory);
    let entries = std::fs::read_dir(&path).unwrap();
    let files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == kind))
        .collect();
    assert!(!files.is_empty(), "nothing in {}", path.display());
    files
}

#[test]
fn dashboards_and_rules_name_metrics_that_there_are() {
    let table = table();
    let dashboards = files("grafana/dashboards", "json");
    let rules = files("prometheus/rules", "yaml");
    let tests = files("prometheus/tests", "yaml");
    for file in dashboards.iter().chain(&rules).chain(&tests) {
        for name in names_in(&read(file), &table) {
            assert!(table.contains_key(&name), "{}: {name}", file.display());
        }
    }
}

#[test]
fn dashboards_use_recording_rules_that_there_are() {
    let rules: String = files("prometheus/rules", "yaml")
        .iter()
        .map(|file| read(file))
        .collect();
    let recorded: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "))
        .collect();
    assert!(!recorded.is_empty());
    let mut texts: Vec<String> = vec![rules.clone()];
    for file in files("grafana/dashboards", "json") {
        let dashboard: Value = serde_json::from_str(&read(&file)).unwrap();
        collect(&dashboard, &mut texts);
    }
    for text in &texts {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        for word in words.filter(|word| word.starts_with("marketplace:")) {
            assert!(recorded.contains(word), "{word} is recorded nowhere");
        }
    }
}

/// The expressions of a dashboard.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(text) = fields.get("expr").and_then(Value::as_str) {
                texts.push(text.to_owned());
            }
            fields.values().for_each(|field| collect(field, texts));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_alert_has_a_section_in_the_runbook_and_tests_of_its_own() {
    let page = read(&root().join("docs/OPERATIONS.md"));
    let tests: String = files("prometheus/tests", "yaml")
        .iter()
        .map(|file| read(file))
        .collect();
    let mut alerts = 0;
    for file in files("prometheus/rules", "yaml") {
        let rules = read(&file);
        for part in rules.split("- alert: ").skip(1) {
            alerts += 1;
            let name = part.lines().next().unwrap();
            for needed in ["severity: ", "summary: ", "description: ", "runbook_url: "] {
                assert!(part.contains(needed), "{name} has no {needed}");
            }
            let anchor = part.split("OPERATIONS.md#").nth(1).unwrap();
            let anchor = anchor.split_whitespace().next().unwrap().trim_matches('"');
            assert_eq!(anchor, name.to_lowercase(), "the runbook of {name}");
            assert!(
                page.contains(&format!("\n### {name}\n")),
                "docs/OPERATIONS.md has no section {name}"
            );
            let tested = format!("alertname: {name}\n");
            assert!(tests.contains(&tested), "{name} is not tested");
        }
    }
    let sections = page
        .lines()
        .filter(|line| line.starts_with("### Marketplace"));
    assert_eq!(
        sections.count(),
        alerts,
        "sections of alerts there are none of"
    );
}
