//! SIGKILL between the command of a refund or a release and its reply: the order waits for what the wallet has, or has not, done yet.

use std::path::Path;
use std::time::Duration;

use e2e::{Answer, Launch, Part, Person, Product, amount, unique, within};
use futures_util::future::join_all;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::mpsc;

const ROUNDS: usize = 8;
/// Orders of a round.
const BURST: usize = 40;
const PRICE: i64 = 1_000;
const FEE: i64 = 100;
const REFUND: i64 = 300;
const PATIENCE: Duration = Duration::from_secs(60);

fn launch(data_dir: &Path) -> Launch {
    Launch::on(data_dir).set("WALLET__COMMISSION_BASIS_POINTS", "1000")
}

/// Orders of a single lamp each.
async fn burst(buyer: &Person, seller: &Person, lamp: &Product) -> Vec<Part> {
    let orders = (0..BURST).map(|_| async {
        let order = buyer.buys(&[(lamp, 1)]).await;
        Part::of(&order, seller)
    });
    let bought = join_all(orders).await;
    seller.has_sold(&bought.iter().collect::<Vec<_>>()).await;
    bought
}

/// A refund waits for the wallet.
const REFUNDING: &str = "json_extract(part.value, '$.refunds[0]') IS NOT NULL";
/// A release waits for the wallet.
const RELEASING: &str = "json_extract(part.value, '$.money') = 'releasing'";

/// How many parts are like this, in a directory that nobody serves.
fn parts(data_dir: &Path, like: &str) -> u32 {
    let orders = Connection::open(data_dir.join("orders.db")).unwrap();
    let sql =
        format!("SELECT COUNT(*) FROM orders, json_each(orders.fulfilments) AS part WHERE {like}");
    orders.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Sends a refund without waiting for the wallet. No answer means that the process has died meanwhile.
async fn refund(seller: &Person, part: &Part, key: &str) -> Option<u16> {
    let request = seller
        .request(Method::POST, &part.order_path("/refunds"))
        .header("prefer", "respond-async")
        .header("idempotency-key", key)
        .json(&part.refund("amount", &json!(REFUND)));
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    response.bytes().await.ok()?;
    Some(status)
}

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
        let keyed: Vec<_> = bought.into_iter().map(|part| (part, unique())).collect();
        let (sender, mut answers) = mpsc::unbounded_channel();
        let sent = keyed.iter().cloned().map(|(part, key)| {
            let (seller, sender) = (seller.clone(), sender.clone());
            tokio::spawn(async move {
                if let Some(status) = refund(&seller, &part, &key).await {
                    assert!([201, 202].contains(&status), "{status}");
                    sender.send(()).ok();
                }
            })
        });
        let sent: Vec<_> = sent.collect();
        for _ in 0..=round * 2 {
            answers.recv().await.unwrap();
        }
        server.kill();
        for one in sent {
            one.await.unwrap();
        }
        between += parts(data_dir.path(), REFUNDING);
        refunds.extend(keyed);
        server = launch.serve();
    }
    assert!(between > 0, "no refund was killed half-way");

    let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
    for (part, key) in &refunds {
        let request = seller
            .request(Method::POST, &part.order_path("/refunds"))
            .header("idempotency-key", key)
            .json(&part.refund("amount", &json!(REFUND)));
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
