//! What people are told of their orders by mail.

use contracts::Envelope;
use contracts::user::TellOfOrder;
use kernel::{MessageId, UserId};

use super::Subject;
use crate::app::Mails;
use crate::domain::Message;

/// Of what waits in the outbox, the id of each mail, to whom and what.
async fn told(s: &Subject) -> Vec<(MessageId, UserId, String)> {
    let read = |envelope: &Envelope| {
        let told: TellOfOrder = envelope.open().ok()?;
        let to = contracts::user_id(&told.user_id).unwrap();
        Some((envelope.id, to, told.notice))
    };
    let pending = s.outbox.fresh(0, 1000).await.unwrap();
    let told = pending.iter().filter_map(|one| read(&one.envelope));
    told.collect()
}

pub(super) async fn what_happens_is_told_once_where_mails_are_sent_and_not_at_all_elsewhere(
    mut s: Subject,
) {
    let (buyer, seller) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    s.sold(buyer, &[seller]).await;
    assert_eq!(told(&s).await, []);

    s.app.mails = Mails::Sent;
    let order = s.paid(buyer, &[seller]).await;
    let confirmed = s.inbound(order.id, Message::ReservationConfirmed);
    s.apply(vec![confirmed.clone(), confirmed.clone()]).await;
    s.apply(vec![confirmed]).await;
    let said = told(&s).await;
    let words: Vec<_> = said.iter().map(|(_, to, what)| (*to, &**what)).collect();
    assert_eq!(words, [(buyer, "order_confirmed"), (seller, "sold")]);
    let step = format!("tell sold {}", order.fulfilments[0].id);
    assert_eq!(said[0].0, MessageId::of_step(order.id, "tell confirmed"));
    assert_eq!(said[1].0, MessageId::of_step(order.id, &step));
}
