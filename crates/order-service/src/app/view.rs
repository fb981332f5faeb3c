//! Shows orders to those who may see them.

use kernel::{CursorScope, Limit, OrderId, Page, UserId};
use store::{StoreError, StoreResult};
use uuid::Uuid;

use super::App;
use crate::domain::{Order, OrderState, total_of};
use crate::store::Listed;

/// An order as its viewer sees it.
#[derive(Debug, Clone)]
pub(crate) struct Viewed {
    /// The order; for a seller with their own lines and their own part only, and the total of those.
    pub(crate) order: Order,
    /// Who sees it.
    pub(crate) audience: Audience,
}

/// The capacity in which a user sees an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Who bought it.
    Buyer,
    /// A seller in it.
    Seller(UserId),
    /// An operator.
    Operator,
}

impl Audience {
    /// In which capacity `user` may see `order`. None if they may not.
    pub(crate) fn of(order: &Order, user: UserId, is_admin: bool) -> Option<Self> {
        if is_admin {
            Some(Self::Operator)
        } else if user == order.buyer {
            Some(Self::Buyer)
        } else {
            order.has_seller(user).then_some(Self::Seller(user))
        }
    }

    /// Whether they see what the buyer keeps with the order.
    pub(crate) const fn sees_metadata(self) -> bool {
        match self {
            Self::Buyer | Self::Operator => true,
            Self::Seller(_) => false,
        }
    }

    /// Whether they see what the platform takes of a part.
    pub(crate) const fn sees_commission(self) -> bool {
        match self {
            Self::Seller(_) | Self::Operator => true,
            Self::Buyer => false,
        }
    }
}

/// One order, if `user` may see it.
pub(crate) async fn view_order(
    app: &App,
    id: OrderId,
    user: UserId,
    is_admin: bool,
) -> StoreResult<Option<Viewed>> {
    let Some(order) = app.order(id).await? else {
        return Ok(None);
    };
    let audience = Audience::of(&order, user, is_admin);
    audience
        .map(|audience| seen_by(order, audience))
        .transpose()
}

/// The order as `audience` sees it.
pub(crate) fn seen_by(mut order: Order, audience: Audience) -> StoreResult<Viewed> {
    if let Audience::Seller(seller) = audience {
        order.lines.retain(|line| line.seller == seller);
        order.fulfilments.retain(|part| part.seller == seller);
        let overflow = || StoreError::Corrupt(format!("the lines of order {} overflow", order.id));
        order.total = total_of(&order.lines).ok_or_else(overflow)?;
        // Who does not ship does not need to know where to.
        if order.paid_at.is_none() {
            (order.address, order.note) = (None, None);
        }
    }
    Ok(Viewed { order, audience })
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
    let (listed, after) = (Listed::OfBuyer(buyer, state), after.map(OrderId::from_uuid));
    let rows = app.queries.list(listed, after, limit.and_one()).await?;
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
    use crate::testing::{TIMING, lines_of, new_order};
    use kernel::{Currency, Money, Quantity, SystemIds, Timestamp};

    #[test]
    fn a_sellers_total_that_overflows_is_an_error_and_never_shown_as_another_amount() {
        let ids = SystemIds::default();
        let seller = UserId::new(&ids);
        let mut lines = lines_of(&ids, &[seller]);
        lines[0].unit_price = Money::new(i64::MAX, Currency::USD);
        lines[0].quantity = Quantity::new(2).unwrap();
        let new = new_order(&ids, UserId::new(&ids), lines);
        let order = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let shown = seen_by(order, Audience::Seller(seller));
        assert!(matches!(shown, Err(StoreError::Corrupt(_))), "{shown:?}");
    }

    #[test]
    fn a_seller_sees_their_own_lines_and_part_and_their_total() {
        let ids = SystemIds::default();
        let (seller, other) = (UserId::new(&ids), UserId::new(&ids));
        let lines = lines_of(&ids, &[seller, other, seller]);
        let order = Order::place(
            new_order(&ids, UserId::new(&ids), lines.clone()),
            Timestamp::from_millis(0),
            &TIMING,
        );
        let Viewed { order, .. } = seen_by(order, Audience::Seller(seller)).unwrap();
        assert_eq!(order.lines, [lines[0].clone(), lines[2].clone()]);
        assert_eq!(order.fulfilments.len(), 1);
        assert_eq!(order.total, total_of(&order.lines).unwrap());
    }

    #[test]
    fn a_seller_learns_where_to_ship_once_the_order_is_paid() {
        let ids = SystemIds::default();
        let seller = UserId::new(&ids);
        let mut new = new_order(&ids, UserId::new(&ids), lines_of(&ids, &[seller]));
        new.note = Some("Ring twice".to_owned());
        let unpaid = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let mut paid = unpaid.clone();
        paid.paid_at = Some(Timestamp::from_millis(1));
        let shown = |order: &Order, audience| {
            let order = seen_by(order.clone(), audience).unwrap().order;
            (order.address.is_some(), order.note.is_some())
        };
        assert_eq!(shown(&unpaid, Audience::Seller(seller)), (false, false));
        assert_eq!(shown(&paid, Audience::Seller(seller)), (true, true));
        assert_eq!(shown(&unpaid, Audience::Buyer), (true, true));
    }
}
