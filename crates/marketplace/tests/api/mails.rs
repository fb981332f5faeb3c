//! Mails about orders: who gets which, when, in which language, and who none.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use host::Host;
use host::service::Deps;
use host::settings::ServerConfig;
use host::testing::{Answer, eventually};
use kernel::{Clock as _, Currency, ManualClock, SystemClock};
use marketplace::{DataDir, Marketplace, Services};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::mailbox::Mailbox;

const PASSWORD: &str = "correct horse battery";
const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// A marketplace that sends mails, with a seller who lists lamps, a buyer who reads German, and an operator.
struct Shop {
    url: String,
    client: Client,
    clock: Arc<ManualClock>,
    mailbox: Mailbox,
    lamp: String,
    ada: String,
    grace: String,
    olga: String,
    // Fields drop in this order: the stores before the directory that holds them.
    _host: Host,
    _marketplace: Marketplace,
    _dir: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let (dir, mailbox) = (tempfile::tempdir().unwrap(), Mailbox::new());
        let data_dir = DataDir::create(dir.path()).unwrap();
        let mut services = Services::default();
        services.users.bcrypt_cost = 4;
        services.orders.sweep_milliseconds = 20;
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let deps = Deps::new(clock.clone(), Currency::USD);
        let settings = mailbox.settings();
        let marketplace =
            Marketplace::build(&settings, &services, &data_dir, deps, clock.clone()).unwrap();
        let made = Command::new(env!("CARGO_BIN_EXE_marketplace"))
            .args(["setup-token", "--data-dir"])
            .arg(dir.path())
            .output()
            .unwrap();
        let setup = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = marketplace
            .start(listener, &ServerConfig::default())
            .unwrap();
        let mut shop = Self {
            url: format!("http://{}", host.address),
            client: Client::builder().no_proxy().build().unwrap(),
            clock,
            mailbox,
            lamp: String::new(),
            ada: String::new(),
            grace: String::new(),
            olga: String::new(),
            _host: host,
            _marketplace: marketplace,
            _dir: dir,
        };
        let body = json!({"token": setup, "name": "Olga", "email": "olga@example.com", "password": PASSWORD});
        shop.post("/api/setup", "", &body).await;
        shop.join("Grace", GRACE, "en").await;
        shop.join("Ada", ADA, "de-AT, en;q=0.5").await;
        shop.log_in().await;
        let lamp = json!({"name": "Lamp", "description": "", "price": 50_000, "stock": 90, "category": "Home", "delivery": "shipped"});
        let lamp = shop.post("/api/products/create", &shop.grace, &lamp).await;
        shop.lamp = lamp["id"].as_str().unwrap().to_owned();
        let money = json!({"amount": 1_000_000});
        shop.post("/api/wallet/credit", &shop.ada, &money).await;
        shop
    }

    async fn join(&self, name: &str, email: &str, languages: &str) {
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        let place = format!("{}/api/users/register", self.url);
        let request = self.client.post(place).header("accept-language", languages);
        assert_eq!(Answer::of(request.json(&body)).await.status, 202);
        let token = json!({"token": self.mailbox.token(email, &[]).await});
        self.post("/api/users/verify-email", "", &token).await;
    }

    /// Logs all of them in, which they have to do anew after a while.
    async fn log_in(&mut self) {
        let mut tokens = Vec::new();
        for email in [ADA, GRACE, "olga@example.com"] {
            let body = json!({"email": email, "password": PASSWORD});
            let login = self.post("/api/users/login", "", &body).await;
            tokens.push(login["token"].as_str().unwrap().to_owned());
        }
        let [ada, grace, olga]: [String; 3] = tokens.try_into().unwrap();
        (self.ada, self.grace, self.olga) = (ada, grace, olga);
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        };
        Answer::of(request.json(body)).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.ask(Method::POST, path, token, body).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    }

    /// Ada orders so many lamps.
    async fn order(&self, lamps: u32) -> Sale {
        let address = json!({"name": "Ada", "line1": "7 Lane", "city": "York", "postalCode": "YO1 7HH", "country": "GB"});
        let order = json!({"items": [{"productId": self.lamp, "quantity": lamps}], "shippingAddress": address, "note": "A secret note"});
        let order = self.post("/api/orders/create", &self.ada, &order).await;
        let part = &order["fulfilments"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Sale {
            path: format!("/api/orders/{}", text(&order["id"])),
            link: format!("orders/{}", text(&order["id"])),
            part: text(&part["id"]),
            line: text(&part["items"][0]["lineId"]),
        }
    }

    /// Grace ships them, as soon as the order is ready.
    async fn ship(&self, sale: &Sale, lamps: u32) -> String {
        let path = format!("{}/fulfilments/{}/shipments", sale.path, sale.part);
        let package = json!({"items": [{"lineId": sale.line, "quantity": lamps}], "carrier": "Post", "trackingNumber": "T1"});
        let shipped = eventually("the order is ready", || async {
            let answer = self.ask(Method::POST, &path, &self.grace, &package).await;
            (answer.status == 201).then_some(answer.body)
        })
        .await;
        format!("{path}/{}", shipped["id"].as_str().unwrap())
    }

    async fn deliver(&self, sale: &Sale, lamps: u32) {
        let package = self.ship(sale, lamps).await;
        self.post(&format!("{package}/deliver"), &self.ada, &json!({}))
            .await;
    }

    /// Ada wants to send a lamp back. Returns the path of the return.
    async fn send_back(&self, sale: &Sale) -> String {
        let back = json!({"fulfilmentId": sale.part, "items": [{"lineId": sale.line, "quantity": 1}], "reason": "damaged", "comment": "A secret crack"});
        let path = format!("{}/returns", sale.path);
        let back = self.post(&path, &self.ada, &back).await;
        format!("{path}/{}", back["id"].as_str().unwrap())
    }

    async fn switch(&self, token: &str, wanted: &Value) {
        let path = "/api/users/me/notifications";
        let answer = self.ask(Method::PUT, path, token, wanted).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// An order of lamps.
struct Sale {
    path: String,
    /// The end of the path of its page.
    link: String,
    part: String,
    line: String,
}

#[tokio::test]
async fn buyer_and_seller_get_a_mail_of_each_kind_in_their_language() {
    let mut shop = Shop::open().await;
    let first = shop.order(2).await;
    let link = format!("https://shop.example/{}", first.link);
    let total = "Summe: 1.000,00\u{a0}$";
    let confirmed = shop.mailbox.mail(ADA, &[&link, "vielen Dank"]).await;
    assert!(confirmed.text.contains("2 x Lamp"), "{confirmed:?}");
    assert!(confirmed.text.contains(total), "{confirmed:?}");
    let sale = format!("https://shop.example/sell/{}", first.link);
    let sold = ["bought from you", "Total: $1,000.00", "Ship it by", &sale];
    shop.mailbox.mail(GRACE, &sold).await;
    shop.deliver(&first, 2).await;
    shop.mailbox
        .mail(ADA, &[&link, "Paket", "2 x Lamp", "Post: T1"])
        .await;
    let back = shop.send_back(&first).await;
    let asked = ["wants to send this back", "1 x Lamp", &sale];
    shop.mailbox.mail(GRACE, &asked).await;
    shop.post(&format!("{back}/approve"), &shop.grace, &json!({}))
        .await;
    let approved = [&*link, "nimmt", "dies zurück", "bis zum"];
    shop.mailbox.mail(ADA, &approved).await;
    let received = json!({"items": [{"lineId": first.line, "quantity": 1, "restock": true}]});
    shop.post(&format!("{back}/receive"), &shop.grace, &received)
        .await;
    let refunded = [&*link, "500,00\u{a0}$ einer Bestellung"];
    shop.mailbox.mail(ADA, &refunded).await;

    let second = shop.order(1).await;
    let link = format!("https://shop.example/{}", second.link);
    shop.deliver(&second, 1).await;
    let back = shop.send_back(&second).await;
    let why = json!({"comment": "A secret answer"});
    shop.post(&format!("{back}/deny"), &shop.grace, &why).await;
    shop.mailbox
        .mail(ADA, &[&link, "nicht zurück", "1 x Lamp"])
        .await;
    let dispute = json!({"fulfilmentId": second.part, "reason": "not_as_described", "comment": "A secret complaint"});
    let path = format!("{}/disputes", second.path);
    let dispute = shop.post(&path, &shop.ada, &dispute).await;
    let sale = format!("https://shop.example/sell/{}", second.link);
    shop.mailbox.mail(ADA, &[&link, "gebeten"]).await;
    shop.mailbox
        .mail(GRACE, &[&sale, "asks an operator to decide"])
        .await;
    let decision = json!({"outcome": "partial", "amount": 10_000, "comment": "A secret reason"});
    let path = format!("{path}/{}/resolve", dispute["id"].as_str().unwrap());
    shop.post(&path, &shop.olga, &decision).await;
    let resolved = ["entschieden", "Sie bekommen 100,00\u{a0}$ zurück", &link];
    shop.mailbox.mail(ADA, &resolved).await;
    let resolved = ["has decided", "The buyer gets $100.00 back", &sale];
    shop.mailbox.mail(GRACE, &resolved).await;

    let third = shop.order(1).await;
    let link = format!("https://shop.example/{}", third.link);
    shop.mailbox.mail(ADA, &[&link, "vielen Dank"]).await;
    let path = format!("{}/fulfilments/{}/cancel", third.path, third.part);
    let reason = json!({"reason": "A secret reason"});
    shop.post(&path, &shop.grace, &reason).await;
    let cancelled = ["storniert", "1 x Lamp", "Sie bekommen 500,00\u{a0}$", &link];
    shop.mailbox.mail(ADA, &cancelled).await;

    // The time for returns is over.
    shop.clock.advance(Duration::from_hours(24 * 15));
    shop.log_in().await;
    let earned = ["a sale at https://shop.example is over", &sale];
    shop.mailbox.mail(GRACE, &earned).await;
    for (whom, mails) in [
        (ADA, shop.mailbox.mails(ADA)),
        (GRACE, shop.mailbox.mails(GRACE)),
    ] {
        for mail in &mails {
            let text = &mail.text;
            let is_of_order = text.contains("/orders/");
            let says_how = text.contains("https://shop.example/account/mails");
            assert_eq!(is_of_order, says_how, "{mail:?}");
            for word in ["secret", "York", "Ada", "Grace"] {
                assert!(!text.contains(word), "{word} in a mail to {whom}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn what_somebody_has_switched_off_is_not_sent_and_the_language_changes_at_once() {
    let shop = Shop::open().await;
    let mut wanted = json!({"language": "en", "orders": true, "shipments": false, "refunds": true, "returns": true, "payouts": true});
    shop.switch(&shop.ada, &wanted).await;
    wanted["orders"] = json!(false);
    shop.switch(&shop.grace, &wanted).await;
    let sale = shop.order(1).await;
    let link = format!("https://shop.example/{}", sale.link);
    let confirmed = ["thank you for your order", "Total: $500.00", &link];
    shop.mailbox.mail(ADA, &confirmed).await;
    shop.deliver(&sale, 1).await;
    // What is told later is mailed later: nothing of the earlier is on its way any more.
    shop.send_back(&sale).await;
    shop.mailbox.mail(GRACE, &["wants to send this back"]).await;
    let about = |email: &str| {
        let mut mails = shop.mailbox.mails(email);
        mails.retain(|mail| mail.text.contains("/orders/"));
        mails.len()
    };
    assert_eq!((about(ADA), about(GRACE)), (1, 1));
}
