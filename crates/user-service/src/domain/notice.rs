//! The mails that users get about their account and their orders.

use super::{Contact, Notifications, Purpose, Topic, User};

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
    /// The second factor was turned on.
    SecondFactorEnabled,
    /// The second factor was turned off.
    SecondFactorDisabled,
    /// Someone logged in with a recovery code.
    RecoveryCodeUsed,
    /// To the buyer: the order is paid and its stock sold.
    OrderConfirmed,
    /// To the seller: they have sold something.
    Sold,
    /// To the buyer: a package is on its way.
    Shipped,
    /// To the buyer or the seller: items of an order are cancelled.
    Cancelled,
    /// To the buyer: money of an order is back.
    Refunded,
    /// To the seller: the buyer wants to send items back.
    ReturnRequested,
    /// To the buyer: they are to send them.
    ReturnApproved,
    /// To the buyer: they are not taken back.
    ReturnDenied,
    /// To the buyer or the seller: an operator is to decide.
    DisputeOpened,
    /// To the buyer or the seller: an operator has decided.
    DisputeResolved,
    /// To the seller: the money of a sale is in their wallet.
    PaidOut,
}

impl Notice {
    /// All of them.
    pub(crate) const ALL: [Self; 20] = [
        Self::Verify,
        Self::Reset,
        Self::ChangeEmail,
        Self::EmailChanging,
        Self::AlreadyRegistered,
        Self::PasswordChanged,
        Self::SecondFactorEnabled,
        Self::SecondFactorDisabled,
        Self::RecoveryCodeUsed,
        Self::OrderConfirmed,
        Self::Sold,
        Self::Shipped,
        Self::Cancelled,
        Self::Refunded,
        Self::ReturnRequested,
        Self::ReturnApproved,
        Self::ReturnDenied,
        Self::DisputeOpened,
        Self::DisputeResolved,
        Self::PaidOut,
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
            Self::SecondFactorEnabled => "second_factor_enabled",
            Self::SecondFactorDisabled => "second_factor_disabled",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::OrderConfirmed => "order_confirmed",
            Self::Sold => "sold",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::ReturnRequested => "return_requested",
            Self::ReturnApproved => "return_approved",
            Self::ReturnDenied => "return_denied",
            Self::DisputeOpened => "dispute_opened",
            Self::DisputeResolved => "dispute_resolved",
            Self::PaidOut => "paid_out",
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
            Self::EmailChanging
            | Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::SecondFactorEnabled
            | Self::SecondFactorDisabled
            | Self::RecoveryCodeUsed
            | Self::OrderConfirmed
            | Self::Sold
            | Self::Shipped
            | Self::Cancelled
            | Self::Refunded
            | Self::ReturnRequested
            | Self::ReturnApproved
            | Self::ReturnDenied
            | Self::DisputeOpened
            | Self::DisputeResolved
            | Self::PaidOut => None,
        }
    }

    /// What users switch it off with. None for a mail about the account, which is always sent.
    pub(crate) const fn topic(self) -> Option<Topic> {
        match self {
            Self::Verify
            | Self::Reset
            | Self::ChangeEmail
            | Self::EmailChanging
            | Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::SecondFactorEnabled
            | Self::SecondFactorDisabled
            | Self::RecoveryCodeUsed => None,
            Self::OrderConfirmed | Self::Sold | Self::Cancelled => Some(Topic::Orders),
            Self::Shipped => Some(Topic::Shipments),
            Self::Refunded => Some(Topic::Refunds),
            Self::ReturnRequested
            | Self::ReturnApproved
            | Self::ReturnDenied
            | Self::DisputeOpened
            | Self::DisputeResolved => Some(Topic::Returns),
            Self::PaidOut => Some(Topic::Payouts),
        }
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
