//! How many commands the path of an order costs: one find a collection and one write of each, however many orders a batch has.

use store_mongo::Mongo;
use store_mongo::bson::{Document, doc};

use super::open;
use crate::store::contract::{LATER, confirmation, draft, order, release, return_of};

/// The finds and the writes that `work` costs, as the server's profiler counts them. It counts each statement of a write.
async fn commands(store: &Mongo, work: impl Future<Output = ()>) -> (u64, u64) {
    let database = store.database().await.unwrap();
    let profile = async |level: i32| {
        let command = doc! { "profile": level };
        database.run_command(command).await.unwrap();
    };
    profile(2).await;
    work.await;
    profile(0).await;
    let profiled = database.collection::<Document>("system.profile");
    let count = async |filter| profiled.count_documents(filter).await.unwrap();
    let finds = doc! { "op": "query", "command.find": { "$exists": true } };
    let writes = doc! { "op": { "$in": ["insert", "update", "remove"] } };
    let counted = (count(finds).await, count(writes).await);
    profiled.drop().await.unwrap();
    counted
}

#[tokio::test]
async fn a_batch_of_orders_costs_one_find_and_one_write_a_collection() {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 9)).await;
    let orders = [order(), order(), order()];
    // The first order of a seller also reads their name, which is then remembered.
    subject.reserve(order(), &[(product.id, 1)]).await.unwrap();
    let reserve = commands(&store, async {
        subject
            .reserve(orders[0], &[(product.id, 1)])
            .await
            .unwrap();
    });
    // Reads products and reservations; writes the same.
    assert_eq!(reserve.await, (2, 2));
    for id in &orders[1..] {
        subject.reserve(*id, &[(product.id, 1)]).await.unwrap();
    }
    let confirm = commands(&store, async {
        let both = orders[..2].iter().copied().map(confirmation);
        subject.settle(both.collect(), LATER).await;
    });
    // Reads reservations and inbox; writes two reservations, and two replies with one insert.
    assert_eq!(confirm.await, (2, 3));
    let release = commands(&store, async {
        subject.settle(vec![release(orders[2])], LATER).await;
    });
    // Reads reservations and inbox, then products; writes a reservation and a product.
    assert_eq!(release.await, (3, 2));
    let returned = commands(&store, async {
        let back = orders[..2]
            .iter()
            .map(|id| return_of(*id, id.as_uuid(), &[(product.id, 1, 0)]));
        subject.settle(back.collect(), LATER).await;
    });
    // Reads returns, reservations and inbox, then products; writes two reservations, a product, and with one insert each two returns and
    // two replies.
    assert_eq!(returned.await, (4, 5));
}
