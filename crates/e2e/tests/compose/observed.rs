//! How the Prometheus of the observability profile sees the containers.

use std::time::Duration;

use e2e::{Shape, within};
use serde_json::Value;

use crate::containers::Compose;

/// Scrapes and rule evaluations run every 15 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// The jobs whose targets run without the rest of the profile.
const JOBS: [&str; 7] = [
    "user-service",
    "product-service",
    "order-service",
    "wallet-service",
    "console-service",
    "rabbitmq",
    "prometheus",
];

struct Prometheus(String);

impl Prometheus {
    async fn get(&self, path: &str) -> Option<Value> {
        let answer = reqwest::get(format!("{}{path}", self.0)).await.ok()?;
        let answer: Value = answer.json().await.ok()?;
        let is_good = text(&answer, "/status") == "success";
        answer.get("data").filter(|_| is_good).cloned()
    }

    /// Jobs whose targets are all up.
    async fn up(&self) -> Option<Vec<&'static str>> {
        let data = self.get("/api/v1/targets?state=active").await?;
        let targets = data.get("activeTargets")?.as_array()?;
        let is_up = |job: &&str| {
            let of_job = || {
                targets
                    .iter()
                    .filter(|target| text(target, "/labels/job") == *job)
            };
            of_job().next().is_some() && of_job().all(|target| text(target, "/health") == "up")
        };
        Some(JOBS.into_iter().filter(is_up).collect())
    }

    /// The value of an expression that yields a single sample.
    async fn value(&self, expression: &str) -> Option<f64> {
        let data = self
            .get(&format!("/api/v1/query?query={expression}"))
            .await?;
        text(&data, "/result/0/value/1").parse().ok()
    }

    /// The number of rules, and those that failed, once all have been evaluated.
    async fn rules(&self) -> Option<(usize, Vec<Value>)> {
        let data = self.get("/api/v1/rules").await?;
        let groups = data.get("groups")?.as_array()?;
        let rules: Vec<&Value> = groups
            .iter()
            .filter_map(|group| group.get("rules")?.as_array())
            .flatten()
            .collect();
        let health = |rule: &Value| text(rule, "/health").to_owned();
        if rules.is_empty() || rules.iter().any(|rule| health(rule) == "unknown") {
            return None;
        }
        let failed = rules.iter().filter(|rule| health(rule) != "ok");
        Some((rules.len(), failed.map(|rule| (*rule).clone()).collect()))
    }
}

/// The text at a JSON pointer in a response, empty if there is none.
fn text<'a>(answer: &'a Value, place: &str) -> &'a str {
    answer
        .pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_finds_every_container_and_its_rules_are_good() {
    let compose = Compose::from_env();
    let shape = Shape::start();
    let client = shape.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    assert_eq!(buyer.orders(&pen, 1).await.status, 201);

    let prometheus = Prometheus(compose.observe().await);
    within(PATIENCE, "every job's targets are up", async || {
        let up = prometheus.up().await?;
        (up.len() == JOBS.len()).then_some(())
    })
    .await;
    let (count, failed) = within(PATIENCE, "every rule was evaluated", async || {
        prometheus.rules().await
    })
    .await;
    assert!(failed.is_empty(), "{failed:?}");
    println!("{count} rules are good");
    for (what, expression) in [
        (
            "the services' metrics",
            "sum(marketplace_orders_placed_total)",
        ),
        ("the broker's", "count(rabbitmq_build_info)"),
        ("a recorded rule", "count(marketplace:http_requests:rate5m)"),
    ] {
        within(PATIENCE, what, async || {
            let value = prometheus.value(expression).await?;
            (value > 0.0).then_some(())
        })
        .await;
    }
}
