//! The use cases, one per file. They use the store, the hasher and the signer; the domain defines valid tokens and addresses.

mod address;
mod change_password;
mod error;
mod grant;
mod login;
mod logout;
mod profile;
mod refresh;
mod register;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use auth::{Issuer, JwkSet, OpaqueToken, PasswordHasher};
use kernel::{Clock, IdSource, SessionId, Timestamp};
use store::{Store, StoreResult};

use crate::domain::{Email, NextToken, User};
use crate::records::EMAIL_KEY;

pub(crate) use address::{
    NewAddress, add_address, add_address_once, address, addresses, change_address, remove_address,
};
pub(crate) use change_password::change_password;
pub use error::UserError;
pub(crate) use grant::grant;
pub(crate) use login::login;
pub(crate) use logout::logout;
pub(crate) use profile::{profile, rename};
pub(crate) use refresh::refresh;
pub(crate) use register::{register, register_once};

/// The dependencies of the use cases.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) hasher: PasswordHasher,
    pub(crate) issuer: Issuer,
    pub(crate) jwks: JwkSet,
    pub(crate) clock: Arc<dyn Clock>,
    /// The clock of access tokens.
    pub(crate) token_clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) refresh_lifetime: Duration,
}

/// The result of a successful login or refresh.
pub(crate) struct LoggedIn {
    pub(crate) access_token: String,
    pub(crate) expires_in: Duration,
    pub(crate) refresh_token: OpaqueToken,
    pub(crate) user: User,
}

impl App {
    /// The user with `email`, ignoring case.
    pub(crate) async fn by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let found = self
            .store
            .find_by::<User>(EMAIL_KEY, email.key(), 1)
            .await?;
        Ok(found.into_iter().next().map(Arc::unwrap_or_clone))
    }

    /// A new refresh token, and the part of it to store.
    fn next_token(&self, now: Timestamp) -> Result<(OpaqueToken, NextToken), UserError> {
        let token = OpaqueToken::generate()?;
        let next = NextToken {
            digest: token.digest(),
            expires_at: now.plus(self.refresh_lifetime),
        };
        Ok((token, next))
    }

    fn logged_in(
        &self,
        user: User,
        session: SessionId,
        refresh_token: OpaqueToken,
    ) -> Result<LoggedIn, UserError> {
        Ok(LoggedIn {
            access_token: self.issuer.issue(
                user.id,
                &user.roles,
                session,
                self.token_clock.now(),
            )?,
            expires_in: self.issuer.policy().lifetime,
            refresh_token,
            user,
        })
    }
}

/// The transactions of the use cases, which the suite in `store/contract` tests on both engines.
#[cfg(test)]
pub(crate) mod steps {
    pub(crate) use super::address::{change_book, insert_address};
    pub(crate) use super::change_password::replace_password;
    pub(crate) use super::login::open_session;
    pub(crate) use super::logout::end_session;
    pub(crate) use super::profile::change_name;
    pub(crate) use super::refresh::{Rotated, rotate};
    pub(crate) use super::register::{Registered, add_user};
}
