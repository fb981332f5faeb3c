//! Stores a new order, and ends the wait of the request that made it.

use kernel::OrderId;
use store::StoreResult;

use super::App;
use super::save::send;
use crate::domain::{Command, Order};

/// Stores a new order with the command that starts its saga.
///
/// # Errors
/// [`StoreError::Duplicate`](store::StoreError::Duplicate) if there is an order with its id.
pub(crate) async fn place(app: &App, order: Order) -> StoreResult<()> {
    app.store
        .write(move |tx| {
            tx.insert(order.clone())?;
            send(tx, &order, Command::DebitForOrder, order.created_at)
        })
        .await?;
    app.metrics.placed();
    Ok(())
}

/// Answers the request that made the order `id`: with the order as it stood when it was answered before, else as it stands now. None
/// if there is no such order, or its request came without a key.
pub(crate) async fn answer(app: &App, id: OrderId) -> StoreResult<Option<Order>> {
    // Usually the saga settled first and noted the answer. Then there is nothing to write.
    let stored = app.store.get::<Order>(&id).await?;
    if let Some(answered) = stored.and_then(|order| order.as_answered()) {
        return Ok(Some(answered));
    }
    app.store
        .write(move |tx| {
            let Some(found) = tx.get::<Order>(&id)? else {
                return Ok(None);
            };
            let mut order = Order::clone(&found);
            order.answer();
            let answered = order.as_answered();
            if found.answered.is_none() {
                tx.put(order)?;
            }
            Ok(answered)
        })
        .await
}
