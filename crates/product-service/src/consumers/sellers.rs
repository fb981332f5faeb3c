//! What the user service says of its users and of sellers. A queue of their own, so that no order waits behind them.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::reservations::ReturnPolicy;
use contracts::sellers::SellerStatus;
use contracts::user::{SellerChanged, UserNamed};
use contracts::{Envelope, MalformedMessage};
use kernel::{Timestamp, UserId};
use store::StoreResult;

use super::{MAX_BATCH, name};
use crate::app::{App, keep_sellers};
use crate::domain::{Said, SaidOfSeller};

/// The queue of what is said of users and sellers.
pub const SELLERS_QUEUE: &str = "product.sellers";

/// Subscribes to it.
pub(crate) fn sellers(app: Arc<App>) -> Subscription {
    Subscription {
        queue: SELLERS_QUEUE,
        messages: vec![name::<UserNamed>(), name::<SellerChanged>()],
        handler: Arc::new(Batched(Sellers(app))),
        max_batch: MAX_BATCH,
    }
}

struct Sellers(Arc<App>);

#[async_trait]
impl Receiver for Sellers {
    type Command = (UserId, Said);

    fn decode(&self, message: &Envelope) -> Result<(UserId, Said), MalformedMessage> {
        if message.name == name::<UserNamed>() {
            let named: UserNamed = message.open()?;
            let said = Said::Name {
                name: named.name,
                version: named.version,
            };
            return Ok((contracts::user_id(&named.user_id)?, said));
        }
        let changed: SellerChanged = message.open()?;
        let user = contracts::user_id(&changed.seller_id)?;
        Ok((user, Said::Seller(read(changed)?)))
    }

    async fn receive(&self, said: Vec<(UserId, Said)>) -> StoreResult<Vec<StoreResult<()>>> {
        keep_sellers(&self.0, said).await
    }
}

fn read(changed: SellerChanged) -> Result<SaidOfSeller, MalformedMessage> {
    let status = SellerStatus::of(&changed.status);
    let unknown = || MalformedMessage(format!("{:?} is no status of a seller", changed.status));
    let days = u16::try_from(changed.return_window_days);
    let days = days.map_err(|_| MalformedMessage("a window of too many days".to_owned()))?;
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(SaidOfSeller {
        status: status.ok_or_else(unknown)?,
        since: Timestamp::from_millis(changed.since),
        display_name: some(changed.display_name),
        description: some(changed.description),
        returns: ReturnPolicy {
            accepted: changed.returns_accepted,
            window_days: (days > 0).then_some(days),
        },
        version: changed.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_or_zero_was_not_said_and_a_strange_status_is_refused() {
        let changed = SellerChanged {
            status: "suspended".to_owned(),
            returns_accepted: true,
            version: 3,
            ..SellerChanged::default()
        };
        let said = read(changed.clone()).unwrap();
        assert_eq!((said.status, said.version), (SellerStatus::Suspended, 3));
        assert_eq!((said.display_name, said.description), (None, None));
        assert!(said.returns.is_default());
        let strange = SellerChanged {
            status: "asleep".to_owned(),
            ..changed.clone()
        };
        let endless = SellerChanged {
            return_window_days: 70_000,
            ..changed
        };
        assert!(read(strange).is_err() && read(endless).is_err());
    }
}
