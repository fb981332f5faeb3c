//! Holds stock for an order, under a lease.

use super::App;
use crate::domain::{Reservation, ReserveRequest};
use crate::store::ReserveError;

pub(crate) async fn reserve(
    app: &App,
    request: ReserveRequest,
) -> Result<Reservation, ReserveError> {
    let now = app.clock.now();
    app.store.reserve(request, now.plus(app.lease), now).await
}
