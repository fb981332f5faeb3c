//! Erased users: what is left of their orders and sales.

use std::sync::Arc;

use kernel::{Metadata, OrderId, RefundId, Timestamp, UserId};
use store::Idempotent;
use store::idempotency::{Answered, Earlier, OnceKey, Repeatable, StoredAnswer};

use super::Subject;
use super::moves::{key, refund, text};
use crate::app::{Made, Wait, What, claim, dealings, erase_users, make_moves};
use crate::domain::{Actor, Details, Fact, FulfilmentStatus, Happened, Order, Role};
use crate::records::OrderFact;
use crate::testing::{lines_of, new_order};

/// An order that tells who bought and who sold it. It is over if `status` says so.
async fn telling(s: &Subject, buyer: UserId, seller: UserId, status: FulfilmentStatus) -> Order {
    let mut new = new_order(&s.ids, buyer, lines_of(&s.ids, &[seller]));
    new.buyer_name = Some("Ada".to_owned());
    new.note = Some("The blue door".to_owned());
    new.metadata = Metadata::new(r#"{"gift":true}"#.to_owned()).ok();
    new.fulfilments[0].seller_name = Some("Bob".to_owned());
    assert!(new.address.is_some());
    let id = new.id;
    s.paid_as(new).await;
    let saved = s.app.store.write(move |tx| {
        let mut order = (*tx.get::<Order>(&id)?.unwrap()).clone();
        order.confirmed = true;
        order.fulfilments[0].status = status;
        tx.put(order)?;
        for (role, user, number) in [(Role::Buyer, buyer, 7), (Role::Seller, seller, 8)] {
            let fact = Fact {
                number,
                at: Timestamp::from_millis(1),
                actor: Actor::user(role, user),
                what: Happened::Refund,
                note: Some("Something personal".to_owned()),
                fulfilment: None,
                details: Details::default(),
            };
            tx.put(OrderFact { order: id, fact })?;
        }
        Ok(())
    });
    saved.await.unwrap();
    s.stored(id).await
}

async fn notes(s: &Subject, order: OrderId) -> Vec<bool> {
    let facts = s.app.queries.facts(order, 0, 100).await.unwrap();
    let facts = facts.iter().filter(|fact| fact.number >= 7);
    facts.map(|fact| fact.note.is_some()).collect()
}

pub(super) async fn an_erased_buyer_is_in_no_order_and_what_was_sold_stays(s: Subject) {
    let [ada, bob, eve] = [(); 3].map(|()| UserId::new(&*s.ids));
    let order = telling(&s, ada, bob, FulfilmentStatus::Completed).await;
    let other = telling(&s, eve, bob, FulfilmentStatus::Completed).await;
    assert!(dealings(&s.app, ada).await.unwrap().are_none());
    for _ in 0..2 {
        let erased = erase_users(&s.app, vec![ada]).await.unwrap();
        assert_eq!(erased, [Ok(())]);
    }
    let now = s.stored(order.id).await;
    assert_eq!(
        (&now.buyer_name, &now.note, &now.metadata, &now.address),
        (&None, &None, &None, &None)
    );
    assert_eq!(
        (now.buyer, &now.lines, now.total),
        (ada, &order.lines, order.total)
    );
    assert_eq!(now.fulfilments, order.fulfilments);
    assert_eq!(now.version, order.version + 1, "the repeat changes nothing");
    assert_eq!(notes(&s, order.id).await, [false, true]);
    assert_eq!(s.stored(other.id).await, other);
    assert_eq!(notes(&s, other.id).await, [true, true]);
}

pub(super) async fn an_erased_seller_is_in_no_sale(s: Subject) {
    let [ada, bob] = [(); 2].map(|()| UserId::new(&*s.ids));
    let order = telling(&s, ada, bob, FulfilmentStatus::Completed).await;
    assert_eq!(erase_users(&s.app, vec![bob]).await.unwrap(), [Ok(())]);
    let now = s.stored(order.id).await;
    assert_eq!(now.fulfilments[0].seller_name, None);
    assert_eq!(
        (&now.buyer_name, &now.address),
        (&order.buyer_name, &order.address)
    );
    assert_eq!(notes(&s, order.id).await, [true, false]);
}

pub(super) async fn an_order_that_is_not_over_is_told_and_keeps_its_address_until_it_is(
    s: Subject,
) {
    let [ada, bob] = [(); 2].map(|()| UserId::new(&*s.ids));
    let order = telling(&s, ada, bob, FulfilmentStatus::Shipped).await;
    let (of_ada, of_bob) = (
        dealings(&s.app, ada).await.unwrap(),
        dealings(&s.app, bob).await.unwrap(),
    );
    assert_eq!((of_ada.orders, of_ada.sales), (vec![order.id], vec![]));
    assert_eq!((of_bob.orders, of_bob.sales), (vec![], vec![order.id]));
    let erased = erase_users(&s.app, vec![ada]).await.unwrap();
    assert!(erased[0].is_err(), "the message comes again");
    let now = s.stored(order.id).await;
    assert_eq!(
        (&now.buyer_name, &now.note, &now.address),
        (&None, &None, &order.address)
    );
    let id = order.id;
    let over = s.app.store.write(move |tx| {
        let mut order = (*tx.get::<Order>(&id)?.unwrap()).clone();
        order.fulfilments[0].status = FulfilmentStatus::Completed;
        tx.put(order)
    });
    over.await.unwrap();
    assert_eq!(erase_users(&s.app, vec![ada]).await.unwrap(), [Ok(())]);
    assert_eq!(s.stored(id).await.address, None);
}

/// Refunds 100 of the first part for its seller, with a key. Returns what the seller is answered if it was not done now.
async fn refund_once(s: &Subject, order: &Order, once: &OnceKey) -> Option<Earlier> {
    let part = &order.fulfilments[0];
    let id = RefundId::new(&*s.ids);
    let asked = Subject::asked(order, part, What::OfPart(part.id.into(), refund(id, 100)));
    let repeatable = Repeatable {
        key: once.clone(),
        render: Arc::new(|made: &Made| Ok(text(format!("{:?}", made.order.buyer_name)))),
    };
    match make_moves(&s.app, asked, Some(repeatable), Wait::No).await {
        Ok(Answered::First(Ok(_))) => None,
        Ok(Answered::Before(earlier)) => Some(earlier),
        other @ (Ok(_) | Err(_)) => panic!("{other:?}"),
    }
}

pub(super) async fn no_answer_tells_of_an_erased_user_and_no_move_of_others_is_made_again(
    s: Subject,
) {
    let [ada, bob, eve] = [(); 3].map(|()| UserId::new(&*s.ids));
    let order = telling(&s, ada, bob, FulfilmentStatus::Completed).await;
    let other = telling(&s, eve, bob, FulfilmentStatus::Completed).await;
    let [once, twice] = [key(bob, "of Ada"), key(bob, "of Eve")];
    assert_eq!(refund_once(&s, &order, &once).await, None);
    assert_eq!(refund_once(&s, &other, &twice).await, None);
    let told = Some(Earlier::Answered(text(r#"Some("Ada")"#.to_owned())));
    assert_eq!(refund_once(&s, &order, &once).await, told);
    let mine = key(ada, "mine");
    claim(&s.app, mine.clone(), OrderId::new(&*s.ids))
        .await
        .unwrap();

    for _ in 0..2 {
        assert_eq!(erase_users(&s.app, vec![ada]).await.unwrap(), [Ok(())]);
        let of_ada = s.app.store.get::<Idempotent>(&(&mine).into()).await;
        assert_eq!(of_ada, Ok(None));
        let gone = Some(Earlier::Answered(StoredAnswer::erased()));
        assert_eq!(refund_once(&s, &order, &once).await, gone);
        assert_eq!(refund_once(&s, &other, &twice).await, told);
    }
    let refunded = s.stored(order.id).await.fulfilments[0].refunded();
    assert_eq!(refunded, 100, "it is not made again");
    let reused = OnceKey {
        fingerprint: [8; 32],
        ..once
    };
    assert_eq!(
        refund_once(&s, &order, &reused).await,
        Some(Earlier::OtherBody)
    );
}
