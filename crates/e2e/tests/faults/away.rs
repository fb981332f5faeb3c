//! Services that start before their dependencies.

use std::time::Duration;

use e2e::{audit_distributed, within};
use reqwest::Method;
use serde_json::{Value, json};
use stack::{Name, Service};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(60);

/// The dependencies that a service's `/readyz` reports as missing, and the status.
async fn missing(world: &World, service: Service) -> (u16, Vec<String>) {
    let url = world.stack.internal_url(service, 0).unwrap();
    let answer = reqwest::get(format!("{url}/readyz")).await.unwrap();
    let status = answer.status().as_u16();
    let report: Value = answer.json().await.unwrap();
    let dependencies = report.get("dependencies").unwrap();
    let down = dependencies.as_array().unwrap().iter();
    let down = down.filter(|dependency| word(dependency, "state") == "down");
    let names = down.map(|dependency| word(dependency, "name").to_owned());
    (status, names.collect())
}

fn word<'a>(dependency: &'a Value, key: &str) -> &'a str {
    dependency.get(key).unwrap().as_str().unwrap()
}

async fn come_to_miss(world: &World, expected: [(Service, &[&str]); 5]) {
    for (service, names) in expected {
        let status = if names.is_empty() { 200 } else { 503 };
        let what = format!("{service:?} answers {status} and misses {names:?}");
        within(PATIENCE, &what, async || {
            (missing(world, service).await
                == (status, names.iter().map(ToString::to_string).collect()))
                .then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_start_without_mongodb_and_broker_name_what_is_missing_and_recover_by_themselves()
{
    let mut world = World::start(1, 1).await;
    let client = world.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    let order = async |status: u16| {
        let answer = buyer
            .request(Method::POST, "/api/orders/create")
            .json(&json!({"productId": pen.id, "quantity": 1}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status);
        answer
    };

    let services = Service::ALL.map(|service| Name::Service(service, 0));
    for name in services {
        world.stack.stop(name).unwrap();
    }
    world.stack.kill(Name::Rabbit).unwrap();
    world.stack.kill(Name::Mongo(0)).unwrap();
    for name in services {
        world.stack.start(name).unwrap();
    }
    let pids = services.map(|name| world.stack.pid(name));
    within(PATIENCE, "all of them answer", async || {
        for service in Service::ALL {
            let url = world.stack.internal_url(service, 0)?;
            let alive = reqwest::get(format!("{url}/healthz")).await.ok()?;
            assert_eq!(alive.status().as_u16(), 200);
        }
        Some(())
    })
    .await;
    // The user service signs with a key from a file, and its messages can wait. Which tokens are revoked is in its store.
    let revoked = "revoked tokens";
    come_to_miss(
        &world,
        [
            (Service::User, &["user store", revoked]),
            (
                Service::Product,
                &["product store", revoked, "message broker"],
            ),
            (Service::Order, &["order store", revoked, "message broker"]),
            (
                Service::Wallet,
                &["wallet store", revoked, "message broker"],
            ),
            (Service::Console, &[]),
        ],
    )
    .await;
    let refused = order(503).await;
    assert!(refused.headers().contains_key("retry-after"));

    world.stack.start(Name::Mongo(0)).unwrap();
    world.stack.wait_ready(Name::Mongo(0)).await.unwrap();
    come_to_miss(
        &world,
        [
            (Service::User, &[]),
            (Service::Product, &["message broker"]),
            (Service::Order, &["message broker"]),
            (Service::Wallet, &["message broker"]),
            (Service::Console, &[]),
        ],
    )
    .await;
    order(202).await;

    world.stack.start(Name::Rabbit).unwrap();
    come_to_miss(&world, Service::ALL.map(|service| (service, [].as_slice()))).await;
    within(PATIENCE, "the order is paid", async || {
        let orders = buyer.all(&format!("/api/orders/{}/byUser", buyer.id)).await;
        assert_eq!(orders.len(), 1);
        (orders[0]["status"] == "paid").then_some(())
    })
    .await;
    assert_eq!(
        services.map(|name| world.stack.pid(name)),
        pids,
        "nobody was restarted"
    );
    let audit = audit_distributed(&world.stack.config_path());
    assert_eq!(audit.code, Some(0), "{audit:?}");
    world.stack.down().unwrap();
}
