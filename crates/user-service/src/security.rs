//! The security log: what an operator or an auditor asks for after an incident. Its lines have the target `security`, each thing is said
//! once, and no line holds a secret or an email: addresses are masked, so that lines about one can be found together.

use auth::masked;
use kernel::{SessionId, UserId};

use crate::domain::{AuditEntry, Email};

/// A user logged in.
pub(crate) fn logged_in(user: UserId, session: SessionId, email: &Email) {
    let email = masked(email.key());
    tracing::info!(target: "security", event = "login", %user, %session, email);
}

/// Why a login failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LoginFailure {
    /// No user has the email.
    UnknownEmail,
    /// The password is wrong, or changed meanwhile.
    WrongPassword,
    /// The password is right, but the user has yet to show that the address is theirs.
    Unverified,
    /// The user is suspended.
    Suspended,
    /// The password is right, but the code of the second factor is wrong or used up.
    WrongCode,
}

kernel::words!(LoginFailure {
    UnknownEmail = "unknown_email", WrongPassword = "wrong_password", Unverified = "unverified",
    Suspended = "suspended", WrongCode = "wrong_code"
});

/// A login failed.
pub(crate) fn login_failed(email: &Email, why: LoginFailure) {
    let email = masked(email.key());
    tracing::warn!(target: "security", event = "login_failed", email, reason = why.as_str());
}

/// A login with the right password was asked for a code, too.
pub(crate) fn second_factor_asked(user: UserId) {
    tracing::info!(target: "security", event = "second_factor_asked", %user);
}

/// A recovery code took the place of a code.
pub(crate) fn recovery_code_used(user: UserId) {
    tracing::warn!(target: "security", event = "recovery_code_used", %user);
}

/// A user turned their second factor on, which ended their other logins.
pub(crate) fn second_factor_enabled(user: UserId) {
    tracing::info!(target: "security", event = "second_factor_enabled", %user);
}

/// A user, or an operator at the command line, turned a second factor off.
pub(crate) fn second_factor_disabled(user: UserId, by: &str) {
    tracing::warn!(target: "security", event = "second_factor_disabled", %user, by);
}

/// A logged-in user's second factor was given a wrong code.
pub(crate) fn second_factor_refused(user: UserId) {
    tracing::warn!(target: "security", event = "second_factor_refused", %user);
}

/// A refresh token was used twice, so its login was ended.
pub(crate) fn token_reused(user: UserId, session: SessionId) {
    tracing::warn!(target: "security", event = "token_reused", %user, %session, "a refresh token was used twice; its session was ended");
}

/// A user ended a login.
pub(crate) fn session_ended(user: UserId, session: SessionId) {
    tracing::info!(target: "security", event = "session_ended", %user, %session);
}

/// A user ended all their logins but one.
pub(crate) fn others_ended(user: UserId, kept: SessionId) {
    tracing::info!(target: "security", event = "other_sessions_ended", %user, %kept);
}

/// A user changed their password, which ended their other logins.
pub(crate) fn password_changed(user: UserId) {
    tracing::info!(target: "security", event = "password_changed", %user);
}

/// A user set another password with the link of a mail, or of an operator, which ended all their logins.
pub(crate) fn password_reset(user: UserId) {
    tracing::info!(target: "security", event = "password_reset", %user);
}

/// An operator at the command line made a password-reset link for a user.
pub(crate) fn access_reset(user: UserId) {
    tracing::warn!(target: "security", event = "access_reset", %user, by = "command line");
}

/// A user has another address to log in with, which ended their other logins.
pub(crate) fn email_changed(user: UserId) {
    tracing::info!(target: "security", event = "email_changed", %user);
}

/// A user was erased at their own wish.
pub(crate) fn erased(user: UserId) {
    tracing::info!(target: "security", event = "user_erased", %user);
}

/// A logged-in user's current password was given wrongly.
pub(crate) fn password_refused(user: UserId) {
    tracing::warn!(target: "security", event = "password_refused", %user);
}

/// An operator did something.
pub(crate) fn operated(entry: &AuditEntry) {
    let (action, subject) = (entry.action.as_str(), entry.subject);
    match entry.by {
        Some(by) => {
            tracing::info!(target: "security", event = "operator_act", action, %subject, %by);
        }
        None => {
            tracing::info!(target: "security", event = "operator_act", action, %subject, by = "command line");
        }
    }
}

/// The signing keys were replaced.
pub(crate) fn keys_changed(active: &str) {
    tracing::info!(target: "security", event = "keys_changed", active, "the signing keys were read again");
}
