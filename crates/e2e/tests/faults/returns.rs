//! What was killed comes back, and everything connects to it again by itself, soon.

use std::time::{Duration, Instant};

use e2e::{Client, within};
use stack::{Found, Name, Options, Service, Stack};

const PATIENCE: Duration = Duration::from_secs(60);

/// Services look for what is away at least every second. The rest is for a busy machine.
const SOON: Duration = Duration::from_secs(10);

async fn is_ready(stack: &Stack, service: Service) -> bool {
    let url = stack.internal_url(service, 0).unwrap();
    let answer = reqwest::get(format!("{url}/readyz")).await.unwrap();
    answer.status() == 200
}

/// Returns when the wallet, which needs both the database and the broker, is ready or no longer is.
async fn until_wallet_is_ready(stack: &Stack, expected: bool, patience: Duration) {
    let what = format!("that the wallet's readiness is {expected}");
    within(patience, &what, async || {
        (is_ready(stack, Service::Wallet).await == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_connect_again_soon_after_the_broker_or_the_database_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut stack = Stack::up(Options::for_tests(dir.path())).await.unwrap();
    for name in [Name::Rabbit, Name::Mongo(0)] {
        stack.kill(name).unwrap();
        until_wallet_is_ready(&stack, false, PATIENCE).await;
        stack.start(name).unwrap();
        stack.wait_ready(name).await.unwrap();
        let back = Instant::now();
        within(PATIENCE, "a primary", || stack.mongo_primary()).await;
        until_wallet_is_ready(&stack, true, SOON).await;
        println!("connected to {name} after {:?}", back.elapsed());
    }
    stack.down().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn up_starts_what_is_missing_and_returns_when_all_is_ready() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::for_tests(dir.path());
    let mut stack = Stack::up(options()).await.unwrap();
    let client = Client::new(&stack.gateway_url());
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    let everything = [
        Name::Rabbit,
        Name::Mongo(0),
        Name::Gateway,
        Name::Service(Service::Wallet, 0),
    ];
    for victims in [&everything[..1], &everything[1..2], &everything] {
        for victim in victims {
            stack.kill(*victim).unwrap();
        }
        // Until those that live have noticed, and wait longer between their attempts.
        within(PATIENCE, "that the orders are not ready", async || {
            (!is_ready(&stack, Service::Order).await).then_some(())
        })
        .await;
        stack.leave();
        stack = Stack::up(options()).await.unwrap();
        assert_eq!(stack.found(), Found::Something);
        for process in stack.processes().await {
            assert_eq!(process.ready, Ok(()), "{victims:?}: {process:?}");
        }
        assert_eq!(client.get("/readyz").await.status, 200, "{victims:?}");
        assert_eq!(buyer.orders(&pen, 1).await.status, 201, "{victims:?}");
    }
    let again = Stack::up(options()).await.unwrap();
    assert_eq!(again.found(), Found::Everything);
    stack.down().unwrap();
}
