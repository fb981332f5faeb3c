//! `kill -9` between the command of a refund or a release and its reply: whoever has to act next is dead, or dies.

use std::time::Duration;

use e2e::{Answer, Part, Person, amount, within};
use serde_json::json;
use stack::{Name, Service};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(60);
const PRICE: i64 = 1_000;
/// One tenth.
const FEE: i64 = 100;

const ORDERS: Name = Name::Service(Service::Order, 0);
const WALLET: Name = Name::Service(Service::Wallet, 0);

/// Who is killed while a refund waits for its reply.
#[derive(Clone, Copy)]
enum Victim {
    /// The wallet is dead before the command reaches it, and the order service after it has sent it.
    BothBeforeTheCommandArrives,
    /// The order service, while the wallet refunds.
    OrdersBeforeTheReplyArrives,
    /// The wallet, as soon as it has the command, or has not.
    Wallet,
    /// The broker, with whatever is in it.
    Broker,
}

const VICTIMS: [Victim; 4] = [
    Victim::BothBeforeTheCommandArrives,
    Victim::OrdersBeforeTheReplyArrives,
    Victim::Wallet,
    Victim::Broker,
];

impl World {
    /// Kills `victim` around `act`, and brings everything back.
    async fn kill_around<T>(&mut self, victim: Victim, act: impl Future<Output = T>) -> T {
        let done = match victim {
            Victim::BothBeforeTheCommandArrives => {
                self.stack.kill(WALLET).unwrap();
                let done = act.await;
                self.bounce(ORDERS).await;
                self.stack.start(WALLET).unwrap();
                done
            }
            Victim::OrdersBeforeTheReplyArrives => {
                let done = act.await;
                self.bounce(ORDERS).await;
                done
            }
            Victim::Wallet => {
                let done = act.await;
                self.bounce(WALLET).await;
                done
            }
            Victim::Broker => {
                let done = act.await;
                self.bounce(Name::Rabbit).await;
                done
            }
        };
        for name in [ORDERS, WALLET, Name::Rabbit] {
            self.stack.wait_ready(name).await.unwrap();
        }
        done
    }
}

/// Refunds without waiting for the wallet. Returns what is given back.
async fn refund(seller: &Person, part: &Part, value: i64) -> i64 {
    let request = seller.refund_request(part, &json!(value));
    let answer = Answer::of(request.header("prefer", "respond-async")).await;
    // The wallet may be quicker than the answer.
    assert!([201, 202].contains(&answer.status), "{answer:?}");
    amount(answer.body.get("amount").unwrap())
}

async fn balance(person: &Person, bucket: &str) -> i64 {
    let balance = person.get("/api/wallet/balance").await.body;
    balance.get(bucket).unwrap().as_i64().unwrap()
}

async fn has(person: &Person, bucket: &str, expected: i64) {
    let what = format!("{bucket} comes to {expected}");
    within(PATIENCE, &what, async || {
        (balance(person, bucket).await == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_before_the_release_is_made_once_whoever_is_killed_before_the_reply() {
    let settings = [("WALLET__COMMISSION_BASIS_POINTS", "1000")];
    let mut world = World::with(1, 1, &settings).await;
    let client = world.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = seller.lists_to_ship("Lamp", PRICE, 10).await;
    buyer.credit(10 * PRICE).await;
    let mut left = 10 * PRICE;
    for victim in VICTIMS {
        let part = Part::of(&buyer.buys(&[(&lamp, 2)]).await, &seller);
        left -= 2 * PRICE;
        has(&buyer, "available", left).await;
        seller.has_sold(&[&part]).await;
        left += world.kill_around(victim, refund(&seller, &part, 700)).await;
        has(&buyer, "available", left).await;
        // The lamps that are not on their way are cancelled: their money, less what is back already, and their stock.
        let cancelled = world.kill_around(victim, buyer.cancels(&part, None)).await;
        assert!([200, 202].contains(&cancelled.status), "{cancelled:?}");
        left += 2 * PRICE - 700;
        has(&buyer, "available", left).await;
        let stock = "the lamps are back";
        within(PATIENCE, stock, async || {
            (seller.stock(&lamp).await == 10).then_some(())
        })
        .await;
        within(PATIENCE, "the order is refunded", async || {
            let order = buyer.order(&part.order).await.body;
            (order.get("status").unwrap() == "refunded").then_some(())
        })
        .await;
    }
    assert_eq!(left, 10 * PRICE);
    assert_eq!(balance(&seller, "pending").await, 0);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_and_refunds_after_it_are_made_once_whoever_is_killed_before_the_reply() {
    let settings = [
        ("WALLET__COMMISSION_BASIS_POINTS", "1000"),
        ("ORDERS__RELEASE_AFTER_SECONDS", "3"),
    ];
    let mut world = World::with(1, 1, &settings).await;
    let client = world.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = seller.lists("Lamp", PRICE, 10).await;
    buyer.credit(10 * PRICE).await;
    let (mut left, mut earned) = (10 * PRICE, 0);
    for victim in VICTIMS {
        let part = Part::of(&buyer.buys(&[(&lamp, 1)]).await, &seller);
        left -= PRICE;
        seller.has_sold(&[&part]).await;
        // The release falls into the time in which somebody is dead, or soon after it.
        let due = tokio::time::sleep(Duration::from_millis(3_500));
        world.kill_around(victim, due).await;
        earned += PRICE - FEE;
        has(&seller, "pending", earned).await;
        left += world.kill_around(victim, refund(&seller, &part, 500)).await;
        earned -= 450;
        has(&buyer, "available", left).await;
        assert_eq!(balance(&seller, "pending").await, earned);
    }
    assert_eq!(left, 10 * PRICE - 4 * 500);
    world.end();
}
