//! The user service's events, as messages of `proto-contracts`.

use contracts::user::{SellerChanged, SendMail, UserErased, UserNamed};
use contracts::{Envelope, id_bytes};
use kernel::{Timestamp, UserId};
use uuid::Uuid;

use crate::domain::{Language, Notice, Seller, User, UserName};

/// What `user` is called. Its id depends only on the user and the version of the name.
pub(crate) fn named(user: &User, now: Timestamp) -> Envelope {
    let (id, version) = (user.id.as_uuid(), user.name_version);
    let message = UserNamed {
        user_id: id_bytes(id),
        name: user.name.as_str().to_owned(),
        version,
    };
    Envelope::about(id, &format!("named {version}"), &message, now)
}

/// What `seller` is. Its id depends only on the seller and their version.
pub(crate) fn seller_changed(seller: &Seller, now: Timestamp) -> Envelope {
    let (id, version) = (seller.user.as_uuid(), seller.version);
    let profile = &seller.profile;
    let display_name = profile.display_name.as_ref().map(UserName::as_str);
    let message = SellerChanged {
        seller_id: id_bytes(id),
        version,
        status: seller.status.as_str().to_owned(),
        display_name: display_name.unwrap_or_default().to_owned(),
        description: profile.description.clone(),
        since: seller.since.as_millis(),
        returns_accepted: profile.returns.accepted,
        return_window_days: profile.returns.window_days.map_or(0, u32::from),
    };
    Envelope::about(id, &format!("seller {version}"), &message, now)
}

/// A mail to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MailWish {
    /// What it is about.
    pub(crate) notice: Notice,
    /// The language of the request that caused it, if it named one.
    pub(crate) language: Option<Language>,
    /// Tells this mail from all others of its kind.
    pub(crate) nonce: Uuid,
}

/// Asks for a mail to `user`.
pub(crate) fn send_mail(user: UserId, wish: MailWish, now: Timestamp) -> Envelope {
    let message = SendMail {
        user_id: id_bytes(user.as_uuid()),
        notice: wish.notice.as_str().to_owned(),
        language: wish.language.map_or("", Language::code).to_owned(),
    };
    let step = format!("mail {} {}", message.notice, wish.nonce);
    Envelope::about(user.as_uuid(), &step, &message, now)
}

/// That `user` is no more.
pub(crate) fn erased(user: UserId, now: Timestamp) -> Envelope {
    let message = UserErased {
        user_id: id_bytes(user.as_uuid()),
        at: now.as_millis(),
    };
    Envelope::about(user.as_uuid(), "erased", &message, now)
}
