//! How fast the store is on its own, without HTTP. Measurements, not tests: they assert what was done, print how long it took,
//! and run only when asked for: `cargo test --release -p wallet-service --lib speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kernel::{Limit, UserId};

use super::harness::{NOW, World, debit, usd};
use crate::domain::{Direction, Place, StatementFilter};

fn rate(what: &str, count: u32, took: Duration) {
    println!(
        "{what}: {count} in {took:.2?}, {:.0}/s",
        f64::from(count) / took.as_secs_f64()
    );
}

async fn users(world: &World, count: usize, money: i64) -> Vec<UserId> {
    let users: Vec<UserId> = (0..count).map(|_| world.user()).collect();
    join_all(users.iter().map(|user| world.credit(*user, usd(money)))).await;
    users
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn credits_of_64_clients() {
    let world = World::sqlite();
    let users = users(&world, 1000, 1).await;
    let started = Instant::now();
    let client = async |client: usize| {
        for turn in 0..1000 {
            let user = users[(client * 7 + turn * 13) % users.len()];
            world
                .move_money(Direction::Credit, user, usd(1), NOW)
                .await
                .unwrap();
        }
    };
    join_all((0..64).map(client)).await;
    rate("credits", 64_000, started.elapsed());
    world.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn orders_in_batches_of_64() {
    let world = World::sqlite();
    let users = users(&world, 1000, 1_000_000).await;
    let started = Instant::now();
    for turn in 0..500 {
        let commands = (0..64)
            .map(|i| world.command(world.order(), debit(users[(turn * 64 + i) % 1000], usd(1))))
            .collect();
        world.store.settle_orders(commands, NOW).await.unwrap();
    }
    rate("order debits", 32_000, started.elapsed());
    world.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_statement_and_an_audit_of_a_million_postings() {
    let world = World::sqlite();
    let users = users(&world, 100, 1).await;
    for turn in 0..5000 {
        let now = NOW.plus(Duration::from_secs(turn));
        join_all(
            users
                .iter()
                .map(|user| world.move_money(Direction::Credit, *user, usd(1), now)),
        )
        .await;
    }
    let started = Instant::now();
    let report = world.audit().await;
    assert!(report.is_clean());
    println!(
        "audit of {} postings: {:.2?}",
        report.postings,
        started.elapsed()
    );
    for sequence in [5000, 40] {
        let at = NOW.plus(Duration::from_secs(sequence));
        let before = Some(Place {
            at,
            sequence: i64::MAX,
        });
        let filter = StatementFilter {
            owner: users[0],
            kind: None,
            from: None,
            to: None,
            before,
        };
        let started = Instant::now();
        for _ in 0..1000 {
            assert_eq!(
                world
                    .store
                    .statement(filter, Limit::default())
                    .await
                    .unwrap()
                    .len(),
                21
            );
        }
        println!("a page before {sequence}: {:.2?}", started.elapsed() / 1000);
    }
}
