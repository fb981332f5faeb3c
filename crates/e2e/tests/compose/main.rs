//! docker/compose.yaml under faults: scaled under order load; containers stopped, killed and disconnected one by one. scripts/test-compose
//! starts it, runs this and shuts it down.

mod containers;
mod observed;

use std::time::Duration;

use e2e::operated::{PATIENCE, SOME, audit_given, check, load, shared_by};
use e2e::{Busy, Shape};

use crate::containers::{Compose, Container};

#[tokio::test(flavor = "multi_thread")]
async fn scaled_under_load_and_robbed_of_single_containers_it_loses_nothing() {
    let compose = Compose::from_env();
    let shape = Shape::start();
    let client = shape.client();
    let busy = load(client).await;

    compose
        .scale(&[("order-service", 3), ("wallet-service", 2)])
        .await;
    // The gateway refreshes its upstreams once a second.
    shared_by(3, async |seconds| compose.gateway_log(seconds).await).await;

    // With several replicas, the others continue.
    for service in ["order-service", "wallet-service"] {
        let victim = compose.containers(service).await.swap_remove(0);
        victim.stop().await;
        busy.answered(SOME, PATIENCE).await;
        victim.start().await;
        victim.kill().await;
        busy.answered(SOME, PATIENCE).await;
        victim.start().await;
        cut_off(&compose, &busy, &victim, service).await;
    }
    // With a single replica, orders wait until it is back.
    for service in ["product-service", "user-service", "rabbitmq", "mongo"] {
        let victim = compose.containers(service).await.swap_remove(0);
        victim.kill().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        victim.start().await;
        busy.answered(SOME, PATIENCE).await;
        cut_off(&compose, &busy, &victim, service).await;
    }

    compose
        .scale(&[("order-service", 1), ("wallet-service", 1)])
        .await;
    busy.answered(SOME, PATIENCE).await;
    check(client, busy, audit_given).await;
}

/// Disconnects a container from the network for a while: its work continues, but nothing that it sends arrives.
async fn cut_off(compose: &Compose, busy: &Busy, victim: &Container, service: &str) {
    victim.disconnect(&compose.network).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = busy.answers();
    victim.connect(&compose.network, service).await;
    busy.answered(SOME, PATIENCE).await;
    println!("{service} was cut off; {before} answers until then");
}
