//! A store that takes no writes: not ready, and ready again by itself.

use host::testing::Answer;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use crate::serving::Serving;

/// Limits the size of the files that the process may write. SQLite sees a write that fails, as on a full or a read-only disk. Root is
/// subject to it, too.
fn limit_files(serving: &Serving, bytes: Option<u64>) {
    let new = Rlimit {
        current: bytes,
        maximum: getrlimit(Resource::Fsize).maximum,
    };
    prlimit(Some(Pid::from_child(&serving.child)), Resource::Fsize, new).unwrap();
}

#[tokio::test]
async fn a_store_that_refuses_writes_is_not_ready_and_is_again_when_there_is_room() {
    // Without the trap, the signal that comes with the limit would end the process.
    let mut serving = Serving::start("trap '' XFSZ", |_| {});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/api/users/register", serving.url);
    let register = async |number: u32| {
        let email = format!("user{number}@example.com");
        let user = json!({"name": "Ada", "email": email, "password": "correct horse battery"});
        Answer::of(client.post(&url).json(&user)).await
    };
    assert_eq!(register(0).await.status, 201);
    limit_files(&serving, Some(4096));
    register(1).await.assert_problem(503, "unavailable");
    let said = serving.becomes_ready(false);
    assert!(said.contains("takes no writes"), "{said}");
    // Reads go on.
    let document = client.get(format!("{}/api/openapi.json", serving.url));
    assert_eq!(Answer::of(document).await.status, 200);
    limit_files(&serving, None);
    let said = serving.becomes_ready(true);
    assert!(!said.contains("down"), "{said}");
    assert_eq!(register(1).await.status, 201);
}
