//! What the user service says of its users. A queue of their own, so that no order waits behind names.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::user::UserNamed;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use super::{MAX_BATCH, name};
use crate::app::{App, keep_names};
use crate::records::Name;

/// The queue of users' names.
pub const NAMES_QUEUE: &str = "product.names";

/// Subscribes to users' names.
pub(crate) fn names(app: Arc<App>) -> Subscription {
    Subscription {
        queue: NAMES_QUEUE,
        messages: vec![name::<UserNamed>()],
        handler: Arc::new(Batched(Names(app))),
        max_batch: MAX_BATCH,
    }
}

struct Names(Arc<App>);

#[async_trait]
impl Receiver for Names {
    type Command = Name;

    fn decode(&self, message: &Envelope) -> Result<Name, MalformedMessage> {
        let named: UserNamed = message.open()?;
        Ok(Name {
            user: contracts::user_id(&named.user_id)?,
            called: named.name,
            version: named.version,
        })
    }

    async fn receive(&self, names: Vec<Name>) -> StoreResult<Vec<StoreResult<()>>> {
        keep_names(&self.0, names).await
    }
}
