//! Moves: what is saved with them, and what is not.

use std::sync::Arc;
use std::time::Duration;

use kernel::{
    Currency, FulfilmentId, Limit, Money, OrderId, Quantity, RefundId, ShipmentId, UserId,
};
use store::idempotency::{Answered, Earlier, OnceKey, Repeatable, StoredAnswer};

use super::Subject;
use crate::app::{
    Asked, Asker, Made, Refused, Wait, What, make_moves, show_timeline, timeline_scope,
};
use crate::domain::{
    Fact, Fulfilment, FulfilmentStatus, Happened, Items, Message, Move, MoveRefusal, Order,
    OrderState, Parcel, RefundOf, Role,
};

pub(super) fn key(user: UserId, key: &str) -> OnceKey {
    OnceKey {
        user,
        route: "POST /api/orders/{id}/refunds",
        key: key.to_owned(),
        fingerprint: [7; 32],
    }
}

pub(super) fn text(body: String) -> StoredAnswer {
    StoredAnswer {
        status: 200,
        location: None,
        etag: None,
        body: body.into_bytes(),
    }
}

fn all_of(part: &Fulfilment) -> Items {
    let two = Quantity::new(2).unwrap();
    part.lines.iter().map(|line| (line.id, two)).collect()
}

fn ship(s: &Subject, items: Items) -> Move {
    Move::Ship {
        id: ShipmentId::new(&*s.ids),
        items,
        parcel: Parcel {
            carrier: "UPS".to_owned(),
            tracking_number: "1Z999AA1".to_owned(),
            tracking_url: None,
        },
        note: None,
    }
}

pub(super) fn refund(id: RefundId, amount: i64) -> Move {
    Move::Refund {
        id,
        what: RefundOf::Amount(Money::new(amount, Currency::USD)),
        reason: Some("A scratch".to_owned()),
        restock: None,
    }
}

/// The recorded facts.
pub(super) async fn facts(s: &Subject, order: OrderId) -> Vec<Fact> {
    s.app.queries.facts(order, 0, 1000).await.unwrap()
}

async fn made(s: &Subject, asked: Asked) -> Order {
    match make_moves(&s.app, asked, None, Wait::No).await.unwrap() {
        Answered::First(Ok(made)) => made.order,
        other @ (Answered::First(_) | Answered::Before(_)) => panic!("{other:?}"),
    }
}

async fn refused(s: &Subject, asked: Asked) -> Refused {
    match make_moves(&s.app, asked, None, Wait::No).await.unwrap() {
        Answered::First(Err(refused)) => refused,
        other @ (Answered::First(_) | Answered::Before(_)) => panic!("{other:?}"),
    }
}

pub(super) fn done(refund: RefundId, order: &Order) -> Message {
    Message::PartRefunded {
        refund,
        reversed: vec![(order.lines[0].id, 30)],
    }
}

pub(super) async fn a_move_is_saved_with_its_command_its_fact_and_its_answer(s: Subject) {
    let seller = UserId::new(&*s.ids);
    let order = s.sold(UserId::new(&*s.ids), &[seller]).await;
    let part = &order.fulfilments[0];
    let before = s.outgoing().await.len();
    let ask = || {
        Subject::asked(
            &order,
            part,
            What::OfPart(part.id.into(), refund(RefundId::new(&*s.ids), 300)),
        )
    };
    let repeatable = |body: u8| {
        Some(Repeatable {
            key: OnceKey {
                fingerprint: [body; 32],
                ..key(seller, "once")
            },
            render: Arc::new(|made: &Made| Ok(text(made.order.version.to_string()))),
        })
    };
    let run = async |body| {
        make_moves(&s.app, ask(), repeatable(body), Wait::No)
            .await
            .unwrap()
    };
    let Answered::First(Ok(first)) = run(7).await else {
        panic!("it was not made");
    };
    let stored = s.stored(order.id).await;
    assert_eq!(stored, first.order);
    assert_eq!(stored.fulfilments[0].refunded(), 300);
    assert_eq!(s.outgoing().await[before..], ["RefundPart"]);
    let told = facts(&s, order.id).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].what, told[0].number),
        (Happened::Refund, order.facts)
    );
    assert_eq!(told[0].note.as_deref(), Some("A scratch"));
    let Answered::Before(Earlier::Answered(answer)) = run(7).await else {
        panic!("a repeat was made");
    };
    assert_eq!(answer.body, stored.version.to_string().into_bytes());
    assert!(matches!(run(8).await, Answered::Before(Earlier::OtherBody)));
    assert_eq!(s.stored(order.id).await, stored);
}

pub(super) async fn a_move_that_is_refused_leaves_nothing_behind(s: Subject) {
    let order = s.sold(UserId::new(&*s.ids), &[UserId::new(&*s.ids)]).await;
    let part = &order.fulfilments[0];
    let before = s.outgoing().await;
    let what = |amount| What::OfPart(part.id.into(), refund(RefundId::new(&*s.ids), amount));
    let ask = |amount| Subject::asked(&order, part, what(amount));
    let exceeds = refused(&s, ask(1401)).await;
    let left = Money::new(1400, Currency::USD);
    assert_eq!(exceeds, Refused::Move(MoveRefusal::RefundExceeds { left }));
    let stale = Asked {
        guard: Box::new(|version| version > 1_000_000),
        ..ask(1)
    };
    assert_eq!(refused(&s, stale).await, Refused::Stale);
    let by = |user, is_admin| Asked {
        by: Asker {
            user,
            is_admin,
            roles: &[Role::Seller],
        },
        ..ask(1)
    };
    let stranger = by(UserId::new(&*s.ids), false);
    assert_eq!(refused(&s, stranger).await, Refused::NotFound);
    let buyer = by(order.buyer, false);
    assert_eq!(
        refused(&s, buyer).await,
        Refused::Move(MoveRefusal::Forbidden)
    );
    let nowhere = Asked {
        order: OrderId::new(&*s.ids),
        ..ask(1)
    };
    assert_eq!(refused(&s, nowhere).await, Refused::NotFound);
    let elsewhere = What::OfPart(FulfilmentId::new(&*s.ids).into(), ship(&s, all_of(part)));
    let elsewhere = Subject::asked(&order, part, elsewhere);
    let unknown = Refused::Move(MoveRefusal::UnknownFulfilment);
    assert_eq!(refused(&s, elsewhere).await, unknown);
    assert_eq!(s.stored(order.id).await, order);
    assert_eq!(facts(&s, order.id).await, []);
    assert_eq!(s.outgoing().await, before);
    let admin = made(&s, by(UserId::new(&*s.ids), true)).await;
    assert_eq!(admin.fulfilments[0].refunded(), 1);
    assert_eq!(facts(&s, order.id).await[0].actor.role, Role::Admin);
}

pub(super) async fn a_move_waits_until_the_stock_is_sold(s: Subject) {
    let order = s.paid(UserId::new(&*s.ids), &[UserId::new(&*s.ids)]).await;
    let part = &order.fulfilments[0];
    let ask = || {
        Subject::asked(
            &order,
            part,
            What::OfPart(part.id.into(), ship(&s, all_of(part))),
        )
    };
    let early = Refused::Move(MoveRefusal::NotReady);
    assert_eq!(refused(&s, ask()).await, early);
    let patience = Wait::AtMost(Duration::from_secs(30));
    let (outcome, ()) = tokio::join!(make_moves(&s.app, ask(), None, patience), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        s.tell(order.id, Message::ReservationConfirmed).await;
    });
    let Answered::First(Ok(made)) = outcome.unwrap() else {
        panic!("it was not made");
    };
    assert_eq!(made.order.fulfilments[0].status, FulfilmentStatus::Shipped);
}

pub(super) async fn an_order_is_cancelled_with_a_refund_of_each_part(s: Subject) {
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let order = s.sold(UserId::new(&*s.ids), &[grace, alan]).await;
    let before = s.outgoing().await.len();
    let cancel = |items| Asked {
        order: order.id,
        by: Asker {
            user: order.buyer,
            is_admin: false,
            roles: &[Role::Buyer],
        },
        guard: Box::new(|_| true),
        what: What::CancelItems {
            items,
            reason: "Ordered by mistake".to_owned(),
        },
    };
    let (one, three) = (Quantity::new(1).unwrap(), Quantity::new(3).unwrap());
    let [first, second] = [order.lines[0].id, order.lines[1].id];
    let too_many = refused(&s, cancel(Some(vec![(first, one), (second, three)]))).await;
    assert!(
        matches!(&too_many, Refused::Move(MoveRefusal::TooMuch { line, left: 2, .. }) if *line == second),
        "{too_many:?}"
    );
    assert_eq!(s.stored(order.id).await, order, "all or nothing");
    let partly = made(&s, cancel(Some(vec![(first, one)]))).await;
    assert_eq!(partly.state, OrderState::Paid);
    let cancelled = made(&s, cancel(None)).await;
    assert_eq!(cancelled.state, OrderState::Refunding);
    let parts = &cancelled.fulfilments;
    assert!(
        parts
            .iter()
            .all(|part| part.status == FulfilmentStatus::Cancelled)
    );
    assert_eq!(parts.iter().map(Fulfilment::refunded).sum::<i64>(), 2800);
    let mut sent = s.outgoing().await.split_off(before);
    sent.sort_unstable();
    let three = |word: &str| vec![word.to_owned(); 3];
    assert_eq!(sent, [three("RefundPart"), three("ReturnStock")].concat());
    let again = refused(&s, cancel(None)).await;
    let none = Refused::Move(MoveRefusal::NotAllowed {
        because: None,
        allowed: Vec::new(),
    });
    assert_eq!(again, none);
}

pub(super) async fn a_timeline_tells_everything_once_page_by_page(s: Subject) {
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let order = s.sold(UserId::new(&*s.ids), &[grace, alan]).await;
    let parts = &order.fulfilments;
    let mut refunds = Vec::new();
    for part in [&parts[0], &parts[1], &parts[0]] {
        let id = RefundId::new(&*s.ids);
        refunds.push(id);
        let what = What::OfPart(part.id.into(), refund(id, 10));
        made(&s, Subject::asked(&order, part, what)).await;
    }
    s.tell(order.id, done(refunds[1], &order)).await;
    let read = async |user: UserId, limit| {
        let limit = Limit::new(limit).unwrap();
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let viewer = (user, false);
            let timeline = show_timeline(&s.app, order.id, viewer, after, limit).await;
            let page = timeline.unwrap().unwrap().page;
            assert!(page.items.len() <= limit.get());
            told.extend(
                page.items
                    .into_iter()
                    .map(|fact| (fact.what, fact.fulfilment)),
            );
            let Some(next) = page.next_cursor else {
                return told;
            };
            let number: i64 = timeline_scope().read(next.as_str()).unwrap();
            after = Some(u32::try_from(number).unwrap());
        }
    };
    let [of_grace, of_alan] = [Some(parts[0].id), Some(parts[1].id)];
    let all = [
        (Happened::Placed, None),
        (Happened::Paid, None),
        (Happened::Refund, of_grace),
        (Happened::Refund, of_alan),
        (Happened::Refund, of_grace),
        (Happened::Refunded, of_alan),
    ];
    for limit in [1, 2, 3, 5, 6, 100] {
        assert_eq!(read(order.buyer, limit).await, all, "{limit}");
        let mine: Vec<_> = all
            .iter()
            .copied()
            .filter(|(_, of)| *of != of_alan)
            .collect();
        assert_eq!(read(grace, limit).await, mine, "{limit}");
    }
    let stranger = (UserId::new(&*s.ids), false);
    let hidden = show_timeline(&s.app, order.id, stranger, None, Limit::default()).await;
    assert!(hidden.unwrap().is_none());
}
