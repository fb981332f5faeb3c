//! What a user has still to settle: orders of theirs, and sales, that are not over.

use contracts::dealings::Dealings;
use kernel::{OrderId, UserId};
use store::StoreResult;

use super::App;
use crate::domain::{FulfilmentStatus, Order};
use crate::store::{Listed, SalesQuery, Span};

/// Orders that are looked at together.
const CHUNK: usize = 100;

/// The orders and sales of `user` that are not over.
pub(crate) async fn dealings(app: &App, user: UserId) -> StoreResult<Dealings> {
    Ok(Dealings {
        orders: orders(app, user).await?,
        sales: sales(app, user).await?,
        balances: Vec::new(),
    })
}

async fn orders(app: &App, user: UserId) -> StoreResult<Vec<OrderId>> {
    let mut open = Vec::new();
    let mut after = None;
    loop {
        let page = buyers_orders(app, user, after).await?;
        let found = page.iter().filter(|order| !order.is_over());
        open.extend(found.map(|order| order.id));
        after = page.last().map(|order| order.id);
        if page.len() < CHUNK || open.len() >= Dealings::MOST {
            open.truncate(Dealings::MOST);
            return Ok(open);
        }
    }
}

/// A page of a buyer's orders, the newest first.
pub(super) async fn buyers_orders(
    app: &App,
    user: UserId,
    after: Option<OrderId>,
) -> StoreResult<Vec<Order>> {
    let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let listed = Listed::OfBuyer(user, None);
    app.queries.list(listed, after, most).await
}

/// Whether a page of orders was the last one.
pub(super) const fn is_last(page: &[Order]) -> bool {
    page.len() < CHUNK
}

async fn sales(app: &App, user: UserId) -> StoreResult<Vec<OrderId>> {
    use FulfilmentStatus::{Delivered, Open, Shipped};
    let most = i64::try_from(Dealings::MOST).unwrap_or(i64::MAX);
    let mut open = Vec::new();
    for status in [Open, Shipped, Delivered] {
        let query = SalesQuery {
            seller: user,
            status: Some(status),
            span: Span {
                from: None,
                to: None,
            },
        };
        let found = app.queries.sales(&query, None, most).await?;
        open.extend(found.iter().map(|order| order.id));
    }
    open.truncate(Dealings::MOST);
    Ok(open)
}
