//! The mails that users get about their account.

use super::{Contact, Purpose};

/// A kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// With a link that shows that the address is the new user's.
    Verify,
    /// With a link that sets another password.
    Reset,
    /// To the address that a user wants to have, with a link that gives it to them.
    ChangeEmail,
    /// To the address that they have: that they want another one.
    EmailChanging,
    /// Someone wants to register with an address, or to change to it, that has a user.
    AlreadyRegistered,
    /// The password was changed.
    PasswordChanged,
}

impl Notice {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Verify,
        Self::Reset,
        Self::ChangeEmail,
        Self::EmailChanging,
        Self::AlreadyRegistered,
        Self::PasswordChanged,
    ];

    /// Its word, in messages and as the name of its template.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::ChangeEmail => "change_email",
            Self::EmailChanging => "email_changing",
            Self::AlreadyRegistered => "already_registered",
            Self::PasswordChanged => "password_changed",
        }
    }

    /// The kind with this word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    /// What its link is for, if it has one.
    pub(crate) const fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Verify => Some(Purpose::Verify),
            Self::Reset => Some(Purpose::Reset),
            Self::ChangeEmail => Some(Purpose::ChangeEmail),
            Self::EmailChanging | Self::AlreadyRegistered | Self::PasswordChanged => None,
        }
    }

    /// Whether there is still a reason to send it.
    pub(crate) const fn is_due(self, contact: &Contact) -> bool {
        match self {
            Self::Verify => contact.unverified,
            Self::ChangeEmail => contact.pending.is_some(),
            Self::Reset | Self::EmailChanging | Self::AlreadyRegistered | Self::PasswordChanged => {
                true
            }
        }
    }
}
