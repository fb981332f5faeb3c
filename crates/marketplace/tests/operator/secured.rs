//! `move`, to a MongoDB that asks for an account and back.

use std::path::Path;

use crate::mongod::Mongod;
use crate::prepare_mongo::{ADMIN, SERVICES};
use crate::run::{Run, run};
use crate::serving::Serving;

/// What stays after a move and is asked for on the other side.
const EMAIL: &str = "ada@example.com";

/// A data directory in which somebody has registered.
async fn with_a_user() -> tempfile::TempDir {
    let serving = Serving::on(tempfile::tempdir().unwrap(), "true", |_| ());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let user =
        serde_json::json!({"name": "Ada", "email": EMAIL, "password": "correct horse battery"});
    let url = format!("{}/api/users/register", serving.url);
    let registered = client.post(url).json(&user).send().await.unwrap();
    assert_eq!(registered.status(), 201);
    serving.kill()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_shop_moves_to_a_secured_mongodb_and_back_by_the_administrators_account() {
    let mongod = Mongod::start();
    let prepared = mongod.prepare(ADMIN.1, &mongod.uri_of(SERVICES));
    assert_eq!(prepared.code, Some(0), "{prepared:?}");
    let data = with_a_user().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let key = elsewhere.path().join("signing-key.pem");
    let as_account = |arguments: &[&str], account: (&str, &str)| -> Run {
        let uri = mongod.file("uri", &mongod.uri_of(account));
        let environment = [
            ("MARKETPLACE__MONGO__URI_FILE", text(&uri)),
            ("MARKETPLACE__MONGO__DATABASE_PREFIX", "shop"),
            ("MARKETPLACE__AUTH__SIGNING_KEY_FILE", text(&key)),
        ];
        run(arguments, &environment)
    };

    let there = ["move", "--from", text(data.path()), "--to-mongo"];
    let refused = as_account(&there, SERVICES);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("clusterMonitor"), "{refused:?}");
    let moved = as_account(&there, ADMIN);
    assert_eq!(moved.code, Some(0), "{moved:?}");
    // The services' account finds the shop, and may do with it what the services do.
    let audit = as_account(&["audit", "--distributed"], SERVICES);
    assert_eq!(audit.code, Some(0), "{audit:?}");
    let same_key = |of: &Path| std::fs::read(of).unwrap() == std::fs::read(&key).unwrap();
    assert!(same_key(&data.path().join("signing-key.pem")));

    let back = elsewhere.path().join("back");
    let returned = as_account(&["move", "--to-sqlite", text(&back)], ADMIN);
    assert_eq!(returned.code, Some(0), "{returned:?}");
    assert!(same_key(&back.join("signing-key.pem")));
    let granted = run(&["grant", EMAIL, "admin", "--data-dir", text(&back)], &[]);
    assert_eq!(granted.code, Some(0), "{granted:?}");
}
