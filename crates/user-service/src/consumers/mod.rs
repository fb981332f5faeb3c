//! Messages to the user service, one file each.

mod seller_started;
mod send_mail;
mod tell_of_order;

use contracts::Contract;

pub use seller_started::QUEUE;
pub(crate) use seller_started::started;
pub use send_mail::QUEUE as MAIL_QUEUE;
pub(crate) use send_mail::mails;
pub use tell_of_order::QUEUE as NEWS_QUEUE;
pub(crate) use tell_of_order::news;

/// The full name of a message.
fn name<M: Contract>() -> String {
    M::full_name()
}
