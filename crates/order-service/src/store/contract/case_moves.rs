//! Returns and disputes: what is saved of them, and what the timers make of it.

use std::time::Duration;

use contracts::reservations::ReturnPolicy;
use kernel::{
    Currency, DisputeId, LineId, Money, Quantity, RefundId, ReturnId, ShipmentId, UserId,
};
use store::idempotency::Answered;

use super::Subject;
use super::moves::{facts, refund};
use crate::app::{Asked, Asker, Refused, Wait, What, erase_users, make_moves, sum_sales, sweep};
use crate::domain::{
    CaseId, DisputeReason, DisputeStatus, Escrow, Fulfilment, FulfilmentStatus, Happened, Message,
    Move, MoveRefusal, Order, Outcome, Parcel, Received, Resolution, ReturnReason, ReturnStatus,
    Role, Said,
};
use crate::store::Span;
use crate::testing::{lines_of, new_order};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What somebody in `role` asks for of the first part.
fn asked(order: &Order, role: Role, wanted: Move) -> Asked {
    let part = &order.fulfilments[0];
    let (user, roles): (_, &'static [Role]) = match role {
        Role::Buyer => (order.buyer, &[Role::Buyer]),
        Role::Seller => (part.seller, &[Role::Seller]),
        Role::Admin | Role::Timer | Role::System => (UserId::from_uuid(order.id.as_uuid()), &[]),
    };
    Asked {
        order: order.id,
        by: Asker {
            user,
            is_admin: role == Role::Admin,
            roles,
        },
        guard: Box::new(|_| true),
        what: What::OfPart(part.id.into(), wanted),
    }
}

/// The order after the move, which is stored like that.
async fn made(s: &Subject, order: &Order, role: Role, wanted: Move) -> Order {
    let outcome = make_moves(&s.app, asked(order, role, wanted), None, Wait::No).await;
    let Answered::First(Ok(made)) = outcome.unwrap() else {
        panic!("it was not made");
    };
    assert_eq!(s.stored(order.id).await, made.order);
    made.order
}

/// Two lamps from one seller, who takes them back for 30 days, and who has shipped them; they have arrived.
async fn delivered(s: &Subject) -> Order {
    let (buyer, seller) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut new = new_order(&s.ids, buyer, lines_of(&s.ids, &[seller]));
    new.fulfilments[0].return_policy = ReturnPolicy {
        accepted: true,
        window_days: Some(30),
    };
    let paid = s.paid_as(new).await;
    s.tell(paid.id, Message::ReservationConfirmed).await;
    let order = s.stored(paid.id).await;
    let ship = Move::Ship {
        id: ShipmentId::new(&*s.ids),
        items: vec![(order.lines[0].id, Quantity::new(2).unwrap())],
        parcel: Parcel {
            carrier: "UPS".to_owned(),
            tracking_number: "1Z999AA1".to_owned(),
            tracking_url: None,
        },
        note: None,
    };
    let order = made(s, &order, Role::Seller, ship).await;
    let deliver = Move::Deliver {
        shipment: order.fulfilments[0].shipments[0].id,
        note: None,
    };
    made(s, &order, Role::Buyer, deliver).await
}

fn part(order: &Order) -> &Fulfilment {
    &order.fulfilments[0]
}

fn line(order: &Order) -> LineId {
    order.lines[0].id
}

fn request(s: &Subject, order: &Order) -> Move {
    Move::RequestReturn {
        id: ReturnId::new(&*s.ids),
        items: vec![(line(order), Quantity::new(2).unwrap())],
        reason: ReturnReason::NotAsDescribed,
        comment: Some("It is blue.\nI ordered a red one.".to_owned()),
    }
}

fn approve(order: &Order) -> Move {
    Move::ApproveReturn {
        id: part(order).returns[0].id,
        comment: Some("Please send it back.".to_owned()),
    }
}

fn receive(order: &Order, restock: bool) -> Move {
    Move::ReceiveReturn {
        id: part(order).returns[0].id,
        items: vec![Received {
            line: line(order),
            quantity: Quantity::new(1).unwrap(),
            restock,
        }],
        note: None,
    }
}

fn dispute(s: &Subject) -> Move {
    Move::OpenDispute {
        id: DisputeId::new(&*s.ids),
        reason: DisputeReason::NotReceived,
        comment: "Where is it?".to_owned(),
    }
}

fn resolve(order: &Order, resolution: Resolution) -> Move {
    Move::ResolveDispute {
        id: part(order).disputes[0].id,
        resolution,
        comment: "The carrier has lost it.".to_owned(),
    }
}

/// The wallet and the product service answer all that is pending.
async fn answered(s: &Subject, order: &Order) -> Order {
    for pending in &part(order).refunds {
        let refunded = Message::PartRefunded {
            refund: pending.id,
            reversed: Vec::new(),
        };
        s.tell(order.id, refunded).await;
    }
    for pending in &part(order).stock_returns {
        let id = pending.id;
        s.tell(order.id, Message::StockReturned { id }).await;
    }
    s.stored(order.id).await
}

/// What the first part's seller was refunded and will still be paid, as their sales say.
async fn sums(s: &Subject, order: &Order) -> (i64, i64) {
    let always = Span {
        from: None,
        to: None,
    };
    let days = sum_sales(&s.app, part(order).seller, always).await.unwrap();
    let days = days.unwrap();
    (days[0].refunded.amount, days[0].pending.amount)
}

pub(super) async fn a_return_is_received_in_parts_and_each_item_is_refunded_and_goes_back_once(
    s: Subject,
) {
    let order = delivered(&s).await;
    let before = s.outgoing().await.len();
    let order = made(&s, &order, Role::Buyer, request(&s, &order)).await;
    let order = made(&s, &order, Role::Seller, approve(&order)).await;
    assert_eq!(s.outgoing().await.len(), before);
    let first = made(&s, &order, Role::Seller, receive(&order, true)).await;
    assert_eq!(sums(&s, &order).await.0, 700);
    let second = made(&s, &first, Role::Seller, receive(&order, false)).await;
    assert_eq!(sums(&s, &order).await.0, 1400);
    let back = &part(&second).returns[0];
    assert_eq!(
        (back.status, back.lines[0].received),
        (ReturnStatus::Received, 2)
    );
    let sent = s.outgoing().await.split_off(before);
    let each = ["RefundPart", "ReturnStock"];
    assert_eq!(sent, [each, each].concat());
    let third = asked(&second, Role::Seller, receive(&order, true));
    let third = make_moves(&s.app, third, None, Wait::No).await.unwrap();
    assert!(
        matches!(
            third,
            Answered::First(Err(Refused::Move(MoveRefusal::NotAllowed { .. })))
        ),
        "{third:?}"
    );
    let done = answered(&s, &second).await;
    assert_eq!(part(&done).waiting, None);
    let told = facts(&s, order.id).await;
    let of_return = told
        .iter()
        .filter(|fact| fact.details.return_id == Some(back.id))
        .map(|fact| (fact.what, fact.details.amount, fact.details.restocked));
    let expected = [
        (Happened::RequestReturn, None, None),
        (Happened::ApproveReturn, None, None),
        (Happened::ReceiveReturn, Some(700), Some(1)),
        (Happened::ReceiveReturn, Some(700), Some(0)),
    ];
    assert_eq!(of_return.collect::<Vec<_>>(), expected);
    let lines = &s.audited(Some(order.id)).await[0].parts[0].lines;
    assert_eq!(
        (lines[0].came_back, lines[0].return_under_way),
        (2, 0),
        "the audit compares it with the stock book"
    );
}

pub(super) async fn items_of_a_return_that_are_received_a_hundred_times_at_once_are_received_once(
    s: Subject,
) {
    let order = delivered(&s).await;
    let order = made(&s, &order, Role::Buyer, request(&s, &order)).await;
    let order = made(&s, &order, Role::Seller, approve(&order)).await;
    let all = (0..100).map(|time| {
        let wanted = receive(&order, time % 2 == 0);
        make_moves(&s.app, asked(&order, Role::Seller, wanted), None, Wait::No)
    });
    let mut received = 0;
    for outcome in futures_util::future::join_all(all).await {
        match outcome.unwrap() {
            Answered::First(Ok(_)) => received += 1,
            Answered::First(Err(Refused::Move(MoveRefusal::NotAllowed { .. }))) => {}
            other @ (Answered::First(_) | Answered::Before(_)) => panic!("{other:?}"),
        }
    }
    assert_eq!(received, 2);
    let stored = s.stored(order.id).await;
    let touched = &part(&stored).lines[0];
    assert_eq!((touched.returned, touched.refunded_amount), (2, 1400));
    let back: u32 = part(&stored)
        .stock_returns
        .iter()
        .flat_map(|back| &back.lines)
        .map(|line| line.restocked + line.written_off)
        .sum();
    assert_eq!(back, 2);
}

pub(super) async fn an_open_case_keeps_its_part_from_the_sweep_until_it_ends(s: Subject) {
    let order = delivered(&s).await;
    s.wait(DAY * 29);
    let requested = made(&s, &order, Role::Buyer, request(&s, &order)).await;
    assert_eq!(requested.due_at, None);
    s.wait(DAY * 60);
    assert_eq!(sweep(&s.app).await.unwrap(), 0);
    let approved = made(&s, &requested, Role::Seller, approve(&requested)).await;
    let expires_at = part(&approved).returns[0].expires_at;
    assert_eq!(approved.due_at, expires_at);
    let late = asked(&approved, Role::Seller, receive(&approved, true));
    s.wait(DAY * 75);
    assert_eq!(sweep(&s.app).await.unwrap(), 1);
    let over = s.stored(order.id).await;
    assert_eq!(part(&over).returns[0].status, ReturnStatus::Expired);
    assert_eq!(part(&over).status, FulfilmentStatus::Completed);
    assert_eq!(part(&over).money, Escrow::Releasing);
    let late = make_moves(&s.app, late, None, Wait::No).await.unwrap();
    assert!(
        matches!(
            late,
            Answered::First(Err(Refused::Move(MoveRefusal::NotAllowed { .. })))
        ),
        "{late:?}"
    );
    assert_eq!(s.stored(order.id).await, over);
}

pub(super) async fn a_dispute_that_is_resolved_pays_whom_it_says(s: Subject) {
    let usd = |amount| Money::new(amount, Currency::USD);
    for (resolution, status, refunded, pending) in [
        (
            Resolution::Partial(usd(400)),
            FulfilmentStatus::Delivered,
            400,
            860,
        ),
        (Resolution::Refund, FulfilmentStatus::Delivered, 1400, 0),
        (Resolution::Release, FulfilmentStatus::Completed, 0, 0),
    ] {
        let order = delivered(&s).await;
        let order = made(&s, &order, Role::Buyer, request(&s, &order)).await;
        let order = made(&s, &order, Role::Buyer, dispute(&s)).await;
        assert_eq!(part(&order).returns[0].status, ReturnStatus::Superseded);
        let too_much = resolve(&order, Resolution::Partial(usd(1401)));
        let too_much = asked(&order, Role::Admin, too_much);
        let too_much = make_moves(&s.app, too_much, None, Wait::No).await.unwrap();
        let left = usd(1400);
        assert!(
            matches!(&too_much, Answered::First(Err(Refused::Move(MoveRefusal::RefundExceeds { left: told }))) if *told == left),
            "{too_much:?}"
        );
        assert_eq!(s.stored(order.id).await, order);
        let order = made(&s, &order, Role::Admin, resolve(&order, resolution)).await;
        let dispute = &part(&order).disputes[0];
        assert_eq!(dispute.status, DisputeStatus::Resolved);
        let amount = Some(refunded).filter(|amount| *amount > 0);
        assert_eq!(dispute.amount, amount);
        assert_eq!(part(&order).status, status);
        assert_eq!(sums(&s, &order).await, (refunded, pending));
        if dispute.outcome == Some(Outcome::Release) {
            let after = refund(RefundId::new(&*s.ids), 100);
            made(&s, &order, Role::Seller, after).await;
        }
    }
}

pub(super) async fn what_is_said_about_a_case_is_saved_with_its_fact_and_forgotten_with_its_author(
    s: Subject,
) {
    let order = delivered(&s).await;
    let order = made(&s, &order, Role::Buyer, request(&s, &order)).await;
    let order = made(&s, &order, Role::Buyer, dispute(&s)).await;
    let id = part(&order).disputes[0].id;
    let before = s.outgoing().await.len();
    for role in [Role::Buyer, Role::Seller] {
        let said = Said {
            text: "Here is a picture:\nhttps://example.com/1".to_owned(),
            name: Some("Ada".to_owned()),
        };
        // A move that is not made: only who asks is of use.
        let asked = Asked {
            what: What::Comment(CaseId::Dispute(id), said),
            ..asked(&order, role, Move::Complete)
        };
        let outcome = make_moves(&s.app, asked, None, Wait::No).await.unwrap();
        let Answered::First(Ok(made)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(s.stored(order.id).await, made.order);
    }
    assert_eq!(s.outgoing().await.len(), before);
    let said = async || {
        let order = s.stored(order.id).await;
        let comments = part(&order).disputes[0].comments.iter();
        let of_case: Vec<bool> = comments.map(|comment| comment.text.is_some()).collect();
        let told = facts(&s, order.id).await.into_iter();
        let told = told.filter(|fact| fact.what == Happened::Comment);
        let of_timeline: Vec<bool> = told.map(|fact| fact.note.is_some()).collect();
        assert_eq!(of_case, of_timeline);
        of_case
    };
    assert_eq!(said().await, [true, true]);
    let seller = part(&order).seller;
    assert_eq!(erase_users(&s.app, vec![seller]).await.unwrap(), [Ok(())]);
    assert_eq!(said().await, [true, false]);
}
