//! SIGKILL between the command of a refund or a release and its reply: the order waits for what the wallet has, or has not, done yet.

use e2e::{Answer, Part, Person, amount, within};
use serde_json::json;

use crate::burst::{BURST, PATIENCE, PRICE, REFUNDING, ROUNDS, burst, killed_amid, launch, parts};

const FEE: i64 = 100;
const REFUND: i64 = 300;

/// A release waits for the wallet.
const RELEASING: &str = "json_extract(part.value, '$.money') = 'releasing'";

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_command_of_a_refund_and_its_reply_it_refunds_once() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = launch(data_dir.path());
    let mut server = launch.serve();
    let client = server.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = seller.lists("Lamp", PRICE, 10_000).await;
    let purse = 10_000_000;
    buyer.credit(purse).await;
    let mut refunds: Vec<(Part, String)> = Vec::new();
    let mut between = 0;
    for round in 0..ROUNDS {
        let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
        let bought = burst(&buyer, &seller, &lamp).await;
        let sent = bought.iter().map(|part| {
            seller
                .refund_request(part, &json!(REFUND))
                .header("prefer", "respond-async")
        });
        let keys = killed_amid(server, sent.collect(), round * 2 + 1, &[201, 202]).await;
        between += parts(data_dir.path(), REFUNDING);
        refunds.extend(bought.into_iter().zip(keys));
        server = launch.serve();
    }
    assert!(between > 0, "no refund was killed half-way");

    let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
    for (part, key) in &refunds {
        let request = seller
            .refund_request(part, &json!(REFUND))
            .header("idempotency-key", key);
        let answer = Answer::of(request).await;
        assert!([201, 202].contains(&answer.status), "{answer:?}");
    }
    let orders = i64::try_from(refunds.len()).unwrap();
    within(PATIENCE, "the refunds are with the buyer", async || {
        (buyer.balance().await == purse - orders * (PRICE - REFUND)).then_some(())
    })
    .await;
    let history = buyer.all("/api/wallet/transaction?type=order_refund&limit=100");
    assert_eq!(history.await.len(), refunds.len(), "each of them once");
    for (part, _) in &refunds {
        assert_eq!(amount(&buyer.part(part).await["refunded"]), REFUND);
    }
    launch.assert_audit_is_clean();
    println!("{between} of {orders} refunds were killed half-way");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_command_of_a_release_and_its_reply_it_pays_the_seller_once() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = launch(data_dir.path())
        .set("ORDERS__RELEASE_AFTER_SECONDS", "1")
        .set("ORDERS__SWEEP_MILLISECONDS", "50");
    let mut server = launch.serve();
    let client = server.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = seller.lists("Lamp", PRICE, 10_000).await;
    buyer.credit(10_000_000).await;
    let pending = async |seller: &Person| {
        let balance = seller.get("/api/wallet/balance").await.body;
        balance.get("pending").unwrap().as_i64().unwrap()
    };
    let (mut between, mut orders) = (0, 0);
    for _ in 0..ROUNDS {
        let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
        let paid = pending(&seller).await;
        burst(&buyer, &seller, &lamp).await;
        orders += i64::try_from(BURST).unwrap();
        // The first of this round are paid out: the others are on their way.
        loop {
            if pending(&seller).await > paid {
                break;
            }
        }
        server.kill();
        between += parts(data_dir.path(), RELEASING);
        server = launch.serve();
    }
    let seller = seller.at(&server.client());
    within(PATIENCE, "the seller has the earnings", async || {
        (pending(&seller).await == orders * (PRICE - FEE)).then_some(())
    })
    .await;
    assert!(between > 0, "no release was killed half-way");
    launch.assert_audit_is_clean();
    println!("{between} of {orders} releases were killed half-way");
}
