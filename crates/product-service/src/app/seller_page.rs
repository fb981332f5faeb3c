//! Shows a seller to anyone.

use std::sync::Arc;

use kernel::UserId;
use store::StoreResult;

use super::{App, SellerCard};
use crate::domain::Seller;

/// A seller, and how many products they sell now.
pub(crate) struct SellerPage {
    pub(crate) seller: Seller,
    pub(crate) card: SellerCard,
    pub(crate) products: i64,
}

/// None if the user is no seller, or waits for an operator's approval.
pub(crate) async fn seller_page(app: &App, id: UserId) -> StoreResult<Option<SellerPage>> {
    let closed = app.sellers.closed(&*app.queries).await?;
    let is_waiting = closed.has(id) && !closed.is_suspended(id);
    let found = app.store.get::<Seller>(&id).await?;
    let Some(seller) = found.filter(|seller| seller.since.is_some() && !is_waiting) else {
        return Ok(None);
    };
    let products = if closed.has(id) {
        0
    } else {
        app.queries.count_of_seller(id).await?
    };
    Ok(Some(SellerPage {
        card: app.sellers.card_of(&seller),
        seller: Arc::unwrap_or_clone(seller),
        products,
    }))
}
