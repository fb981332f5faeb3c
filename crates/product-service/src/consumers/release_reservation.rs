//! `ReleaseReservation`. The order came to nothing: its held stock goes back.

use std::sync::Arc;

use async_trait::async_trait;
use chassis::bus::{BatchHandler, Bisecting, Outcome, Subscription};
use chassis::store::StoreResult;
use contracts::Envelope;
use contracts::product::ReleaseReservation;

use super::{MAX_BATCH, decode, name};
use crate::app::{App, release_reservations};

struct Handler(Arc<App>);

#[async_trait]
impl BatchHandler for Handler {
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
        let (commands, outcomes) = decode(batch, |message: &ReleaseReservation| &message.order_id);
        release_reservations(&self.0, commands).await?;
        Ok(outcomes)
    }
}

pub(super) fn subscription(app: Arc<App>) -> Subscription {
    Subscription {
        queue: "product.release-reservation",
        messages: vec![name::<ReleaseReservation>()],
        handler: Arc::new(Bisecting(Handler(app))),
        max_batch: MAX_BATCH,
    }
}
