//! Sellers: how they begin, what operators decide, and their list.

use std::collections::HashSet;

use contracts::reservations::ReturnPolicy;
use contracts::sellers::{SellerStatus, SellersMode};
use contracts::user::SellerChanged;
use kernel::{AuditId, Metadata, UserId};
use store::StoreResult;

use super::*;
use crate::app::Started;
use crate::app::steps::{decide, put_profile, start};
use crate::domain::{Decision, Seller, SellerMove, SellerProfile, SellerRefusal};
use crate::store::SellerPlace;

fn profile(description: &str) -> SellerProfile {
    SellerProfile {
        description: description.to_owned(),
        ..SellerProfile::default()
    }
}

fn decision(reason: &str) -> Decision {
    Decision {
        reason: reason.to_owned(),
        by: UserId::new(&SystemIds::default()),
        at: NOW,
    }
}

fn audit() -> AuditId {
    AuditId::new(&SystemIds::default())
}

async fn registered(open: &Open, address: &str) -> UserId {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    user.id
}

async fn begin(open: &Open, mode: SellersMode, users: &[UserId]) {
    let started = users.iter().map(|user| Started {
        user: *user,
        at: NOW,
    });
    let begun = start(&open.store, started.collect(), mode, NOW).await;
    begun.unwrap().into_iter().for_each(Result::unwrap);
}

async fn seller(open: &Open, user: UserId) -> Option<Seller> {
    let found = open.store.get::<Seller>(&user).await.unwrap();
    found.map(Arc::unwrap_or_clone)
}

/// What was told of sellers and was not sent yet: the seller, their status and their version.
async fn told(open: &Open) -> Vec<(UserId, String, i64)> {
    let pending = open.outbox.fresh(0, 1000).await.unwrap();
    let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
    open.outbox.settle(fates, NOW).await.unwrap();
    let changes = pending.iter().filter_map(|one| {
        let changed: SellerChanged = one.envelope.open().ok()?;
        let seller = contracts::user_id(&changed.seller_id).unwrap();
        let step = format!("seller {}", changed.version);
        assert_eq!(
            one.envelope.id,
            MessageId::of_subject(seller.as_uuid(), &step)
        );
        Some((seller, changed.status, changed.version))
    });
    changes.collect()
}

pub(super) async fn a_first_product_makes_a_seller_once(open: Open) {
    let (ada, eve) = (
        registered(&open, "ada@example.com").await,
        registered(&open, "eve@example.com").await,
    );
    let nobody = UserId::new(&SystemIds::default());
    begin(&open, SellersMode::Open, &[ada, nobody, ada]).await;
    assert_eq!(told(&open).await, [(ada, "active".to_owned(), 1)]);
    assert_eq!(seller(&open, nobody).await, None);
    put_profile(&open.store, eve, profile("Pens"), SellersMode::Review, NOW)
        .await
        .unwrap();
    begin(&open, SellersMode::Review, &[ada, eve]).await;
    assert_eq!(told(&open).await, [(eve, "pending".to_owned(), 1)]);
    let eve = seller(&open, eve).await.unwrap();
    assert_eq!((eve.profile, eve.version), (profile("Pens"), 1));
}

pub(super) async fn a_profile_is_kept_as_it_was_given_and_no_change_is_told(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    told(&open).await;
    let full = SellerProfile {
        display_name: UserName::parse("Ada's engines").ok(),
        description: "ä".repeat(2_000),
        returns: ReturnPolicy {
            accepted: false,
            window_days: Some(365),
        },
        metadata: Metadata::new(r#"{"desk":[7,"left"]}"#.to_owned()).ok(),
    };
    for (profile, version) in [(full.clone(), 1), (full, 1), (profile(""), 2)] {
        let put = put_profile(&open.store, ada, profile, SellersMode::Open, NOW).await;
        let found = seller(&open, ada).await.unwrap();
        assert_eq!((put.unwrap(), found.version), (found, version));
    }
    let told: Vec<i64> = told(&open).await.into_iter().map(|(.., v)| v).collect();
    assert_eq!(told, [1, 2]);
}

pub(super) async fn what_an_operator_decides_is_kept_with_its_reason_and_told(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let step = async |step, reason| -> StoreResult<Result<Seller, SellerRefusal>> {
        let decided = decide(&open.store, ada, step, decision(reason), audit()).await?;
        Ok(decided.map(|(seller, _)| seller))
    };
    let unknown = step(SellerMove::Suspend, "Too early").await;
    assert_eq!(unknown, Ok(Err(SellerRefusal::NotFound)));
    begin(&open, SellersMode::Review, &[ada]).await;
    for (move_, reason, status) in [
        (SellerMove::Approve, "Fine", SellerStatus::Active),
        (SellerMove::Suspend, "Not fine", SellerStatus::Suspended),
        (SellerMove::Reinstate, "Fine again", SellerStatus::Active),
    ] {
        let decided = step(move_, reason).await.unwrap().unwrap();
        let found = seller(&open, ada).await.unwrap();
        assert_eq!((&decided, decided.status), (&found, status));
        assert_eq!(found.decision.unwrap().reason, reason);
        let again = step(move_, "Again").await.unwrap();
        assert_eq!(again, Err(SellerRefusal::NotAllowed(status)));
    }
    let told: Vec<(String, i64)> = told(&open)
        .await
        .into_iter()
        .map(|(_, s, v)| (s, v))
        .collect();
    let expected = ["pending", "active", "suspended", "active"];
    let expected: Vec<(String, i64)> = expected.map(str::to_owned).into_iter().zip(1..).collect();
    assert_eq!(told, expected);
}

pub(super) async fn of_many_decisions_at_once_one_is_made(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    begin(&open, SellersMode::Open, &[ada]).await;
    let decisions = (0..20).map(|number| {
        let reason = format!("Reason {number}");
        decide(
            &open.store,
            ada,
            SellerMove::Suspend,
            decision(&reason),
            audit(),
        )
    });
    let outcomes = futures_util::future::join_all(decisions).await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Ok(_))));
    assert_eq!(made.count(), 1);
    assert_eq!(seller(&open, ada).await.unwrap().version, 2);
}

pub(super) async fn the_list_has_each_seller_of_a_status_once_the_newest_first(open: Open) {
    let mut all = Vec::new();
    for number in 0..25 {
        let user = registered(&open, &format!("seller{number}@example.com")).await;
        // Many at the same time.
        let at = NOW.plus(Duration::from_millis(number / 4));
        let started = vec![Started { user, at }];
        let begun = start(&open.store, started, SellersMode::Open, NOW).await;
        begun.unwrap().into_iter().for_each(Result::unwrap);
        if number % 3 == 0 {
            let decided = decide(
                &open.store,
                user,
                SellerMove::Suspend,
                decision("x"),
                audit(),
            );
            decided.await.unwrap().unwrap();
        }
        all.push(seller(&open, user).await.unwrap());
    }
    all.sort_by_key(|seller| std::cmp::Reverse((seller.since, seller.user)));
    for status in [
        None,
        Some(SellerStatus::Active),
        Some(SellerStatus::Suspended),
        Some(SellerStatus::Pending),
    ] {
        let of = |seller: &&Seller| status.is_none_or(|status| seller.status == status);
        let expected: Vec<Seller> = all.iter().filter(of).cloned().collect();
        let (mut found, mut after): (Vec<Seller>, Option<SellerPlace>) = (Vec::new(), None);
        loop {
            let page = open.queries.sellers(status, after, 4).await.unwrap();
            let is_last = page.len() < 4;
            after = page
                .last()
                .map(|last| (last.since.as_millis(), last.user.as_uuid()));
            found.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(found, expected, "{status:?}");
        let ids: HashSet<UserId> = found.iter().map(|seller| seller.user).collect();
        assert_eq!(ids.len(), found.len());
    }
}
