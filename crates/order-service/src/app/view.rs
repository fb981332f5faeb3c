//! Shows orders to those who may see them.

use chassis::store::StoreResult;
use kernel::{CursorScope, Limit, Money, OrderId, Page, UserId};
use uuid::Uuid;

use super::App;
use crate::domain::{Order, OrderState, total_of};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Someone who sees what they buy and what they sell.
    User(UserId),
    /// An operator, who sees everything.
    Admin(UserId),
}

/// An order as its viewer sees it.
#[derive(Debug, Clone)]
pub(crate) struct Viewed {
    /// The order; for a seller with their own lines only, and the total of those.
    pub(crate) order: Order,
    /// The seller it was cut down for.
    pub(crate) for_seller: Option<UserId>,
}

/// One order, if the viewer is its buyer, a seller in it, or an operator.
pub(crate) async fn view_order(
    app: &App,
    id: OrderId,
    access: Access,
) -> StoreResult<Option<Viewed>> {
    let Some(order) = app.store.order(id).await? else {
        return Ok(None);
    };
    let viewer = match access {
        Access::Admin(_) => {
            return Ok(Some(Viewed {
                order,
                for_seller: None,
            }));
        }
        Access::User(viewer) => viewer,
    };
    if order.buyer == viewer {
        return Ok(Some(Viewed {
            order,
            for_seller: None,
        }));
    }
    Ok(order.has_seller(viewer).then(|| cut_down(order, viewer)))
}

fn cut_down(mut order: Order, seller: UserId) -> Viewed {
    order.lines.retain(|line| line.seller == seller);
    order.total = total_of(&order.lines).unwrap_or(Money::new(0, order.total.currency));
    Viewed {
        order,
        for_seller: Some(seller),
    }
}

/// The scope of cursors of a buyer's list.
pub(crate) fn scope_of(buyer: UserId, state: Option<OrderState>) -> CursorScope {
    CursorScope::new(
        "orders",
        &format!("{buyer} {}", state.map_or("", OrderState::as_str)),
    )
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
        .store
        .orders_of(buyer, state, after.map(OrderId::from_uuid), limit)
        .await?;
    let scope = scope_of(buyer, state);
    Ok(Page::cut(rows, limit, |order| {
        scope.cursor(&order.id.as_uuid())
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
        .store
        .to_review(after.map(OrderId::from_uuid), limit)
        .await?;
    Ok(Page::cut(rows, limit, |order| {
        review_scope().cursor(&order.id.as_uuid())
    }))
}
