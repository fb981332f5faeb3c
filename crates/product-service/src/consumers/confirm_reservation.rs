//! `ConfirmReservation`. The order is paid: its held stock is sold.

use std::sync::Arc;

use async_trait::async_trait;
use chassis::bus::{BatchHandler, Bisecting, Outcome, Subscription};
use chassis::store::StoreResult;
use contracts::Envelope;
use contracts::product::ConfirmReservation;

use super::{MAX_BATCH, decode, name};
use crate::app::{App, confirm_reservations};

struct Handler(Arc<App>);

#[async_trait]
impl BatchHandler for Handler {
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
        let (commands, outcomes) = decode(batch, |message: &ConfirmReservation| &message.order_id);
        confirm_reservations(&self.0, commands).await?;
        Ok(outcomes)
    }
}

pub(super) fn subscription(app: Arc<App>) -> Subscription {
    Subscription {
        queue: "product.confirm-reservation",
        messages: vec![name::<ConfirmReservation>()],
        handler: Arc::new(Bisecting(Handler(app))),
        max_batch: MAX_BATCH,
    }
}
