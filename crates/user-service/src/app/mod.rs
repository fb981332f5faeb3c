//! The use cases, one per file. They use the store, the hasher and the signer; the domain defines valid tokens and addresses.

mod address;
mod admins;
mod audit_log;
mod change_email;
mod change_password;
mod confirm;
mod erase;
mod error;
mod export;
mod forgot;
mod grant;
mod guesses;
mod keys;
mod login;
mod logout;
mod my_sessions;
mod notifications;
mod profile;
mod prove;
mod refresh;
mod register;
mod register_by_mail;
mod reset_access;
mod revocations;
mod second_factor;
mod seller;
mod sellers;
mod send_mail;
mod sessions;
mod setup;
mod standing;
mod start_sellers;
mod tell;
mod users;

use std::sync::Arc;
use std::time::Duration;

use auth::{Issuer, OpaqueToken, PasswordHasher, Role, Subject, Verifier};
use contracts::sellers::SellersMode;
use kernel::{Clock, IdSource, SessionId, Timestamp};
use store::{Store, StoreResult};
use tokio::sync::Mutex;

use crate::dealings::Settlements;
use crate::domain::{Email, Language, Notice, SecondFactorRule, Terms, User};
use crate::events::MailWish;
use crate::post::Post;
use crate::records::EMAIL_KEY;
use crate::store::Queries;

pub(crate) use address::{
    NewAddress, add_address, add_address_once, address, addresses, change_address, remove_address,
};
pub(crate) use audit_log::{audit_log, audit_scope};
pub(crate) use change_email::{EmailChange, change_email};
pub(crate) use change_password::change_password;
pub(crate) use erase::erase;
pub use error::UserError;
pub(crate) use export::export;
pub(crate) use forgot::forgot_password;
pub(crate) use grant::{grant, rule_about};
pub(crate) use guesses::{Origin, Throttled};
pub(crate) use keys::{jwks, reload_keys};
pub(crate) use login::login;
pub(crate) use logout::logout;
pub(crate) use my_sessions::{end_other_sessions, end_session, my_sessions, sessions_scope};
pub(crate) use notifications::{change_notifications, notifications};
pub(crate) use profile::{change_profile, profile};
pub(crate) use prove::{reset_password, verify_email};
pub(crate) use refresh::refresh;
pub(crate) use register::{register, register_once};
pub(crate) use register_by_mail::register_by_mail;
pub use reset_access::AccessReset;
pub(crate) use reset_access::reset_access;
pub(crate) use revocations::{Cut, learn, list_revocations};
pub(crate) use second_factor::{
    confirm_second_factor, remove_second_factor, second_factor, set_up_second_factor,
};
pub(crate) use seller::{change_seller, my_seller};
pub(crate) use sellers::{decide_seller, list_sellers, sellers_scope};
pub(crate) use send_mail::{MailOrder, NotSent, send_mail};
pub(crate) use setup::{offer_setup, set_up};
pub(crate) use standing::{grant_role, reinstate, revoke_role, suspend};
pub(crate) use start_sellers::{Started, start_sellers};
pub(crate) use tell::{Told, tell};
pub(crate) use users::{EmailPrefix, UsersFilter, UsersPlace, list_users, user};

/// The dependencies of the use cases.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) queries: Arc<dyn Queries>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) issuer: Issuer,
    /// Told what is revoked.
    pub(crate) verifier: Verifier,
    /// When the newest revocation was made that the verifier knows from the store.
    pub(crate) seen_revocations: Mutex<Timestamp>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The clock of access tokens.
    pub(crate) token_clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// How long logins last.
    pub(crate) terms: Terms,
    /// Who needs a second factor.
    pub(crate) second_factor: SecondFactorRule,
    /// Who may sell.
    pub(crate) mode: SellersMode,
    /// Knows what users have still to settle.
    pub(crate) settlements: Arc<dyn Settlements>,
    /// Sends mails, if they are on.
    pub(crate) post: Option<Post>,
}

/// The result of a successful login or refresh.
pub(crate) struct LoggedIn {
    pub(crate) access_token: String,
    pub(crate) expires_in: Duration,
    pub(crate) refresh_token: OpaqueToken,
    pub(crate) user: User,
    /// The roles that the access token does not carry because the user has no second factor.
    pub(crate) withheld: Vec<Role>,
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

    /// Whether mails are sent.
    pub(crate) const fn sends_mails(&self) -> bool {
        self.post.is_some()
    }

    /// A wish for a mail of its own, if mails are sent.
    fn wish_if_sent(&self, notice: Notice, language: Option<Language>) -> Option<MailWish> {
        self.sends_mails().then(|| self.wish(notice, language))
    }

    /// A wish for a mail of its own.
    fn wish(&self, notice: Notice, language: Option<Language>) -> MailWish {
        MailWish {
            notice,
            language,
            nonce: self.ids.next(),
        }
    }

    fn logged_in(
        &self,
        user: User,
        session: SessionId,
        refresh_token: OpaqueToken,
    ) -> Result<LoggedIn, UserError> {
        let withheld = user.withheld(self.second_factor).to_vec();
        let subject = Subject {
            user: user.id,
            roles: if withheld.is_empty() {
                &user.roles
            } else {
                &[]
            },
            session,
            version: user.access_version,
        };
        Ok(LoggedIn {
            access_token: self.issuer.issue(&subject, self.token_clock.now())?,
            expires_in: self.issuer.policy().lifetime,
            refresh_token,
            user,
            withheld,
        })
    }
}

/// The transactions of the use cases, which the suite in `store/contract` tests on both engines.
#[cfg(test)]
pub(crate) mod steps {
    pub(crate) use super::address::{change_book, insert_address};
    pub(crate) use super::change_email::{EmailChange, EmailWishes, WantedEmail, want_email};
    pub(crate) use super::change_password::{PasswordChange, replace_password};
    pub(crate) use super::erase::{Erased, Nobody, erase_user, forget_sessions};
    pub(crate) use super::forgot::ask_for_reset;
    pub(crate) use super::guesses::{Guess, Refreshes};
    pub(crate) use super::login::{Opened, open_session, renew_hash};
    pub(crate) use super::logout::end_session;
    pub(crate) use super::my_sessions::keep_one;
    pub(crate) use super::notifications::put_notifications;
    pub(crate) use super::profile::edit_profile;
    pub(crate) use super::prove::{Proved, prove_email, set_password};
    pub(crate) use super::refresh::{Rotated, rotate};
    pub(crate) use super::register::{Registered, add_user};
    pub(crate) use super::register_by_mail::ask_to_verify;
    pub(crate) use super::reset_access::reset_access;
    pub(crate) use super::revocations::end_one;
    pub(crate) use super::second_factor::{FactorChange, NotDone, offer, turn_off, turn_on};
    pub(crate) use super::seller::put_profile;
    pub(crate) use super::sellers::decide;
    pub(crate) use super::send_mail::keep_proof;
    pub(crate) use super::setup::{add_admin, made, open_setup};
    pub(crate) use super::standing::{Ruled, Ruling, Whom, rule};
    pub(crate) use super::start_sellers::start;
    pub(crate) use super::tell::ask_for_mails;
}
