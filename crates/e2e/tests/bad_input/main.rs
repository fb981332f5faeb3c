//! Invalid requests: each response lists every fault, in one format, and the request changes nothing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bodies;
mod framing;
mod moves;
mod queries;
mod transport;

use e2e::{Answer, Part, Person, Product, Shape};
use serde_json::{Value, json};

/// A body, and the faults expected in the response: pointer and code. `$P` is the product's id, `$R` the refresh token, `$W` the
/// password, `$L101` a text of 101 characters, and so on; of the order of lamps, `$F` is the part's id, `$N` that of its line, `$O` one item.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

/// A marketplace with one seller, one buyer, one product and one paid order; an order of three lamps, of which one is on its way; and a
/// snapshot of them.
struct Scene {
    shape: Shape,
    seller: Person,
    buyer: Person,
    product: Product,
    lamps: Part,
    package: String,
    before: Value,
}

impl Scene {
    async fn set() -> Self {
        let shape = Shape::start();
        let seller = shape.client().join("Grace").await;
        let buyer = shape.client().join("Ada").await;
        let product = seller.lists("Lamp", 100, 10).await;
        buyer.credit(1_000).await;
        let order = buyer.orders(&product, 1).await;
        assert_eq!(order.status, 201, "{order:?}");
        buyer
            .sees(&Part::of(&order.body, &seller), "delivered")
            .await;
        let lamp = seller.lists_to_ship("Lamp to ship", 100, 10).await;
        let lamps = Part::of(&buyer.buys(&[(&lamp, 3)]).await, &seller);
        let package = seller.has_shipped(&lamps, &lamps.items(&[(0, 1)])).await;
        let mut scene = Self {
            shape,
            seller,
            buyer,
            product,
            lamps,
            package,
            before: Value::Null,
        };
        scene.before = scene.look().await;
        scene
    }

    /// Everything that an invalid request could have changed.
    async fn look(&self) -> Value {
        let mut seen = Vec::new();
        for person in [&self.seller, &self.buyer] {
            let orders = format!("/api/orders/{}/byUser", person.id);
            let products = format!("/api/products?seller={}", person.id);
            for path in [
                "/api/users/me",
                "/api/users/me/addresses",
                self.lamps.order_path("").as_str(),
                self.lamps.order_path("/timeline").as_str(),
                "/api/orders/sales",
                "/api/wallet/balance",
                "/api/wallet/transaction",
                orders.as_str(),
                products.as_str(),
            ] {
                let answer = person.get(path).await;
                assert_eq!(answer.status, 200, "{path}: {answer:?}");
                seen.push(answer.body);
            }
            let session = json!({"email": person.email, "password": person.password});
            let login = self.shape.client().post("/api/users/login", &session).await;
            seen.push(json!(login.status));
        }
        Value::Array(seen)
    }

    async fn assert_unchanged(&self, after: &str) {
        assert_eq!(self.look().await, self.before, "changed by {after}");
    }
}

/// Asserts that exactly these faults are listed.
fn assert_faults(answer: &Answer, expected: &[(&str, &str)], request: &str) {
    answer.assert_problem(422, "validation_failed");
    let mut found: Vec<(&str, &str)> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            assert!(!error["detail"].as_str().unwrap().is_empty(), "{request}");
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{request}");
}
