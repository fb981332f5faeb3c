//! Rules about users.

use std::time::Duration;

use auth::Role;
use kernel::{AuditId, Metadata, SystemIds, UserId};
use store::{StoreError, StoreResult};

use super::{Damage, House, NOW, Open, cut, email, logged_in, rotate, someone};
use crate::app::rule_about;
use crate::app::steps::{Registered, Rotated, add_user, edit_profile};
use crate::domain::{Decision, Email, StandingMove, User, UserName};
use crate::store::UsersQuery;

pub(super) async fn a_registered_user_is_found_by_id_and_by_email_in_any_case(open: Open) {
    let user = someone("Ada@Example.com");
    assert_eq!(
        add_user(&open.store, user.clone(), None).await,
        Ok(Registered::Done)
    );
    let found = open.user(user.id).await.unwrap().unwrap();
    assert_eq!(found, user);
    assert_eq!(found.email.as_str(), "Ada@Example.com");
    let found = open.by_email(&email("aDA@eXAMPLE.COM")).await;
    assert_eq!(found, Ok(Some(user)));
    assert_eq!(open.by_email(&email("eve@example.com")).await, Ok(None));
    let nobody = UserId::new(&SystemIds::default());
    assert_eq!(open.user(nobody).await, Ok(None));
}

pub(super) async fn an_email_is_taken_once_whatever_its_case(open: Open) {
    let (first, second) = (someone("ada@example.com"), someone("ADA@example.com"));
    assert_eq!(
        add_user(&open.store, first.clone(), None).await,
        Ok(Registered::Done)
    );
    assert_eq!(
        add_user(&open.store, second.clone(), None).await,
        Ok(Registered::EmailTaken)
    );
    assert_eq!(open.user(second.id).await, Ok(None));
    assert_eq!(open.by_email(&second.email).await, Ok(Some(first)));
}

pub(super) async fn of_many_who_register_one_email_at_once_one_wins(open: Open) {
    let attempts = (0..20).map(|_| add_user(&open.store, someone("ada@example.com"), None));
    let outcomes = futures_util::future::join_all(attempts).await;
    let won = outcomes
        .iter()
        .filter(|outcome| **outcome == Ok(Registered::Done));
    assert_eq!(won.count(), 1);
}

pub(super) async fn a_name_can_be_changed(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    let name = UserName::parse("Ada King").unwrap();
    let renamed = edit_profile(&open.store, user.id, name.clone(), None, NOW)
        .await
        .unwrap();
    let expected = User {
        name: name.clone(),
        name_version: 2,
        ..user
    };
    assert_eq!(renamed, Some(expected.clone()));
    assert_eq!(open.user(expected.id).await, Ok(Some(expected)));
    let nobody = UserId::new(&SystemIds::default());
    assert_eq!(
        edit_profile(&open.store, nobody, name, None, NOW).await,
        Ok(None)
    );
}

pub(super) async fn a_registration_and_each_change_of_the_name_is_told_once(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    let again = someone("ADA@example.com");
    add_user(&open.store, again, None).await.unwrap();
    assert_eq!(open.told().await, [(user.id, "Ada".to_owned(), 1)]);
    let rename = async |name: &str| {
        let name = UserName::parse(name).unwrap();
        let renamed = edit_profile(&open.store, user.id, name, None, NOW).await;
        renamed.unwrap().unwrap().name_version
    };
    assert_eq!(rename("Ada").await, 1, "no change");
    assert_eq!(open.told().await, []);
    assert_eq!(rename("Ada King").await, 2);
    assert_eq!(rename("Ada King").await, 2, "no change");
    assert_eq!(rename("Ada").await, 3, "back again is a change");
    let told = [
        (user.id, "Ada King".to_owned(), 2),
        (user.id, "Ada".to_owned(), 3),
    ];
    assert_eq!(open.told().await, told);
    grant(&open, &user.email, Role::Admin).await.unwrap();
    assert_eq!(open.told().await, [], "nothing else is told");
}

pub(super) async fn of_many_changes_of_a_name_at_once_each_has_its_own_version(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    let changes = (0..20).map(|number| {
        let name = UserName::parse(&format!("Ada {number}")).unwrap();
        edit_profile(&open.store, user.id, name, None, NOW)
    });
    for renamed in futures_util::future::join_all(changes).await {
        renamed.unwrap().unwrap();
    }
    let now = open.user(user.id).await.unwrap().unwrap();
    assert_eq!(now.name_version, 21);
    let mut told = open.told().await;
    told.sort_by_key(|(.., version)| *version);
    let versions: Vec<i64> = told.iter().map(|(.., version)| *version).collect();
    assert!(versions.into_iter().eq(1..=21));
    assert_eq!(
        told[20].1,
        now.name.as_str(),
        "the latest is the one that is kept"
    );
}

pub(super) async fn grant(open: &Open, email: &Email, role: Role) -> StoreResult<Option<User>> {
    let audit = AuditId::new(&SystemIds::default());
    let step = StandingMove::Grant(role);
    rule_about(&open.store, email, step, audit, cut(Duration::ZERO)).await
}

pub(super) async fn a_role_is_granted_once_and_kept_in_order(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    for role in [Role::Treasury, Role::Admin, Role::Treasury] {
        let granted = grant(&open, &user.email, role).await.unwrap().unwrap();
        assert!(granted.roles.contains(&role));
    }
    let found = open.user(user.id).await.unwrap().unwrap();
    assert_eq!(found.roles, [Role::Admin, Role::Treasury]);
    let nobody = grant(&open, &email("eve@example.com"), Role::Admin).await;
    assert_eq!(nobody, Ok(None));
}

pub(super) async fn it_says_that_it_is_there(open: Open) {
    assert_eq!(open.store.ping().await, Ok(()));
}

pub(super) async fn users_and_sessions_are_there_when_the_store_is_opened_again(house: impl House) {
    let (ada, _) = logged_in(&house.open(), "ada@example.com", 1).await;
    let again = house.open();
    assert_eq!(again.user(ada.id).await, Ok(Some(ada)));
    assert!(matches!(rotate(&again, 1, 2).await, Rotated::Done { .. }));
}

pub(super) async fn a_user_who_does_not_decode_is_an_error_and_not_skipped(house: impl House) {
    let open = house.open();
    for (damage, address) in [
        (Damage::PasswordHash, "ada@example.com"),
        (Damage::Email, "bob@example.com"),
        (Damage::Role, "eve@example.com"),
    ] {
        let user = someone(address);
        add_user(&open.store, user.clone(), None).await.unwrap();
        house.damage(user.id, damage).await;
        let found = open.user(user.id).await;
        assert!(
            matches!(found, Err(StoreError::Corrupt(_))),
            "{damage:?}: {found:?}"
        );
    }
}

pub(super) async fn metadata_is_kept_until_other_takes_its_place_and_is_not_told(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    open.told().await;
    let metadata = |json: &str| Metadata::new(json.to_owned()).ok();
    for (given, kept) in [
        (metadata(r#"{"a":[1]}"#), r#"{"a":[1]}"#),
        (None, r#"{"a":[1]}"#),
        (metadata("{}"), "{}"),
    ] {
        let edit = edit_profile(&open.store, user.id, user.name.clone(), given, NOW);
        let edited = edit.await.unwrap().unwrap();
        assert_eq!(
            (&edited.metadata, edited.name_version),
            (&metadata(kept), 1)
        );
        assert_eq!(open.user(user.id).await, Ok(Some(edited)));
    }
    assert_eq!(open.told().await, []);
}

/// Some with a role, some without.
async fn many(open: &Open) -> Vec<User> {
    let mut all = Vec::new();
    for number in 0..13 {
        let user = someone(&format!(
            "{}.U{number}@Example.com",
            ["ada", "adam", "eve"][number % 3]
        ));
        let address = user.email.clone();
        let user = User {
            roles: match number % 5 {
                0 => vec![Role::Admin],
                1 => vec![Role::Admin, Role::Treasury],
                _ => Vec::new(),
            },
            suspension: number.is_multiple_of(3).then(|| Decision {
                reason: "Stolen cards".to_owned(),
                by: user.id,
                at: NOW,
            }),
            ..user
        };
        add_user(&open.store, user.clone(), None).await.unwrap();
        assert_eq!(open.by_email(&address).await, Ok(Some(user.clone())));
        all.push(user);
    }
    all
}

/// All users of a list, read in pages of two.
async fn listed(open: &Open, query: impl Fn(Option<&User>) -> UsersQuery) -> Vec<User> {
    let mut found: Vec<User> = Vec::new();
    loop {
        let page = open.queries.users(query(found.last()), 2).await.unwrap();
        let is_last = page.len() < 2;
        found.extend(page);
        if is_last {
            return found;
        }
    }
}

pub(super) async fn the_list_has_each_user_once_the_newest_first(open: Open) {
    let mut all = many(&open).await;
    all.sort_by_key(|user| std::cmp::Reverse(user.id));
    let id = |user: Option<&User>| user.map(|user| user.id);
    let found = listed(&open, |last| UsersQuery::All(id(last))).await;
    assert_eq!(found, all);
    for role in Role::ALL {
        for beginning in ["", "ada", "adam.", "zoe"] {
            let expected: Vec<User> = all
                .iter()
                .filter(|user| user.roles.contains(&role))
                .filter(|user| user.email.key().starts_with(beginning))
                .cloned()
                .collect();
            let found = listed(&open, |last| {
                UsersQuery::WithRole(role, beginning.to_owned(), id(last))
            });
            assert_eq!(found.await, expected, "{role} {beginning}");
        }
    }
    for role in [None, Some(Role::Admin)] {
        for beginning in ["", "ada"] {
            let suspended = all.iter().filter(|user| user.suspension.is_some());
            let expected: Vec<User> = suspended
                .filter(|user| role.is_none_or(|role| user.roles.contains(&role)))
                .filter(|user| user.email.key().starts_with(beginning))
                .cloned()
                .collect();
            let found = listed(&open, |last| {
                UsersQuery::Suspended(role, beginning.to_owned(), id(last))
            });
            assert_eq!(found.await, expected, "{role:?} {beginning}");
        }
    }
}

pub(super) async fn the_list_of_a_beginning_has_each_such_email_once_in_order(open: Open) {
    let mut all = many(&open).await;
    all.sort_by(|one, other| one.email.key().cmp(other.email.key()));
    for beginning in [
        "a",
        "ada.",
        "eve.u2@example.com",
        "eve.u2@example.com0",
        "%",
    ] {
        let expected: Vec<User> = all
            .iter()
            .filter(|user| user.email.key().starts_with(beginning))
            .cloned()
            .collect();
        let found = listed(&open, |last| {
            let after = last.map(|user| user.email.key().to_owned());
            UsersQuery::ByEmail(beginning.to_owned(), after)
        });
        assert_eq!(found.await, expected, "{beginning}");
    }
}
