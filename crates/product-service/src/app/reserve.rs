//! Holds stock for an order under a lease: all lines or none.
//!
//! A repeated request for the same order gets the first answer, whatever changed in the catalogue. If the stock is still held, the
//! repeat extends the lease. Only what the sellers are called and take back is that of the moment: it is no part of the reservation, so that no
//! seller is read in the transaction that all orders of a product wait for. For the same reason, whether a seller is suspended is decided by
//! what this replica knows of it.

use std::collections::HashMap;

use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use store::StoreResult;

use super::App;
use super::stock::change_stock;
use crate::domain::{Product, Reservation, ReservationState, price};

pub(crate) async fn reserve(
    app: &App,
    request: ReserveRequest,
) -> StoreResult<Result<Vec<ReservedLine>, Refusal>> {
    let now = app.clock.now();
    let lease_until = now.plus(app.lease);
    let closed = app.sellers.closed(&*app.queries).await?;
    let mut answer = app
        .store
        .write(move |tx| {
            tx.want::<Product>(request.lines.iter().map(|line| line.product))?;
            if let Some(made) = tx.get::<Reservation>(&request.order)? {
                return match made.renewed(lease_until) {
                    Ok(renewed) => {
                        tx.put(renewed)?;
                        Ok(Ok(made.lines.clone()))
                    }
                    Err(refusal) => Ok(Err(refusal)),
                };
            }
            let mut listed = HashMap::with_capacity(request.lines.len());
            let mut of_suspended = Vec::new();
            for line in &request.lines {
                if let Some(product) = tx.get::<Product>(&line.product)?
                    && product.is_listed()
                {
                    if closed.is_suspended(product.seller) {
                        if !of_suspended.contains(&product.id) {
                            of_suspended.push(product.id);
                        }
                    } else if !closed.has(product.seller) {
                        listed.insert(product.id, product);
                    }
                }
            }
            if !of_suspended.is_empty() {
                return Ok(Err(Refusal::SellerSuspended(of_suspended)));
            }
            let priced = match price(&request, |id| listed.get(&id).map(|product| &**product)) {
                Ok(priced) => priced,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for (article, quantity) in priced.takes {
                change_stock(tx, article, -quantity, now)?;
            }
            tx.insert(Reservation {
                order: request.order,
                buyer: request.buyer,
                lines: priced.lines.clone(),
                state: ReservationState::Held,
                lease_until,
                created_at: now,
                returned: Vec::new(),
            })?;
            Ok(Ok(priced.lines))
        })
        .await?;
    if let Ok(lines) = &mut answer {
        app.sellers.fill(&app.store, lines).await?;
    }
    Ok(answer)
}
