//! What the Prometheus of the profile observability makes of the containers.

use std::time::Duration;

use e2e::{Shape, within};
use serde_json::Value;

use crate::containers::Compose;

/// Scrapes and rules run every 15 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// Those that are there without the rest of the profile.
const JOBS: [&str; 6] = [
    "user-service",
    "product-service",
    "order-service",
    "wallet-service",
    "rabbitmq",
    "prometheus",
];

struct Prometheus(String);

impl Prometheus {
    async fn get(&self, path: &str) -> Option<Value> {
        let answer = reqwest::get(format!("{}{path}", self.0)).await.ok()?;
        let answer: Value = answer.json().await.ok()?;
        (answer["status"] == "success").then(|| answer["data"].clone())
    }

    /// Jobs of which every target is up.
    async fn up(&self) -> Option<Vec<String>> {
        let targets = self.get("/api/v1/targets?state=active").await?;
        let targets = targets["activeTargets"].as_array()?.clone();
        let of = |job: &str| -> Vec<&Value> {
            let is_of = |target: &&Value| target["labels"]["job"] == job;
            targets.iter().filter(is_of).collect()
        };
        let up = JOBS.into_iter().filter(|job| {
            let targets = of(job);
            !targets.is_empty() && targets.iter().all(|target| target["health"] == "up")
        });
        Some(up.map(str::to_owned).collect())
    }

    /// The value of an expression that comes to one.
    async fn value(&self, expression: &str) -> Option<f64> {
        let data = self
            .get(&format!("/api/v1/query?query={expression}"))
            .await?;
        data["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Rules that were evaluated, and those of them that failed.
    async fn rules(&self) -> Option<(usize, Vec<Value>)> {
        let data = self.get("/api/v1/rules").await?;
        let groups = data["groups"].as_array()?;
        let rules = groups.iter().filter_map(|group| group["rules"].as_array());
        let rules: Vec<&Value> = rules.flatten().collect();
        if rules.is_empty() || rules.iter().any(|rule| rule["health"] == "unknown") {
            return None;
        }
        let failed = rules.iter().filter(|rule| rule["health"] != "ok");
        Some((rules.len(), failed.map(|rule| (*rule).clone()).collect()))
    }
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
