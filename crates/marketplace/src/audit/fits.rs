//! What the services must have about an order, as its state says.

use kernel::OrderId;
use order_service::{AuditedOrder, Escrow, OrderState};
use product_service::ReservationState;
use wallet_service::audit::{PaymentRecord, PaymentStatus};

/// What each service has about one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: OrderId,
    pub(super) order: Option<AuditedOrder>,
    pub(super) payment: Option<PaymentRecord>,
    pub(super) reservation: Option<ReservationState>,
}

impl Entry {
    /// The mismatch between the order and its payment, if any.
    pub(super) fn payment_misfit(&self) -> Option<String> {
        let id = self.id;
        let Some(order) = &self.order else {
            return self
                .payment
                .map(|_| format!("payment of order {id}: there is no such order"));
        };
        let status = self.payment.map(|payment| payment.status);
        if !fits(order, status) {
            return Some(format!(
                "order {id}: it is {:?} with its escrow {:?}, but its payment is {}",
                order.state,
                order.escrow,
                status.map_or_else(|| "missing".to_owned(), |status| format!("{status:?}"))
            ));
        }
        let payment = self.payment?;
        if payment.buyer != order.buyer {
            let (buyer, payer) = (order.buyer, payment.buyer);
            return Some(format!(
                "order {id}: its buyer is {buyer}, but its payment is {payer}'s"
            ));
        }
        let total = payment.total.filter(|total| *total != order.total)?;
        Some(format!(
            "order {id}: it costs {}, but its payment is over {total}",
            order.total
        ))
    }

    /// The mismatch between the order and its reservation, if any.
    pub(super) fn stock_misfit(&self) -> Option<String> {
        use ReservationState::{Expired, Held, Released, Sold};
        let (id, state) = (self.id, self.reservation);
        let Some(order) = &self.order else {
            // Stock is held before there is an order, and returned if there never is one.
            return state.filter(|state| *state == Sold).map(|_| {
                format!("reservation of order {id}: it is sold, and there is no such order")
            });
        };
        let fits = match order.state {
            OrderState::Paid if order.confirmed => state == Some(Sold),
            OrderState::Paid | OrderState::Pending | OrderState::Cancelling => state.is_some(),
            OrderState::Declined | OrderState::Cancelled => {
                matches!(state, Some(Held | Released | Expired))
            }
            // Refunded because its stock had been returned, or by an operator after the sale.
            OrderState::Refunding | OrderState::Refunded => {
                matches!(state, Some(Sold | Released | Expired))
            }
        };
        (!fits).then(|| {
            format!(
                "order {id}: it is {:?}, but its reservation is {}",
                order.state,
                state.map_or("missing", ReservationState::as_str)
            )
        })
    }
}

fn fits(order: &AuditedOrder, payment: Option<PaymentStatus>) -> bool {
    use PaymentStatus::{Cancelled, Debited, Declined, Refunded, Released, Reversed};
    match (order.state, order.escrow) {
        (OrderState::Pending, _) => matches!(payment, None | Some(Debited | Declined)),
        (OrderState::Cancelling, _) => matches!(
            payment,
            None | Some(Debited | Declined | Cancelled | Reversed)
        ),
        (OrderState::Paid, Escrow::Held) => payment == Some(Debited),
        (OrderState::Paid, Escrow::Releasing) => matches!(payment, Some(Debited | Released)),
        (OrderState::Paid, Escrow::Released) => payment == Some(Released),
        (OrderState::Declined, _) => payment == Some(Declined),
        (OrderState::Cancelled, _) => matches!(payment, Some(Cancelled | Reversed | Declined)),
        (OrderState::Refunding, _) => matches!(payment, Some(Debited | Refunded)),
        (OrderState::Refunded, _) => payment == Some(Refunded),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, SystemIds, UserId};

    use super::*;

    /// An order in `state`, with a payment in `status` over its total and its stock sold.
    fn entry(state: OrderState, escrow: Escrow, status: PaymentStatus) -> Entry {
        let ids = SystemIds::default();
        let (id, buyer) = (OrderId::new(&ids), UserId::new(&ids));
        let total = Money::new(500, Currency::USD);
        Entry {
            id,
            order: Some(AuditedOrder {
                id,
                buyer,
                state,
                escrow,
                total,
                confirmed: state == OrderState::Paid,
            }),
            payment: Some(PaymentRecord {
                order: id,
                buyer,
                status,
                total: Some(total),
            }),
            reservation: Some(ReservationState::Sold),
        }
    }

    fn paid() -> Entry {
        entry(OrderState::Paid, Escrow::Held, PaymentStatus::Debited)
    }

    #[test]
    fn a_paid_order_needs_a_debit_over_its_total_from_its_buyer() {
        assert_eq!(paid().payment_misfit(), None);
        for status in [
            PaymentStatus::Declined,
            PaymentStatus::Reversed,
            PaymentStatus::Refunded,
            PaymentStatus::Released,
        ] {
            let entry = entry(OrderState::Paid, Escrow::Held, status);
            assert!(entry.payment_misfit().is_some(), "{status:?}");
        }
        let without = Entry {
            payment: None,
            ..paid()
        };
        assert!(without.payment_misfit().is_some());
        let with = |change: fn(&mut PaymentRecord)| {
            let mut entry = paid();
            entry.payment.as_mut().map(change);
            entry.payment_misfit()
        };
        assert!(
            with(|payment| payment.total = Some(Money::new(499, Currency::USD)))
                .is_some_and(|finding| finding.ends_with("its payment is over 499 USD"))
        );
        assert!(
            with(|payment| payment.buyer = UserId::new(&SystemIds::default()))
                .is_some_and(|finding| finding.contains("its buyer is"))
        );
    }

    #[test]
    fn an_order_that_came_to_nothing_must_not_have_kept_the_money() {
        for state in [
            OrderState::Declined,
            OrderState::Cancelled,
            OrderState::Refunded,
        ] {
            let entry = entry(state, Escrow::Held, PaymentStatus::Debited);
            assert!(entry.payment_misfit().is_some(), "{state:?}");
        }
    }

    #[test]
    fn a_payment_or_a_sale_without_an_order_is_a_violation_and_held_stock_is_not() {
        let lost = Entry {
            order: None,
            ..paid()
        };
        assert!(lost.payment_misfit().is_some());
        assert!(lost.stock_misfit().is_some());
        for reservation in [
            ReservationState::Held,
            ReservationState::Released,
            ReservationState::Expired,
        ] {
            let entry = Entry {
                payment: None,
                reservation: Some(reservation),
                ..lost
            };
            assert_eq!((entry.payment_misfit(), entry.stock_misfit()), (None, None));
        }
    }

    #[test]
    fn stock_goes_with_the_money() {
        assert_eq!(paid().stock_misfit(), None);
        for state in [
            None,
            Some(ReservationState::Held),
            Some(ReservationState::Released),
            Some(ReservationState::Expired),
        ] {
            let entry = Entry {
                reservation: state,
                ..paid()
            };
            assert!(entry.stock_misfit().is_some(), "{state:?}");
        }
        for reservation in [None, Some(ReservationState::Sold)] {
            let declined = Entry {
                reservation,
                ..entry(OrderState::Declined, Escrow::Held, PaymentStatus::Declined)
            };
            assert!(declined.stock_misfit().is_some(), "{reservation:?}");
        }
    }
}
