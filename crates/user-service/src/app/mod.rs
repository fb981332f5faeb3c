//! The use cases, one a file. They ask the store, the hasher and the signer; what a token or an address is, the domain says.

mod change_password;
mod error;
mod grant;
mod login;
mod logout;
mod profile;
mod refresh;
mod register;

use std::sync::Arc;
use std::time::Duration;

use auth::{Issuer, JwkSet, OpaqueToken, PasswordHasher};
use kernel::{Clock, IdSource, SessionId, Timestamp};

use crate::domain::{NextToken, User};
use crate::store::UserStore;

pub(crate) use change_password::change_password;
pub(crate) use error::UserError;
pub(crate) use grant::grant;
pub(crate) use login::login;
pub(crate) use logout::logout;
pub(crate) use profile::{profile, rename};
pub(crate) use refresh::refresh;
pub(crate) use register::register;

/// What the use cases work with.
pub(crate) struct App {
    pub(crate) store: Arc<dyn UserStore>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) issuer: Issuer,
    pub(crate) jwks: JwkSet,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) refresh_lifetime: Duration,
}

/// What someone gets who proved who they are.
pub(crate) struct LoggedIn {
    pub(crate) access_token: String,
    pub(crate) expires_in: Duration,
    pub(crate) refresh_token: OpaqueToken,
    pub(crate) user: User,
}

impl App {
    /// A refresh token, and what to keep of it.
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
        now: Timestamp,
    ) -> Result<LoggedIn, UserError> {
        Ok(LoggedIn {
            access_token: self.issuer.issue(user.id, &user.roles, session, now)?,
            expires_in: self.issuer.policy().lifetime,
            refresh_token,
            user,
        })
    }
}
