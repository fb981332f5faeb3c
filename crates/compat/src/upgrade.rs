//! What this release has to be able to do with what another left behind, whatever store it left it in.

use std::time::Duration;

use auth::{JwkSet, Role, VerificationKeys, Verifier};
use chassis::bus::Outcome;
use chassis::bus::amqp::RecordedMessage;
use chassis::testing::eventually;
use kernel::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::facts::Facts;
use crate::scenario::REFUSED;
use crate::world::{Place, World};

/// Starts this release on what is at `place`; asks all that was asked, sends again what may be sent again, lets everything that was
/// under way come to its end, does business with it, and looks at the books.
pub async fn goes_on(place: Place<'_>, facts: &Facts) {
    let world = World::start(place, Timestamp::from_millis(facts.clock));
    let visitor = Visitor {
        world: &world,
        facts,
    };
    visitor.tokens_are_known();
    visitor.everything_is_answered_as_it_was().await;
    visitor.answers_are_given_again().await;
    visitor.logins_go_on().await;
    visitor.orders_come_to_their_ends(place).await;
    visitor.old_and_new_trade().await;
    visitor.sellers_are_paid().await;
    world.stop().await;
    assert_eq!(place.violations().await, Vec::<String>::new());
}

/// Starts this release on what is at `place`, and has its consumers handle all `messages`, twice.
pub async fn handles(place: Place<'_>, facts: &Facts, messages: &[RecordedMessage]) {
    let world = World::start(place, Timestamp::from_millis(facts.clock));
    for _ in 0..2 {
        for message in messages {
            let (envelope, _) = message.open().expect("a message");
            let name = envelope.name.clone();
            let outcomes = world.deliver(envelope).await;
            assert!(!outcomes.is_empty(), "nobody listens for {name} any more");
            assert!(
                outcomes.iter().all(|outcome| *outcome == Outcome::Done),
                "{name}: {outcomes:?}"
            );
        }
    }
    world.stop().await;
    assert_eq!(place.violations().await, Vec::<String>::new());
}

struct Visitor<'w> {
    world: &'w World,
    facts: &'w Facts,
}

impl Visitor<'_> {
    /// A token that a service of the other release signed.
    fn tokens_are_known(&self) {
        let set: JwkSet = serde_json::from_value(self.facts.token.keys.clone()).expect("keys");
        let keys = VerificationKeys::try_from(&set).expect("keys");
        let verifier = Verifier::new(keys, auth::testing::policy(), self.world.clock.clone());
        let caller = verifier.verify(&self.facts.token.token).expect("a token");
        assert!(caller.has(Role::Admin));
    }

    async fn everything_is_answered_as_it_was(&self) {
        assert!(!self.facts.reads.is_empty());
        for name in self.facts.people.keys() {
            let token = self.login(name).await;
            for read in self.facts.reads.iter().filter(|read| read.who == *name) {
                let answer = self.world.host.get(&read.path, &token).await;
                assert_eq!(answer.status, 200, "{name} asks {}: {answer:?}", read.path);
                assert_includes(&answer.body, &read.body, &read.path);
            }
        }
    }

    async fn answers_are_given_again(&self) {
        for key in &self.facts.keys {
            let again = self.send_again(key).await;
            let Some((status, body)) = &key.answer else {
                assert_eq!(again.status, 409, "it still runs: {again:?}");
                continue;
            };
            assert_eq!(again.status, *status, "{again:?}");
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_includes(&again.body, body, &key.path);
        }
    }

    async fn send_again(&self, key: &crate::facts::KeyFact) -> chassis::testing::Answer {
        let token = self.login(&key.who).await;
        let headers = [("Idempotency-Key", key.key.as_str())];
        self.world
            .send(Method::POST, &key.path, &token, &headers, Some(&key.body))
            .await
    }

    async fn logins_go_on(&self) {
        for person in self.facts.people.values() {
            let body = json!({"refreshToken": person.refresh_token});
            let refreshed = self.world.host.post("/api/users/refresh", "", &body).await;
            assert_eq!(refreshed.status, 200, "{}: {refreshed:?}", person.email);
        }
    }

    async fn orders_come_to_their_ends(&self, place: Place<'_>) {
        let replayed = place.replay_dead_letters(&self.world.clock).await;
        assert!(
            replayed.iter().all(|(_, letters)| *letters > 0),
            "each sender had given something up: {replayed:?}"
        );
        let ann = self.login("ann").await;
        let refused = &self.facts.orders[REFUSED].id;
        let path = format!("/api/orders/{refused}/compensate");
        let compensated = self.world.host.post(&path, &ann, &json!({})).await;
        assert_eq!(compensated.status, 200, "{compensated:?}");
        self.after_seconds(&[11, 31, 31]).await;
        self.an_interrupted_request_is_finished().await;
        self.after_seconds(&[301, 301, 301, 301, 301]).await;
        let ann = self.login("ann").await;
        for (what, order) in &self.facts.orders {
            let path = format!("/api/orders/{}", order.id);
            let answer = self.world.host.get(&path, &ann).await;
            assert_eq!(answer.body["status"], order.ends, "{what}: {answer:?}");
        }
        let left = self.world.host.get("/api/orders/review", &ann).await;
        assert_eq!(left.body["items"], json!([]), "{left:?}");
    }

    /// Lets spans of time go by, and what is due after each of them happen.
    async fn after_seconds(&self, spans: &[u64]) {
        for seconds in spans {
            self.world.after(Duration::from_secs(*seconds)).await;
            self.world.comes_to_rest().await;
        }
    }

    /// The claim of a request whose process died has run out by now, and the lease on the stock that it held has not.
    async fn an_interrupted_request_is_finished(&self) {
        let mut keys = self.facts.keys.iter();
        let interrupted = keys.find(|key| key.answer.is_none()).expect("a request");
        let answer = self.send_again(interrupted).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body["status"], "paid");
    }

    async fn old_and_new_trade(&self) {
        let body =
            json!({"name": "Flo", "email": "flo@example.com", "password": "correct horse battery"});
        let registered = self.world.host.post("/api/users/register", "", &body).await;
        assert_eq!(registered.status, 201, "{registered:?}");
        let flo = self
            .login_as("flo@example.com", "correct horse battery")
            .await;
        let listed = self.world.host.get("/api/products?q=lamp", &flo).await;
        let lamp = &listed.body["items"][0]["id"];
        let credit = json!({"amount": 2500});
        let credited = self
            .world
            .host
            .post("/api/wallet/credit", &flo, &credit)
            .await;
        assert_eq!(credited.status, 201, "{credited:?}");
        for (token, status) in [(flo, 402), (self.login("dan").await, 201)] {
            let order = json!({"productId": lamp, "quantity": 2});
            let ordered = self
                .world
                .host
                .post("/api/orders/create", &token, &order)
                .await;
            assert_eq!(ordered.status, status, "{ordered:?}");
        }
        let ben = self.login("ben").await;
        let edit = json!({"id": lamp, "stock": 500});
        let edited = self
            .world
            .send(Method::PUT, "/api/products/update", &ben, &[], Some(&edit))
            .await;
        assert_eq!(edited.status, 200, "{edited:?}");
    }

    async fn sellers_are_paid(&self) {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        self.world.after(hours(25)).await;
        // Releases whose command was lost for a while are sent again, each time after a longer wait.
        for _ in 0..3 {
            self.world.comes_to_rest().await;
            self.world.after(hours(1)).await;
        }
        self.world.after(hours(80)).await;
        for seller in ["ben", "cyd"] {
            let token = self.login(seller).await;
            eventually("earnings are paid out", || async {
                self.world.sweep().await;
                let balance = self.world.host.get("/api/wallet/balance", &token).await;
                let paid = balance.body["available"].as_i64()? > 0 && balance.body["pending"] == 0;
                paid.then_some(())
            })
            .await;
        }
    }

    async fn login(&self, name: &str) -> String {
        let person = &self.facts.people[name];
        self.login_as(&person.email, &person.password).await
    }

    async fn login_as(&self, email: &str, password: &str) -> String {
        let body = json!({"email": email, "password": password});
        let answer = self.world.host.post("/api/users/login", "", &body).await;
        assert_eq!(answer.status, 200, "{email}: {answer:?}");
        answer.body["token"].as_str().expect("a token").to_owned()
    }
}

/// Asserts that `now` says all that `before` said: more fields are fine, others are not.
fn assert_includes(now: &Value, before: &Value, path: &str) {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            for (name, before) in before {
                let now = now.get(name).unwrap_or(&Value::Null);
                assert_includes(now, before, &format!("{path} {name}"));
            }
        }
        (Value::Array(now), Value::Array(before)) => {
            assert_eq!(now.len(), before.len(), "{path}");
            for (now, before) in now.iter().zip(before) {
                assert_includes(now, before, path);
            }
        }
        (now, before) => assert_eq!(now, before, "{path}"),
    }
}
