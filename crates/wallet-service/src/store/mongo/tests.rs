//! What several replicas on one database come to, and how the server finds what it is asked for.

use futures_util::future::join_all;
use kernel::Timestamp;
use store::idempotency::Answered;
use store_mongo::bson::{Document, doc};

use super::{earnings, statement};
use crate::app;
use crate::domain::{Account, Direction, Kind, Movement, Place, StatementFilter};
use crate::store::DueEarning;
use crate::store::harness::{NOW, TERMS, World, debit, movement, part_id, release, sale, usd};

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
        let (one, two) = tokio::join!(
            app::settle(&world.app, vec![command.clone()]),
            app::settle(&other, vec![command])
        );
        assert_eq!((one, two), (Ok(vec![Ok(())]), Ok(vec![Ok(())])));
    }
    assert_eq!(world.balance(buyer).await, (0, 0));
    world.assert_clean().await;
}

/// On their own snapshots, a top-up finds no debt and a refund finds no money: each must see the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_never_leave_a_debt_beside_money() {
    let world = World::mongo().await;
    let (buyer, other) = (world.user(), world.replica(NOW));
    for _ in 0..40 {
        let (seller, order) = (world.user(), world.order());
        world.credit(buyer, usd(1000)).await;
        let bought = sale(buyer, &[(seller, &[usd(1000)])]);
        world.settle_one(order, bought).await;
        world.settle_one(order, release(0)).await;
        world.earnings(NOW.plus(TERMS.payout_hold)).await;
        let out = world.move_money(Direction::Debit, seller, usd(975), NOW);
        out.await.unwrap();
        let refund = world.command(order, world.refund(0, &[(0, 400)]));
        let (refunded, credited) = tokio::join!(
            app::settle(&world.app, vec![refund]),
            app::transfer(&other, movement(seller, usd(100)), None)
        );
        assert_eq!(refunded, Ok(vec![Ok(())]));
        assert!(matches!(credited, Ok(Answered::First(Ok(_)))));
        assert_eq!(world.balance(seller).await, (0, 0));
        assert_eq!(world.debt(seller).await, 290);
    }
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
    let bought = sale(buyer, &[(seller, &[usd(50)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
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
    let after = DueEarning {
        available_at: NOW,
        order,
        fulfilment: part_id(0),
        seller,
    };
    let mut queries = vec![
        (
            "earnings",
            earnings::due_filter(NOW, None),
            earnings::due_sort(),
        ),
        (
            "earnings",
            earnings::due_filter(later, Some(after)),
            earnings::due_sort(),
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
    let release = commands(&world, async {
        let command = world.command(order, release(0));
        app::settle(&world.app, vec![command]).await.unwrap();
    });
    // Reads the payment and then two accounts; writes the payment, one account, the earnings, the journal and the outbox.
    assert_eq!(release.await, (2, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_itself_refuses_a_negative_balance() {
    let world = World::mongo().await;
    let user = world.user();
    world.credit(user, usd(1)).await;
    let accounts = world
        .database()
        .collection::<Document>(<Account as store_mongo::MongoRecord>::COLLECTION);
    let set = |balance: i64| doc! { "$set": { "balances.$[].balance": balance } };
    let refused = accounts.update_many(doc! {}, set(-1)).await;
    assert!(refused.unwrap_err().to_string().contains("validation"));
    // A debt is the other way round.
    let debt = |balance: i64| {
        let balance = doc! { "currency": "USD", "balance": balance, "sequence": 1_i64 };
        let id = doc! { "owner": store_mongo::bson_of(&user), "bucket": 2 };
        doc! { "_id": id, "balances": [balance], "last_sequence": 1_i64, "last_at": 0_i64 }
    };
    let refused = accounts.insert_one(debt(1)).await;
    assert!(refused.unwrap_err().to_string().contains("validation"));
    accounts.insert_one(debt(-1)).await.unwrap();
}
