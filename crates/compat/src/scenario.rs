//! The scenario that a release is recorded from: a few people and orders in every state that an order, a key, a message or a sum of
//! money can be in. Four days pass in it, on a clock that stands far in the future.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use chassis::bus::Outcome;
use contracts::{Contract, Envelope, product, wallet};
use kernel::{Clock as _, Money, OrderId, SystemIds, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::facts::{Facts, KeyFact, OrderFact, PersonFact, ReadFact, TokenFact};
use crate::gate::Stop;
use crate::world::World;

/// 2100-01-01: no server deletes by its own clock what was recorded then.
pub const BEGIN: Timestamp = Timestamp::from_millis(4_102_444_800_000);

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse battery";
/// The order that the wallet refused something for.
pub const REFUSED: &str = "paid, refused, to be reviewed";
const PEOPLE: [&str; 6] = ["ann", "ben", "cyd", "dan", "eve", "gus"];

/// A scenario on its way.
pub struct Scenario<'w> {
    world: &'w World,
    facts: Facts,
    lamp: String,
    chair: String,
    tokens: Mutex<BTreeMap<String, (Timestamp, String)>>,
}

impl<'w> Scenario<'w> {
    /// Plays it to the end, where it is still under way. Returns what has to be known of it.
    pub async fn play(world: &'w World) -> Facts {
        let mut scenario = Self {
            world,
            facts: Facts::default(),
            lamp: String::new(),
            chair: String::new(),
            tokens: Mutex::default(),
        };
        scenario.people().await;
        scenario.catalogue().await;
        scenario.money().await;
        scenario.first_day().await;
        scenario.next_days().await;
        scenario.today().await;
        scenario.note_all().await;
        scenario.facts
    }

    async fn people(&mut self) {
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

    async fn catalogue(&mut self) {
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

    async fn money(&mut self) {
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

    /// Orders that have come to an end four days later, each by its own way.
    async fn first_day(&mut self) {
        let both = [(self.lamp.clone(), 2), (self.chair.clone(), 1)];
        let lamp = [(self.lamp.clone(), 1)];
        self.order("paid out", "dan", &both, "paid").await;
        self.order("declined", "eve", &lamp, "declined").await;

        self.hold::<wallet::DebitForOrder>(None);
        let cancelled = self
            .order("cancelled, never debited", "dan", &lamp, "pending")
            .await;
        let review = self
            .order("cancelling, to be reviewed", "dan", &lamp, "pending")
            .await;
        self.hold::<wallet::DebitForOrder>(Some(cancelled));
        self.hold::<wallet::DebitForOrder>(Some(review));
        self.hold::<wallet::CancelOrderDebit>(Some(review));
        self.open::<wallet::DebitForOrder>(None);

        self.hold::<wallet::OrderDebited>(None);
        let reversed = self
            .order("cancelled, debit reversed", "dan", &lamp, "pending")
            .await;
        self.hold::<wallet::OrderDebited>(Some(reversed));
        self.open::<wallet::OrderDebited>(None);

        self.hold::<product::ConfirmReservation>(None);
        let expired = self
            .order("refunded, stock expired", "dan", &lamp, "paid")
            .await;
        self.hold::<product::ConfirmReservation>(Some(expired));
        self.open::<product::ConfirmReservation>(None);
        self.world.after(3 * MINUTE).await;
        self.comes_to("cancelled, never debited", "cancelled").await;
        self.comes_to("cancelled, debit reversed", "cancelled")
            .await;
        self.comes_to("cancelling, to be reviewed", "cancelling")
            .await;

        // The leases on the stock run out, then the confirmations arrive.
        self.world.after(16 * MINUTE).await;
        self.open::<product::ConfirmReservation>(Some(expired));
        self.world.after(6 * MINUTE).await;
        self.comes_to("refunded, stock expired", "refunded").await;
        self.to_review("cancelling, to be reviewed").await;
    }

    /// A paid order whose wallet is asked for something that makes no sense: an operator has to look.
    async fn refused(&mut self, lamp: &[(String, i64)]) {
        let what = REFUSED;
        let order = self.order(what, "dan", lamp, "paid").await;
        self.has_come::<product::ReservationConfirmed>(what).await;
        let another = wallet::DebitForOrder {
            order_id: contracts::id_bytes(order.as_uuid()),
            buyer_id: contracts::id_bytes(uuid::Uuid::nil()),
            total: Some(Money::new(1, kernel::Currency::USD).into()),
        };
        let now = self.world.clock.now();
        let command = Envelope::of_step(order, "debit-of-another", &another, now);
        assert_eq!(self.world.deliver(command).await, [Outcome::Done]);
        self.to_review(what).await;
        // Only an operator ends it, by giving the money back.
        let order = self.facts.orders.get_mut(what).unwrap();
        "refunded".clone_into(&mut order.ends);
    }

    /// Commands that overtook what they are about: receivers note that they have seen them.
    async fn too_early(&self) {
        let order = OrderId::new(&SystemIds::new(self.world.clock.clone()));
        let (order_id, now) = (contracts::id_bytes(order.as_uuid()), self.world.clock.now());
        let release = product::ReleaseReservation {
            order_id: order_id.clone(),
        };
        let refund = wallet::RefundOrder {
            order_id,
            reason: "operator".to_owned(),
        };
        for command in [
            Envelope::of_step(order, "release-reservation", &release, now),
            Envelope::of_step(order, "refund", &refund, now),
        ] {
            assert_eq!(self.world.deliver(command).await, [Outcome::Done]);
        }
    }

    /// Money leaves escrow, then becomes its sellers'.
    async fn next_days(&mut self) {
        let both = [(self.lamp.clone(), 1), (self.chair.clone(), 2)];
        self.world.after(25 * HOUR).await;
        self.has_come::<wallet::EscrowReleased>("paid out").await;
        self.order("released, payout waiting", "dan", &both, "paid")
            .await;
        let releasing = self.order("being released", "dan", &both, "paid").await;
        self.hold::<wallet::ReleaseEscrow>(Some(releasing));
        self.world.after(26 * HOUR).await;
        self.has_come::<wallet::EscrowReleased>("released, payout waiting")
            .await;
        self.world.after(49 * HOUR).await;
    }

    /// Orders that are under way.
    async fn today(&mut self) {
        let lamp = [(self.lamp.clone(), 1)];
        self.hold::<wallet::DebitForOrder>(None);
        self.hold::<wallet::CancelOrderDebit>(None);
        let cancelling = self.order("cancelling", "dan", &lamp, "pending").await;
        self.hold::<wallet::DebitForOrder>(Some(cancelling));
        self.world.after(3 * MINUTE).await;
        self.comes_to("cancelling", "cancelling").await;
        self.hold::<wallet::CancelOrderDebit>(Some(cancelling));
        self.open::<wallet::CancelOrderDebit>(None);

        self.order("pending", "dan", &lamp, "pending").await;
        let pending = self.id("pending");
        self.hold::<wallet::DebitForOrder>(Some(pending));
        self.open::<wallet::DebitForOrder>(None);

        self.refuse::<wallet::OrderDebited>();
        self.order("pending, reply given up", "dan", &lamp, "pending")
            .await;
        self.has_come::<wallet::OrderDebited>("pending, reply given up")
            .await;
        self.open::<wallet::OrderDebited>(None);

        self.hold::<product::ConfirmReservation>(None);
        let unconfirmed = self
            .order("paid, not confirmed", "dan", &lamp, "paid")
            .await;
        self.hold::<product::ConfirmReservation>(Some(unconfirmed));
        self.open::<product::ConfirmReservation>(None);

        self.hold::<product::ReservationConfirmed>(None);
        let waiting = self
            .order("paid, confirmation on its way", "dan", &lamp, "paid")
            .await;
        self.has_come::<product::ReservationConfirmed>("paid, confirmation on its way")
            .await;
        self.hold::<product::ReservationConfirmed>(Some(waiting));
        self.open::<product::ReservationConfirmed>(None);

        self.refuse::<product::ReservationConfirmed>();
        self.order("paid, confirmation given up", "dan", &lamp, "paid")
            .await;
        self.has_come::<product::ReservationConfirmed>("paid, confirmation given up")
            .await;
        self.open::<product::ReservationConfirmed>(None);

        self.refuse::<product::ReleaseReservation>();
        self.order("declined, stock not back", "eve", &lamp, "declined")
            .await;
        self.has_come::<product::ReleaseReservation>("declined, stock not back")
            .await;
        self.open::<product::ReleaseReservation>(None);

        self.order("paid, in escrow", "dan", &lamp, "paid").await;
        self.has_come::<product::ReservationConfirmed>("paid, in escrow")
            .await;
        let refunding = self.order("refunding", "dan", &lamp, "paid").await;
        self.has_come::<product::ReservationConfirmed>("refunding")
            .await;
        self.hold::<wallet::RefundOrder>(Some(refunding));
        let path = format!("/api/orders/{refunding}/compensate");
        self.ok("POST", &self.token("ann").await, &path, &json!({}))
            .await;
        self.comes_to("refunding", "refunding").await;

        self.refused(&lamp).await;
        self.too_early().await;

        self.keyed(
            "dan",
            "/api/wallet/credit",
            json!({"amount": 700, "reference": "with a key"}),
        )
        .await;
        self.keyed("eve", "/api/wallet/debit", json!({"amount": 5_000}))
            .await;
        let bought = json!({"productId": self.lamp, "quantity": 1});
        self.keyed("dan", "/api/orders/create", bought.clone())
            .await;
        self.keyed("eve", "/api/orders/create", bought.clone())
            .await;
        let too_many = json!({"productId": self.chair, "quantity": 99});
        self.keyed("dan", "/api/orders/create", too_many).await;
        self.never_answered("dan", bought).await;
        self.world.hold_leases().await;
    }

    /// What everybody is told.
    async fn note_all(&mut self) {
        for name in PEOPLE {
            let login = self.login(name).await;
            let refresh = login["refreshToken"].as_str().unwrap().to_owned();
            self.facts.people.get_mut(name).unwrap().refresh_token = refresh;
        }
        // Messages that were let through may still be on their way.
        tokio::time::sleep(Duration::from_secs(2)).await;
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

    async fn login(&self, name: &str) -> Value {
        let person = &self.facts.people[name];
        let body = json!({"email": person.email, "password": person.password});
        self.ok("POST", "", "/api/users/login", &body).await
    }

    /// A token, of a login that is not old.
    async fn token(&self, name: &str) -> String {
        let now = self.world.clock.now();
        let known = self.tokens.lock().unwrap().get(name).cloned();
        if let Some((since, token)) = known
            && now.since(since) < 10 * MINUTE
        {
            return token;
        }
        let token = self.login(name).await["token"].as_str().unwrap().to_owned();
        let kept = (now, token.clone());
        self.tokens.lock().unwrap().insert(name.to_owned(), kept);
        token
    }

    async fn ok(&self, method: &str, token: &str, path: &str, body: &Value) -> Value {
        let method: Method = method.parse().unwrap();
        let answer = self.world.send(method, path, token, &[], Some(body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
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

    /// Places an order and waits until it has come to `status`. Afterwards it has to come to an end of its own.
    async fn order(
        &mut self,
        what: &str,
        buyer: &str,
        lines: &[(String, i64)],
        status: &str,
    ) -> OrderId {
        let items: Vec<Value> = lines
            .iter()
            .map(|(product, quantity)| json!({"productId": product, "quantity": quantity}))
            .collect();
        let token = self.token(buyer).await;
        let placed = self
            .world
            .send(
                Method::POST,
                "/api/orders/create",
                &token,
                &[("Prefer", "respond-async")],
                Some(&json!({"items": items})),
            )
            .await;
        assert_eq!(placed.status, 202, "{placed:?}");
        self.know(what, buyer, &placed.body["id"]);
        self.comes_to(what, status).await;
        self.id(what)
    }

    fn know(&mut self, what: &str, buyer: &str, id: &Value) {
        let order = OrderFact {
            id: id.as_str().unwrap().to_owned(),
            buyer: buyer.to_owned(),
            status: String::new(),
            ends: String::new(),
        };
        assert!(self.facts.orders.insert(what.to_owned(), order).is_none());
    }

    fn id(&self, what: &str) -> OrderId {
        self.facts.orders[what].id.parse().unwrap()
    }

    async fn comes_to(&mut self, what: &str, status: &str) {
        let order = self.facts.orders[what].clone();
        let token = self.token(&order.buyer).await;
        self.world.until(&token, &order.id, status).await;
        let order = self.facts.orders.get_mut(what).unwrap();
        status.clone_into(&mut order.status);
        let ends = match status {
            "pending" => "paid",
            "cancelling" => "cancelled",
            "refunding" => "refunded",
            settled => settled,
        };
        ends.clone_into(&mut order.ends);
    }

    async fn to_review(&self, what: &str) {
        let ann = self.token("ann").await;
        let id = self.facts.orders[what].id.clone();
        chassis::testing::eventually("an order to be reviewed", || async {
            let listed = self.world.host.get("/api/orders/review", &ann).await;
            let items = listed.body["items"].as_array()?;
            items.iter().any(|order| order["id"] == *id).then_some(())
        })
        .await;
    }

    async fn has_come<M: Contract>(&self, what: &str) {
        let order = self.id(what);
        chassis::testing::eventually(&format!("{} of {what}", M::full_name()), || async {
            self.world.gates.has_seen::<M>(order).then_some(())
        })
        .await;
    }

    fn hold<M: Contract>(&self, order: Option<OrderId>) {
        self.world.gates.stop::<M>(order, Stop::Held);
    }

    fn refuse<M: Contract>(&self) {
        self.world.gates.stop::<M>(None, Stop::Refused);
    }

    fn open<M: Contract>(&self, order: Option<OrderId>) {
        self.world.gates.open::<M>(order);
    }

    /// A request with a key, answered whatever the answer is.
    async fn keyed(&mut self, who: &str, path: &str, body: Value) {
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
    async fn never_answered(&mut self, who: &str, body: Value) {
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
