//! What the story begins with: people, a catalogue, money in wallets.

use kernel::Money;
use serde_json::json;

use super::{PEOPLE, Scenario};
use crate::facts::PersonFact;

const PASSWORD: &str = "correct horse battery";

impl Scenario<'_> {
    pub(super) async fn people(&mut self) {
        for name in PEOPLE {
            let email = format!("{name}@example.com");
            let body = json!({"name": name, "email": email, "password": PASSWORD});
            self.ok("POST", "", "/api/users/register", &body).await;
            let person = PersonFact {
                email,
                password: PASSWORD.to_owned(),
                refresh_token: String::new(),
            };
            self.facts.people.insert(name.to_owned(), person);
        }
        self.world.grant_admin("ann@example.com").await;
        let eve = self.token("eve").await;
        self.ok(
            "PATCH",
            &eve,
            "/api/users/me",
            &json!({"name": "Eve the Second"}),
        )
        .await;
        let new = "battery staple horse";
        let body = json!({"currentPassword": PASSWORD, "newPassword": new});
        self.ok(
            "POST",
            &self.token("cyd").await,
            "/api/users/me/password",
            &body,
        )
        .await;
        new.clone_into(&mut self.facts.people.get_mut("cyd").unwrap().password);
        // A login that is over, and one that has gone on.
        let gone = self.login("dan").await;
        let body = json!({"refreshToken": gone["refreshToken"]});
        let token = gone["token"].as_str().unwrap();
        self.ok("POST", token, "/api/users/logout", &body).await;
        let first = self.login("ben").await;
        let body = json!({"refreshToken": first["refreshToken"]});
        self.ok("POST", "", "/api/users/refresh", &body).await;
    }

    pub(super) async fn catalogue(&mut self) {
        let (ben, cyd) = (self.token("ben").await, self.token("cyd").await);
        self.lamp = self.list(&ben, "Brass lamp", 2500, 100, "Home").await;
        self.chair = self.list(&cyd, "Oak chair", 12_000, 20, "Furniture").await;
        let edited = self.list(&ben, "Tea pot", 1800, 5, "home").await;
        let edit =
            json!({"id": edited, "price": 1700, "stock": 9, "description": "Holds a litre of tea"});
        self.ok("PUT", &ben, "/api/products/update", &edit).await;
        let removed = self.list(&ben, "Brass bell", 900, 3, "Garden").await;
        self.ok(
            "PATCH",
            &ben,
            "/api/products/remove",
            &json!({"id": removed}),
        )
        .await;
    }

    pub(super) async fn money(&mut self) {
        for (name, amount) in [
            ("dan", 10_000_000),
            ("eve", 100),
            ("gus", Money::MAX_AMOUNT),
        ] {
            let body = json!({"amount": amount, "reference": "first pay"});
            self.ok("POST", &self.token(name).await, "/api/wallet/credit", &body)
                .await;
        }
        let body = json!({"amount": 500, "currency": "USD"});
        self.ok("POST", &self.token("dan").await, "/api/wallet/debit", &body)
            .await;
    }

    async fn list(
        &self,
        token: &str,
        name: &str,
        price: i64,
        stock: i64,
        category: &str,
    ) -> String {
        let body = json!({
            "name": name, "description": format!("A {name}."), "price": price, "stock": stock, "category": category,
        });
        let product = self.ok("POST", token, "/api/products/create", &body).await;
        product["id"].as_str().unwrap().to_owned()
    }
}
