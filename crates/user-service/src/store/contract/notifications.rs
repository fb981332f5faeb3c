//! Rules about mails on orders: who gets one, once, and who does not.

use contracts::order_notices::OrderNotice;
use contracts::user::SendMail;
use kernel::{Currency, MessageId, Money, OrderId, SystemIds, UserId};
use store::outbox::Fate;

use super::{NOW, Open, add_user, someone};
use crate::app::Told;
use crate::app::steps::{ask_for_mails, put_notifications};
use crate::domain::{
    Contact, Decision, Email, Language, Notice, Notifications, OrderNews, OrderedItem, User,
    address_of_nobody,
};
use crate::events;

fn told(user: UserId, notice: OrderNotice) -> Told {
    let ids = SystemIds::default();
    let item = OrderedItem {
        name: "Lamp".to_owned(),
        quantity: 2,
    };
    Told {
        id: MessageId::new(&ids),
        user,
        notice: Notice::Order(notice),
        news: OrderNews {
            order: OrderId::new(&ids),
            as_seller: false,
            items: vec![item],
            amount: Some(Money::new(1400, Currency::USD)),
            until: Some(NOW),
            carrier: "DHL".to_owned(),
            tracking_number: "JD014600003".to_owned(),
        },
    }
}

/// Of mails that were not sent yet, to whom they go, what they are about and what they say.
async fn asked(open: &Open) -> Vec<(UserId, Notice, Option<OrderNews>)> {
    let pending = open.outbox.fresh(0, 1000).await.unwrap();
    let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
    open.outbox.settle(fates, NOW).await.unwrap();
    let mails = pending
        .iter()
        .filter_map(|one| one.envelope.open::<SendMail>().ok());
    mails
        .map(|mail| {
            let user = contracts::user_id(&mail.user_id).unwrap();
            let (notice, news) = events::notice(&mail.notice, mail.news.as_ref()).unwrap();
            (user, notice, news)
        })
        .collect()
}

async fn tell(open: &Open, told: Vec<Told>) {
    let results = ask_for_mails(&open.store, told, NOW).await.unwrap();
    results.into_iter().for_each(Result::unwrap);
}

async fn registered(open: &Open, address: &str) -> User {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    user
}

pub(super) async fn a_user_who_is_told_twice_gets_one_mail(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let one = told(ada.id, OrderNotice::Shipped);
    tell(&open, vec![one.clone(), one.clone()]).await;
    let said = (
        ada.id,
        Notice::Order(OrderNotice::Shipped),
        Some(one.news.clone()),
    );
    assert_eq!(asked(&open).await, [said]);
    tell(&open, vec![one]).await;
    assert_eq!(asked(&open).await, []);
}

pub(super) async fn what_is_switched_off_is_not_mailed_until_it_is_switched_on(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let wanted = Notifications {
        shipments: false,
        payouts: false,
        ..Notifications::all(ada.id)
    };
    let german = Some(Language::De);
    assert_eq!(
        put_notifications(&open.store, wanted, german).await,
        Ok(true)
    );
    let kept = open.store.get::<Notifications>(&ada.id).await.unwrap();
    assert_eq!(kept.as_deref(), Some(&wanted));
    let contact = open.store.get::<Contact>(&ada.id).await.unwrap().unwrap();
    let plain = Contact::plain(ada.id);
    assert_eq!(
        (contact.language, contact.version),
        (german, plain.version),
        "links stay good"
    );
    let all = || OrderNotice::ALL.map(|notice| told(ada.id, notice)).to_vec();
    let notices = |asked: Vec<(UserId, Notice, Option<OrderNews>)>| {
        let notices = asked.into_iter().map(|(_, notice, _)| notice);
        notices.collect::<Vec<_>>()
    };
    tell(&open, all()).await;
    let got = notices(asked(&open).await);
    for off in [OrderNotice::Shipped, OrderNotice::PaidOut] {
        assert!(!got.contains(&Notice::Order(off)));
    }
    assert_eq!(got.len(), all().len() - 2);
    let on = Notifications::all(ada.id);
    assert_eq!(put_notifications(&open.store, on, None).await, Ok(true));
    tell(&open, all()).await;
    assert_eq!(notices(asked(&open).await).len(), all().len());
}

pub(super) async fn who_is_suspended_erased_unverified_or_unknown_gets_no_mail_about_orders(
    open: Open,
) {
    let suspended = registered(&open, "eve@example.com").await;
    let stopped = User {
        suspension: Some(Decision {
            reason: "Stolen cards".to_owned(),
            by: suspended.id,
            at: NOW,
        }),
        ..suspended.clone()
    };
    let erased = registered(&open, "bob@example.com").await;
    let gone = User {
        email: Email::parse(&address_of_nobody(erased.id)).unwrap(),
        ..erased.clone()
    };
    let unverified = registered(&open, "joe@example.com").await;
    let contact = Contact::unverified(unverified.id, None);
    let change = open.store.write(move |tx| {
        tx.put(stopped.clone())?;
        tx.put(gone.clone())?;
        tx.put(contact.clone())
    });
    change.await.unwrap();
    let nobody = UserId::new(&SystemIds::default());
    asked(&open).await;
    let users = [suspended.id, erased.id, unverified.id, nobody];
    let all = users.map(|user| told(user, OrderNotice::Refunded));
    tell(&open, all.into()).await;
    assert_eq!(asked(&open).await, []);
    for gone in [erased.id, nobody] {
        let wanted = Notifications::all(gone);
        let put = put_notifications(&open.store, wanted, None).await;
        assert_eq!(put, Ok(false));
    }
}
