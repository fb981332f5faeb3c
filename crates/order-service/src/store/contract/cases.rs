//! Returns and disputes: where they are, for whom, and how many wait.

use std::time::Duration;

use kernel::{DisputeId, Quantity, ReturnId, ShipmentId, Timestamp, UserId};
use store::idempotency::Answered;
use uuid::Uuid;

use super::Subject;
use crate::app::{Asked, Asker, Wait, What, make_moves};
use crate::domain::{
    DisputeReason, DisputeStatus, Move, Order, Parcel, Resolution, ReturnReason, ReturnStatus, Role,
};
use crate::records::CaseState::{self, Dispute, Return};
use crate::store::{CasesQuery, Listed, Whose};

const NONE: [Uuid; 0] = [];

/// Somebody makes a move of the first part of an order: its seller, its buyer or an operator.
async fn make(s: &Subject, order: &Order, role: Role, wanted: Move) {
    let part = &order.fulfilments[0];
    let (user, roles): (_, &[Role]) = match role {
        Role::Seller => (part.seller, &[Role::Seller]),
        Role::Buyer => (order.buyer, &[Role::Buyer]),
        Role::Admin | Role::Timer | Role::System => (UserId::new(&*s.ids), &[]),
    };
    let asked = Asked {
        order: order.id,
        by: Asker {
            user,
            is_admin: role == Role::Admin,
            roles,
        },
        guard: Box::new(|_| true),
        what: What::OfPart(part.id.into(), wanted),
    };
    let outcome = make_moves(&s.app, asked, None, Wait::No).await.unwrap();
    assert!(matches!(outcome, Answered::First(Ok(_))), "{outcome:?}");
}

/// An order of a seller that the buyer has.
async fn delivered(s: &Subject, buyer: UserId, seller: UserId) -> Order {
    let order = s.sold(buyer, &[seller]).await;
    let shipment = ShipmentId::new(&*s.ids);
    let ship = Move::Ship {
        id: shipment,
        items: vec![(order.lines[0].id, Quantity::new(2).unwrap())],
        parcel: Parcel {
            carrier: "UPS".to_owned(),
            tracking_number: "1Z".to_owned(),
            tracking_url: None,
        },
        note: None,
    };
    make(s, &order, Role::Seller, ship).await;
    let note = None;
    make(s, &order, Role::Buyer, Move::Deliver { shipment, note }).await;
    order
}

async fn ask_back(s: &Subject, order: &Order) -> ReturnId {
    let id = ReturnId::new(&*s.ids);
    let request = Move::RequestReturn {
        id,
        items: vec![(order.lines[0].id, Quantity::new(1).unwrap())],
        reason: ReturnReason::Damaged,
        comment: None,
    };
    make(s, order, Role::Buyer, request).await;
    id
}

async fn complain(s: &Subject, order: &Order) -> DisputeId {
    let id = DisputeId::new(&*s.ids);
    let open = Move::OpenDispute {
        id,
        reason: DisputeReason::NotReceived,
        comment: "It never arrived".to_owned(),
    };
    make(s, order, Role::Buyer, open).await;
    id
}

/// The cases of a list, read in pages of `most`.
async fn listed(s: &Subject, whose: Whose, states: &[CaseState], most: i64) -> Vec<Uuid> {
    let query = CasesQuery {
        states: states.to_vec(),
        whose,
    };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = s.app.queries.cases(&query, after, most).await.unwrap();
        let is_last = page.len() < usize::try_from(most).unwrap();
        after = page.last().map(|case| case.id);
        all.extend(page.into_iter().map(|case| case.id));
        if is_last {
            return all;
        }
    }
}

pub(super) async fn a_case_is_listed_where_it_is_for_both_and_for_operators(s: Subject) {
    let (ada, grace) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let stranger = UserId::new(&*s.ids);
    let order = delivered(&s, ada, grace).await;
    let id = ask_back(&s, &order).await.as_uuid();
    let requested = [Return(ReturnStatus::Requested)];
    let approved = [Return(ReturnStatus::Approved)];
    for whose in [Whose::All, Whose::Buyer(ada), Whose::Seller(grace)] {
        assert_eq!(listed(&s, whose, &requested, 9).await, [id], "{whose:?}");
        assert_eq!(listed(&s, whose, &approved, 9).await, NONE);
    }
    for whose in [
        Whose::Buyer(grace),
        Whose::Seller(ada),
        Whose::Buyer(stranger),
        Whose::Seller(stranger),
    ] {
        assert_eq!(listed(&s, whose, &requested, 9).await, NONE, "{whose:?}");
    }
    let approve = Move::ApproveReturn {
        id: id.into(),
        comment: None,
    };
    make(&s, &order, Role::Seller, approve).await;
    assert_eq!(listed(&s, Whose::All, &requested, 9).await, NONE);
    assert_eq!(listed(&s, Whose::Seller(grace), &approved, 9).await, [id]);
    // A dispute takes its place: both change with one move.
    let dispute = complain(&s, &order).await.as_uuid();
    let superseded = [Return(ReturnStatus::Superseded)];
    let open = [Dispute(DisputeStatus::Open)];
    assert_eq!(listed(&s, Whose::Buyer(ada), &superseded, 9).await, [id]);
    assert_eq!(listed(&s, Whose::All, &open, 9).await, [dispute]);
    let both = [superseded[0], open[0]];
    assert_eq!(listed(&s, Whose::All, &both, 9).await, [dispute, id]);
}

pub(super) async fn cases_come_newest_first_page_by_page_over_all_their_states(s: Subject) {
    let (ada, grace) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut ids = Vec::new();
    for n in 0..7 {
        let order = delivered(&s, ada, grace).await;
        delivered(&s, ada, UserId::new(&*s.ids)).await;
        let id = ask_back(&s, &order).await;
        let comment = "Used".to_owned();
        let end = match n % 3 {
            0 => Some((Role::Seller, Move::DenyReturn { id, comment })),
            1 => Some((Role::Buyer, Move::WithdrawReturn { id, note: None })),
            _ => None,
        };
        if let Some((role, wanted)) = end {
            make(&s, &order, role, wanted).await;
        }
        ids.insert(0, id.as_uuid());
    }
    let all = ReturnStatus::ALL.map(Return);
    for most in [1, 2, 3, 7, 50] {
        assert_eq!(listed(&s, Whose::Seller(grace), &all, most).await, ids);
        assert_eq!(listed(&s, Whose::All, &all, most).await, ids);
    }
    let denied = [Return(ReturnStatus::Denied)];
    let expected = [ids[0], ids[3], ids[6]];
    assert_eq!(listed(&s, Whose::Buyer(ada), &denied, 2).await, expected);
}

pub(super) async fn disputed_orders_are_listed_until_they_are_decided(s: Subject) {
    let mut orders = Vec::new();
    for _ in 0..3 {
        let order = delivered(&s, UserId::new(&*s.ids), UserId::new(&*s.ids)).await;
        let dispute = complain(&s, &order).await;
        orders.insert(0, (order, dispute));
    }
    delivered(&s, UserId::new(&*s.ids), UserId::new(&*s.ids)).await;
    let disputed = async |after| {
        let found = s.app.queries.list(Listed::Disputed, after, 2).await;
        let found = found.unwrap().into_iter();
        found.map(|order| order.id).collect::<Vec<_>>()
    };
    let ids: Vec<_> = orders.iter().map(|(order, _)| order.id).collect();
    assert_eq!(disputed(None).await, ids[..2]);
    assert_eq!(disputed(Some(ids[1])).await, ids[2..]);
    let (order, id) = &orders[1];
    let resolve = Move::ResolveDispute {
        id: *id,
        resolution: Resolution::Release,
        comment: "The carrier has a signature".to_owned(),
    };
    make(&s, order, Role::Admin, resolve).await;
    assert_eq!(disputed(None).await, [ids[0], ids[2]]);
    assert!(!s.stored(order.id).await.disputed);
}

pub(super) async fn what_waits_for_a_decision_is_counted_with_the_oldest(s: Subject) {
    let undecided = async || {
        let open = s.app.queries.open().await.unwrap();
        open.undecided.map(|one| (one.count, one.oldest))
    };
    assert_eq!(undecided().await, [(0, None), (0, None)]);
    let since: [Timestamp; 3] = [1, 2, 3].map(|n| s.now.plus(Duration::from_secs(n)));
    let mut returns = Vec::new();
    for n in 0..3 {
        s.wait(Duration::from_secs(n + 1));
        let order = delivered(&s, UserId::new(&*s.ids), UserId::new(&*s.ids)).await;
        let id = ask_back(&s, &order).await;
        returns.push((order, id));
    }
    assert_eq!(undecided().await, [(3, Some(since[0])), (0, None)]);
    let (order, id) = &returns[0];
    let approve = Move::ApproveReturn {
        id: *id,
        comment: None,
    };
    make(&s, order, Role::Seller, approve).await;
    complain(&s, &returns[2].0).await;
    let expected = [(1, Some(since[1])), (1, Some(since[2]))];
    assert_eq!(undecided().await, expected);
}
