//! Rules about operators' decisions, the audit log and revocations.

use std::time::Duration;

use auth::{Revocation, RevocationPlace, Role};
use kernel::{AuditId, SystemIds, UserId};

use super::{NOW, Open, cut, logged_in, open_for, rotate, session, someone};
use crate::app::steps::{
    Opened, Rotated, Ruled, Ruling, Whom, add_user, end_one, open_session, rule,
};
use crate::domain::{AuditAction, Decision, StandingMove, StandingRefusal, User};

const WHILE: Duration = Duration::from_secs(1);

fn ruling(whom: &User, step: StandingMove, by: Option<UserId>) -> Ruling {
    Ruling {
        whom: Whom::Id(whom.id),
        step,
        by,
        reason: by.map(|_| "A test".to_owned()),
        audit: AuditId::new(&SystemIds::default()),
        cut: cut(WHILE),
    }
}

fn suspension(by: UserId) -> StandingMove {
    StandingMove::Suspend(Decision {
        reason: "A test".to_owned(),
        by,
        at: NOW,
    })
}

async fn made(open: &Open, ruling: Ruling) -> Ruled {
    rule(&open.store, ruling).await.unwrap().unwrap()
}

pub(super) async fn admin(open: &Open, address: &str) -> User {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    let whom = Whom::Email(user.email.clone());
    let grant = StandingMove::Grant(Role::Admin);
    let ruling = Ruling {
        whom,
        ..ruling(&user, grant, None)
    };
    made(open, ruling).await.user
}

async fn logged(open: &Open, subject: Option<UserId>) -> Vec<AuditAction> {
    let entries = open.queries.audit_log(subject, None, 99).await.unwrap();
    entries.iter().map(|entry| entry.action).collect()
}

async fn revoked(open: &Open) -> Vec<Revocation> {
    let all = open.queries.revocations(RevocationPlace::default(), 99);
    let listed = all.await.unwrap().into_iter().map(|one| one.listed());
    listed.map(|one| one.revocation).collect()
}

pub(super) async fn a_decision_is_saved_with_its_audit_entry_and_what_it_revokes(open: Open) {
    let boss = admin(&open, "boss@example.com").await;
    let ada = admin(&open, "ada@example.com").await;
    let ruling = ruling(&ada, StandingMove::Revoke(Role::Admin), Some(boss.id));
    let Ruled {
        user,
        entry,
        revocation,
    } = made(&open, ruling.clone()).await;
    assert_eq!((user.roles.len(), user.access_version), (0, 1));
    assert_eq!(open.user(ada.id).await, Ok(Some(user)));
    let entry = entry.unwrap();
    assert_eq!(entry.id, ruling.audit);
    assert_eq!((entry.subject, entry.by), (ada.id, Some(boss.id)));
    assert_eq!(
        (entry.reason.as_deref(), entry.at),
        (Some("A test"), cut(WHILE).at)
    );
    let state = |state| serde_json::to_value(state).unwrap();
    assert_eq!(state(&entry.before)["roles"], serde_json::json!(["admin"]));
    assert_eq!(state(&entry.after)["roles"], serde_json::json!([]));
    let newest = open.queries.audit_log(Some(ada.id), None, 1).await.unwrap();
    assert_eq!(newest, [entry]);
    let expected = Revocation::of_user(ada.id, 1, None, cut(WHILE).until);
    assert_eq!(revocation, Some(expected.clone()));
    assert_eq!(revoked(&open).await, [expected]);
}

pub(super) async fn a_decision_that_changes_nothing_leaves_no_trace(open: Open) {
    let ada = admin(&open, "ada@example.com").await;
    for step in [
        StandingMove::Grant(Role::Admin),
        StandingMove::Revoke(Role::Treasury),
    ] {
        let ruled = made(&open, ruling(&ada, step, Some(ada.id))).await;
        assert_eq!((ruled.user, ruled.entry), (ada.clone(), None));
    }
    let refused = rule(
        &open.store,
        ruling(&ada, StandingMove::Reinstate, Some(ada.id)),
    )
    .await;
    assert_eq!(refused, Ok(Err(StandingRefusal::NotSuspended)));
    let nobody = someone("nobody@example.com");
    let refused = rule(
        &open.store,
        ruling(&nobody, suspension(ada.id), Some(ada.id)),
    )
    .await;
    assert_eq!(refused, Ok(Err(StandingRefusal::NotFound)));
    assert_eq!(logged(&open, None).await, [AuditAction::RoleGranted]);
    assert!(revoked(&open).await.is_empty());
}

pub(super) async fn a_suspended_user_has_no_session_and_gets_none(open: Open) {
    let boss = admin(&open, "boss@example.com").await;
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let suspended = made(&open, ruling(&ada, suspension(boss.id), Some(boss.id))).await;
    let ada = suspended.user;
    assert_eq!(open.user(ada.id).await, Ok(Some(ada.clone())));
    assert_eq!(rotate(&open, 1, 2).await, Rotated::Unknown);
    for version in [0, 1] {
        let opened = open_session(&open.store, session(ada.id, version, 3), None, None).await;
        assert_eq!(opened, Ok(Opened::Outdated), "{version}");
    }
    let back = made(&open, ruling(&ada, StandingMove::Reinstate, Some(boss.id))).await;
    assert_eq!(rotate(&open, 1, 2).await, Rotated::Unknown, "it has ended");
    open_for(&open, &back.user, 4).await;
    assert!(matches!(rotate(&open, 4, 5).await, Rotated::Done { .. }));
}

pub(super) async fn the_last_administrator_stays_unless_the_command_line_decides(open: Open) {
    let ada = admin(&open, "ada@example.com").await;
    let revoke = || StandingMove::Revoke(Role::Admin);
    for step in [revoke(), suspension(ada.id)] {
        let refused = rule(&open.store, ruling(&ada, step, Some(ada.id))).await;
        assert_eq!(refused, Ok(Err(StandingRefusal::LastAdmin)));
    }
    assert_eq!(open.user(ada.id).await, Ok(Some(ada.clone())));
    let bea = admin(&open, "bea@example.com").await;
    made(&open, ruling(&bea, suspension(ada.id), Some(ada.id))).await;
    // Who is suspended does not count.
    let refused = rule(&open.store, ruling(&ada, revoke(), Some(ada.id))).await;
    assert_eq!(refused, Ok(Err(StandingRefusal::LastAdmin)));
    let plain = made(&open, ruling(&ada, revoke(), None)).await;
    assert!(plain.user.roles.is_empty());
}

pub(super) async fn of_two_administrators_who_remove_each_other_one_stays(open: Open) {
    for round in 0..10 {
        let ada = admin(&open, &format!("ada{round}@example.com")).await;
        let bea = admin(&open, &format!("bea{round}@example.com")).await;
        let revoke = |whom, by: &User| {
            let step = StandingMove::Revoke(Role::Admin);
            rule(&open.store, ruling(whom, step, Some(by.id)))
        };
        let (one, other) = futures_util::future::join(revoke(&ada, &bea), revoke(&bea, &ada)).await;
        let refused = [one.unwrap(), other.unwrap()]
            .into_iter()
            .filter(|outcome| *outcome == Err(StandingRefusal::LastAdmin));
        assert_eq!(refused.count(), 1, "{round}");
        for user in [&ada, &bea] {
            made(&open, ruling(user, StandingMove::Revoke(Role::Admin), None)).await;
        }
    }
}

pub(super) async fn the_audit_log_is_listed_from_the_newest_by_user_or_whole(open: Open) {
    let ada = admin(&open, "ada@example.com").await;
    let bea = admin(&open, "bea@example.com").await;
    let grant = StandingMove::Grant(Role::Treasury);
    made(&open, ruling(&ada, grant, Some(bea.id))).await;
    made(&open, ruling(&bea, suspension(ada.id), Some(ada.id))).await;
    let (granted, suspended) = (AuditAction::RoleGranted, AuditAction::UserSuspended);
    assert_eq!(
        logged(&open, None).await,
        [suspended, granted, granted, granted]
    );
    assert_eq!(logged(&open, Some(ada.id)).await, [granted, granted]);
    assert_eq!(logged(&open, Some(bea.id)).await, [suspended, granted]);
    let all = open.queries.audit_log(None, None, 99).await.unwrap();
    let mut walked = Vec::new();
    let mut after = None;
    while let [entry] = &open.queries.audit_log(None, after, 1).await.unwrap()[..] {
        after = Some(entry.id.as_uuid());
        walked.push(entry.clone());
    }
    assert_eq!(walked, all);
}

pub(super) async fn revocations_are_listed_in_the_order_of_time(open: Open) {
    let (ada, first) = logged_in(&open, "ada@example.com", 1).await;
    let mut sessions = vec![first];
    for number in 2..6 {
        sessions.push(open_for(&open, &ada, number).await);
    }
    // Two at the same time, and the earliest last.
    for (session, seconds) in sessions.iter().zip([5, 7, 7, 9, 1]) {
        let ended = end_one(&open.store, ada.id, *session, cut(seconds * WHILE)).await;
        assert!(ended.unwrap().is_some());
    }
    let listed = async |after, most| {
        let found = open.queries.revocations(after, most).await.unwrap();
        found
            .into_iter()
            .map(|one| one.listed())
            .collect::<Vec<_>>()
    };
    let all = listed(RevocationPlace::default(), 99).await;
    let times: Vec<_> = all
        .iter()
        .map(|one| one.place.at.since(NOW).as_secs())
        .collect();
    assert_eq!(times, [1, 5, 7, 7, 9]);
    let mut walked = Vec::new();
    let mut after = RevocationPlace::default();
    while let [one] = &listed(after, 1).await[..] {
        after = one.place;
        walked.push(one.clone());
    }
    assert_eq!(walked, all);
    let later = cut(Duration::from_hours(2)).at;
    assert_eq!(open.store.forget(later).await, Ok(false));
    assert!(listed(RevocationPlace::default(), 99).await.is_empty());
}
