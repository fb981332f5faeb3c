//! Properties over random histories: however commands, repetitions, transfers and payouts follow each other, money
//! is conserved, the audit is clean, and an order has one fate.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kernel::{Money, OrderId, Timestamp, UserId};
use proptest::prelude::*;

use super::harness::{NOW, World, debit, eur, release, usd};
use crate::domain::{Action, Direction};

#[derive(Debug, Clone)]
enum Move {
    Credit {
        user: usize,
        amount: i64,
        euro: bool,
    },
    Debit {
        user: usize,
        amount: i64,
    },
    /// Credits as much as the wallet has room for.
    Fill {
        user: usize,
    },
    /// A batch of commands: (order, command 0..4, a resend with the first's id or a new one).
    Commands(Vec<(usize, u8, bool)>),
    Wait(u64),
    Payouts,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0usize..3, 1i64..200, any::<bool>()).prop_map(|(user, amount, euro)| Move::Credit { user, amount, euro }),
        2 => (0usize..3, 1i64..200).prop_map(|(user, amount)| Move::Debit { user, amount }),
        1 => (0usize..3).prop_map(|user| Move::Fill { user }),
        6 => proptest::collection::vec((0usize..5, 0u8..4, any::<bool>()), 1..8).prop_map(Move::Commands),
        1 => (0u64..90).prop_map(Move::Wait),
        1 => Just(Move::Payouts),
    ];
    proptest::collection::vec(one, 1..40)
}

/// Each order always has the same buyer, total and shares, as the order service sees to.
fn action(order: usize, command: u8, users: &[UserId]) -> Action {
    let (buyer, total) = (users[order % 3], 20 + i64::try_from(order).unwrap() * 37);
    match command {
        0 => debit(buyer, usd(total)),
        1 => Action::Cancel { buyer },
        2 => Action::Refund,
        _ => release(&[
            (users[(order + 1) % 3], usd(total - 7)),
            (users[(order + 2) % 3], usd(7)),
        ]),
    }
}

async fn run(world: World, history: Vec<Move>) {
    let users: Vec<UserId> = (0..3).map(|_| world.user()).collect();
    let orders: Vec<OrderId> = (0..5).map(|_| world.order()).collect();
    let (mut now, mut put_in) = (NOW, BTreeMap::from([("USD", 0_i64), ("EUR", 0)]));
    let mut fates: BTreeSet<(usize, &'static str)> = BTreeSet::new();
    for step in history {
        match step {
            Move::Credit { user, amount, euro } => {
                let (code, money) = if euro {
                    ("EUR", eur(amount))
                } else {
                    ("USD", usd(amount))
                };
                let before = if euro {
                    0
                } else {
                    world.balance(users[user]).await.0
                };
                let outcome = world
                    .move_money(Direction::Credit, users[user], money, now)
                    .await;
                assert_eq!(outcome.is_ok(), before + amount <= Money::MAX_AMOUNT);
                if outcome.is_ok() {
                    *put_in.get_mut(code).unwrap() += amount;
                }
            }
            Move::Fill { user } => {
                let room = Money::MAX_AMOUNT - world.balance(users[user]).await.0;
                if room > 0 {
                    world.credit(users[user], usd(room)).await;
                    *put_in.get_mut("USD").unwrap() += room;
                }
            }
            Move::Debit { user, amount } => {
                let before = world.balance(users[user]).await.0;
                let outcome = world
                    .move_money(Direction::Debit, users[user], usd(amount), now)
                    .await;
                assert_eq!(outcome.is_ok(), before >= amount);
                if outcome.is_ok() {
                    *put_in.get_mut("USD").unwrap() -= amount;
                }
            }
            Move::Commands(batch) => {
                let commands = batch.iter().map(|(order, command, resend)| {
                    let mut made = world.command(orders[*order], action(*order, *command, &users));
                    if !resend {
                        made.message = kernel::MessageId::new(&world.ids);
                    }
                    made
                });
                for said in world.settle(commands.collect(), now).await {
                    let order = orders
                        .iter()
                        .position(|order| *order == said.order)
                        .unwrap();
                    let name = said.name.rsplit('.').next().unwrap();
                    for final_word in ["OrderRefunded", "EscrowReleased", "OrderDebitDeclined"] {
                        if name == final_word {
                            fates.insert((order, final_word));
                        }
                    }
                }
            }
            Move::Wait(seconds) => now = now.plus(Duration::from_secs(seconds)),
            Move::Payouts => drop(world.payouts(now).await),
        }
    }
    world.assert_clean().await;
    for user in &users {
        let (available, pending) = world.balance(*user).await;
        assert!(available.max(pending) <= Money::MAX_AMOUNT);
    }
    for order in 0..orders.len() {
        let words = fates.iter().filter(|(of, _)| *of == order).count();
        assert!(
            words <= 1,
            "order {order} had more than one fate: {fates:?}"
        );
    }
    assert_conserved(&world, &put_in).await;
    // Whatever is pending or in escrow comes out again and nothing is left over.
    for (order, id) in orders.iter().enumerate() {
        let buyer = users[order % 3];
        world
            .settle(vec![world.command(*id, Action::Cancel { buyer })], now)
            .await;
    }
    world.payouts(Timestamp::from_millis(i64::MAX / 2)).await;
    world.assert_clean().await;
    assert_conserved(&world, &put_in).await;
}

/// What users, escrow and fees hold is what came in less what went out.
async fn assert_conserved(world: &World, put_in: &BTreeMap<&str, i64>) {
    for (currency, expected) in put_in {
        assert_eq!(
            world.past_the_store().held(currency).await,
            *expected,
            "{currency}"
        );
    }
}

fn on_a_runtime(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 5))]
        #[test]
        fn any_history_conserves_money_and_gives_each_order_one_fate(history in moves()) {
            on_a_runtime(async { run(World::sqlite(), history).await });
        }
    }
}

#[cfg(feature = "mongo")]
mod mongo {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 20))]
        #[test]
        fn any_history_conserves_money_and_gives_each_order_one_fate(history in moves()) {
            on_a_runtime(async { run(World::mongo().await, history).await });
        }
    }
}
