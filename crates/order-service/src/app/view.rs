//! Shows orders to those who may see them.

use kernel::{CursorScope, Limit, OrderId, Page, UserId};
use store::{StoreError, StoreResult};
use uuid::Uuid;

use super::App;
use crate::domain::{Order, OrderState, total_of};

/// An order as its viewer sees it.
#[derive(Debug, Clone)]
pub(crate) struct Viewed {
    /// The order; for a seller with their own lines only, and the total of those.
    pub(crate) order: Order,
    /// The seller it was cut down for.
    pub(crate) for_seller: Option<UserId>,
}

/// One order, if `viewer` is its buyer, a seller in it, or None: an operator, who sees everything.
pub(crate) async fn view_order(
    app: &App,
    id: OrderId,
    viewer: Option<UserId>,
) -> StoreResult<Option<Viewed>> {
    let Some(order) = app.order(id).await? else {
        return Ok(None);
    };
    match viewer {
        Some(viewer) if viewer != order.buyer => order
            .has_seller(viewer)
            .then(|| cut_down(order, viewer))
            .transpose(),
        Some(_) | None => Ok(Some(Viewed {
            order,
            for_seller: None,
        })),
    }
}

fn cut_down(mut order: Order, seller: UserId) -> StoreResult<Viewed> {
    order.lines.retain(|line| line.seller == seller);
    order.total = total_of(&order.lines)
        .ok_or_else(|| StoreError::Corrupt(format!("the lines of order {} overflow", order.id)))?;
    Ok(Viewed {
        order,
        for_seller: Some(seller),
    })
}

/// A place in a buyer's list: whose list, of which state (its word's place in [`OrderState::ALL`], -1 for all), after which order.
/// The list is part of the place, so that a cursor can be checked before the list is known.
pub(crate) type Mark = ((Uuid, i64), Uuid);

/// The scope of cursors of buyers' lists.
pub(crate) fn list_scope() -> CursorScope {
    CursorScope::new("orders of a buyer", "")
}

/// The part of a [`Mark`] that names the list.
pub(crate) fn list_of(buyer: UserId, state: Option<OrderState>) -> (Uuid, i64) {
    let place = OrderState::ALL
        .into_iter()
        .zip(0..)
        .find(|(known, _)| Some(*known) == state)
        .map_or(-1, |(_, place)| place);
    (buyer.as_uuid(), place)
}

/// A page of a buyer's orders, the newest first.
pub(crate) async fn list_orders(
    app: &App,
    buyer: UserId,
    state: Option<OrderState>,
    after: Option<Uuid>,
    limit: Limit,
) -> StoreResult<Page<Order>> {
    let rows = app
        .queries
        .orders_of(buyer, state, after.map(OrderId::from_uuid), limit)
        .await?;
    let list = list_of(buyer, state);
    Ok(Page::cut(rows, limit, |order| {
        let mark: Mark = (list, order.id.as_uuid());
        list_scope().cursor(&mark)
    }))
}

/// The scope of cursors of the operators' list.
pub(crate) fn review_scope() -> CursorScope {
    CursorScope::new("orders to review", "")
}

/// A page of the orders that an operator has to look at, the oldest first.
pub(crate) async fn orders_to_review(
    app: &App,
    after: Option<Uuid>,
    limit: Limit,
) -> StoreResult<Page<Order>> {
    let rows = app
        .queries
        .to_review(after.map(OrderId::from_uuid), limit)
        .await?;
    Ok(Page::cut(rows, limit, |order| {
        review_scope().cursor(&order.id.as_uuid())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrderLine, Timing};
    use kernel::{Currency, Money, ProductId, Quantity, SystemIds, Timestamp};
    use std::time::Duration;

    #[test]
    fn a_sellers_total_that_overflows_is_an_error_and_never_shown_as_another_amount() {
        let ids = SystemIds::default();
        let (buyer, seller) = (UserId::new(&ids), UserId::new(&ids));
        let line = OrderLine {
            product: ProductId::new(&ids),
            seller,
            name: "Lamp".to_owned(),
            unit_price: Money::new(i64::MAX, Currency::USD),
            quantity: Quantity::new(2).unwrap(),
        };
        let timing = Timing {
            payment_deadline: Duration::ZERO,
            resend_after: Duration::ZERO,
            review_after: Duration::ZERO,
            release_after: Duration::ZERO,
        };
        let order = Order::place(
            OrderId::new(&ids),
            buyer,
            vec![line],
            Money::new(1, Currency::USD),
            None,
            Timestamp::from_millis(0),
            &timing,
        );
        let shown = cut_down(order, seller);
        assert!(matches!(shown, Err(StoreError::Corrupt(_))), "{shown:?}");
    }
}
