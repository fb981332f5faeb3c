//! The story, day by day: which orders there are, and where each of them is caught.

use std::time::Duration;

use chassis::bus::Outcome;
use contracts::{Envelope, product, wallet};
use kernel::{Clock as _, Money, OrderId, SystemIds};
use serde_json::json;

use super::{REFUSED, Scenario};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

impl Scenario<'_> {
    /// Orders that have come to an end four days later, each by its own way.
    pub(super) async fn first_day(&mut self) {
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

    /// Money leaves escrow, then becomes its sellers'.
    pub(super) async fn next_days(&mut self) {
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
    pub(super) async fn today(&mut self) {
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
}
