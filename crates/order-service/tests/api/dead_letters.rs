//! Messages that were given up, as operators see them over HTTP.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::world::{Script, World};

const PATH: &str = "/api/orders/dead-letters";

/// Puts dead letters into the service's file. The higher an id, the later it died.
#[expect(
    clippy::disallowed_methods,
    reason = "what a relay does after six failures, beside the service"
)]
fn bury(world: &World, ids: &[u8]) {
    let file = Connection::open(world.file()).unwrap();
    for id in ids {
        let died_at = 1_700_000_900_000_i64 + i64::from(*id);
        let values = ([*id; 16], [7_u8; 16], died_at);
        let sql = "INSERT INTO dead_letters (id, name, kind, subject, time, traceparent, body, attempts, reason, died_at)
            VALUES (?1, 'marketplace.test.v1.Nothing', 0, ?2, 1700000000000, NULL, x'0A', 6, 'the till was closed', ?3)";
        file.execute(sql, values).unwrap();
    }
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|letter| letter["id"].as_str().unwrap()).collect()
}

fn id(byte: u8) -> String {
    uuid::Uuid::from_bytes([byte; 16]).to_string()
}

#[tokio::test]
async fn an_operator_lists_dead_letters_in_pages_and_sends_them_again() {
    let world = World::start(Script::Pays);
    let admin = world.admin();
    let none = world.host.get(PATH, &admin).await;
    assert_eq!(none.status, 200, "{none:?}");
    assert_eq!(none.body, json!({"items": [], "nextCursor": null}));
    bury(&world, &[3, 1, 2]);
    let first = world
        .host
        .get(&format!("{PATH}?limit=2"), &admin)
        .await
        .body;
    assert_eq!(ids(&first), [id(1), id(2)]);
    let letter = json!({
        "id": id(1), "name": "marketplace.test.v1.Nothing", "subject": id(7), "sentAt": "2023-11-14T22:13:20.000Z",
        "attempts": 6, "reason": "the till was closed", "diedAt": "2023-11-14T22:28:20.001Z",
    });
    assert_eq!(first["items"][0], letter);
    let cursor = first["nextCursor"].as_str().unwrap();
    let path = format!("{PATH}?limit=2&cursor={cursor}");
    let last = world.host.get(&path, &admin).await.body;
    assert_eq!(
        (ids(&last), &last["nextCursor"]),
        (vec![&*id(3)], &Value::Null)
    );

    let one = format!("{PATH}/{}/replay", id(2));
    let sent = world.host.post(&one, &admin, &Value::Null).await;
    assert_eq!((sent.status, &sent.body), (200, &json!({"replayed": 1})));
    let again = world.host.post(&one, &admin, &Value::Null).await;
    again.assert_problem(404, "not_found");
    let all = format!("{PATH}/replay");
    let sent = world.host.post(&all, &admin, &Value::Null).await;
    assert_eq!((sent.status, &sent.body), (200, &json!({"replayed": 2})));
    let sent = world.host.post(&all, &admin, &Value::Null).await;
    assert_eq!(sent.body, json!({"replayed": 0}));
    let none = world.host.get(PATH, &admin).await.body;
    assert_eq!(ids(&none), [""; 0]);
}

#[tokio::test]
async fn nobody_else_sees_or_sends_them() {
    let world = World::start(Script::Pays);
    bury(&world, &[1]);
    let (_, user) = world.user();
    let (one, all) = (format!("{PATH}/{}/replay", id(1)), format!("{PATH}/replay"));
    for (token, status, code) in [("", 401, "unauthenticated"), (&*user, 403, "forbidden")] {
        let refused = world.host.get(PATH, token).await;
        refused.assert_problem(status, code);
        for path in [&one, &all] {
            let refused = world.host.post(path, token, &Value::Null).await;
            refused.assert_problem(status, code);
        }
    }
    let page = world.host.get(PATH, &world.admin()).await.body;
    assert_eq!(ids(&page), [id(1)]);
    let strange = format!("{PATH}/nothing/replay");
    let unknown = world
        .host
        .post(&strange, &world.admin(), &Value::Null)
        .await;
    unknown.assert_problem(404, "not_found");
    let wrong = world
        .host
        .get(&format!("{PATH}?limit=0"), &world.admin())
        .await;
    wrong.assert_faults(&[("?limit", "out_of_range")]);
}
