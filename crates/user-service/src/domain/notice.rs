//! The mails about accounts and orders.

use contracts::order_notices::OrderNotice;

use super::{Contact, Notifications, Purpose, Topic, User};

/// A kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// With a link that verifies the new user's address.
    Verify,
    /// With a link that sets another password.
    Reset,
    /// To the new address of a user, with a link that confirms it.
    ChangeEmail,
    /// To the current address: a change was requested.
    EmailChanging,
    /// To the owner of an address that was used for a registration or a change of email.
    AlreadyRegistered,
    /// The password was changed.
    PasswordChanged,
    /// The second factor was turned on.
    SecondFactorEnabled,
    /// The second factor was turned off.
    SecondFactorDisabled,
    /// Someone logged in with a recovery code.
    RecoveryCodeUsed,
    /// Something happened to an order.
    Order(OrderNotice),
}

impl Notice {
    const OF_ACCOUNTS: [Self; 9] = [
        Self::Verify,
        Self::Reset,
        Self::ChangeEmail,
        Self::EmailChanging,
        Self::AlreadyRegistered,
        Self::PasswordChanged,
        Self::SecondFactorEnabled,
        Self::SecondFactorDisabled,
        Self::RecoveryCodeUsed,
    ];

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of_orders = OrderNotice::ALL.map(Self::Order);
        Self::OF_ACCOUNTS.into_iter().chain(of_orders)
    }

    /// Its word, in messages and as the name of its template.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::ChangeEmail => "change_email",
            Self::EmailChanging => "email_changing",
            Self::AlreadyRegistered => "already_registered",
            Self::PasswordChanged => "password_changed",
            Self::SecondFactorEnabled => "second_factor_enabled",
            Self::SecondFactorDisabled => "second_factor_disabled",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::Order(notice) => notice.as_str(),
        }
    }

    /// The kind with this word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::all().find(|notice| notice.as_str() == word)
    }

    /// What its link is for, if it has one.
    pub(crate) const fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Verify => Some(Purpose::Verify),
            Self::Reset => Some(Purpose::Reset),
            Self::ChangeEmail => Some(Purpose::ChangeEmail),
            Self::EmailChanging
            | Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::SecondFactorEnabled
            | Self::SecondFactorDisabled
            | Self::RecoveryCodeUsed
            | Self::Order(_) => None,
        }
    }

    /// What users switch it off with. None for a mail about the account, which is always sent.
    pub(crate) const fn topic(self) -> Option<Topic> {
        let Self::Order(notice) = self else {
            return None;
        };
        Some(match notice {
            OrderNotice::OrderConfirmed | OrderNotice::Sold | OrderNotice::Cancelled => {
                Topic::Orders
            }
            OrderNotice::Shipped => Topic::Shipments,
            OrderNotice::Refunded => Topic::Refunds,
            OrderNotice::ReturnRequested
            | OrderNotice::ReturnApproved
            | OrderNotice::ReturnDenied
            | OrderNotice::DisputeOpened
            | OrderNotice::DisputeResolved => Topic::Returns,
            OrderNotice::PaidOut => Topic::Payouts,
        })
    }

    /// Whether there is a reason to send it to `user`. A mail about an order is only for users who have shown that their address is theirs,
    /// are neither suspended nor erased, and have not switched it off.
    pub(crate) fn is_due(
        self,
        user: &User,
        contact: &Contact,
        notifications: &Notifications,
    ) -> bool {
        if let Some(topic) = self.topic() {
            let is_reached = user.suspension.is_none() && !user.is_erased();
            return is_reached && !contact.unverified && notifications.wants(topic);
        }
        match self.purpose() {
            Some(Purpose::Verify) => contact.unverified,
            Some(Purpose::ChangeEmail) => contact.pending.is_some(),
            Some(Purpose::Reset) | None => true,
        }
    }
}
