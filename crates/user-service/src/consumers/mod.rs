//! Messages to the user service, one file each.

mod seller_started;
mod send_mail;

use contracts::Contract;

pub use seller_started::QUEUE;
pub(crate) use seller_started::started;
pub use send_mail::QUEUE as MAIL_QUEUE;
pub(crate) use send_mail::mails;

/// The full name of a message.
fn name<M: Contract>() -> String {
    M::full_name()
}
