//! What several replicas on one database come to, and how the server finds what it is asked for.

use futures_util::future::join_all;
use kernel::{MessageId, Timestamp};
use store::idempotency::Answered;
use store_mongo::bson::{Document, doc};

use super::{accounts, payouts, statement};
use crate::app;
use crate::domain::{Account, Direction, Kind, Movement, Place, StatementFilter};
use crate::store::DuePayout;
use crate::store::harness::{NOW, World, debit, movement, release, usd};

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_never_overdraw_a_wallet() {
    let world = World::mongo().await;
    let user = world.user();
    // More than either replica debits alone.
    world.credit(user, usd(400)).await;
    let other = world.replica(NOW);
    let debits = (0..600).map(|n| {
        let app = if n % 2 == 0 { &world.app } else { &other };
        let debit = Movement {
            direction: Direction::Debit,
            ..movement(user, usd(1))
        };
        app::transfer(app, debit, None)
    });
    let done = join_all(debits).await;
    let made = done
        .iter()
        .filter(|one| matches!(one, Ok(Answered::First(Ok(_)))));
    assert_eq!(made.count(), 400);
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(world.balance(user).await, (0, 0));
    world.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_two_replicas_get_at_once_is_settled_once() {
    let world = World::mongo().await;
    let (buyer, other) = (world.user(), world.replica(NOW));
    world.credit(buyer, usd(100)).await;
    for _ in 0..20 {
        let command = world.command(world.order(), debit(buyer, usd(5)));
        let resent = crate::domain::OrderCommand {
            message: MessageId::new(&world.ids),
            ..command.clone()
        };
        let (one, two) = tokio::join!(
            app::settle(&world.app, vec![command]),
            app::settle(&other, vec![resent])
        );
        assert_eq!((one, two), (Ok(vec![Ok(())]), Ok(vec![Ok(())])));
    }
    assert_eq!(world.balance(buyer).await, (0, 0));
    world.assert_clean().await;
}

/// The plan that the server chose for a find.
async fn plan(world: &World, collection: &str, filter: Document, sort: Document) -> String {
    let find = doc! { "find": collection, "filter": filter, "sort": sort, "limit": 21 };
    let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
    let explained = world.database().run_command(explain).await.unwrap();
    let planner = explained.get_document("queryPlanner").unwrap();
    planner.get_document("winningPlan").unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_walks_an_index_in_its_order() {
    let world = World::mongo().await;
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(50))).await;
    world.settle_one(order, release(&[(seller, usd(50))])).await;
    let all = StatementFilter::default();
    let [earlier, later] = [-1, 1].map(|by| Timestamp::from_millis(NOW.as_millis() + by));
    let bounded = StatementFilter {
        from: Some(earlier),
        to: Some(later),
        before: Some(Place {
            at: NOW,
            sequence: 2,
        }),
        ..all
    };
    let kind = Some(Kind::Credit);
    let after = DuePayout {
        available_at: NOW,
        order,
        seller,
    };
    let mut queries = vec![
        ("accounts", accounts::filter(buyer), doc! {}),
        (
            "payouts",
            payouts::due_filter(NOW, None),
            payouts::due_sort(),
        ),
        (
            "payouts",
            payouts::due_filter(later, Some(after)),
            payouts::due_sort(),
        ),
    ];
    for filter in [
        all,
        bounded,
        StatementFilter { kind, ..all },
        StatementFilter { kind, ..bounded },
    ] {
        queries.push((
            "journal",
            statement::page_filter(buyer, &filter),
            statement::page_sort(),
        ));
    }
    for (collection, filter, sort) in queries {
        let plan = plan(&world, collection, filter.clone(), sort).await;
        assert!(
            plan.contains("IXSCAN") || plan.contains("IDHACK"),
            "{collection} {filter}: {plan}"
        );
        assert!(!plan.contains("COLLSCAN"), "{collection} {filter}: {plan}");
        assert!(!plan.contains("\"SORT\""), "{collection} {filter}: {plan}");
    }
}

/// The finds and the writes that `work` costs, as the server's profiler counts them. It counts each statement of an update.
async fn commands(world: &World, work: impl Future<Output = ()>) -> (u64, u64) {
    let profile = async |level: i32| {
        let command = doc! { "profile": level };
        world.database().run_command(command).await.unwrap();
    };
    profile(2).await;
    work.await;
    profile(0).await;
    let profiled = world.database().collection::<Document>("system.profile");
    let count = async |filter| profiled.count_documents(filter).await.unwrap();
    let finds = doc! { "op": "query", "command.find": { "$exists": true } };
    let writes = doc! { "op": { "$in": ["insert", "update", "remove"] } };
    let counted = (count(finds).await, count(writes).await);
    profiled.drop().await.unwrap();
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_takes_few_commands() {
    let world = World::mongo().await;
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let credit = commands(&world, async {
        let credit = movement(buyer, usd(100));
        world.keyed("k", Direction::Credit, credit, NOW).await;
    });
    // Reads accounts, journal and stored answer; writes the same.
    assert_eq!(credit.await, (3, 3));
    let debit = commands(&world, async {
        let command = world.command(order, debit(buyer, usd(50)));
        app::settle(&world.app, vec![command]).await.unwrap();
    });
    // Reads accounts and payment; writes the same, the journal and the outbox.
    assert_eq!(debit.await, (2, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_itself_refuses_a_negative_balance() {
    let world = World::mongo().await;
    let user = world.user();
    world.credit(user, usd(1)).await;
    let accounts = world
        .database()
        .collection::<Document>(<Account as store_mongo::MongoRecord>::COLLECTION);
    let update = doc! { "$set": { "balances.$[].balance": -1_i64 } };
    let refused = accounts.update_many(doc! {}, update).await;
    assert!(refused.unwrap_err().to_string().contains("validation"));
}
