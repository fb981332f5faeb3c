//! Which mails about their orders a user wants. Mails about the account are always sent.

use kernel::UserId;
use serde::{Deserialize, Serialize};

/// What mails about orders are switched off by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Orders and sales: confirmed, cancelled.
    Orders,
    /// Packages.
    Shipments,
    /// Money that is back.
    Refunds,
    /// Returns and disputes.
    Returns,
    /// Earnings.
    Payouts,
}

/// Which mails a user wants. Without a record, all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Notifications {
    /// Whose.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// [`Topic::Orders`].
    pub(crate) orders: bool,
    /// [`Topic::Shipments`].
    pub(crate) shipments: bool,
    /// [`Topic::Refunds`].
    pub(crate) refunds: bool,
    /// [`Topic::Returns`].
    pub(crate) returns: bool,
    /// [`Topic::Payouts`].
    pub(crate) payouts: bool,
}

impl Notifications {
    /// All mails.
    pub(crate) const fn all(user: UserId) -> Self {
        Self {
            user,
            orders: true,
            shipments: true,
            refunds: true,
            returns: true,
            payouts: true,
        }
    }

    /// Whether the user wants mails of this topic.
    pub(crate) const fn wants(&self, topic: Topic) -> bool {
        match topic {
            Topic::Orders => self.orders,
            Topic::Shipments => self.shipments,
            Topic::Refunds => self.refunds,
            Topic::Returns => self.returns,
            Topic::Payouts => self.payouts,
        }
    }
}
