//! Properties of one order: whatever its lines and the commission, and in whatever portions they are refunded, before and after each part's
//! release, the whole commission is reversed and nothing of the order is left anywhere.

use std::collections::BTreeMap;

use contracts::wallet::{OrderDebited, PartRefunded};
use kernel::{Money, OrderId, UserId};
use proptest::prelude::*;

use super::on_a_runtime;
use crate::domain::Direction;
use crate::store::harness::{NOW, TERMS, World, only, release, sale, usd};

/// What happens between the debit and the last refund.
#[derive(Debug, Clone)]
enum Event {
    /// Of each line of a part, this many thousandths of what is left.
    Refund(usize, Vec<i64>),
    Release(usize),
    /// The holds end.
    Mature,
    /// The seller of a part takes out this many thousandths of what they have.
    Spend(usize, i64),
    /// The seller of a part tops up.
    TopUp(usize, i64),
}

#[derive(Debug, Clone)]
struct Life {
    /// The amounts of each part's lines.
    parts: Vec<Vec<i64>>,
    basis_points: u16,
    events: Vec<Event>,
}

fn lives() -> impl Strategy<Value = Life> {
    let amount = prop_oneof![1i64..20, 1i64..100_000];
    let parts = proptest::collection::vec(proptest::collection::vec(amount, 1..4), 1..4);
    let rate = prop_oneof![Just(0u16), Just(10_000), 0u16..=10_000];
    (parts, rate).prop_flat_map(|(parts, basis_points)| {
        let part = 0..parts.len();
        let shares = proptest::collection::vec(0i64..=1000, 3);
        let event = prop_oneof![
            6 => (part.clone(), shares).prop_map(|(part, shares)| Event::Refund(part, shares)),
            3 => part.clone().prop_map(Event::Release),
            1 => Just(Event::Mature),
            1 => (part.clone(), 0i64..=1000).prop_map(|(part, share)| Event::Spend(part, share)),
            1 => (part, 1i64..500).prop_map(|(part, amount)| Event::TopUp(part, amount)),
        ];
        let events = proptest::collection::vec(event, 0..25);
        events.prop_map(move |events| Life {
            parts: parts.clone(),
            basis_points,
            events,
        })
    })
}

/// The order, and what is left of it.
struct Known {
    world: World,
    order: OrderId,
    sellers: Vec<UserId>,
    /// Of each line, by part and number within the order: what is left.
    left: BTreeMap<(usize, u128), i64>,
    /// What each seller put in less what they took out.
    own: Vec<i64>,
    reversed: i64,
}

impl Known {
    async fn refund(&mut self, part: usize, lines: Vec<(u128, i64)>) {
        let lines: Vec<_> = lines
            .into_iter()
            .filter(|(_, amount)| *amount > 0)
            .collect();
        if lines.is_empty() {
            return;
        }
        let refund = self.world.refund(u128::try_from(part).unwrap(), &lines);
        let said: PartRefunded = only(&self.world.settle_one(self.order, refund).await);
        self.reversed += said.reversed.iter().map(|line| line.amount).sum::<i64>();
        for (line, amount) in lines {
            *self.left.get_mut(&(part, line)).unwrap() -= amount;
        }
    }

    async fn step(&mut self, event: &Event) {
        match event {
            Event::Refund(part, shares) => {
                let of_part = self.left.range((*part, 0)..(*part + 1, 0));
                let lines = of_part.zip(shares).map(|(((_, line), left), share)| {
                    let amount = i128::from(*left) * i128::from(*share) / 1000;
                    (*line, i64::try_from(amount).unwrap())
                });
                let lines = lines.collect();
                self.refund(*part, lines).await;
            }
            Event::Release(part) => {
                let part = u128::try_from(*part).unwrap();
                self.world.settle_one(self.order, release(part)).await;
            }
            Event::Mature => drop(self.world.earnings(NOW.plus(TERMS.payout_hold)).await),
            Event::Spend(part, share) => {
                let seller = self.sellers[*part];
                let amount = self.world.balance(seller).await.0 * share / 1000;
                if amount > 0 {
                    let out = Direction::Debit;
                    let moved = self.world.move_money(out, seller, usd(amount), NOW);
                    moved.await.unwrap();
                    self.own[*part] -= amount;
                }
            }
            Event::TopUp(part, amount) => {
                self.world.credit(self.sellers[*part], usd(*amount)).await;
                self.own[*part] += amount;
            }
        }
    }
}

async fn run(world: World, life: Life) {
    let world = world.with_commission(life.basis_points);
    let (buyer, order) = (world.user(), world.order());
    let sellers: Vec<UserId> = life.parts.iter().map(|_| world.user()).collect();
    let total: i64 = life.parts.iter().flatten().sum();
    world.credit(buyer, usd(total)).await;
    let lines: Vec<Vec<Money>> = life
        .parts
        .iter()
        .map(|lines| lines.iter().copied().map(usd).collect())
        .collect();
    let parts: Vec<(UserId, &[Money])> = sellers
        .iter()
        .zip(&lines)
        .map(|(seller, lines)| (*seller, &lines[..]))
        .collect();
    let debited: OrderDebited = only(&world.settle_one(order, sale(buyer, &parts)).await);
    let commission: i64 = debited.commissions.iter().map(|line| line.amount).sum();
    let mut numbers = 0..;
    let left = life.parts.iter().enumerate().flat_map(|(part, lines)| {
        let lines: Vec<_> = lines
            .iter()
            .map(|amount| ((part, numbers.next().unwrap()), *amount))
            .collect();
        lines
    });
    let mut known = Known {
        left: left.collect(),
        own: vec![0; sellers.len()],
        reversed: 0,
        world,
        order,
        sellers,
    };
    for event in &life.events {
        known.step(event).await;
    }
    known.world.assert_clean().await;
    for ((part, line), left) in known.left.clone() {
        known.refund(part, vec![(line, left)]).await;
    }
    known.step(&Event::Mature).await;
    known.world.assert_clean().await;
    assert_eq!(known.reversed, commission);
    assert_eq!(known.world.balance(buyer).await, (total, 0));
    for (seller, own) in known.sellers.iter().zip(&known.own) {
        let (available, pending) = known.world.balance(*seller).await;
        let debt = known.world.debt(*seller).await;
        assert_eq!((available - debt, pending), (*own, 0));
    }
    let all = total + known.own.iter().sum::<i64>();
    let held = known.world.past_the_store().held("USD").await;
    assert_eq!(held, all, "nothing is left in escrow or with the platform");
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 8))]
        #[test]
        fn refunds_in_any_partition_around_any_release_leave_nothing(life in lives()) {
            on_a_runtime(async { run(World::sqlite(), life).await });
        }
    }
}

#[cfg(feature = "mongo")]
mod mongo {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 40))]
        #[test]
        fn refunds_in_any_partition_around_any_release_leave_nothing(life in lives()) {
            on_a_runtime(async { run(World::mongo().await, life).await });
        }
    }
}
