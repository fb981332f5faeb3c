//! Notifies users of their orders by mail: asks for a mail to each user who wants one, once for each message.

use kernel::{MessageId, Timestamp, UserId};
use store::{Store, StoreResult};

use super::App;
use super::notifications::wanted_of;
use super::prove::contact_of;
use crate::domain::{Contact, Notice, Notifications, OrderNews, User};
use crate::events;

/// A notification about an order.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The message that carries it.
    pub(crate) id: MessageId,
    /// The recipient.
    pub(crate) user: UserId,
    /// Its kind.
    pub(crate) notice: Notice,
    /// What the mail says.
    pub(crate) news: OrderNews,
}

/// Asks for the mails, in one transaction. Returns one result for each, in order. A repeat asks for none, and nothing is asked for while
/// mails are off.
pub(crate) async fn tell(app: &App, told: Vec<Told>) -> StoreResult<Vec<StoreResult<()>>> {
    if !app.sends_mails() {
        return Ok(told.iter().map(|_| Ok(())).collect());
    }
    ask_for_mails(&app.store, told, app.clock.now()).await
}

/// Asks for a mail to each user who should get it. Sending checks that again, so changes in between count.
pub(crate) async fn ask_for_mails(
    store: &Store,
    told: Vec<Told>,
    now: Timestamp,
) -> StoreResult<Vec<StoreResult<()>>> {
    store
        .write(move |tx| {
            let users = || told.iter().map(|one| one.user);
            tx.want::<User>(users())?;
            tx.want::<Contact>(users())?;
            tx.want::<Notifications>(users())?;
            tx.each(&told, |tx, one| {
                if !tx.once(one.news.order, one.id, now)? {
                    return Ok(());
                }
                let Some(user) = tx.get::<User>(&one.user)? else {
                    return Ok(());
                };
                let contact = contact_of(tx, one.user)?;
                let wanted = wanted_of(tx, one.user)?;
                if one.notice.is_due(&user, &contact, &wanted) {
                    let Told {
                        id, notice, news, ..
                    } = one;
                    tx.send(events::send_news(user.id, *notice, news, *id, now))?;
                }
                Ok(())
            })
        })
        .await
}
