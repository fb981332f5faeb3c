//! `UserNamed`: what a user is called.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Receiver;
use contracts::user::UserNamed;
use contracts::{Contract, Envelope, MalformedMessage};
use store::StoreResult;

use crate::app::{App, note_names};
use crate::records::UserName;

/// The full name of the message.
pub(crate) fn user_named() -> String {
    fn name<M: Contract>() -> String {
        M::full_name()
    }
    name::<UserNamed>()
}

/// Keeps names.
pub(crate) struct UserNames(pub(crate) Arc<App>);

#[async_trait]
impl Receiver for UserNames {
    type Command = UserName;

    fn decode(&self, envelope: &Envelope) -> Result<UserName, MalformedMessage> {
        let named: UserNamed = envelope.open()?;
        Ok(UserName {
            id: contracts::user_id(&named.user_id)?,
            name: named.name,
            version: named.version,
        })
    }

    async fn receive(&self, names: Vec<UserName>) -> StoreResult<Vec<StoreResult<()>>> {
        note_names(&self.0, names).await
    }
}
