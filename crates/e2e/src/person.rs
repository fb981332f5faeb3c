//! A person with an account, and the actions they can take.

use host::testing::Answer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::Client;

/// A person who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    client: Client,
    /// Their id.
    pub id: String,
    /// Their email.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Their access token.
    pub token: String,
    /// Their refresh token.
    pub refresh: String,
}

/// A product as its seller created it.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// The price in minor units.
    pub price: i64,
}

impl Person {
    pub(crate) fn new(client: Client, email: &str, password: &str, login: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a string in the login").to_owned();
        Self {
            client,
            id: text(&login["user"]["id"]),
            email: email.to_owned(),
            password: password.to_owned(),
            token: text(&login["token"]),
            refresh: text(&login["refreshToken"]),
        }
    }

    /// The same person on another client, for example after a restart.
    #[must_use]
    pub fn at(&self, client: &Client) -> Self {
        Self {
            client: client.clone(),
            ..self.clone()
        }
    }

    /// A request with their token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, path, &self.token)
    }

    /// GET `path`.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends `body` to `path`.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body)).await
    }

    /// POST `body` to `path`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    /// Tops up their wallet.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn credit(&self, amount: i64) -> Value {
        let answer = self
            .post("/api/wallet/credit", &json!({"amount": amount}))
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// Their available balance, in minor units of the marketplace's currency.
    ///
    /// # Panics
    /// If the wallet does not return it.
    pub async fn balance(&self) -> i64 {
        let answer = self.get("/api/wallet/balance").await;
        answer.body["available"]
            .as_i64()
            .unwrap_or_else(|| panic!("no balance in {answer:?}"))
    }

    /// Lists a product.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn lists(&self, name: &str, price: i64, stock: i64) -> Product {
        self.lists_with(name, price, stock, &json!({})).await
    }

    /// Lists a product that has these members, too.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn lists_with(&self, name: &str, price: i64, stock: i64, more: &Value) -> Product {
        let mut body = json!({
            "name": name, "description": format!("{name}, as good as new"), "category": "tests",
            "price": {"amount": price}, "stock": stock,
        });
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        let answer = self.post("/api/products/create", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.body["id"].as_str().expect("an id").to_owned();
        Product { id, price }
    }

    /// The remaining stock of a product.
    ///
    /// # Panics
    /// If the product does not exist.
    pub async fn stock(&self, product: &Product) -> i64 {
        let answer = self.get(&format!("/api/products/{}", product.id)).await;
        answer.body["stock"]
            .as_i64()
            .unwrap_or_else(|| panic!("no stock in {answer:?}"))
    }

    /// Orders one product, and waits for as long as the marketplace waits for the outcome.
    pub async fn orders(&self, product: &Product, quantity: i64) -> Answer {
        self.post(
            "/api/orders/create",
            &json!({"productId": product.id, "quantity": quantity}),
        )
        .await
    }

    /// One of their orders.
    pub async fn order(&self, id: &str) -> Answer {
        self.get(&format!("/api/orders/{id}")).await
    }

    /// Every item of a list, read page by page. `path` must not contain a cursor.
    ///
    /// # Panics
    /// If a page is refused, or the pages never end.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..10_000 {
            let page = match &cursor {
                None => self.get(path).await,
                Some(cursor) => {
                    let join = if path.contains('?') { '&' } else { '?' };
                    self.get(&format!("{path}{join}cursor={cursor}")).await
                }
            };
            assert_eq!(page.status, 200, "{page:?}");
            items.extend(page.body["items"].as_array().expect("items").clone());
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
        panic!("the pages of {path} do not end");
    }
}
