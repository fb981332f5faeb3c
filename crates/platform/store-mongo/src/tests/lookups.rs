//! Lookups by the first field of a key that has several.

use kernel::UserId;
use mongodb::bson::Bson;
use store::Idempotent;
use store::idempotency::{OnceKey, StoredAnswer};

use super::*;

const USER: &str = "user_id";

/// Stores answers to requests of `user` with these keys.
async fn answer(port: &Store, user: UserId, keys: &'static [&'static str]) {
    let stored = port.write(move |tx| {
        for key in keys {
            let key = OnceKey {
                user,
                route: "POST /things",
                key: (*key).to_owned(),
                fingerprint: [7; 32],
            };
            let answer = StoredAnswer {
                status: 201,
                location: None,
                etag: None,
                body: Vec::new(),
            };
            tx.answer(&key, Uuid::nil(), answer, SystemClock.now())?;
        }
        Ok(())
    });
    stored.await.unwrap();
}

fn keys(found: &[Arc<Idempotent>]) -> Vec<String> {
    let mut keys: Vec<String> = found.iter().map(|row| row.key.key.clone()).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn what_begins_with_a_field_of_a_key_is_found_through_the_index_of_the_key() {
    let database = TestDatabase::new();
    let store = open(&database);
    let port = Store::new(Arc::new(store.clone()));
    let users = [1_u128, 2, 3].map(|number| UserId::from_uuid(Uuid::from_u128(number)));
    let [before, user, after] = users;
    answer(&port, before, &["a", "b"]).await;
    answer(&port, user, &["c", "d"]).await;
    answer(&port, after, &["e"]).await;

    let found = port.find_by::<Idempotent>(USER, user.as_uuid(), 9).await;
    assert_eq!(keys(&found.unwrap()), ["c", "d"]);
    let found = port.write(move |tx| {
        let mut found = tx.find_by::<Idempotent>(USER, user.as_uuid(), 9)?;
        found.extend(tx.find_by::<Idempotent>(USER, after.as_uuid(), 9)?);
        Ok(keys(&found))
    });
    assert_eq!(found.await.unwrap(), ["c", "d", "e"]);

    let db = store.database().await.unwrap();
    let values = vec![bson_of(&Value::Id(user.as_uuid())); 2];
    let filter = Idempotent::has(USER, values);
    let find = doc! { "find": Idempotent::COLLECTION, "filter": filter };
    let plan = db.run_command(doc! { "explain": find, "verbosity": "executionStats" });
    let plan = plan.await.unwrap();
    let examined = plan.get_document("executionStats").unwrap();
    let examined = examined.get("totalDocsExamined").and_then(Bson::as_i32);
    assert!(
        examined.is_some_and(|examined| examined <= 4),
        "it does not read the documents of others: {plan}"
    );
    assert!(!plan.to_string().contains("COLLSCAN"), "{plan}");
}
