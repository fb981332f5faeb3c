//! The wallet from the order service's side: commands and replies over the bus, and what users see of them over HTTP.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bus::{Handler, Outcome, Subscription};
use contracts::wallet::{
    CancelOrderDebit, DebitForOrder, DebitLine, DebitPart, Money, RefundLine, RefundPart,
    ReleasePart,
};
use contracts::{Contract, Envelope, id_bytes};
use host::service::Parts;
use host::testing::eventually;
use kernel::{FulfilmentId, LineId, MessageId, OrderId, RefundId, SystemIds, Timestamp, UserId};
use serde_json::json;
use store::StoreResult;
use store::outbox::{Backlog, Fate, Outbox, Pending};
use tokio::sync::Notify;
use wallet_service::Config;

use crate::support::{Person, Wallet};

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
            "PartRefunded",
            "PartReleased",
            "PartRefused",
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
            letters: None,
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

    fn debit(&self, sale: &Sale, buyer: UserId) {
        let line = DebitLine {
            line_id: id_bytes(sale.line.as_uuid()),
            product_id: id_bytes(sale.line.as_uuid()),
            category: "books".to_owned(),
            unit_price: sale.amount / 2,
            quantity: 2,
        };
        let part = DebitPart {
            fulfilment_id: id_bytes(sale.fulfilment.as_uuid()),
            seller_id: id_bytes(sale.seller.as_uuid()),
            lines: vec![line],
        };
        let message = DebitForOrder {
            order_id: id_bytes(sale.order.as_uuid()),
            buyer_id: id_bytes(buyer.as_uuid()),
            total: Some(Money {
                amount: sale.amount,
                currency: "USD".to_owned(),
            }),
            parts: vec![part],
        };
        self.send(sale.order, "debit", &message);
    }

    /// Refunds `amount` and waits for the reply.
    async fn refund(&self, sale: &Sale, amount: i64) {
        let refund = RefundId::new(&SystemIds::default());
        let line = RefundLine {
            line_id: id_bytes(sale.line.as_uuid()),
            amount,
        };
        let message = RefundPart {
            order_id: id_bytes(sale.order.as_uuid()),
            fulfilment_id: id_bytes(sale.fulfilment.as_uuid()),
            refund_id: id_bytes(refund.as_uuid()),
            lines: vec![line],
        };
        self.send(sale.order, &format!("refund {refund}"), &message);
        self.hear(sale.order, &format!("refunded {refund}")).await;
    }

    /// Releases the part and waits for the reply.
    async fn release(&self, sale: &Sale) {
        let message = ReleasePart {
            order_id: id_bytes(sale.order.as_uuid()),
            fulfilment_id: id_bytes(sale.fulfilment.as_uuid()),
        };
        let part = sale.fulfilment;
        self.send(sale.order, &format!("release {part}"), &message);
        self.hear(sale.order, &format!("released {part}")).await;
    }
}

/// An order of one part with one line of two items.
struct Sale {
    order: OrderId,
    fulfilment: FulfilmentId,
    seller: UserId,
    line: LineId,
    amount: i64,
}

impl Sale {
    fn new(seller: UserId, amount: i64) -> Self {
        let ids = SystemIds::default();
        Self {
            order: OrderId::new(&ids),
            fulfilment: FulfilmentId::new(&ids),
            seller,
            line: LineId::new(&ids),
            amount,
        }
    }
}

/// The kinds of a person's movements, newest first.
async fn kinds(wallet: &Wallet, person: &Person) -> Vec<String> {
    let statement = wallet.statement(person, "").await.body;
    let items = statement["items"].as_array().unwrap().iter();
    items
        .map(|item| item["type"].as_str().unwrap().to_owned())
        .collect()
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
    let (buyer, seller) = (wallet.person(), wallet.person());
    let sale = Sale::new(seller.id, 600);
    wallet.fund(&buyer, 1000).await;
    orders.debit(&sale, buyer.id);
    orders.hear(sale.order, "debited").await;
    let paid = wallet.statement(&buyer, "?type=order_payment").await.body;
    assert_eq!(paid["items"][0]["amount"], -600);
    assert_eq!(paid["items"][0]["orderId"], json!(sale.order));
    orders.release(&sale).await;
    let balance = wallet
        .host
        .get("/api/wallet/balance", &seller.token)
        .await
        .body;
    let total = balance["available"].as_i64().unwrap() + balance["pending"].as_i64().unwrap();
    assert_eq!(total, 540);
    wallet.service.release_earnings().await.unwrap();
    assert_eq!(wallet.available(&seller).await, 540);
    let earned = wallet.statement(&seller, "").await.body;
    assert_eq!(
        (&earned["items"][0]["type"], &earned["items"][0]["orderId"]),
        (&json!("earning"), &json!(sale.order))
    );
    assert_eq!(wallet.audit().await.status, 200);
    wallet.host.stop().await;
}

#[tokio::test]
async fn an_order_is_declined_refunded_or_cancelled_and_the_buyer_keeps_the_money() {
    let orders = Orders::default();
    let wallet = Wallet::start_with(&Config::default(), vec![orders.parts()]);
    let (buyer, seller) = (wallet.person(), wallet.person());
    wallet.fund(&buyer, 1000).await;
    let declined = Sale::new(seller.id, 1002);
    orders.debit(&declined, buyer.id);
    orders.hear(declined.order, "debit-declined").await;
    let refunded = Sale::new(seller.id, 1000);
    orders.debit(&refunded, buyer.id);
    orders.hear(refunded.order, "debited").await;
    orders.refund(&refunded, 1000).await;
    let cancelled = Sale::new(seller.id, 2);
    let cancel = CancelOrderDebit {
        order_id: id_bytes(cancelled.order.as_uuid()),
        buyer_id: id_bytes(buyer.id.as_uuid()),
    };
    orders.send(cancelled.order, "cancel-debit", &cancel);
    orders.hear(cancelled.order, "debit-cancelled").await;
    assert_eq!(wallet.available(&buyer).await, 1000);
    let expected = ["order_refund", "order_payment", "credit"];
    assert_eq!(kinds(&wallet, &buyer).await, expected);
    assert_eq!(wallet.audit().await.status, 200);
    wallet.host.stop().await;
}

#[tokio::test]
async fn a_refund_of_earnings_that_were_spent_is_a_debt_which_a_topup_repays() {
    let orders = Orders::default();
    let config = Config {
        payout_hold_seconds: 0,
        commission_basis_points: 1000,
        ..Config::default()
    };
    let wallet = Wallet::start_with(&config, vec![orders.parts()]);
    let (buyer, seller) = (wallet.person(), wallet.person());
    let sale = Sale::new(seller.id, 1000);
    wallet.fund(&buyer, 1000).await;
    orders.debit(&sale, buyer.id);
    orders.hear(sale.order, "debited").await;
    orders.release(&sale).await;
    eventually("the earnings are available", async || {
        wallet.service.release_earnings().await.unwrap();
        (wallet.available(&seller).await == 900).then_some(())
    })
    .await;
    let out = json!({ "amount": 800 });
    assert_eq!(wallet.debit(&seller, &out).await.status, 201);
    orders.refund(&sale, 400).await;
    assert_eq!(wallet.available(&buyer).await, 400);
    let balance = async || {
        let answer = wallet.host.get("/api/wallet/balance", &seller.token);
        answer.await.body
    };
    let expected = json!({"available": 0, "pending": 0, "debt": 260, "balances":
        [{"currency": "USD", "available": 0, "pending": 0, "debt": 260}]});
    assert_eq!(balance().await, expected);
    let refused = wallet.debit(&seller, &json!({ "amount": 1 })).await;
    refused.assert_problem(402, "insufficient_funds");
    wallet.fund(&seller, 300).await;
    let balance = balance().await;
    assert_eq!(
        (&balance["available"], &balance["debt"]),
        (&json!(40), &json!(0))
    );
    let expected = [
        "debt_repayment",
        "credit",
        "earning_reversal",
        "debit",
        "earning",
    ];
    assert_eq!(kinds(&wallet, &seller).await, expected);
    for kind in ["debt_repayment", "earning_reversal"] {
        let page = wallet.statement(&seller, &format!("?type={kind}")).await;
        assert_eq!(page.body["items"][0]["type"], kind);
    }
    assert_eq!(wallet.audit().await.status, 200);
    wallet.host.stop().await;
}
