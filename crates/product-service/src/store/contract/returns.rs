//! What the use cases promise about what comes back of what was sold.

use std::sync::Arc;

use contracts::product::{StockReturnRefused, StockReturned};
use kernel::{MessageId, OrderId, ProductId};
use uuid::Uuid;

use super::{LATER, Subject, change, draft, order, return_of};
use crate::domain::{Reservation, ReservationState, Returned};
use crate::records::{ReturnKey, StockReturn};

/// Lines of a product, restocked and written off.
type Lines<'a> = &'a [(ProductId, i64, i64)];

/// Asserts that the one message sent says that the return is in the book.
async fn assert_returned(subject: &Subject, order: OrderId, id: Uuid) {
    let sent = subject.sent().await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let reply: StockReturned = sent[0].open().unwrap();
    assert_eq!(contracts::order_id(&reply.order_id), Ok(order));
    assert_eq!(contracts::return_id(&reply.return_id), Ok(id));
    let expected = MessageId::of_step(order, &format!("stock-returned {id}"));
    assert_eq!(sent[0].id, expected, "the same message each time");
}

async fn assert_refused(subject: &Subject, order: OrderId, id: Uuid) {
    let sent = subject.sent().await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let reply: StockReturnRefused = sent[0].open().unwrap();
    assert_eq!(contracts::order_id(&reply.order_id), Ok(order));
    assert_eq!(contracts::return_id(&reply.return_id), Ok(id));
    assert_eq!(reply.reason, "exceeds_sold");
    let expected = MessageId::of_step(order, &format!("stock-return-refused {id}"));
    assert_eq!(sent[0].id, expected);
}

/// A fresh id of a return.
fn id() -> Uuid {
    order().as_uuid()
}

async fn give_back(subject: &Subject, order: OrderId, id: Uuid, lines: Lines<'_>) {
    subject
        .settle(vec![return_of(order, id, lines)], LATER)
        .await;
}

async fn reservation(subject: &Subject, order: OrderId) -> Reservation {
    let found = subject.app.store.get::<Reservation>(&order).await.unwrap();
    Arc::unwrap_or_clone(found.unwrap())
}

/// An order to which this many of a product were sold.
async fn sold(subject: &Subject, lines: &[(ProductId, i64)]) -> OrderId {
    let id = order();
    subject.reserve(id, lines).await.unwrap();
    subject.confirm(id).await;
    subject.assert_confirmed(id).await;
    id
}

pub(crate) async fn what_comes_back_can_be_ordered_again_unless_it_is_written_off(
    subject: Subject,
) {
    let a = subject.list(draft("A", 100, 5)).await;
    let b = subject.list(draft("B", 100, 5)).await;
    let order = sold(&subject, &[(a.id, 4), (b.id, 1)]).await;
    let (first, second) = (id(), id());
    give_back(&subject, order, first, &[(a.id, 1, 2), (b.id, 0, 1)]).await;
    assert_returned(&subject, order, first).await;
    assert_eq!(subject.available(a.id).await, 2);
    assert_eq!(subject.available(b.id).await, 4);
    give_back(&subject, order, second, &[(a.id, 1, 0)]).await;
    assert_returned(&subject, order, second).await;
    assert_eq!(subject.available(a.id).await, 3);
    let kept = reservation(&subject, order).await;
    assert_eq!(kept.state, ReservationState::Sold);
    let back = |product: ProductId, restocked, written_off| {
        Returned::new(product.into(), restocked, written_off).unwrap()
    };
    assert_eq!(kept.returned, [back(a.id, 2, 2), back(b.id, 0, 1)]);
    let key = ReturnKey {
        order_id: order,
        return_id: first,
    };
    let noted = subject.app.store.get::<StockReturn>(&key).await.unwrap();
    assert_eq!(
        noted.unwrap().lines,
        [back(a.id, 1, 2), back(b.id, 0, 1)],
        "as it was asked for"
    );
    subject.assert_book_is_right(2).await;
    let figures = subject.store.audit().await.unwrap().figures;
    assert_eq!(
        (figures.available, figures.held, figures.sold),
        (7, 0, 5),
        "{figures:?}"
    );
    assert_eq!((figures.returned, figures.written_off), (2, 3));
}

pub(crate) async fn a_return_is_made_once_under_its_id(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let order = sold(&subject, &[(product.id, 3)]).await;
    let back = id();
    for lines in [
        [(product.id, 1, 0)],
        [(product.id, 1, 0)],
        [(product.id, 2, 0)],
        [(product.id, 99, 0)],
    ] {
        give_back(&subject, order, back, &lines).await;
        assert_returned(&subject, order, back).await;
        assert_eq!(subject.available(product.id).await, 3);
    }
    let again = return_of(order, back, &[(product.id, 1, 0)]);
    subject
        .settle(vec![again.clone(), again.clone(), again], LATER)
        .await;
    assert_returned(&subject, order, back).await;
    assert_eq!(subject.available(product.id).await, 3);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn no_more_comes_back_than_was_sold(subject: Subject) {
    let a = subject.list(draft("A", 100, 9)).await;
    let b = subject.list(draft("B", 100, 9)).await;
    let order = sold(&subject, &[(a.id, 1), (b.id, 5), (a.id, 1)]).await;
    let before = (subject.get(a.id).await, subject.get(b.id).await);
    for lines in [
        vec![(a.id, 3, 0)],
        vec![(a.id, 0, 3)],
        vec![(a.id, 2, 1)],
        vec![(b.id, 5, 0), (a.id, 2, 0), (a.id, 0, 1)],
        vec![(a.id, i64::MAX, 1)],
        vec![(super::user().as_uuid().into(), 1, 0)],
    ] {
        let back = id();
        give_back(&subject, order, back, &lines).await;
        assert_refused(&subject, order, back).await;
        give_back(&subject, order, back, &lines).await;
        assert_refused(&subject, order, back).await;
    }
    let after = (subject.get(a.id).await, subject.get(b.id).await);
    assert_eq!(after, before, "untouched, version and all");
    assert_eq!(reservation(&subject, order).await.returned, []);
    // The whole of it still fits, and then nothing more.
    let (all, more) = (id(), id());
    give_back(&subject, order, all, &[(a.id, 1, 1), (b.id, 5, 0)]).await;
    assert_returned(&subject, order, all).await;
    give_back(&subject, order, more, &[(a.id, 1, 0)]).await;
    assert_refused(&subject, order, more).await;
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn what_is_held_is_sold_before_it_comes_back(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (order, back) = (order(), id());
    subject.reserve(order, &[(product.id, 3)]).await.unwrap();
    give_back(&subject, order, back, &[(product.id, 3, 0)]).await;
    assert_returned(&subject, order, back).await;
    assert_eq!(subject.available(product.id).await, 5);
    assert_eq!(
        reservation(&subject, order).await.state,
        ReservationState::Sold
    );
    subject.release(order).await;
    assert_eq!(subject.expire().await, 0, "it came back once");
    subject.confirm(order).await;
    subject.assert_confirmed(order).await;
    assert_eq!(subject.available(product.id).await, 5);
    subject.assert_book_is_right(1).await;
    let refused = id();
    subject.reserve(order, &[(product.id, 3)]).await.unwrap();
    give_back(&subject, order, refused, &[(product.id, 1, 0)]).await;
    assert_refused(&subject, order, refused).await;
}

pub(crate) async fn of_what_went_back_already_nothing_comes_back(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (released, expired) = (order(), order());
    for id in [released, expired] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    subject.release(released).await;
    assert_eq!(subject.expire().await, 1);
    let before = subject.get(product.id).await;
    for order in [released, expired] {
        let back = id();
        for _ in 0..2 {
            give_back(&subject, order, back, &[(product.id, 1, 0)]).await;
            assert_returned(&subject, order, back).await;
        }
    }
    assert_eq!(subject.get(product.id).await, before);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_return_that_came_before_its_reservation_is_noted(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (order, back) = (order(), id());
    for _ in 0..2 {
        give_back(&subject, order, back, &[(product.id, 1, 0)]).await;
        assert_returned(&subject, order, back).await;
    }
    subject.reserve(order, &[(product.id, 1)]).await.unwrap();
    give_back(&subject, order, back, &[(product.id, 1, 0)]).await;
    assert_returned(&subject, order, back).await;
    assert_eq!(
        reservation(&subject, order).await.state,
        ReservationState::Held,
        "the early return stays done"
    );
    assert_eq!(subject.available(product.id).await, 4);
    assert_eq!(subject.expire().await, 1);
    assert_eq!(subject.available(product.id).await, 5);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn what_comes_back_of_a_removed_product_is_in_its_book(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let order = sold(&subject, &[(product.id, 2)]).await;
    subject.remove(change(&product, ()), LATER).await.unwrap();
    let back = id();
    give_back(&subject, order, back, &[(product.id, 1, 1)]).await;
    assert_returned(&subject, order, back).await;
    assert_eq!(subject.available(product.id).await, 4);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn of_many_returns_at_once_no_more_come_back_than_were_sold(subject: Subject) {
    let product = subject.list(draft("A", 100, 10)).await;
    let order = sold(&subject, &[(product.id, 10)]).await;
    let subject = Arc::new(subject);
    let returns: Vec<_> = (0..40)
        .map(|_| {
            let (subject, product) = (subject.clone(), product.id);
            tokio::spawn(async move {
                give_back(&subject, order, id(), &[(product, 1, 0)]).await;
            })
        })
        .collect();
    for one in returns {
        one.await.unwrap();
    }
    assert_eq!(subject.available(product.id).await, 10);
    let sent = subject.sent().await;
    let made = sent
        .iter()
        .filter(|one| one.open::<StockReturned>().is_ok());
    assert_eq!((made.count(), sent.len()), (10, 40));
    subject.assert_book_is_right(1).await;
}
