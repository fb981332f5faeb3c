//! Everything that this service holds on the caller.

use std::sync::Arc;

use kernel::{Timestamp, UserId};

use super::notifications::{contact, wanted};
use super::{App, UserError, addresses, profile};
use crate::domain::{AddressBook, Contact, Notifications, Seller, User};

/// What is held on a user.
pub(crate) struct Held {
    pub(crate) at: Timestamp,
    pub(crate) user: User,
    pub(crate) addresses: Option<AddressBook>,
    pub(crate) seller: Option<Seller>,
    pub(crate) contact: Contact,
    pub(crate) notifications: Notifications,
}

pub(crate) async fn export(app: &App, user: UserId) -> Result<Held, UserError> {
    let seller = app.store.get::<Seller>(&user).await?;
    Ok(Held {
        at: app.clock.now(),
        user: profile(app, user).await?,
        addresses: addresses(app, user).await?,
        seller: seller.map(Arc::unwrap_or_clone),
        contact: contact(&app.store, user).await?,
        notifications: wanted(&app.store, user).await?,
    })
}
