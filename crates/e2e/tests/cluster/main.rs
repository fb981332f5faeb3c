//! A Kubernetes namespace with deploy/k8s in it, under order load: scaled, rolled, robbed of pods. scripts/test-cluster runs
//! this on the cluster that kubectl is configured for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod namespace;

use e2e::operated::{PATIENCE, SOME, audit_given, check, load, shared_by};
use e2e::{Busy, Shape, Why};

use crate::namespace::Namespace;

/// The deployments with replicas. The stores are operated separately, and may hold data that a test must not touch.
const DEPLOYMENTS: [&str; 6] = [
    "user-service",
    "product-service",
    "order-service",
    "wallet-service",
    "console-service",
    "gateway",
];

#[tokio::test(flavor = "multi_thread")]
async fn scaled_rolled_and_robbed_of_pods_under_load_it_loses_nothing() {
    let namespace = Namespace::from_env();
    let shape = Shape::start();
    let client = shape.client();
    let scales = [("order-service", 3), ("wallet-service", 2)];
    let busy = load(client).await;

    for (deployment, count) in scales {
        namespace.scale(deployment, count).await;
    }
    // The gateway refreshes its upstreams once a second.
    shared_by(3, async |seconds| namespace.gateway_log(seconds).await).await;
    tell(&busy, "scaled");

    for deployment in DEPLOYMENTS {
        namespace.roll(deployment).await;
        busy.answered(SOME, PATIENCE).await;
        tell(&busy, &format!("{deployment} rolled"));
    }
    // Connections in front of the gateway may break, but no request may be refused.
    let repeats = busy.repeats();
    let refused = repeats.keys().find(|why| matches!(why, Why::Later(_)));
    assert_eq!(refused, None, "an upgrade goes unnoticed: {repeats:?}");
    for deployment in DEPLOYMENTS {
        namespace.lose_a_pod(deployment).await;
        busy.answered(SOME, PATIENCE).await;
        tell(&busy, &format!("a pod of {deployment} lost"));
    }

    for (deployment, _) in scales {
        namespace.scale(deployment, 1).await;
    }
    busy.answered(SOME, PATIENCE).await;
    check(client, busy, audit_given).await;
}

fn tell(busy: &Busy, what: &str) {
    let (answers, repeats) = (busy.answers(), busy.repeats());
    println!("{what}: {answers} requests answered until then; sent again: {repeats:?}");
}
