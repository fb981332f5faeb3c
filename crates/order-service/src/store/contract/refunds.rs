//! Refunds: bounded by the part, and answered when the wallet has answered.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Currency, Money, RefundId, UserId};
use store::idempotency::{Answered, Earlier, Repeatable, StoredAnswer};

use super::Subject;
use super::moves::{done, facts, key, refund, text};
use crate::app::{RefundMade, Refused, Wait, What, make_moves, refund_part};
use crate::domain::{MoveRefusal, OrderState};

fn outcome_of(refund: &RefundMade) -> StoredAnswer {
    let reversed = refund.reversed.map(|reversed| reversed.amount);
    text(format!("{} {reversed:?}", refund.amount.amount))
}

pub(super) async fn a_hundred_refunds_at_once_give_back_the_part_and_not_a_unit_more(s: Subject) {
    let order = s.sold(UserId::new(&*s.ids), &[UserId::new(&*s.ids)]).await;
    let part = &order.fulfilments[0];
    let refunds = (0..100).map(|_| {
        let what = What::OfPart(part.id.into(), refund(RefundId::new(&*s.ids), 100));
        make_moves(&s.app, Subject::asked(&order, part, what), None, Wait::No)
    });
    let mut left = Vec::new();
    let mut given = 0;
    for outcome in futures_util::future::join_all(refunds).await {
        match outcome.unwrap() {
            Answered::First(Ok(_)) => given += 1,
            Answered::First(Err(Refused::Move(MoveRefusal::RefundExceeds { left: rest }))) => {
                left.push(rest.amount);
            }
            other @ (Answered::First(_) | Answered::Before(_)) => panic!("{other:?}"),
        }
    }
    assert_eq!((given, left.len()), (14, 86));
    assert!(left.iter().all(|rest| *rest == 0), "{left:?}");
    let stored = s.stored(order.id).await;
    assert_eq!(stored.fulfilments[0].refunded(), 1400);
    assert_eq!(stored.state, OrderState::Refunding);
    assert_eq!(facts(&s, order.id).await.len(), 14);
}

pub(super) async fn a_refund_that_the_wallet_answers_in_time_is_done_and_its_repeat_is_answered_so(
    s: Subject,
) {
    let seller = UserId::new(&*s.ids);
    let order = s.sold(UserId::new(&*s.ids), &[seller]).await;
    let part = &order.fulfilments[0];
    let id = RefundId::new(&*s.ids);
    let run = async |wait| {
        let asked = Subject::asked(&order, part, What::OfPart(part.id.into(), refund(id, 300)));
        let repeatable = Repeatable {
            key: key(seller, "once"),
            render: Arc::new(|refund: &RefundMade| Ok(outcome_of(refund))),
        };
        refund_part(&s.app, asked, (part.id, id), Some(repeatable), wait)
            .await
            .unwrap()
    };
    let patience = Wait::AtMost(Duration::from_secs(30));
    let (outcome, ()) = tokio::join!(run(patience), async {
        loop {
            let stored = s.stored(order.id).await;
            if stored.fulfilments[0].pending_refund(id).is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        s.tell(order.id, done(id, &order)).await;
    });
    let Answered::First(Ok(made)) = outcome else {
        panic!("it was not made");
    };
    let usd = |amount| Money::new(amount, Currency::USD);
    assert_eq!((made.amount, made.reversed), (usd(300), Some(usd(30))));
    let Answered::Before(Earlier::Answered(answer)) = run(Wait::No).await else {
        panic!("a repeat was made");
    };
    assert_eq!(answer.body, b"300 Some(30)");
    assert_eq!(s.stored(order.id).await.fulfilments[0].refunded(), 300);
}

pub(super) async fn a_refund_that_was_answered_unheard_is_found_in_the_store(s: Subject) {
    let seller = UserId::new(&*s.ids);
    let order = s.sold(UserId::new(&*s.ids), &[seller]).await;
    let part = &order.fulfilments[0];
    let id = RefundId::new(&*s.ids);
    let asked = Subject::asked(&order, part, What::OfPart(part.id.into(), refund(id, 300)));
    let wait = Wait::AtMost(Duration::from_millis(700));
    let (outcome, ()) = tokio::join!(
        refund_part(&s.app, asked, (part.id, id), None, wait),
        async {
            loop {
                let stored = s.stored(order.id).await;
                if stored.fulfilments[0].pending_refund(id).is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // As if another replica had been told, and its announcement lost: whoever waits is gone from the list.
            let unheard = s.app.waiting.refunded.take(id);
            s.tell(order.id, done(id, &order)).await;
            drop(unheard);
        }
    );
    let Answered::First(Ok(made)) = outcome.unwrap() else {
        panic!("it was not made");
    };
    assert_eq!(made.reversed, Some(Money::new(30, Currency::USD)));
}
