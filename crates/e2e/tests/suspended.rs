//! An operator suspends a seller and reinstates them: meanwhile they sell nothing and their earnings wait, and afterwards all is as it was.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use e2e::operated::{PATIENCE, granted};
use e2e::{Client, Launch, Part, Person, Product, eventually, within};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Shop {
    launch: Launch,
    client: Client,
    _server: e2e::Server,
    _data_dir: TempDir,
    seller: Person,
    buyer: Person,
    /// Somebody who has bought nothing: buyers still see what they bought.
    visitor: Person,
    admin: Person,
}

impl Shop {
    async fn open(mode: &str) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let launch = Launch::on(data_dir.path())
            .set("SELLERS__MODE", mode)
            .set("ORDERS__RELEASE_AFTER_SECONDS", "1")
            .set("WALLET__PAYOUT_HOLD_SECONDS", "1");
        let server = launch.serve();
        let client = server.client();
        let seller = client.join("Grace").await;
        let buyer = client.join("Ada").await;
        buyer.credit(100_000).await;
        let visitor = client.join("Vera").await;
        let operator = client.join("Olga").await;
        let admin = granted(&client, &operator, "admin", |arguments| {
            launch.run(arguments)
        })
        .await;
        Self {
            launch,
            client,
            _server: server,
            _data_dir: data_dir,
            seller,
            buyer,
            visitor,
            admin,
        }
    }

    /// An operator's decision about the seller.
    async fn decide(&self, step: &str) -> Value {
        let path = format!("/api/sellers/{}/{step}", self.seller.id);
        let why = json!({"reason": format!("A test: {step}")});
        let decided = eventually("the seller is known", async || {
            let decided = self.admin.post(&path, &why).await;
            (decided.status != 404).then_some(decided)
        })
        .await;
        assert_eq!(decided.status, 200, "{decided:?}");
        decided.body
    }

    async fn sees(&self, product: &Product) -> bool {
        let one = self
            .visitor
            .get(&format!("/api/products/{}", product.id))
            .await;
        let listed = self.visitor.get("/api/products?limit=100").await;
        let listed = listed.body["items"].as_array().unwrap().iter();
        let is_listed = listed
            .map(|item| &item["id"])
            .any(|id| *id == product.id.as_str());
        let found = self.visitor.get("/api/products?q=song").await;
        let found = found.body["items"].as_array().unwrap().iter();
        let is_found = found
            .map(|item| &item["id"])
            .any(|id| *id == product.id.as_str());
        assert_eq!(
            (is_listed, is_found),
            (one.status == 200, one.status == 200)
        );
        is_listed
    }

    async fn until_it_is_seen(&self, product: &Product, wanted: bool) {
        eventually("the catalogue to follow", async || {
            let one = self
                .visitor
                .get(&format!("/api/products/{}", product.id))
                .await;
            ((one.status == 200) == wanted).then_some(())
        })
        .await;
        assert_eq!(self.sees(product).await, wanted);
    }
}

/// What somebody has, available and pending.
async fn purse(person: &Person) -> (i64, i64) {
    let balance = person.get("/api/wallet/balance").await.body;
    let units = |bucket: &str| balance[bucket].as_i64().unwrap();
    (units("available"), units("pending"))
}

#[tokio::test]
async fn a_suspended_seller_sells_nothing_and_waits_for_their_money_until_they_are_reinstated() {
    let shop = Shop::open("open").await;
    let song = shop.seller.lists("Song", 100, 10).await;
    let poem = shop.seller.lists("Poem", 50, 10).await;
    let order = shop.buyer.buys(&[(&song, 1)]).await;
    let before = shop.seller.get(&format!("/api/products/{}", poem.id)).await;

    let suspended = shop.decide("suspend").await;
    assert_eq!(suspended["status"], "suspended");
    assert_eq!(suspended["reason"], "A test: suspend");
    shop.until_it_is_seen(&song, false).await;
    let bought = shop.buyer.get(&format!("/api/products/{}", song.id)).await;
    assert_eq!(bought.status, 200, "who bought it can still look at it");
    let wanted = json!({"items": [{"productId": song.id, "quantity": 1}]});
    let refused = shop.buyer.post("/api/orders/create", &wanted).await;
    refused.assert_problem(409, "seller_suspended");
    assert_eq!(refused.body["lines"], json!([{"productId": song.id}]));
    let again = format!("/api/sellers/{}/suspend", shop.seller.id);
    let again = shop.admin.post(&again, &json!({"reason": "Again"})).await;
    again.assert_problem(409, "seller_move_not_allowed");
    let page = shop
        .client
        .get(&format!("/api/sellers/{}", shop.seller.id))
        .await;
    let shown = (&page.body["status"], &page.body["products"]);
    assert_eq!(shown, (&json!("suspended"), &json!(0)));
    // What they sold goes on, and what they earn of it waits.
    let part = Part::of(&order, &shop.seller);
    shop.buyer.sees(&part, "completed").await;
    eventually("the seller is paid", async || {
        (purse(&shop.seller).await == (0, 100)).then_some(())
    })
    .await;
    // By the time that another seller has what they earned later, a sweep has passed over these earnings.
    let bob = shop.client.join("Bob").await;
    let pen = bob.lists("Pen", 70, 10).await;
    shop.buyer.buys(&[(&pen, 1)]).await;
    within(PATIENCE, "the other's earnings", async || {
        (purse(&bob).await == (70, 0)).then_some(())
    })
    .await;
    assert_eq!(purse(&shop.seller).await, (0, 100));
    let mine = shop.seller.get(&format!("/api/products/{}", poem.id)).await;
    assert_eq!(mine.body, before.body, "they see what they have");

    let listed = shop.admin.get("/api/sellers?status=suspended").await.body;
    assert_eq!(listed["items"][0]["id"], shop.seller.id.as_str());
    assert_eq!(shop.decide("reinstate").await["status"], "active");
    shop.until_it_is_seen(&song, true).await;
    let after = shop.seller.get(&format!("/api/products/{}", poem.id)).await;
    assert_eq!(
        after.body, before.body,
        "nothing of the product has changed"
    );
    assert_eq!(after.header("etag"), before.header("etag"));
    shop.buyer.buys(&[(&song, 1)]).await;
    within(PATIENCE, "the earnings", async || {
        (purse(&shop.seller).await.0 >= 100).then_some(())
    })
    .await;
    shop.launch.assert_audit_is_clean();
}

#[tokio::test]
async fn where_sellers_are_reviewed_a_new_one_waits_for_an_operator() {
    let shop = Shop::open("review").await;
    let song = shop.seller.lists("Song", 100, 10).await;
    assert!(!shop.sees(&song).await);
    let wanted = json!({"items": [{"productId": song.id, "quantity": 1}]});
    let refused = shop.buyer.post("/api/orders/create", &wanted).await;
    refused.assert_problem(422, "unknown_product");
    let page = format!("/api/sellers/{}", shop.seller.id);
    assert_eq!(shop.client.get(&page).await.status, 404);
    let waiting = eventually("the seller in the list", async || {
        let waiting = shop.admin.get("/api/sellers?status=pending").await.body;
        waiting["items"].get(0).cloned()
    })
    .await;
    assert_eq!(waiting["id"], shop.seller.id.as_str());
    let profile = json!({"description": "I sing"});
    let said = shop
        .seller
        .send(Method::PUT, "/api/sellers/me", &profile)
        .await;
    assert_eq!(said.body["status"], "pending", "nobody approves themselves");
    assert_eq!(shop.decide("approve").await["status"], "active");
    shop.until_it_is_seen(&song, true).await;
    shop.buyer.buys(&[(&song, 1)]).await;
    assert_eq!(shop.client.get(&page).await.body["products"], 1);
    let waiting = shop.admin.get("/api/sellers?status=pending").await.body;
    assert_eq!(waiting["items"], json!([]));
}
