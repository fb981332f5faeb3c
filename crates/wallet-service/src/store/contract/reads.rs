//! Statements, accounts, and what is forgotten.

use std::time::Duration;

use contracts::wallet::OrderDebited;
use kernel::{Limit, Timestamp};

use super::World;
use crate::domain::{Direction, Kind, Place, StatementFilter};
use crate::store::harness::{NOW, debit, movement, only, usd};

contract! {
    a_statement_pages_through_everything_once_newest_first
    a_statement_filters_by_kind_and_time
    nobody_sees_anothers_money
    old_messages_and_answers_are_forgotten_and_money_is_not
}

async fn a_statement_pages_through_everything_once_newest_first(world: World) {
    let user = world.user();
    // Many at the same millisecond, so that pages break within one.
    for i in 0..25_i64 {
        world
            .move_money(
                Direction::Credit,
                user,
                usd(1),
                Timestamp::from_millis(NOW.as_millis() + i / 10),
            )
            .await
            .unwrap();
    }
    for size in [1, 7, 10, 24, 25, 100] {
        let limit = Limit::new(size).unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let filter = StatementFilter {
                before,
                ..StatementFilter::default()
            };
            let page = world.app.ledger.statement(user, filter, limit);
            let rows = page.await.unwrap();
            let more = rows.len() > limit.get();
            seen.extend(rows.iter().take(limit.get()).map(|entry| entry.sequence));
            before = rows.get(limit.get() - 1).map(|entry| Place {
                at: entry.at,
                sequence: entry.sequence,
            });
            if !more {
                break;
            }
        }
        assert_eq!(
            seen,
            (1..=25).rev().collect::<Vec<i64>>(),
            "pages of {size}"
        );
    }
}

async fn a_statement_filters_by_kind_and_time(world: World) {
    let user = world.user();
    let at = |offset: i64| Timestamp::from_millis(NOW.as_millis() + offset);
    for offset in 0..6 {
        let direction = if offset % 2 == 0 {
            Direction::Credit
        } else {
            Direction::Debit
        };
        world
            .move_money(direction, user, usd(1), at(offset))
            .await
            .unwrap();
    }
    let sequences = async |kind, from, to| -> Vec<i64> {
        let filter = StatementFilter {
            kind,
            from,
            to,
            before: None,
        };
        let rows = world
            .app
            .ledger
            .statement(user, filter, Limit::default())
            .await
            .unwrap();
        rows.iter().map(|entry| entry.sequence).collect()
    };
    assert_eq!(sequences(Some(Kind::Credit), None, None).await, [5, 3, 1]);
    assert_eq!(sequences(Some(Kind::Earning), None, None).await, [0; 0]);
    // From is in, to is out.
    assert_eq!(sequences(None, Some(at(1)), Some(at(4))).await, [4, 3, 2]);
    assert_eq!(
        sequences(Some(Kind::Debit), Some(at(1)), Some(at(4))).await,
        [4, 2]
    );
    assert_eq!(sequences(None, Some(at(6)), None).await, [0; 0]);
}

async fn nobody_sees_anothers_money(world: World) {
    let (one, other) = (world.user(), world.user());
    world.credit(one, usd(5)).await;
    assert_eq!(world.statement(other).await, []);
    assert_eq!(world.app.ledger.accounts(other).await.unwrap(), []);
}

async fn old_messages_and_answers_are_forgotten_and_money_is_not(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world
        .keyed("k", Direction::Credit, movement(buyer, usd(1)), NOW)
        .await;
    let command = world.command(order, debit(buyer, usd(60)));
    let first = world.settle(vec![command.clone()], NOW).await;
    assert_eq!(world.forget(NOW).await, 0);
    let later = NOW.plus(Duration::from_hours(24 * 8));
    // The key. The payment tells of the debit, so the inbox does not note it.
    assert_eq!(world.forget(later).await, 1);
    // The payment's own row still knows.
    let again = world.settle(vec![command], later).await;
    assert_eq!(only::<OrderDebited>(&again), only::<OrderDebited>(&first));
    assert_eq!(world.balance(buyer).await, (41, 0));
    world.assert_clean().await;
}
