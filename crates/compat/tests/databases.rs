//! MongoDB documents of another release, under this release's validators, and this release's documents under its validators: both
//! run on one database during an upgrade.

#![expect(
    clippy::unwrap_used,
    reason = "a recording that cannot be loaded fails the test"
)]

use chassis::bus::amqp::RecordedMessage;
use chassis::mongo::bson::doc;
use compat::documents::{Databases, RecordedCollection, dump, from_json};
use compat::facts::Facts;
use compat::fixture::Fixture;
use compat::scenario::{BEGIN, Scenario};
use compat::shape::{Shape, with_unknown_fields};
use compat::upgrade::{goes_on, handles};
use compat::world::{Place, SERVICES, World};
use kernel::Timestamp;

fn collections(fixture: &Fixture, service: &str) -> Vec<RecordedCollection> {
    from_json(&fixture.text(&format!("mongo/{service}.json")))
}

/// Databases as `fixture`'s release left them, each document changed by `change`.
async fn loaded(fixture: &Fixture, change: fn(&mut RecordedCollection)) -> (Databases, Facts) {
    let databases = Databases::new();
    for service in SERVICES {
        let database = databases.open(service).await;
        for mut collection in collections(fixture, service) {
            change(&mut collection);
            collection.create(&database).await;
            collection.insert(&database).await.unwrap();
        }
    }
    (databases, fixture.json("mongo/facts.json"))
}

fn as_it_is(_: &mut RecordedCollection) {}

/// As the release after this one might have left it.
fn with_more_fields(collection: &mut RecordedCollection) {
    for document in &mut collection.documents {
        *document = with_unknown_fields(document);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_of_another_release_go_on_as_if_nothing_had_happened() {
    for fixture in Fixture::all() {
        let (databases, facts) = loaded(&fixture, as_it_is).await;
        goes_on(Place::Databases(&databases), &facts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_may_have_fields_that_are_not_known_here() {
    for fixture in Fixture::all() {
        let (databases, facts) = loaded(&fixture, with_more_fields).await;
        goes_on(Place::Databases(&databases), &facts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_another_release_are_handled_on_its_documents_once_however_often_they_come() {
    for fixture in Fixture::all() {
        let (databases, facts) = loaded(&fixture, as_it_is).await;
        let messages: Vec<RecordedMessage> = fixture.json("mongo/messages.json");
        handles(Place::Databases(&databases), &facts, &messages).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_validators_of_this_release_accept_what_another_wrote() {
    for fixture in Fixture::all() {
        let databases = Databases::new();
        let world = World::start(Place::Databases(&databases), Timestamp::from_millis(0));
        // Asked once, it has made its collections.
        let ready = world.host.get("/readyz", "").await;
        assert_eq!(ready.status, 200, "{ready:?}");
        world.stop().await;
        for service in SERVICES {
            let database = databases.open(service).await;
            let names = database.list_collection_names().await.unwrap();
            for collection in collections(&fixture, service) {
                assert!(names.contains(&collection.name), "{}", collection.name);
                collection.insert(&database).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_this_release_writes_is_accepted_and_understood_by_another() {
    let written = Databases::new();
    let world = World::start(Place::Databases(&written), BEGIN);
    Scenario::play(&world).await;
    let mut now = Vec::new();
    for service in SERVICES {
        now.push((service, dump(&written.open(service).await).await));
    }
    world.stop().await;
    for fixture in Fixture::all() {
        let old = Databases::new();
        for (service, now) in &now {
            let database = old.open(service).await;
            for before in collections(&fixture, service) {
                let now = now.iter().find(|now| now.name == before.name).unwrap();
                before.create(&database).await;
                now.insert(&database).await.unwrap();
                let (before, now) = (Shape::of(&before.documents), Shape::of(&now.documents));
                let broken = before.broken_by(&now);
                assert!(broken.is_empty(), "{service}: {broken:#?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_validator_lets_no_order_in_that_lacks_a_field() {
    for fixture in Fixture::all() {
        let databases = Databases::new();
        let database = databases.open("orders").await;
        let all = collections(&fixture, "orders");
        let mut orders = all.into_iter().find(|one| one.name == "orders").unwrap();
        orders.create(&database).await;
        orders.documents.truncate(1);
        let total = orders.documents[0].remove("total").unwrap();
        let refused = orders.insert(&database).await.unwrap_err();
        assert!(
            refused.to_string().contains("failed validation"),
            "{refused}"
        );
        orders.documents[0].extend(doc! { "total": total });
        orders.insert(&database).await.unwrap();
    }
}

#[test]
fn every_collection_that_a_service_uses_has_documents_in_a_recording() {
    let unused = [
        // People send no messages, take no keys and give nothing up; products take no keys; an order remembers its own messages.
        "users.outbox",
        "users.inbox",
        "users.idempotency",
        "users.dead_letters",
        "products.idempotency",
        "orders.inbox",
    ];
    for fixture in Fixture::all() {
        for service in SERVICES {
            for collection in collections(&fixture, service) {
                let name = format!("{service}.{}", collection.name);
                let empty = collection.documents.is_empty();
                assert_eq!(empty, unused.contains(&name.as_str()), "{name}");
            }
        }
    }
}
