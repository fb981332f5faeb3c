//! The suite on MongoDB, and tests that need a server with several replicas of the service.

use std::sync::Arc;

use async_trait::async_trait;
use auth::RevocationPlace;
use futures_util::future::{join, join_all};
use kernel::{SystemClock, UserId};
use store::StoreError;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::testing::TestDatabase;
use store_mongo::{Mongo, bson_of, mongodb};

use super::*;
use crate::app::steps::{Registered, replace_password};
use crate::store::UsersQuery;
use crate::store::mongo::{
    audit_filter, revocations_filter, sellers_filter, sellers_sort, sessions_filter, users_filter,
};
use crate::store::open_mongo;
use contracts::sellers::SellerStatus;

#[derive(Default)]
struct Database(TestDatabase);

impl Database {
    fn database(&self) -> Mongo {
        let clock = Arc::new(SystemClock);
        open_mongo(|collections, records| Ok(self.0.open(collections, records, clock))).unwrap()
    }

    async fn rows(&self, collection: &str) -> mongodb::Collection<Document> {
        self.database()
            .database()
            .await
            .unwrap()
            .collection(collection)
    }
}

#[async_trait]
impl House for Database {
    fn open(&self) -> Open {
        Open::new(self.database())
    }

    async fn damage(&self, user: UserId, damage: Damage) {
        let spoil = match damage {
            Damage::PasswordHash => doc! { "$set": { "password_hash": "x".repeat(60) } },
            Damage::Email => doc! { "$set": { "email": "nonsense" } },
            Damage::Role => doc! { "$push": { "roles": "emperor" } },
        };
        let done = self
            .rows("users")
            .await
            .update_one(doc! { "_id": bson_of(&user) }, spoil)
            .await
            .unwrap();
        assert_eq!(done.modified_count, 1);
    }
}

suite!(Database);

#[tokio::test]
async fn of_two_replicas_that_register_one_email_at_once_one_wins() {
    let house = Database::default();
    let (one, other) = (house.open(), house.open());
    // Connect both first, so that the registrations overlap.
    join(one.store.ping(), other.store.ping()).await.0.unwrap();
    for round in 0..20 {
        let address = format!("ada{round}@example.com");
        let (mine, theirs) = (someone(&address), someone(&address.to_uppercase()));
        let (won, lost) = match join(
            add_user(&one.store, mine.clone(), None),
            add_user(&other.store, theirs.clone(), None),
        )
        .await
        {
            (Ok(Registered::Done), Ok(Registered::EmailTaken)) => (mine, theirs),
            (Ok(Registered::EmailTaken), Ok(Registered::Done)) => (theirs, mine),
            both => panic!("{round}: {both:?}"),
        };
        assert_eq!(one.by_email(&lost.email).await, Ok(Some(won)));
        assert_eq!(other.user(lost.id).await, Ok(None));
    }
}

#[tokio::test]
async fn of_replicas_that_are_shown_one_token_at_once_all_give_the_same_next_one() {
    let house = Database::default();
    let replicas = [house.open(), house.open(), house.open()];
    logged_in(&replicas[0], "ada@example.com", 1).await;
    let attempts = (2..20).map(|next| rotate(&replicas[usize::from(next) % 3], 1, next));
    let outcomes = join_all(attempts).await;
    let done = outcomes
        .iter()
        .zip(2..)
        .filter_map(|(outcome, next)| matches!(outcome, Rotated::Done { .. }).then_some(next));
    let [winner] = done.collect::<Vec<u8>>()[..] else {
        panic!("{outcomes:?}");
    };
    let is_same = |outcome: &&Rotated| matches!(outcome, Rotated::Again { sealed, .. } if *sealed == [winner; 32]);
    assert_eq!(outcomes.iter().filter(is_same).count(), 17);
}

#[tokio::test]
async fn no_login_at_one_replica_outlives_a_password_change_at_another() {
    let house = Database::default();
    let (one, other) = (house.open(), house.open());
    let (ada, keep) = logged_in(&one, "ada@example.com", 0).await;
    let mut old = hash('C');
    for round in 1..20 {
        let new = hash(char::from(b'C' + round));
        let late = session(ada.id, i64::from(round) - 1, round);
        let (changed, opened) = join(
            replace_password(
                &one.store,
                password_change(ada.id, old, new.clone()),
                keep,
                cut(Duration::ZERO),
            ),
            open_session(&other.store, late, None, None),
        )
        .await;
        assert!(matches!(changed, Ok(Some(_))), "{changed:?}");
        // The login may have come before or after the change. Either way its session is invalid.
        opened.unwrap();
        assert_eq!(
            rotate(&other, round, 100 + round).await,
            Rotated::Unknown,
            "{round}"
        );
        old = new;
    }
    assert!(matches!(rotate(&other, 0, 200).await, Rotated::Done { .. }));
}

#[tokio::test]
async fn the_server_refuses_a_document_that_no_user_can_be() {
    let house = Database::default();
    let store = house.open();
    let user = someone("ada@example.com");
    add_user(&store.store, user.clone(), None).await.unwrap();
    for (field, wrong) in [
        ("name", Bson::from("")),
        ("password_hash", Bson::from("secret")),
        ("password_version", Bson::from(-1_i64)),
        ("roles", Bson::from(vec!["admin", "admin"])),
        ("email_key", Bson::Null),
    ] {
        let users = house.rows("users").await;
        let refused = users
            .update_one(
                doc! { "_id": bson_of(&user.id) },
                doc! { "$set": { field: wrong } },
            )
            .await
            .map_err(StoreError::from);
        assert!(
            matches!(refused, Err(StoreError::Corrupt(_))),
            "{field}: {refused:?}"
        );
    }
    assert_eq!(store.user(user.id).await, Ok(Some(user)));
}

#[tokio::test]
async fn every_query_uses_an_index() {
    let house = Database::default();
    let store = house.open();
    let (user, session) = logged_in(&store, "ada@example.com", 1).await;
    let token = Bson::Binary(store_mongo::binary([1; 32]));
    for (collection, filter) in [
        ("users", doc! { "_id": bson_of(&user.id) }),
        ("users", doc! { "_id": { "$in": [bson_of(&user.id)] } }),
        ("users", doc! { "email_key": "ada@example.com" }),
        (
            "users",
            doc! { "email_key": { "$in": ["ada@example.com"] } },
        ),
        (
            "sessions",
            sessions_filter(user.id, 0, NOW, Some(session.as_uuid())),
        ),
        (
            "revocations",
            revocations_filter(RevocationPlace::default()),
        ),
        ("audit_log", audit_filter(None, Some(session.as_uuid()))),
        (
            "audit_log",
            audit_filter(Some(user.id), Some(session.as_uuid())),
        ),
        ("sessions", doc! { "_id": { "$in": [bson_of(&session)] } }),
        ("refresh_tokens", doc! { "_id": { "$in": [token] } }),
    ] {
        let explain = doc! {
            "explain": { "find": collection, "filter": filter.clone() },
            "verbosity": "queryPlanner",
        };
        let db = house.database().database().await.unwrap();
        let plan = db
            .run_command(explain)
            .await
            .unwrap()
            .get_document("queryPlanner")
            .unwrap()
            .get_document("winningPlan")
            .unwrap()
            .to_string();
        assert!(
            plan.contains("IXSCAN") || plan.contains("IDHACK"),
            "{filter}: {plan}"
        );
        assert!(
            !plan.contains("COLLSCAN") && !plan.contains("\"SORT\""),
            "{filter}: {plan}"
        );
    }
}

#[tokio::test]
async fn the_list_of_sellers_walks_an_index_without_sorting() {
    let house = Database::default();
    house.open().store.ping().await.unwrap();
    let after = Some((1, UserId::new(&kernel::SystemIds::default()).as_uuid()));
    for status in [None, Some(SellerStatus::Pending)] {
        for after in [None, after] {
            let find = doc! {
                "find": "sellers", "filter": sellers_filter(status, after), "sort": sellers_sort(), "limit": 3,
            };
            let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
            let db = house.database().database().await.unwrap();
            let plan = db.run_command(explain).await.unwrap();
            let plan = plan.get_document("queryPlanner").unwrap();
            let plan = plan.get_document("winningPlan").unwrap().to_string();
            assert!(plan.contains("IXSCAN"), "{status:?} {after:?}: {plan}");
            let sorts = plan.contains("COLLSCAN") || plan.contains("\"SORT\"");
            assert!(!sorts, "{status:?} {after:?}: {plan}");
        }
    }
}

#[tokio::test]
async fn the_lists_of_users_walk_an_index_without_sorting() {
    let house = Database::default();
    house.open().store.ping().await.unwrap();
    let user = UserId::new(&kernel::SystemIds::default());
    for query in [
        UsersQuery::All(None),
        UsersQuery::All(Some(user)),
        UsersQuery::WithRole(auth::Role::Admin, "a".to_owned(), Some(user)),
        UsersQuery::Suspended(None, "a".to_owned(), Some(user)),
        UsersQuery::Suspended(Some(auth::Role::Admin), String::new(), None),
        UsersQuery::ByEmail("a".to_owned(), Some("ada@example.com".to_owned())),
    ] {
        let (filter, sort) = users_filter(&query);
        let find = doc! { "find": "users", "filter": filter, "sort": sort, "limit": 3 };
        let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
        let db = house.database().database().await.unwrap();
        let plan = db.run_command(explain).await.unwrap();
        let plan = plan.get_document("queryPlanner").unwrap();
        let plan = plan.get_document("winningPlan").unwrap().to_string();
        assert!(plan.contains("IXSCAN"), "{query:?}: {plan}");
        let sorts = plan.contains("COLLSCAN") || plan.contains("\"SORT\"");
        assert!(!sorts, "{query:?}: {plan}");
    }
}
