//! What operators see of users: a list, and one of them.

use std::sync::Arc;

use auth::Role;
use kernel::{CursorScope, Invalid, Limit, Page, UserId, one_line};
use store::StoreResult;

use super::{App, UserError};
use crate::domain::{Email, User};
use crate::store::UsersQuery;

/// The beginning of an email, or all of it, as emails are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailPrefix(String);

impl EmailPrefix {
    /// Parses a beginning. What is a whole address is compared like one, so that its domain may be internationalised.
    ///
    /// # Errors
    /// As [`one_line`].
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let line = one_line(raw, 1, Email::MAX)?;
        let key = Email::parse(&line).map(|email| email.key().to_owned());
        Ok(Self(key.unwrap_or_else(|_| line.to_ascii_lowercase())))
    }
}

/// Which users a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UsersFilter {
    /// Whose emails begin so.
    pub(crate) email: Option<EmailPrefix>,
    /// Who have this role.
    pub(crate) role: Option<Role>,
    /// Who are suspended.
    pub(crate) suspended: bool,
}

/// A place in a list of users: after a user, or, in the order of emails, after an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UsersPlace {
    /// After this user, who is older than those before.
    User(UserId),
    /// After this email.
    Email(String),
}

impl UsersFilter {
    /// Whether the list goes by emails, and not by age.
    pub(crate) const fn is_by_email(&self) -> bool {
        self.email.is_some() && self.role.is_none() && !self.suspended
    }

    /// The scope of the list's cursors.
    pub(crate) fn scope(&self) -> CursorScope {
        let role = self.role.map_or("", Role::as_str);
        let email = self.email.as_ref().map_or("", |email| email.0.as_str());
        CursorScope::new("users", &format!("{role} {} {email}", self.suspended))
    }

    fn query(&self, after: Option<UsersPlace>) -> UsersQuery {
        let email = self.email.as_ref().map(|email| email.0.clone());
        let (user, after) = match after {
            None => (None, None),
            Some(UsersPlace::User(user)) => (Some(user), None),
            Some(UsersPlace::Email(email)) => (None, Some(email)),
        };
        if self.suspended {
            return UsersQuery::Suspended(self.role, email.unwrap_or_default(), user);
        }
        match (self.role, email) {
            (Some(role), email) => UsersQuery::WithRole(role, email.unwrap_or_default(), user),
            (None, Some(email)) => UsersQuery::ByEmail(email, after),
            (None, None) => UsersQuery::All(user),
        }
    }
}

/// A page of users: the newest first, or, of those whose emails begin so, in the order of emails.
pub(crate) async fn list_users(
    app: &App,
    filter: &UsersFilter,
    after: Option<UsersPlace>,
    limit: Limit,
) -> StoreResult<Page<User>> {
    let query = filter.query(after);
    let found = app.queries.users(query, limit.and_one()).await?;
    Ok(Page::cut(found, limit, |last| {
        let scope = filter.scope();
        if filter.is_by_email() {
            scope.cursor(&last.email.key().to_owned())
        } else {
            scope.cursor(&last.id.as_uuid())
        }
    }))
}

/// A user, for an operator.
pub(crate) async fn user(app: &App, user: UserId) -> Result<User, UserError> {
    let found = app.store.get::<User>(&user).await?;
    found
        .map(Arc::unwrap_or_clone)
        .ok_or(UserError::UnknownUser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_of_an_email_is_compared_as_emails_are() {
        for (raw, compared) in [
            (" Ada", "ada"),
            ("ADA@Exam", "ada@exam"),
            ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
            ("ada@münch", "ada@münch"),
        ] {
            let parsed = EmailPrefix::parse(raw).map(|email| email.0);
            assert_eq!(parsed.as_deref(), Ok(compared), "{raw}");
        }
        assert!(EmailPrefix::parse(" ").is_err());
    }
}
