//! Holds stock for an order under a lease: all lines or none.
//!
//! A repeated request for the same order gets the first answer, whatever changed in the catalogue. If the stock is still held, the
//! repeat extends the lease. Only the names of the sellers are those of the moment: they are no part of the reservation, so that no name is
//! read in the transaction that all orders of a product wait for.

use std::collections::HashMap;

use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use store::StoreResult;

use super::App;
use super::stock::change_stock;
use crate::domain::{Product, ProductStatus, Reservation, ReservationState, price};

pub(crate) async fn reserve(
    app: &App,
    request: ReserveRequest,
) -> StoreResult<Result<Vec<ReservedLine>, Refusal>> {
    let now = app.clock.now();
    let lease_until = now.plus(app.lease);
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
            let mut offers = HashMap::with_capacity(request.lines.len());
            for line in &request.lines {
                if let Some(product) = tx.get::<Product>(&line.product)?
                    && product.status == ProductStatus::Active
                {
                    offers.insert(product.id, product);
                }
            }
            let priced = match price(&request, |id| offers.get(&id).map(|product| &**product)) {
                Ok(priced) => priced,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for (product, quantity) in priced.takes {
                change_stock(tx, product, -quantity, now)?;
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
        app.names.fill(&app.store, lines).await?;
    }
    Ok(answer)
}
