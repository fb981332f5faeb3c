//! The life of one order: who does what with it on which day.

use serde_json::{Value, json};

use super::fate::{AskedBack, Disputed, Fate, PARTLY, QUANTITY, Returned, SCRATCH};
use super::world::{Person, Product, World, text};

/// A part of an order.
struct Part {
    id: String,
    line: String,
    seller: Person,
}

impl Part {
    /// The part of the seller of `product` in `order`.
    fn of(world: &World, order: &Value, product: &Product) -> Self {
        let seller = world.seller(product).clone();
        let mut parts = order["fulfilments"].as_array().unwrap().iter();
        let part = parts.find(|part| part["seller"]["id"] == *seller.id);
        let part = part.unwrap();
        Self {
            id: text(&part["id"]),
            line: text(&part["items"][0]["lineId"]),
            seller,
        }
    }
}

/// An order of one part whose items are shipped, and at times of a second one by another seller, which is shipped, too, and kept.
pub(super) struct Life {
    pub(super) fate: Fate,
    /// The day on which it was placed.
    born: usize,
    /// The buyer does not report the delivery: a timer does, a fortnight after it was shipped.
    is_silent: bool,
    pub(super) order: String,
    part: Part,
    beside: Option<Part>,
    /// The one that things happen to.
    pub(super) product: Product,
    /// Another one, from another seller.
    pub(super) other: Option<Product>,
    buyer: Person,
    return_id: String,
    dispute_id: String,
}

impl Life {
    /// Places the order `number`, and waits until its stock is sold.
    pub(super) async fn begin(world: &World, number: usize, day: usize) -> Self {
        let product = world.product(number).clone();
        let other = (number % 3 == 1).then(|| world.product_beside(number).clone());
        let buyer = world.buyer(number).clone();
        let mut items = vec![json!({"productId": product.id, "quantity": QUANTITY})];
        if let Some(other) = &other {
            items.push(json!({"productId": other.id, "quantity": 1}));
        }
        let order = world.orders(&buyer, &items).await;
        let life = Self {
            fate: Fate::of(number),
            born: day,
            is_silent: number % 7 == 4,
            order: text(&order["id"]),
            part: Part::of(world, &order, &product),
            beside: other.as_ref().map(|other| Part::of(world, &order, other)),
            product,
            other,
            buyer,
            return_id: String::new(),
            dispute_id: String::new(),
        };
        world.is_sold(&life.part.seller, &life.order).await;
        life
    }

    /// What the buyer paid.
    pub(super) fn paid(&self) -> i64 {
        let other = self.other.as_ref().map_or(0, |other| other.price);
        self.product.price * QUANTITY + other
    }

    /// What of that they got back.
    pub(super) fn refunded(&self) -> i64 {
        self.fate.refund(self.product.price)
    }

    /// Does what is to be done on `day`.
    pub(super) async fn go_on(&mut self, world: &World, day: usize) {
        let age = day - self.born;
        let arrives = if self.is_silent { 16 } else { 2 };
        if age == 1 {
            self.is_shipped(world).await;
            if let Some(beside) = &self.beside {
                self.sends(world, beside, 1).await;
            }
        }
        if age == 2 && !self.is_silent && self.fate != Fate::NeverShipped {
            self.has_come(world).await;
        }
        let Some(since) = age.checked_sub(arrives + 2) else {
            return;
        };
        match self.fate {
            Fate::Scratched if since == 0 => self.is_scratched(world).await,
            Fate::Kept | Fate::CancelsOne | Fate::NeverShipped | Fate::Scratched => {}
            Fate::Returned(how) => self.comes_back(world, how, since).await,
            Fate::AskedBack(how) => self.is_asked_back(world, how, since).await,
            Fate::Disputed(how) => self.is_disputed(world, how, since).await,
        }
    }

    fn at(&self, rest: &str) -> String {
        format!("/api/orders/{}{rest}", self.order)
    }

    async fn is_shipped(&self, world: &World) {
        let mut quantity = QUANTITY;
        match self.fate {
            Fate::NeverShipped => return,
            Fate::CancelsOne => {
                let one = json!({"items": self.items(1), "reason": "Two are enough"});
                world.done(&self.buyer, &self.at("/cancel"), &one).await;
                quantity -= 1;
            }
            Fate::Kept
            | Fate::Returned(_)
            | Fate::AskedBack(_)
            | Fate::Disputed(_)
            | Fate::Scratched => {}
        }
        self.sends(world, &self.part, quantity).await;
    }

    /// The seller of a part sends so many of its items.
    async fn sends(&self, world: &World, part: &Part, quantity: i64) {
        let package = json!({
            "items": [{"lineId": part.line, "quantity": quantity}], "carrier": "Post", "trackingNumber": "1",
        });
        let path = self.at(&format!("/fulfilments/{}/shipments", part.id));
        world.done(&part.seller, &path, &package).await;
    }

    async fn has_come(&self, world: &World) {
        let part = world.part(&self.order, &self.part.id).await;
        let package = text(&part["shipments"][0]["id"]);
        let path = format!("/fulfilments/{}/shipments/{package}/deliver", self.part.id);
        world.done(&self.buyer, &self.at(&path), &json!({})).await;
    }

    async fn is_scratched(&self, world: &World) {
        let refund =
            json!({"fulfilmentId": self.part.id, "amount": SCRATCH, "reason": "It has a scratch"});
        world
            .done(&self.part.seller, &self.at("/refunds"), &refund)
            .await;
    }

    async fn comes_back(&mut self, world: &World, how: Returned, since: usize) {
        let (requested, first, second) = match how {
            Returned::Whole => (3, (3, true), None),
            Returned::InParts => (2, (1, true), Some((1, true))),
            Returned::OneBroken => (3, (2, true), Some((1, false))),
            Returned::Half => (2, (1, true), None),
        };
        match since {
            0 => self.asks_back(world, requested).await,
            1 => self.answers(world, "approve").await,
            3 => self.receives(world, first).await,
            5 => {
                if let Some(second) = second {
                    self.receives(world, second).await;
                }
            }
            _ => {}
        }
    }

    async fn is_asked_back(&mut self, world: &World, how: AskedBack, since: usize) {
        match (since, how) {
            (0, _) => self.asks_back(world, 2).await,
            (1, AskedBack::Withdrawn) => {
                let path = self.of_return("withdraw");
                world.done(&self.buyer, &path, &json!({})).await;
            }
            (1, AskedBack::Denied) => self.answers(world, "deny").await,
            (1, AskedBack::NeverSent) => self.answers(world, "approve").await,
            _ => {}
        }
    }

    async fn is_disputed(&mut self, world: &World, how: Disputed, since: usize) {
        let has_return = matches!(how, Disputed::AfterDenial | Disputed::InsteadOfReturn);
        match since {
            0 if has_return => self.asks_back(world, 1).await,
            1 if how == Disputed::AfterDenial => self.answers(world, "deny").await,
            2 => self.complains(world, has_return).await,
            6 if how == Disputed::Withdrawn => {
                let path = self.at(&format!("/disputes/{}/withdraw", self.dispute_id));
                world.done(&self.buyer, &path, &json!({})).await;
            }
            6 => {
                let decision = match how {
                    Disputed::Refunded | Disputed::AfterDenial => json!({"outcome": "refund"}),
                    Disputed::Partly | Disputed::InsteadOfReturn => {
                        json!({"outcome": "partial", "amount": PARTLY})
                    }
                    Disputed::Released | Disputed::Withdrawn => json!({"outcome": "release"}),
                };
                let mut decision = decision;
                decision["comment"] = json!("Both were heard");
                let path = self.at(&format!("/disputes/{}/resolve", self.dispute_id));
                world.done(&world.operator, &path, &decision).await;
            }
            _ => {}
        }
    }

    fn items(&self, quantity: i64) -> Value {
        json!([{"lineId": self.part.line, "quantity": quantity}])
    }

    fn of_return(&self, step: &str) -> String {
        self.at(&format!("/returns/{}/{step}", self.return_id))
    }

    async fn asks_back(&mut self, world: &World, quantity: i64) {
        let body = json!({"fulfilmentId": self.part.id, "items": self.items(quantity), "reason": "changed_mind"});
        let requested = world.done(&self.buyer, &self.at("/returns"), &body).await;
        self.return_id = text(&requested["id"]);
    }

    async fn answers(&self, world: &World, answer: &str) {
        let body = json!({"comment": "It is what it is"});
        world
            .done(&self.part.seller, &self.of_return(answer), &body)
            .await;
    }

    async fn receives(&self, world: &World, (quantity, restock): (i64, bool)) {
        let body = json!({"items": [{"lineId": self.part.line, "quantity": quantity, "restock": restock}]});
        world
            .done(&self.part.seller, &self.of_return("receive"), &body)
            .await;
    }

    async fn complains(&mut self, world: &World, has_return: bool) {
        let reason = if has_return {
            "return_denied"
        } else {
            "not_as_described"
        };
        let body =
            json!({"fulfilmentId": self.part.id, "reason": reason, "comment": "It does not shine"});
        let opened = world.done(&self.buyer, &self.at("/disputes"), &body).await;
        self.dispute_id = text(&opened["id"]);
    }

    /// Asserts that the order shows the end of its story.
    pub(super) async fn assert_over(&self, world: &World) {
        let part = world.part(&self.order, &self.part.id).await;
        let story = format!("{:?}: {part}", self.fate);
        let end = if self.fate == Fate::NeverShipped {
            "cancelled"
        } else {
            "completed"
        };
        assert_eq!(part["status"], end, "{story}");
        assert_eq!(part["refunded"]["amount"], self.refunded(), "{story}");
        let (restocked, written_off) = self.fate.back();
        let line = &part["items"][0];
        let back = line["returned"].as_i64().unwrap() + line["cancelled"].as_i64().unwrap();
        assert_eq!(back, restocked + written_off, "{story}");
        let ended = |cases: &str| part[cases][0]["status"].as_str().map(str::to_owned);
        let (of_return, of_dispute) = self.fate.cases();
        assert_eq!(ended("returns").as_deref(), of_return, "{story}");
        assert_eq!(ended("disputes").as_deref(), of_dispute, "{story}");
    }

    /// What of its first product came back into stock.
    pub(super) const fn restocked(&self) -> i64 {
        self.fate.back().0
    }

    /// Who bought it, and who sold the part that things happened to.
    pub(super) fn parties(&self) -> (&Person, &Person) {
        (&self.buyer, &self.part.seller)
    }
}
