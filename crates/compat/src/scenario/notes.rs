//! What everybody is told at the end, noted.

use kernel::Clock as _;
use serde_json::Value;

use super::{PEOPLE, Scenario};
use crate::facts::{ReadFact, TokenFact};

impl Scenario<'_> {
    /// What everybody is told.
    pub(super) async fn note_all(&mut self) {
        for name in PEOPLE {
            let login = self.login(name).await;
            let refresh = login["refreshToken"].as_str().unwrap().to_owned();
            self.facts.people.get_mut(name).unwrap().refresh_token = refresh;
        }
        // Messages that were let through may still be on their way.
        self.world.comes_to_rest().await;
        for name in PEOPLE {
            let user = self.note(name, "/api/users/me").await["id"].clone();
            let user = user.as_str().unwrap();
            self.note(name, "/api/wallet/balance").await;
            self.note(name, "/api/wallet/transaction?limit=100").await;
            self.note_pages(name, "/api/wallet/transaction?limit=2")
                .await;
            self.note(name, &format!("/api/orders/{user}/byUser?limit=100"))
                .await;
            for status in ["pending", "paid", "cancelled", "refunding"] {
                let path = format!("/api/orders/{user}/byUser?limit=100&status={status}");
                self.note(name, &path).await;
            }
            self.note_pages(name, &format!("/api/orders/{user}/byUser?limit=2"))
                .await;
            self.note_pages(name, &format!("/api/products?seller={user}&limit=1"))
                .await;
        }
        for query in [
            "?limit=100",
            "?q=brass",
            "?q=litre",
            "?category=HOME&sort=price",
            "?sort=-price&inStock=true",
        ] {
            self.note("eve", &format!("/api/products{query}")).await;
        }
        for product in [self.lamp.clone(), self.chair.clone()] {
            self.note("eve", &format!("/api/products/{product}")).await;
        }
        let orders: Vec<(String, String)> = self
            .facts
            .orders
            .values()
            .map(|order| (order.buyer.clone(), format!("/api/orders/{}", order.id)))
            .collect();
        for (buyer, path) in orders {
            for who in [buyer.as_str(), "ben", "ann"] {
                self.note(who, &path).await;
            }
        }
        self.note("ann", "/api/orders/review").await;
        self.note("ann", "/api/wallet/audit").await;
        let keys = self.world.host.get("/.well-known/jwks.json", "").await;
        self.facts.token = TokenFact {
            token: self.token("ann").await,
            keys: keys.body,
        };
        self.facts.clock = self.world.clock.now().as_millis();
    }

    async fn note(&mut self, who: &str, path: &str) -> Value {
        let answer = self.world.host.get(path, &self.token(who).await).await;
        assert_eq!(answer.status, 200, "{who} asks {path}: {answer:?}");
        self.facts.reads.push(ReadFact {
            who: who.to_owned(),
            path: path.to_owned(),
            body: answer.body.clone(),
        });
        answer.body
    }

    /// A page and the one after it: a cursor that one release gave is read by the next.
    async fn note_pages(&mut self, who: &str, path: &str) {
        let page = self.note(who, path).await;
        if let Some(cursor) = page["nextCursor"].as_str() {
            self.note(who, &format!("{path}&cursor={cursor}")).await;
        }
    }
}
