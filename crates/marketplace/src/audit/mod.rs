//! Checks the marketplace's invariants over the books of all services. The audit only reads, so the marketplace may be running.
//!
//! An invariant within one service is checked on one snapshot of its books. For an invariant across two services, the books are read one
//! after the other while orders continue. An apparent violation is therefore rechecked until it resolves or has lasted too long.

mod books;
#[cfg(feature = "distributed")]
mod databases;
mod files;

pub(crate) use books::Books;
#[cfg(feature = "distributed")]
pub(crate) use databases::Databases;
pub(crate) use files::Files;

use std::time::Duration;

use kernel::OrderId;
use order_service::{AuditedOrder, Escrow, OrderState};
use product_service::ReservationState;
use store::StoreResult;
use wallet_service::audit::{Invariant, PaymentRecord, PaymentStatus};

/// How often an apparent violation is rechecked, and the interval.
const LOOKS: usize = 30;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The result for one group of invariants.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The invariant.
    pub(crate) invariant: &'static str,
    /// What was examined.
    pub(crate) checked: String,
    /// One sentence per violation.
    pub(crate) violations: Vec<String>,
}

/// Checks all invariants.
///
/// # Errors
/// If a book cannot be read.
pub(crate) async fn check(books: &dyn Books) -> StoreResult<Vec<Finding>> {
    let ledger = books.ledger().await?;
    let stock = books.stock().await?;
    let compared = compare(books).await?;
    let broken = |invariant: Invariant| -> Vec<String> {
        ledger
            .violations
            .iter()
            .filter(|violation| violation.invariant == invariant)
            .map(|violation| violation.detail.clone())
            .collect()
    };
    let mut payments = broken(Invariant::PaymentsAreComplete);
    payments.extend(compared.payments);
    if ledger.more_violations > 0 {
        let more = ledger.more_violations;
        payments.push(format!("and {more} more findings in the ledger"));
    }
    Ok(vec![
        Finding {
            invariant: "every journal transaction sums to zero in each currency",
            checked: format!(
                "{} transactions, {} postings",
                ledger.transactions, ledger.postings
            ),
            violations: broken(Invariant::TransactionsBalance),
        },
        Finding {
            invariant: "each user balance is the sum of its postings, numbered without a gap",
            checked: format!("{} balances", ledger.balances),
            violations: broken(Invariant::BalancesArePostings),
        },
        Finding {
            invariant: "no user balance is negative, nor escrow, nor fees",
            checked: format!("{} balances", ledger.balances),
            violations: broken(Invariant::NothingNegative),
        },
        Finding {
            invariant: "escrow is the sum of the orders that are paid and neither released nor refunded",
            checked: format!("{} payments", ledger.payments),
            violations: broken(Invariant::EscrowIsOwed),
        },
        Finding {
            invariant: "each order was debited once or not at all, as its state says",
            checked: format!("{} orders, {} payments", compared.orders, ledger.payments),
            violations: payments,
        },
        Finding {
            invariant: "the stock of each paid order is sold, and of no order that came to nothing",
            checked: format!("{} orders", compared.orders),
            violations: compared.stock,
        },
        Finding {
            invariant: "of each product, what is left, held and sold is what was put in",
            checked: format!("{} products", stock.products),
            violations: stock.violations,
        },
    ])
}

/// The result of comparing orders with the records of other services.
#[derive(Default)]
struct Compared {
    orders: usize,
    payments: Vec<String>,
    stock: Vec<String>,
}

/// Compares every order with its payment and its reservation.
async fn compare(books: &dyn Books) -> StoreResult<Compared> {
    let known = books.orders(None).await?;
    let paid = books.payments(None).await?;
    let held = books.reservations(None).await?;
    let orphans = paid.keys().filter(|order| !known.contains_key(order));
    let mut suspects: Vec<OrderId> = known.keys().chain(orphans).copied().collect();
    suspects.retain(|id| {
        let (order, payment) = (known.get(id), paid.get(id));
        payment_misfit(order, payment).is_some()
            || stock_misfit(order, held.get(id).copied()).is_some()
    });
    let mut compared = Compared::default();
    for look in 1..=LOOKS {
        (compared.payments, compared.stock) = (Vec::new(), Vec::new());
        let mut still = Vec::new();
        for id in suspects {
            let order = books.orders(Some(id)).await?.remove(&id);
            let payment = books.payments(Some(id)).await?.remove(&id);
            let state = books.reservations(Some(id)).await?.remove(&id);
            let of_payment = payment_misfit(order.as_ref(), payment.as_ref());
            let of_stock = stock_misfit(order.as_ref(), state);
            if of_payment.is_some() || of_stock.is_some() {
                still.push(id);
            }
            compared.payments.extend(of_payment);
            compared.stock.extend(of_stock);
        }
        suspects = still;
        if suspects.is_empty() {
            break;
        }
        if look < LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
    compared.orders = known.len();
    Ok(compared)
}

/// The mismatch between an order and its reservation, if any.
fn stock_misfit(order: Option<&AuditedOrder>, state: Option<ReservationState>) -> Option<String> {
    use ReservationState::{Expired, Held, Released, Sold};
    let order = order?;
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
            "order {}: it is {:?}, but its reservation is {}",
            order.id,
            order.state,
            state.map_or("missing", ReservationState::as_str)
        )
    })
}

/// The mismatch between an order and its payment, if any.
fn payment_misfit(order: Option<&AuditedOrder>, payment: Option<&PaymentRecord>) -> Option<String> {
    let Some(order) = order else {
        return payment
            .map(|payment| format!("payment of order {}: there is no such order", payment.order));
    };
    let status = payment.map(|payment| payment.status);
    if !fits(order, status) {
        return Some(format!(
            "order {}: it is {:?} with its escrow {:?}, but its payment is {}",
            order.id,
            order.state,
            order.escrow,
            status.map_or_else(|| "missing".to_owned(), |status| format!("{status:?}"))
        ));
    }
    payment
        .and_then(|payment| payment.total)
        .filter(|total| *total != order.total)
        .map(|total| {
            format!(
                "order {}: it costs {}, but its payment is over {total}",
                order.id, order.total
            )
        })
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

    fn order(state: OrderState, escrow: Escrow) -> AuditedOrder {
        AuditedOrder {
            id: OrderId::new(&SystemIds::default()),
            state,
            escrow,
            total: Money::new(500, Currency::USD),
            confirmed: state == OrderState::Paid,
        }
    }

    fn paid(order: &AuditedOrder, status: PaymentStatus, amount: i64) -> PaymentRecord {
        PaymentRecord {
            order: order.id,
            buyer: UserId::new(&SystemIds::default()),
            status,
            total: Some(Money::new(amount, Currency::USD)),
        }
    }

    #[test]
    fn a_paid_order_needs_a_debit_over_its_total() {
        let order = order(OrderState::Paid, Escrow::Held);
        assert_eq!(
            payment_misfit(
                Some(&order),
                Some(&paid(&order, PaymentStatus::Debited, 500))
            ),
            None
        );
        assert!(
            payment_misfit(
                Some(&order),
                Some(&paid(&order, PaymentStatus::Debited, 499))
            )
            .is_some()
        );
        for status in [
            PaymentStatus::Declined,
            PaymentStatus::Reversed,
            PaymentStatus::Refunded,
            PaymentStatus::Released,
        ] {
            assert!(
                payment_misfit(Some(&order), Some(&paid(&order, status, 500))).is_some(),
                "{status:?}"
            );
        }
        assert!(payment_misfit(Some(&order), None).is_some());
    }

    #[test]
    fn an_order_that_came_to_nothing_must_not_have_kept_the_money() {
        for state in [
            OrderState::Declined,
            OrderState::Cancelled,
            OrderState::Refunded,
        ] {
            let order = order(state, Escrow::Held);
            assert!(
                payment_misfit(
                    Some(&order),
                    Some(&paid(&order, PaymentStatus::Debited, 500))
                )
                .is_some(),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_payment_without_an_order_is_a_violation() {
        let order = order(OrderState::Paid, Escrow::Held);
        assert!(payment_misfit(None, Some(&paid(&order, PaymentStatus::Debited, 500))).is_some());
        assert_eq!(payment_misfit(None, None), None);
    }

    #[test]
    fn stock_goes_with_the_money() {
        let paid = order(OrderState::Paid, Escrow::Held);
        assert_eq!(
            stock_misfit(Some(&paid), Some(ReservationState::Sold)),
            None
        );
        for state in [
            ReservationState::Held,
            ReservationState::Released,
            ReservationState::Expired,
        ] {
            assert!(
                stock_misfit(Some(&paid), Some(state)).is_some(),
                "{state:?}"
            );
        }
        let declined = order(OrderState::Declined, Escrow::Held);
        assert!(stock_misfit(Some(&declined), Some(ReservationState::Sold)).is_some());
        assert!(stock_misfit(Some(&declined), None).is_some());
    }
}
