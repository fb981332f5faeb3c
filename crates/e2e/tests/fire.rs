//! Correctness under load: many concurrent clients, and the sums are right to the unit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Answer, Client, Person, Shape, eventually, unique, within};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

/// New people with money. They register a few at a time; with more, password hashing would be saturated and some would be asked to retry.
async fn crowd(client: &Client, size: usize, purse: i64) -> Vec<Person> {
    let arrivals = (0..size).map(|n| async move {
        let person = client.join(&format!("Buyer {n}")).await;
        person.credit(purse).await;
        person
    });
    stream::iter(arrivals).buffered(8).collect().await
}

fn count(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn of_500_debits_of_1_on_a_wallet_of_100_exactly_100_succeed() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    ada.credit(100).await;
    let body = json!({"amount": 1});
    let answers = join_all((0..500).map(|_| ada.post("/api/wallet/debit", &body))).await;
    assert_eq!(count(&answers), BTreeMap::from([(201, 100), (402, 400)]));
    for answer in answers.iter().filter(|answer| answer.status == 402) {
        answer.assert_problem(402, "insufficient_funds");
    }
    assert_eq!(ada.balance().await, 0);
    let mut after: Vec<i64> = answers
        .iter()
        .filter_map(|answer| answer.body["balanceAfter"].as_i64())
        .collect();
    after.sort_unstable();
    assert_eq!(
        after,
        (0..100).collect::<Vec<_>>(),
        "each saw a balance of its own"
    );
    assert_eq!(
        ada.all("/api/wallet/transaction?limit=100").await.len(),
        101
    );
    shape.assert_audit_is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_buyers_of_the_last_unit_exactly_one_gets_it() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let unicorn = seller.lists("Unicorn", 1_000, 1).await;
    let buyers = crowd(shape.client(), 200, 1_000).await;
    let answers = join_all(buyers.iter().map(|buyer| buyer.orders(&unicorn, 1))).await;
    assert_eq!(count(&answers), BTreeMap::from([(201, 1), (409, 199)]));
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        answer.assert_problem(409, "out_of_stock");
    }
    assert_eq!(seller.stock(&unicorn).await, 0);
    let balances = join_all(buyers.iter().map(Person::balance)).await;
    assert_eq!(balances.iter().sum::<i64>(), 199_000);
    shape.assert_audit_is_clean();
}

/// Sends a keyed order until the response is anything but "still running".
async fn order_with_patience(buyer: &Person, key: &str, body: &Value) -> Answer {
    let running = async || {
        let request = buyer.request(Method::POST, "/api/orders/create");
        Answer::of(request.header("idempotency-key", key).json(body)).await
    };
    within(Duration::from_secs(30), "an answer", async || {
        let answer = running().await;
        if answer.status != 409 {
            return Some(answer);
        }
        answer.assert_problem(409, "request_running");
        let seconds = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        None
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_creates_with_one_key_make_one_order_and_get_one_answer() {
    let shape = Shape::start();
    let (seller, buyer) = (
        shape.client().join("Grace").await,
        shape.client().join("Ada").await,
    );
    let pen = seller.lists("Pen", 10, 1_000).await;
    buyer.credit(100_000).await;
    let (key, body) = (unique(), json!({"productId": pen.id, "quantity": 2}));
    let answers = join_all((0..100).map(|_| order_with_patience(&buyer, &key, &body))).await;
    assert_eq!(count(&answers), BTreeMap::from([(201, 100)]));
    assert!(
        answers.iter().all(|answer| answer.body == answers[0].body),
        "identical answers"
    );
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == "true")
        .count();
    assert_eq!(replayed, 99);
    let orders = buyer.all(&format!("/api/orders/{}/byUser", buyer.id)).await;
    assert_eq!(orders.len(), 1);
    assert_eq!(
        (seller.stock(&pen).await, buyer.balance().await),
        (998, 99_980)
    );
    shape.assert_audit_is_clean();
}

/// 64 buyers order mixed goods as fast as they can; some buyers run out of money, some goods run out.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_orders_no_money_and_no_stock_is_lost_or_made() {
    const BUYERS: usize = 64;
    const PURSE: i64 = 6_000;
    const STOCK: i64 = 150;
    let shape = Shape::start();
    let (grace, linus) = (
        shape.client().join("Grace").await,
        shape.client().join("Linus").await,
    );
    let mut goods = Vec::new();
    for n in 0..6 {
        let seller = if n % 2 == 0 { &grace } else { &linus };
        goods.push(
            seller
                .lists(&format!("Good {n}"), 100 * (n + 1), STOCK)
                .await,
        );
    }
    let buyers = crowd(shape.client(), BUYERS, PURSE).await;
    let goods = &goods;
    let storm = buyers.iter().enumerate().map(|(who, buyer)| async move {
        let mut answers = Vec::new();
        for round in 0..12 {
            let (a, b) = (
                &goods[(who + round) % 6],
                &goods[(who * 5 + round * 7 + 1) % 6],
            );
            let items = json!({"items": [
                {"productId": a.id, "quantity": 1 + round % 3},
                {"productId": b.id, "quantity": 1},
                {"productId": a.id, "quantity": 1},
            ]});
            answers.push(buyer.post("/api/orders/create", &items).await);
        }
        answers
    });
    let answers: Vec<Answer> = join_all(storm).await.into_iter().flatten().collect();
    let counts = count(&answers);
    for status in counts.keys() {
        assert!([201, 202, 402, 409].contains(status), "{counts:?}");
    }
    assert!(
        counts[&201] > 50 && (counts.contains_key(&402) || counts.contains_key(&409)),
        "{counts:?}"
    );

    let (mut spent, mut sold): (i64, BTreeMap<String, i64>) = (0, BTreeMap::new());
    for buyer in &buyers {
        let path = format!("/api/orders/{}/byUser?limit=100", buyer.id);
        let orders = eventually("every order settles", async || {
            let orders = buyer.all(&path).await;
            let open = orders.iter().any(|order| order["status"] == "pending");
            (!open).then_some(orders)
        })
        .await;
        let paid = || orders.iter().filter(|order| order["status"] == "paid");
        let total: i64 = paid()
            .map(|order| order["total"]["amount"].as_i64().unwrap())
            .sum();
        assert_eq!(
            buyer.balance().await,
            PURSE - total,
            "what is not spent is there"
        );
        spent += total;
        for line in paid().flat_map(|order| order["items"].as_array().unwrap()) {
            let product = line["productId"].as_str().unwrap().to_owned();
            *sold.entry(product).or_default() += line["quantity"].as_i64().unwrap();
        }
    }
    let mut worth = 0;
    for good in goods {
        let sold = sold.get(&good.id).copied().unwrap_or_default();
        worth += sold * good.price;
        eventually("the stock of declined orders comes back", async || {
            (grace.stock(good).await + sold == STOCK).then_some(())
        })
        .await;
    }
    assert_eq!(worth, spent, "the goods sold are the money spent");
    shape.assert_audit_is_clean();
}
