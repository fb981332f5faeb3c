//! Requests of the people in the story: with the token of a login, with a key.

use std::time::Duration;

use kernel::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::Scenario;
use crate::facts::KeyFact;

/// Whose token is this old logs in again.
const OLD: Duration = Duration::from_secs(600);

impl Scenario<'_> {
    pub(super) async fn login(&self, name: &str) -> Value {
        let person = &self.facts.people[name];
        let body = json!({"email": person.email, "password": person.password});
        self.ok("POST", "", "/api/users/login", &body).await
    }

    /// A token, of a login that is not old.
    pub(super) async fn token(&self, name: &str) -> String {
        let now = self.world.clock.now();
        let known = self.tokens.lock().unwrap().get(name).cloned();
        if let Some((since, token)) = known
            && now.since(since) < OLD
        {
            return token;
        }
        let token = self.login(name).await["token"].as_str().unwrap().to_owned();
        let kept = (now, token.clone());
        self.tokens.lock().unwrap().insert(name.to_owned(), kept);
        token
    }

    pub(super) async fn ok(&self, method: &str, token: &str, path: &str, body: &Value) -> Value {
        let method: Method = method.parse().unwrap();
        let answer = self.world.send(method, path, token, &[], Some(body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    }

    /// A request with a key, answered whatever the answer is.
    pub(super) async fn keyed(&mut self, who: &str, path: &str, body: Value) {
        let key = format!("key-{}", self.facts.keys.len());
        let token = self.token(who).await;
        let answer = self
            .world
            .send(
                Method::POST,
                path,
                &token,
                &[("Idempotency-Key", &key)],
                Some(&body),
            )
            .await;
        assert!(answer.status < 500 && answer.status != 422, "{answer:?}");
        self.facts.keys.push(KeyFact {
            who: who.to_owned(),
            path: path.to_owned(),
            key,
            body,
            answer: Some((answer.status, answer.body)),
        });
    }

    /// A request with a key whose process died after it had held the stock.
    pub(super) async fn never_answered(&mut self, who: &str, body: Value) {
        let (key, path) = (
            format!("key-{}", self.facts.keys.len()),
            "/api/orders/create",
        );
        let token = self.token(who).await;
        self.world.lose_answers_of_reservations();
        let request = self
            .world
            .host
            .request(Method::POST, path, &token)
            .header("Idempotency-Key", &key)
            .json(&body)
            .timeout(Duration::from_secs(1))
            .send()
            .await;
        assert!(request.is_err_and(|error| error.is_timeout()));
        self.facts.keys.push(KeyFact {
            who: who.to_owned(),
            path: path.to_owned(),
            key,
            body,
            answer: None,
        });
    }
}
