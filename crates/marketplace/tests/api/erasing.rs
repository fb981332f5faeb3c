//! A person who was erased is in no file of the marketplace.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use host::service::Deps;
use host::settings::ServerConfig;
use host::testing::{Answer, eventually};
use kernel::{Currency, SystemClock};
use marketplace::{DataDir, Marketplace, Services};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::mailbox::Mailbox;

const PASSWORD: &str = "correct horse battery";

struct Shop {
    url: String,
    client: Client,
    mailbox: Mailbox,
    /// How many keys were used.
    keys: AtomicU64,
}

impl Shop {
    /// A request with a key of its own: where it is known what a key is, the answer is stored.
    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> Answer {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.ask_once(&key, method, path, token, body).await
    }

    async fn ask_once(
        &self,
        key: &str,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(token).header("idempotency-key", key);
        Answer::of(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.ask(Method::POST, path, token, body).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    }

    async fn get(&self, path: &str, token: &str) -> Value {
        self.ask(Method::GET, path, token, &Value::Null).await.body
    }

    async fn erase(&self, token: &str) -> Answer {
        let body = json!({"password": PASSWORD});
        self.ask(Method::DELETE, "/api/users/me", token, &body)
            .await
    }

    /// Registers a person, who confirms their address, and logs them in.
    async fn join(&self, name: &str, email: &str) -> String {
        let known = self.mailbox.mails(email);
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        self.post("/api/users/register", "", &body).await;
        let token = json!({"token": self.mailbox.token(email, &known).await});
        self.post("/api/users/verify-email", "", &token).await;
        let body = json!({"email": email, "password": PASSWORD});
        let login = self.post("/api/users/login", "", &body).await;
        login["token"].as_str().unwrap().to_owned()
    }

    /// Tells of a person all that they may say of themselves, and gives them money.
    async fn fill_in(&self, buyer: &str, address: &Value) {
        let profile = json!({"name": "Zeru Quux", "metadata": {"nick": "Zeru-nick"}});
        self.ask(Method::PATCH, "/api/users/me", buyer, &profile)
            .await;
        self.post("/api/users/me/addresses", buyer, address).await;
        let about = json!({"displayName": "Zerulamps", "description": "Zeru's lamps"});
        self.ask(Method::PUT, "/api/sellers/me", buyer, &about)
            .await;
        let shade = json!({"name": "Shade", "description": "", "price": 100, "stock": 1, "category": "Home", "delivery": "shipped"});
        self.post("/api/products/create", buyer, &shade).await;
        let (credit, money) = ("/api/wallet/credit", json!({"amount": 500}));
        let credited = self.ask_once("Zeru's-key", Method::POST, credit, buyer, &money);
        assert_eq!(credited.await.status, 201);
    }

    /// Opens a dispute about a part, comments on it and takes it back. Returns the comment of the seller, by which they were shown all others.
    async fn dispute_and_withdraw(
        &self,
        id: &str,
        part: &Value,
        buyer: &str,
        seller: &str,
    ) -> Said {
        let disputes = format!("/api/orders/{id}/disputes");
        let dispute =
            json!({"fulfilmentId": part, "reason": "not_received", "comment": "Zeru waits"});
        let dispute = self.post(&disputes, buyer, &dispute).await;
        let dispute = format!("{disputes}/{}", dispute["id"].as_str().unwrap());
        let said = json!({"text": "Zeru still waits"});
        self.post(&format!("{dispute}/comments"), buyer, &said)
            .await;
        let answered = Said {
            path: format!("{dispute}/comments"),
            text: json!({"text": "It is on its way"}),
        };
        let shown = self.say_once(&answered, seller).await;
        assert!(shown.body.to_string().contains("Zeru still waits"));
        self.post(&format!("{dispute}/withdraw"), buyer, &json!({}))
            .await;
        answered
    }

    /// Says something, once however often it is called.
    async fn say_once(&self, said: &Said, token: &str) -> Answer {
        self.ask_once("said", Method::POST, &said.path, token, &said.text)
            .await
    }
}

/// A comment.
struct Said {
    path: String,
    text: Value,
}

/// Fails if a file below `place` holds `word`, in any case.
fn assert_nowhere(place: &Path, word: &str) {
    for entry in std::fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path, word);
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        if let Some(at) = text.find(word) {
            let around: String = text[at..].chars().take(60).collect();
            panic!("{} holds {around:?}", path.display());
        }
    }
}

#[tokio::test]
async fn a_person_who_was_erased_is_in_no_file_of_the_marketplace() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::create(dir.path()).unwrap();
    let mut services = Services::default();
    services.users.bcrypt_cost = 4;
    services.orders.return_window_seconds = 0;
    services.wallet.payout_hold_seconds = 0;
    let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
    let tokens = deps.clock.clone();
    let mailbox = Mailbox::new();
    let settings = mailbox.settings();
    let marketplace = Marketplace::build(&settings, &services, &data_dir, deps, tokens).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = marketplace
        .start(listener, &ServerConfig::default())
        .unwrap();
    let shop = Shop {
        url: format!("http://{}", host.address),
        client: Client::builder().no_proxy().build().unwrap(),
        mailbox,
        keys: AtomicU64::new(0),
    };

    let seller = shop.join("Bob", "bob@example.com").await;
    let lamp = json!({"name": "Lamp", "description": "", "price": 500, "stock": 9, "category": "Home", "delivery": "shipped"});
    let lamp = shop.post("/api/products/create", &seller, &lamp).await;
    let buyer = shop.join("Zerubbabel Quux", "zerubbabel@example.com").await;
    let address = json!({"name": "Zeru Quux", "line1": "7 Zerulane", "city": "Zerutown", "postalCode": "YO1 7HH", "country": "GB"});
    shop.fill_in(&buyer, &address).await;
    let order = json!({"items": [{"productId": lamp["id"], "quantity": 1}], "shippingAddress": address, "note": "Ask for Zeru"});
    let order = shop.post("/api/orders/create", &buyer, &order).await;
    let id = order["id"].as_str().unwrap().to_owned();

    let open = shop.erase(&buyer).await;
    open.assert_problem(409, "account_in_use");
    assert_eq!(open.body["openOrders"], json!([id]));

    let part = &order["fulfilments"][0];
    let shipments = format!(
        "/api/orders/{id}/fulfilments/{}/shipments",
        part["id"].as_str().unwrap()
    );
    let items = json!({"items": [{"lineId": part["items"][0]["lineId"], "quantity": 1}], "carrier": "UPS", "trackingNumber": "1Z999"});
    let shipped = eventually("the order is ready", || async {
        let answer = shop.ask(Method::POST, &shipments, &seller, &items).await;
        (answer.status == 201).then_some(answer.body)
    })
    .await;
    let sale = shop.erase(&seller).await;
    assert_eq!(sale.body["openSales"], json!([id]), "{sale:?}");
    let said = shop
        .dispute_and_withdraw(&id, &part["id"], &buyer, &seller)
        .await;
    let shipment = shipped["id"].as_str().unwrap();
    shop.post(
        &format!("{shipments}/{shipment}/deliver"),
        &buyer,
        &json!({}),
    )
    .await;
    eventually("the order is over", || async {
        let order = shop.get(&format!("/api/orders/{id}"), &seller).await;
        (order["fulfilments"][0]["status"] == "completed").then_some(())
    })
    .await;

    let paid = ["is over", "$5.00"];
    shop.mailbox.mail("bob@example.com", &paid).await;
    assert_eq!(shop.erase(&buyer).await.status, 204);
    eventually("the other services have heard of it", || async {
        let order = shop.get(&format!("/api/orders/{id}"), &seller).await;
        order["shippingAddress"].is_null().then_some(())
    })
    .await;
    let order = shop.get(&format!("/api/orders/{id}"), &seller).await;
    assert_eq!(order["total"]["amount"], 500, "the order is kept");
    let again = shop.say_once(&said, &seller).await;
    again.assert_problem(410, "answer_erased");
    eventually("the seller is told nothing of who it was", || async {
        let page = shop
            .get(
                &format!("/api/sellers/{}", order["buyerId"].as_str().unwrap()),
                &seller,
            )
            .await;
        (!page.to_string().contains("Zeru")).then_some(())
    })
    .await;
    let unpaid = shop.erase(&seller).await;
    unpaid.assert_problem(409, "account_in_use");
    assert_eq!(
        unpaid.body["balances"],
        json!([{"amount": 500, "currency": "USD"}])
    );
    shop.join("Another", "zerubbabel@example.com").await;
    let again = json!({"email": "zerubbabel@example.com", "password": PASSWORD});
    let again = shop.post("/api/users/login", "", &again).await;
    let again = again["token"].as_str().unwrap();
    assert_eq!(shop.erase(again).await.status, 204);

    host.stop().await.unwrap();
    drop(marketplace);
    assert_nowhere(dir.path(), "zeru");
}
