//! Tells users by mail what happened to their orders: asks for a mail to each who wants one, once for each message.

use kernel::{MessageId, Timestamp, UserId};
use store::{Store, StoreResult};

use super::App;
use super::notifications::wanted_of;
use super::prove::contact_of;
use crate::domain::{Contact, Notice, Notifications, OrderNews, User};
use crate::events;

/// Something to tell a user.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The message that says so.
    pub(crate) id: MessageId,
    /// Whom.
    pub(crate) user: UserId,
    /// What kind of thing.
    pub(crate) notice: Notice,
    /// What.
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

/// Asks for a mail to each user who is to get it. Whether they are is looked at again when it is sent: what they change meanwhile counts.
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
