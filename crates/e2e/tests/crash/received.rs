//! SIGKILL while sellers receive what comes back: its money and its stock come back once.

use e2e::{Answer, Part, Person, amount, within};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::burst::{BURST, PATIENCE, PRICE, REFUNDING, ROUNDS, burst, killed_amid, launch, parts};

/// Has what was bought delivered, and a return of it approved. Returns the return's id.
async fn approved(buyer: &Person, seller: &Person, part: &Part) -> String {
    let package = seller.has_shipped(part, &part.everything()).await;
    let arrived = buyer.delivers(part, &package).await;
    assert_eq!(arrived.status, 200, "{arrived:?}");
    let id = buyer.asks_back(part, &part.everything()).await;
    let approve = part.of_return(&id, "approve");
    let approved = seller.post(&approve, &json!({})).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    id
}

/// A request that says that the lamp has come back and can be sold again.
fn receive(seller: &Person, part: &Part, id: &str) -> RequestBuilder {
    let (line, _) = &part.lines[0];
    let items = json!([{"lineId": line, "quantity": 1, "restock": true}]);
    seller
        .request(Method::POST, &part.of_return(id, "receive"))
        .json(&json!({"items": items}))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_returns_are_received_it_gives_back_money_and_stock_once() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = launch(data_dir.path());
    let mut server = launch.serve();
    let client = server.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let stock = 10_000;
    let lamp = seller.lists_to_ship("Lamp", PRICE, stock).await;
    let purse = 10_000_000;
    buyer.credit(purse).await;
    let mut received: Vec<(Part, String, String)> = Vec::new();
    let mut between = 0;
    for round in 0..ROUNDS {
        let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
        let bought = burst(&buyer, &seller, &lamp).await;
        let returns = join_all(bought.iter().map(|part| approved(&buyer, &seller, part))).await;
        let sent = bought.iter().zip(&returns);
        let sent = sent.map(|(part, id)| receive(&seller, part, id));
        let keys = killed_amid(server, sent.collect(), round * 2 + 1, &[200]).await;
        let of_round = bought.into_iter().zip(returns).zip(keys);
        received.extend(of_round.map(|((part, id), key)| (part, id, key)));
        between += parts(data_dir.path(), REFUNDING);
        server = launch.serve();
    }
    assert!(between > 0, "no return was killed half-way");

    let (seller, buyer) = (seller.at(&server.client()), buyer.at(&server.client()));
    for (part, id, key) in &received {
        let request = receive(&seller, part, id).header("idempotency-key", key);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["status"], "received");
    }
    assert_eq!(received.len(), ROUNDS * BURST);
    within(PATIENCE, "money and stock are back", async || {
        let both = buyer.balance().await == purse && buyer.stock(&lamp).await == stock;
        both.then_some(())
    })
    .await;
    let history = buyer.all("/api/wallet/transaction?type=order_refund&limit=100");
    assert_eq!(history.await.len(), received.len(), "each of them once");
    for (part, ..) in &received {
        assert_eq!(amount(&buyer.part(part).await["refunded"]), PRICE);
    }
    launch.assert_audit_is_clean();
    println!(
        "{between} of {} returns were killed half-way",
        received.len()
    );
}
