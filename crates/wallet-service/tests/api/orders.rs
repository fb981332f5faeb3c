//! The wallet from the order service's side: commands and replies over the bus, and what users see of them over HTTP.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bus::{Handler, Outcome, Subscription};
use contracts::wallet::{
    CancelOrderDebit, DebitForOrder, Money, RefundOrder, ReleaseEscrow, SellerShare,
};
use contracts::{Contract, Envelope, id_bytes};
use host::service::Parts;
use host::testing::eventually;
use kernel::{MessageId, OrderId, SystemIds, Timestamp, UserId};
use serde_json::json;
use store::StoreResult;
use store::outbox::{Backlog, Fate, Outbox, Pending};
use tokio::sync::Notify;
use wallet_service::Config;

use crate::support::Wallet;

/// A stub order service that sends a test's commands and records the replies.
#[derive(Clone, Default)]
struct Orders {
    to_send: Arc<Mutex<Vec<Pending>>>,
    heard: Arc<Mutex<Vec<Arc<Envelope>>>>,
    seq: Arc<AtomicI64>,
    news: Arc<Notify>,
}

#[async_trait]
impl Outbox for Orders {
    async fn fresh(&self, after: i64, _: usize) -> StoreResult<Vec<Pending>> {
        Ok(self
            .to_send
            .lock()
            .unwrap()
            .iter()
            .filter(|pending| pending.seq > after)
            .cloned()
            .collect())
    }
    async fn retries(&self, _: Timestamp, _: usize) -> StoreResult<Vec<Pending>> {
        Ok(Vec::new())
    }
    async fn settle(&self, fates: Vec<(i64, Fate)>, _: Timestamp) -> StoreResult<()> {
        self.to_send
            .lock()
            .unwrap()
            .retain(|pending| !fates.iter().any(|(seq, _)| *seq == pending.seq));
        Ok(())
    }
    async fn backlog(&self, _: Timestamp) -> StoreResult<Backlog> {
        Ok(Backlog::default())
    }
    async fn news(&self) {
        self.news.notified().await;
    }
}

#[async_trait]
impl Handler for Orders {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let outcomes = batch.iter().map(|_| Outcome::Done).collect();
        self.heard.lock().unwrap().extend(batch);
        outcomes
    }
}

impl Orders {
    fn parts(&self) -> Parts {
        let events = [
            "OrderDebited",
            "OrderDebitDeclined",
            "OrderDebitCancelled",
            "OrderRefunded",
            "EscrowReleased",
        ];
        let messages = events
            .map(|event| format!("marketplace.wallet.v1.{event}"))
            .to_vec();
        let handler = Arc::new(self.clone());
        Parts {
            name: "orders",
            routes: Arc::new(|_| {}),
            subscriptions: vec![Subscription {
                queue: "orders.wallet-events",
                messages,
                handler,
                max_batch: 512,
            }],
            outbox: Some(Arc::new(self.clone())),
            periodic: Vec::new(),
            store: None,
        }
    }

    fn send<M: Contract>(&self, order: OrderId, step: &str, message: &M) {
        let envelope = Arc::new(Envelope::of_step(
            order,
            step,
            message,
            Timestamp::from_millis(0),
        ));
        let seq = self.seq.fetch_add(1, Ordering::SeqCst) + 1;
        self.to_send.lock().unwrap().push(Pending {
            seq,
            attempts: 0,
            envelope,
        });
        self.news.notify_one();
    }

    /// Waits for the reply `step` about `order`.
    async fn hear(&self, order: OrderId, step: &str) {
        let id = MessageId::of_step(order, step);
        eventually(step, async || {
            self.heard
                .lock()
                .unwrap()
                .iter()
                .any(|heard| heard.id == id)
                .then_some(())
        })
        .await;
    }

    fn debit(&self, order: OrderId, buyer: UserId, amount: i64) {
        let total = Some(usd(amount));
        let message = DebitForOrder {
            order_id: id_bytes(order.as_uuid()),
            buyer_id: id_bytes(buyer.as_uuid()),
            total,
        };
        self.send(order, "debit", &message);
    }
}

fn usd(amount: i64) -> Money {
    Money {
        amount,
        currency: "USD".to_owned(),
    }
}

#[tokio::test]
async fn an_orders_money_goes_from_the_buyer_over_escrow_to_the_seller() {
    let orders = Orders::default();
    let config = Config {
        payout_hold_seconds: 0,
        commission_basis_points: 1000,
        ..Config::default()
    };
    let wallet = Wallet::start_with(&config, vec![orders.parts()]);
    let (buyer, seller, order) = (
        wallet.person(),
        wallet.person(),
        OrderId::new(&SystemIds::default()),
    );
    wallet.fund(&buyer, 1000).await;
    orders.debit(order, buyer.id, 600);
    orders.hear(order, "debited").await;
    let paid = wallet.statement(&buyer, "?type=order_payment").await.body;
    assert_eq!(paid["items"][0]["amount"], -600);
    assert_eq!(paid["items"][0]["orderId"], json!(order));
    let shares = vec![SellerShare {
        seller_id: id_bytes(seller.id.as_uuid()),
        amount: Some(usd(600)),
    }];
    orders.send(
        order,
        "release-escrow",
        &ReleaseEscrow {
            order_id: id_bytes(order.as_uuid()),
            shares,
        },
    );
    orders.hear(order, "escrow-released").await;
    let balance = wallet
        .host
        .get("/api/wallet/balance", &seller.token)
        .await
        .body;
    let total = balance["available"].as_i64().unwrap() + balance["pending"].as_i64().unwrap();
    assert_eq!(total, 540);
    wallet.service.release_payouts().await.unwrap();
    assert_eq!(wallet.available(&seller).await, 540);
    let earned = wallet.statement(&seller, "").await.body;
    assert_eq!(
        (&earned["items"][0]["type"], &earned["items"][0]["orderId"]),
        (&json!("earning"), &json!(order))
    );
    assert_eq!(wallet.audit().await.status, 200);
    wallet.host.stop().await;
}

#[tokio::test]
async fn an_order_is_declined_refunded_or_cancelled_and_the_buyer_keeps_the_money() {
    let orders = Orders::default();
    let wallet = Wallet::start_with(&Config::default(), vec![orders.parts()]);
    let ids = SystemIds::default();
    let (buyer, declined, refunded, cancelled) = (
        wallet.person(),
        OrderId::new(&ids),
        OrderId::new(&ids),
        OrderId::new(&ids),
    );
    wallet.fund(&buyer, 1000).await;
    orders.debit(declined, buyer.id, 1001);
    orders.hear(declined, "debit-declined").await;
    orders.debit(refunded, buyer.id, 1000);
    orders.hear(refunded, "debited").await;
    orders.send(
        refunded,
        "refund",
        &RefundOrder {
            order_id: id_bytes(refunded.as_uuid()),
            reason: String::new(),
        },
    );
    orders.hear(refunded, "refunded").await;
    let cancel = CancelOrderDebit {
        order_id: id_bytes(cancelled.as_uuid()),
        buyer_id: id_bytes(buyer.id.as_uuid()),
    };
    orders.send(cancelled, "cancel-debit", &cancel);
    orders.hear(cancelled, "debit-cancelled").await;
    assert_eq!(wallet.available(&buyer).await, 1000);
    let kinds: Vec<String> = wallet.statement(&buyer, "").await.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["order_refund", "order_payment", "credit"]);
    assert_eq!(wallet.audit().await.status, 200);
    wallet.host.stop().await;
}
