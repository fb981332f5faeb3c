//! Rules about users.

use auth::Role;
use kernel::{SystemIds, UserId};

use super::{Damage, House, NOW, Open, email, logged_in, rotate, someone};
use crate::app::grant;
use crate::app::steps::{Registered, Rotated, add_user, change_name};
use crate::domain::{User, UserName};
use store::StoreError;

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
    let renamed = change_name(&open.store, user.id, name.clone(), NOW)
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
    assert_eq!(change_name(&open.store, nobody, name, NOW).await, Ok(None));
}

pub(super) async fn a_registration_and_each_change_of_the_name_is_told_once(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    let again = someone("ADA@example.com");
    add_user(&open.store, again, None).await.unwrap();
    assert_eq!(open.told().await, [(user.id, "Ada".to_owned(), 1)]);
    let rename = async |name: &str| {
        let name = UserName::parse(name).unwrap();
        let renamed = change_name(&open.store, user.id, name, NOW).await;
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
    grant(&open.store, &user.email, Role::Admin).await.unwrap();
    assert_eq!(open.told().await, [], "nothing else is told");
}

pub(super) async fn of_many_changes_of_a_name_at_once_each_has_its_own_version(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    let changes = (0..20).map(|number| {
        let name = UserName::parse(&format!("Ada {number}")).unwrap();
        change_name(&open.store, user.id, name, NOW)
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

pub(super) async fn a_role_is_granted_once_and_kept_in_order(open: Open) {
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    for role in [Role::Treasury, Role::Admin, Role::Treasury] {
        let granted = grant(&open.store, &user.email, role)
            .await
            .unwrap()
            .unwrap();
        assert!(granted.roles.contains(&role));
    }
    let found = open.user(user.id).await.unwrap().unwrap();
    assert_eq!(found.roles, [Role::Admin, Role::Treasury]);
    let nobody = grant(&open.store, &email("eve@example.com"), Role::Admin).await;
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
