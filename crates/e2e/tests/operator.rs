//! The command line, as an operator uses it. These tests always start their own processes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it opens the databases as a vandal would"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use e2e::{Launch, Person, Product, Server, within};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A directory with one purchase, which no process is serving.
async fn used_directory() -> (TempDir, Launch, Person, Product) {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path());
    let server = launch.serve();
    let (seller, buyer) = (
        server.client().join("Grace").await,
        server.client().join("Ada").await,
    );
    let lamp = seller.lists("Lamp", 100, 10).await;
    buyer.credit(1_000).await;
    assert_eq!(buyer.orders(&lamp, 3).await.status, 201);
    launch.assert_audit_is_clean();
    assert_eq!(server.terminate(), Some(0));
    (data_dir, launch, buyer, lamp)
}

/// Changes the database that has this table, bypassing the service.
fn vandalise(data_dir: &Path, table: &str, change: &str) {
    let mut changed = 0;
    for file in std::fs::read_dir(data_dir).unwrap() {
        let path = file.unwrap().path();
        if !["db", "sqlite", "sqlite3"]
            .contains(&path.extension().unwrap_or_default().to_str().unwrap())
        {
            continue;
        }
        let database = rusqlite::Connection::open(&path).unwrap();
        let has_it: bool = database
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)",
                [table],
                |row| row.get(0),
            )
            .unwrap();
        if has_it {
            changed += database.execute(change, []).unwrap();
        }
    }
    assert!(changed > 0, "nothing was changed by {change}");
}

#[tokio::test]
async fn the_audit_of_sound_books_says_so_line_by_line_and_exits_0() {
    let (_data_dir, launch, ..) = used_directory().await;
    let audit = launch.audit();
    assert_eq!(audit.code, Some(0), "{audit:?}");
    assert!(
        audit.stdout.lines().count() >= 6,
        "a line for each invariant: {audit:?}"
    );
}

#[tokio::test]
async fn the_audit_names_a_balance_that_its_postings_do_not_explain_and_exits_1() {
    let (data_dir, launch, buyer, _) = used_directory().await;
    vandalise(
        data_dir.path(),
        "balances",
        "UPDATE balances SET balance = balance + 1 WHERE balance = 700",
    );
    let audit = launch.audit();
    assert_eq!(audit.code, Some(1), "{audit:?}");
    assert!(
        audit.stdout.lines().any(|line| line.contains(&buyer.id)),
        "{audit:?}"
    );
}

#[tokio::test]
async fn the_audit_names_a_product_whose_stock_does_not_add_up_and_exits_1() {
    let (data_dir, launch, _, lamp) = used_directory().await;
    vandalise(
        data_dir.path(),
        "stock",
        "UPDATE stock SET available = available + 1",
    );
    let audit = launch.audit();
    assert_eq!(audit.code, Some(1), "{audit:?}");
    assert!(
        audit.stdout.lines().any(|line| line.contains(&lamp.id)),
        "{audit:?}"
    );
}

#[tokio::test]
async fn the_audit_finds_a_journal_transaction_that_is_not_balanced_and_exits_1() {
    let (data_dir, launch, ..) = used_directory().await;
    vandalise(
        data_dir.path(),
        "system_postings",
        "UPDATE system_postings SET amount = amount + 5 WHERE account = 0",
    );
    let audit = launch.audit();
    assert_eq!(audit.code, Some(1), "{audit:?}");
}

#[tokio::test]
async fn the_audit_finds_an_order_whose_state_the_wallet_does_not_share_and_exits_1() {
    let (data_dir, launch, ..) = used_directory().await;
    vandalise(data_dir.path(), "payments", "DELETE FROM payments");
    let audit = launch.audit();
    assert_eq!(audit.code, Some(1), "{audit:?}");
}

#[test]
fn the_audit_of_a_directory_without_books_is_an_error_and_makes_none() {
    let data_dir = tempfile::tempdir().unwrap();
    let nowhere = data_dir.path().join("nowhere");
    let audit = Launch::on(&nowhere).audit();
    assert_ne!(audit.code, Some(0), "{audit:?}");
    assert!(!nowhere.exists());
}

#[test]
fn the_effective_configuration_is_printed_with_what_was_set() {
    let data_dir = tempfile::tempdir().unwrap();
    let run = Launch::on(data_dir.path())
        .set("ORDERS__WAIT_SECONDS", "7")
        .run(&["config"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for expected in ["[users]", "bcrypt_cost = 4", "[orders]", "wait_seconds = 7"] {
        assert!(
            run.stdout.lines().any(|line| line.trim() == expected),
            "{expected}: {run:?}"
        );
    }
}

#[test]
fn a_setting_that_does_not_exist_or_makes_no_sense_is_refused_at_start_by_name() {
    let data_dir = tempfile::tempdir().unwrap();
    let wrong = [
        (
            "USERS__BCRYPT_COTS",
            "4",
            "users.bcrypt_cots",
            "bcrypt_cost",
        ),
        (
            "USERS__BCRYPT_COST",
            "99",
            "users.bcrypt_cost",
            "users.bcrypt_cost",
        ),
        (
            "USERS__BCRYPT_COST",
            "many",
            "users.bcrypt_cost",
            "MARKETPLACE__USERS__BCRYPT_COST",
        ),
        (
            "CATALOGUE__PUBLIC",
            "maybe",
            "catalogue.public",
            "MARKETPLACE__CATALOGUE__PUBLIC",
        ),
        ("CATALOG__PUBLIC", "true", "catalog.public", "catalogue"),
    ];
    for (name, value, key, helpful) in wrong {
        let run =
            Launch::on(data_dir.path())
                .set(name, value)
                .run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(
            run.code.is_some_and(|code| code != 0),
            "{name}={value}: {run:?}"
        );
        assert!(
            run.stderr.contains(key) && run.stderr.contains(helpful),
            "{name}={value}: {run:?}"
        );
    }
}

#[test]
fn a_file_sets_what_the_environment_and_flags_do_not() {
    let data_dir = tempfile::tempdir().unwrap();
    let file = data_dir.path().join("market.toml");
    std::fs::write(
        &file,
        "[orders]\nwait_seconds = 9\n[users]\nbcrypt_cost = 11\n",
    )
    .unwrap();
    let run = Launch::on(data_dir.path()).run(&["config", "--config", file.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("wait_seconds = 9"), "{run:?}");
    assert!(
        run.stdout.contains("bcrypt_cost = 4"),
        "the environment wins: {run:?}"
    );
}

#[tokio::test]
async fn the_printed_document_is_the_served_one() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path());
    let run = launch.run(&["openapi"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    let server = launch.serve();
    assert_eq!(server.client().get("/api/openapi.json").await.body, printed);
}

#[tokio::test]
async fn it_says_where_it_is_and_where_the_docs_are() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path()).serve();
    let url = server.url().to_owned();
    let docs = format!("{url}/api/docs");
    within(
        Duration::from_secs(5),
        "the line with the docs page",
        async || {
            server
                .printed()
                .iter()
                .any(|line| line.contains(&docs))
                .then_some(())
        },
    )
    .await;
    assert_eq!(server.client().get("/readyz").await.status, 200);
}

/// The emails that a start with `--demo` printed, and their common password.
async fn demo_accounts(server: &Server) -> (Vec<String>, String) {
    within(Duration::from_secs(30), "the demo accounts", async || {
        let printed = server.printed();
        let password = printed
            .iter()
            .find_map(|line| line.split("password of each: ").nth(1)?.split(')').next())?;
        let emails: Vec<String> = printed
            .iter()
            .filter_map(|line| line.split_whitespace().find(|word| word.contains('@')))
            .map(str::to_owned)
            .collect();
        (emails.len() >= 12).then(|| (emails, password.to_owned()))
    })
    .await
}

/// Orders and parts of the demo are in every state that they can rest in.
fn assert_has_every_state(orders: &[Value]) {
    let words = |of: &dyn Fn(&Value) -> Vec<Value>| -> BTreeSet<String> {
        let words = orders.iter().flat_map(of);
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    };
    let parts = |order: &Value| order["fulfilments"].as_array().unwrap().clone();
    let of_parts = words(&|order| {
        let parts = parts(order).into_iter();
        parts.map(|part| part["status"].clone()).collect()
    });
    let expected = ["cancelled", "completed", "delivered", "open", "shipped"];
    assert!(of_parts.iter().eq(&expected), "{of_parts:?}");
    let of_cases = |cases: &'static str| {
        words(&|order| {
            let parts = parts(order);
            let cases = parts
                .iter()
                .flat_map(|part| part[cases].as_array().unwrap());
            cases.map(|case| case["status"].clone()).collect()
        })
    };
    let expected = [
        "approved",
        "denied",
        "expired",
        "received",
        "requested",
        "superseded",
        "withdrawn",
    ];
    let returns = of_cases("returns");
    assert!(returns.iter().eq(&expected), "{returns:?}");
    let disputes = of_cases("disputes");
    let expected = ["open", "resolved", "withdrawn"];
    assert!(disputes.iter().eq(&expected), "{disputes:?}");
    let together = words(&|order| vec![order["fulfilmentStatus"].clone()]);
    for word in [
        "unfulfilled",
        "partially_shipped",
        "shipped",
        "delivered",
        "completed",
    ] {
        assert!(together.contains(word), "{word}: {together:?}");
    }
    let paid = words(&|order| vec![order["paymentStatus"].clone()]);
    let expected = ["paid", "partially_refunded", "refunded", "unpaid"];
    assert!(paid.iter().eq(&expected), "{paid:?}");
    let is_open = |order: &&Value| order["fulfilmentStatus"] == "unfulfilled";
    for order in orders.iter().filter(is_open) {
        assert!(order["shippingAddress"]["country"].is_string(), "{order}");
        assert!(parts(order)[0]["seller"]["name"].is_string(), "{order}");
    }
}

#[tokio::test]
async fn a_demo_can_be_logged_into_and_has_goods_money_and_orders() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).with("--demo");
    let server = launch.serve();
    let (emails, password) = demo_accounts(&server).await;
    let client = server.client();
    let (mut balances, mut statuses) = (0, BTreeSet::new());
    let (mut people, mut orders_of_all) = (Vec::new(), Vec::new());
    for email in &emails {
        let person = client.log_in(email, &password).await;
        balances += person.balance().await;
        let orders = person
            .all(&format!("/api/orders/{}/byUser?limit=100", person.id))
            .await;
        statuses.extend(
            orders
                .iter()
                .map(|order| order["status"].as_str().unwrap().to_owned()),
        );
        orders_of_all.extend(orders);
        people.push(person);
    }
    assert!(balances > 0);
    assert!(
        statuses.len() >= 3 && statuses.contains("paid"),
        "{statuses:?}"
    );

    assert_has_every_state(&orders_of_all);

    let products = people[0].all("/api/products?limit=100").await;
    assert!(products.len() >= 200, "{} products", products.len());
    let distinct = |member: &str| -> usize {
        let values: BTreeSet<&str> = products
            .iter()
            .map(|product| product[member].as_str().unwrap())
            .collect();
        values.len()
    };
    assert_eq!(distinct("category"), 8);
    assert!(distinct("name") >= 200, "{} names", distinct("name"));
    assert!(distinct("sellerId") >= 2);
    launch.assert_audit_is_clean();
    assert_eq!(server.terminate(), Some(0));

    let again = launch.serve();
    let told_again = demo_accounts(&again).await;
    assert_eq!(told_again, (emails, password), "at every start");
    let person = people[0].at(&again.client());
    assert_eq!(
        person.all("/api/products?limit=100").await.len(),
        products.len(),
        "filled once"
    );
    launch.assert_audit_is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_it_answers_what_it_has_begun_and_exits_0() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path());
    let server = launch.serve();
    let client = server.client();
    let seller = client.join("Grace").await;
    let pen = seller.lists("Pen", 1, 1_000_000).await;
    let buyers = join_all((0..16).map(|n| {
        let client = client.clone();
        async move {
            let buyer = client.join(&format!("Buyer {n}")).await;
            buyer.credit(100_000).await;
            buyer
        }
    }))
    .await;
    let body = json!({"productId": pen.id, "quantity": 1});
    let shopping: Vec<_> = buyers
        .into_iter()
        .map(|buyer| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut paid = Vec::new();
                // A response that has started must arrive completely; a refused connection ends the shopping.
                while let Ok(response) = buyer
                    .request(Method::POST, "/api/orders/create")
                    .json(&body)
                    .send()
                    .await
                {
                    let status = response.status().as_u16();
                    let order: Value = response.json().await.unwrap();
                    assert!([201, 202, 503].contains(&status), "{status} {order}");
                    if status == 201 {
                        paid.push(order["id"].as_str().unwrap().to_owned());
                    }
                }
                (buyer, paid)
            })
        })
        .collect();
    within(Duration::from_secs(10), "some orders", async || {
        (seller.stock(&pen).await < 999_900).then_some(())
    })
    .await;
    assert_eq!(server.terminate(), Some(0));
    let shopped: Vec<(Person, Vec<String>)> = join_all(shopping)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    let again = launch.serve();
    for (buyer, paid) in shopped {
        let buyer = buyer.at(&again.client());
        for id in paid {
            assert_eq!(buyer.order(&id).await.body["status"], "paid");
        }
    }
    launch.assert_audit_is_clean();
}
