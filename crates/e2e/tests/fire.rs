//! Correctness under load: many concurrent clients, and the sums are right to the unit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Answer, Client, Part, Person, Shape, amount, eventually, unique, within};
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
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
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
    let [grace, linus] = shape.join(["Grace", "Linus"]).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_refunds_at_once_give_back_exactly_the_part() {
    const REFUND: i64 = 70;
    const PART: i64 = 5_000;
    let shape = Shape::start();
    let [seller, other, buyer] = shape.join(["Grace", "Linus", "Ada"]).await;
    let lamp = seller.lists("Lamp", PART / 5, 10).await;
    let pen = other.lists("Pen", 10, 10).await;
    buyer.credit(10_000).await;
    let order = buyer.buys(&[(&lamp, 5), (&pen, 1)]).await;
    let part = Part::of(&order, &seller);
    let refund = json!(REFUND);
    let answers = join_all((0..100).map(|_| seller.refunds(&part, "amount", &refund))).await;
    let (given, refused): (Vec<&Answer>, Vec<&Answer>) = answers
        .iter()
        .partition(|answer| [201, 202].contains(&answer.status));
    let fit = PART / REFUND;
    assert_eq!(given.len(), usize::try_from(fit).unwrap(), "{answers:?}");
    for answer in refused {
        answer.assert_problem(409, "refund_exceeds");
        assert_eq!(amount(&answer.body["left"]), PART - fit * REFUND);
    }
    let rest = json!(PART - fit * REFUND);
    assert_eq!(seller.refunds(&part, "amount", &rest).await.status, 201);
    let more = seller.refunds(&part, "amount", &json!(1)).await;
    more.assert_problem(409, "refund_exceeds");
    assert_eq!(amount(&more.body["left"]), 0);
    eventually("all of it is back", async || {
        (buyer.balance().await == 10_000 - 10).then_some(())
    })
    .await;
    assert_eq!(amount(&buyer.part(&part).await["refunded"]), PART);
    let order = buyer.order(&part.order).await.body;
    assert_eq!(order["paymentStatus"], "partially_refunded", "{order}");
    assert_eq!(order["status"], "paid", "the pen is paid: {order}");
    shape.assert_audit_is_clean();
}

/// Refunds that the seller repeats with one key, as a client does that gets no answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_refunds_with_one_key_give_back_once() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let lamp = seller.lists("Lamp", 1_000, 10).await;
    buyer.credit(1_000).await;
    let part = Part::of(&buyer.buys(&[(&lamp, 1)]).await, &seller);
    let key = unique();
    let refund = async || {
        let request = seller.refund_request(&part, &json!(3));
        Answer::of(request.header("idempotency-key", &key)).await
    };
    let answers = join_all((0..100).map(|_| async {
        within(Duration::from_secs(30), "an answer", async || {
            let answer = refund().await;
            if answer.body["code"] == "request_running" {
                tokio::time::sleep(Duration::from_millis(200)).await;
                return None;
            }
            Some(answer)
        })
        .await
    }))
    .await;
    // Those that come while it is under way may be told so.
    for answer in &answers {
        assert!([201, 202].contains(&answer.status), "{answer:?}");
        assert_eq!(answer.body["id"], answers[0].body["id"]);
    }
    eventually("the refund", async || {
        (buyer.balance().await == 3).then_some(())
    })
    .await;
    let later = eventually("that it is done", async || {
        let later = refund().await;
        (later.body["status"] == "done").then_some(later)
    })
    .await;
    assert_eq!(
        (later.status, &later.body["id"]),
        (201, &answers[0].body["id"])
    );
    assert_eq!(later.header("idempotency-replayed"), "true");
    assert_eq!(buyer.balance().await, 3);
    shape.assert_audit_is_clean();
}

/// The seller ships while the buyer cancels: each unit has one fate, and the money follows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_shipped_or_cancelled_and_never_both() {
    const ORDERS: usize = 20;
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let lamp = seller.lists_to_ship("Lamp", 100, 1_000).await;
    buyer.credit(100_000).await;
    let races = (0..ORDERS).map(|_| async {
        let part = Part::of(&buyer.buys(&[(&lamp, 4)]).await, &seller);
        let (some, more) = (part.items(&[(0, 3)]), part.items(&[(0, 2)]));
        let (shipped, cancelled, other) = tokio::join!(
            seller.ships(&part, &some),
            buyer.cancels(&part, Some(&more)),
            seller.ships(&part, &more),
        );
        (part, [shipped, cancelled, other])
    });
    let (mut sold, mut kept) = (0, 0);
    for (part, answers) in join_all(races).await {
        for answer in answers.iter().filter(|answer| answer.status >= 300) {
            answer.assert_problem(409, "move_not_allowed");
        }
        let item = &buyer.part(&part).await["items"][0];
        let count = |name: &str| item[name].as_i64().unwrap();
        let (shipped, cancelled) = (count("shipped"), count("cancelled"));
        let done = |place: usize| i64::from(answers[place].status < 300);
        assert_eq!(shipped, 3 * done(0) + 2 * done(2), "{item} {answers:?}");
        assert_eq!(cancelled, 2 * done(1), "{item} {answers:?}");
        assert!((2..=4).contains(&(shipped + cancelled)), "{item}");
        sold += 4 - cancelled;
        kept += 100 * (4 - cancelled);
    }
    eventually(
        "money and stock of what was cancelled are back",
        async || {
            let back = buyer.balance().await == 100_000 - kept;
            (back && seller.stock(&lamp).await == 1_000 - sold).then_some(())
        },
    )
    .await;
    shape.assert_audit_is_clean();
}
