//! The user service's events, as messages of `proto-contracts`.

use contracts::user::{self, SellerChanged, SendMail, UserErased, UserNamed};
use contracts::{Envelope, MalformedMessage, id_bytes};
use kernel::{MessageId, Money, Timestamp, UserId};
use uuid::Uuid;

use crate::domain::{Language, Notice, OrderNews, OrderedItem, Seller, User, UserName};

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
        news: None,
    };
    let step = format!("mail {} {}", message.notice, wish.nonce);
    Envelope::about(user.as_uuid(), &step, &message, now)
}

/// Asks for a mail to `user` about an order. Its id depends only on `because`, the message that says what happened.
pub(crate) fn send_news(
    user: UserId,
    notice: Notice,
    news: &OrderNews,
    because: MessageId,
    now: Timestamp,
) -> Envelope {
    let message = SendMail {
        user_id: id_bytes(user.as_uuid()),
        notice: notice.as_str().to_owned(),
        language: String::new(),
        news: Some(sealed(news)),
    };
    let step = format!("mail {} {because}", message.notice);
    Envelope::about(user.as_uuid(), &step, &message, now)
}

fn sealed(news: &OrderNews) -> user::OrderNews {
    let item = |item: &OrderedItem| user::OrderedItem {
        name: item.name.clone(),
        quantity: item.quantity,
    };
    let currency = news.amount.map(|amount| amount.currency.to_string());
    user::OrderNews {
        order_id: id_bytes(news.order.as_uuid()),
        as_seller: news.as_seller,
        items: news.items.iter().map(item).collect(),
        amount: news.amount.map_or(0, |amount| amount.amount),
        currency: currency.unwrap_or_default(),
        until: news.until.map_or(0, Timestamp::as_millis),
        carrier: news.carrier.clone(),
        tracking_number: news.tracking_number.clone(),
    }
}

/// What a mail is about, and if it is about an order, what it says.
///
/// # Errors
/// [`MalformedMessage`] if there is no such mail, or its news are missing or not those of an order.
pub(crate) fn notice(
    word: &str,
    news: Option<&user::OrderNews>,
) -> Result<(Notice, Option<OrderNews>), MalformedMessage> {
    let wrong = |what: &str| MalformedMessage(format!("{what} {word:?}"));
    let notice = Notice::of(word).ok_or_else(|| wrong("there is no mail"))?;
    if notice.topic().is_none() {
        return Ok((notice, None));
    }
    let news = news.ok_or_else(|| wrong("no order is named for the mail"))?;
    let currency = (!news.currency.is_empty()).then(|| news.currency.parse());
    let currency = currency.transpose();
    let currency = currency.map_err(|_| wrong("no currency is named for the mail"))?;
    let items = news.items.iter().map(|item| OrderedItem {
        name: item.name.clone(),
        quantity: item.quantity,
    });
    let read = OrderNews {
        order: contracts::order_id(&news.order_id)?,
        as_seller: news.as_seller,
        items: items.collect(),
        amount: currency.map(|currency| Money::new(news.amount, currency)),
        until: (news.until != 0).then(|| Timestamp::from_millis(news.until)),
        carrier: news.carrier.clone(),
        tracking_number: news.tracking_number.clone(),
    };
    Ok((notice, Some(read)))
}

/// That `user` is no more.
pub(crate) fn erased(user: UserId, now: Timestamp) -> Envelope {
    let message = UserErased {
        user_id: id_bytes(user.as_uuid()),
        at: now.as_millis(),
    };
    Envelope::about(user.as_uuid(), "erased", &message, now)
}
