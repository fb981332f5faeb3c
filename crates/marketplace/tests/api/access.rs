//! Access control: the API behaves as the document says.

use std::collections::BTreeSet;

use host::testing::Answer;
use marketplace::Services;

use crate::operation::{Operation, operations, operations_of};
use crate::world::World;

/// The settings of a marketplace whose catalogue is for users.
fn for_users() -> Services {
    let mut services = Services::default();
    services.catalogue.public = false;
    services
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_that_the_document_keeps_for_users() {
    let world = World::start();
    let mut closed = 0;
    let closed_ones = |one: &&Operation| one.takes_a_token() && !one.is_open();
    for operation in operations().iter().filter(closed_ones) {
        closed += 1;
        let (name, path) = (operation.name(), operation.sample_path());
        for (token, header) in [
            ("", None),
            ("not.a.token", None),
            ("", Some("Basic YTpi")),
            ("", Some("Bearer")),
        ] {
            let mut request = world.request(&operation.method, &path, token);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let refused = Answer::of(request).await;
            assert_eq!(
                refused.status, 401,
                "{name} with {token:?} {header:?}: {refused:?}"
            );
            refused.assert_problem(401, "unauthenticated");
            assert!(
                refused.header("www-authenticate").starts_with("Bearer"),
                "{name}"
            );
        }
    }
    assert!(closed >= 15, "only {closed} operations need a token");
}

#[tokio::test]
async fn what_the_document_opens_to_everyone_asks_nobody_for_a_token() {
    let services = Services::default();
    let world = World::start();
    let mut open = 0;
    for operation in operations_of(&services).iter().filter(|one| one.is_open()) {
        open += 1;
        let request = world.request(&operation.method, &operation.sample_path(), "");
        let answer = request.send().await.unwrap();
        assert_ne!(answer.status(), 401, "{}", operation.name());
        assert_ne!(answer.status(), 405, "{}", operation.name());
        assert!(
            answer.headers().contains_key("x-request-id"),
            "{}",
            operation.name()
        );
    }
    assert!(open >= 8, "only {open} operations are open");
}

#[tokio::test]
async fn a_closed_catalogue_and_an_open_one_differ_in_the_two_reads_of_products() {
    let open = |services: &Services| -> BTreeSet<String> {
        let operations = operations_of(services);
        let open = operations.iter().filter(|one| one.is_open());
        open.map(Operation::name).collect()
    };
    let (closed, opened) = (open(&for_users()), open(&Services::default()));
    let differ: Vec<&String> = opened.difference(&closed).collect();
    assert_eq!(differ, ["GET /api/products", "GET /api/products/{id}"]);
    assert!(closed.is_subset(&opened));

    let world = World::with(for_users());
    world
        .get("/api/products", "")
        .await
        .assert_problem(401, "unauthenticated");
    let person = world.join("Ada").await;
    assert_eq!(world.get("/api/products", &person.token).await.status, 200);
}
