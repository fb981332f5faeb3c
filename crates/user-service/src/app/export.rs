//! Everything that this service holds on the caller.

use std::sync::Arc;

use kernel::{Timestamp, UserId};

use super::send_mail::contact;
use super::{App, UserError, addresses, profile};
use crate::domain::{AddressBook, Contact, Seller, User};

/// What is held on a user.
pub(crate) struct Held {
    pub(crate) at: Timestamp,
    pub(crate) user: User,
    pub(crate) addresses: Option<AddressBook>,
    pub(crate) seller: Option<Seller>,
    pub(crate) contact: Contact,
}

pub(crate) async fn export(app: &App, user: UserId) -> Result<Held, UserError> {
    let seller = app.store.get::<Seller>(&user).await?;
    Ok(Held {
        at: app.clock.now(),
        user: profile(app, user).await?,
        addresses: addresses(app, user).await?,
        seller: seller.map(Arc::unwrap_or_clone),
        contact: contact(&app.store, user).await?,
    })
}
