//! Properties over random histories: however commands, repetitions, transfers and the ends of holds follow each other, money is conserved,
//! every unit is accounted for, and the audit is clean. `partitions` has what holds of one order.

mod partitions;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contracts::wallet::PartRefunded;
use contracts::{Envelope, refund_id};
use kernel::{Money, OrderId, RefundId, Timestamp, UserId};
use proptest::prelude::*;

use super::harness::{NOW, World, eur, refund, release, sale, usd};
use crate::domain::{Action, Direction};

const USERS: usize = 4;
const ORDERS: usize = 5;

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
    /// Takes out all that is available.
    Empty {
        user: usize,
    },
    /// Credits as much as the wallet has room for.
    Fill {
        user: usize,
    },
    /// A batch of commands.
    Commands(Vec<(usize, Step)>),
    Wait(u64),
    Earnings,
}

/// A command about an order.
#[derive(Debug, Clone)]
enum Step {
    Debit,
    Cancel,
    /// Of a part: (line within the part, amount).
    Refund(usize, Vec<(usize, i64)>),
    /// The refund that was asked for this long ago, once more.
    RefundAgain(usize),
    Release(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    let amounts = proptest::collection::btree_map(0usize..2, 0i64..40, 1..3);
    let amounts = amounts.prop_map(|amounts| amounts.into_iter().collect::<Vec<_>>());
    prop_oneof![
        5 => Just(Step::Debit),
        1 => Just(Step::Cancel),
        8 => (0usize..2, amounts).prop_map(|(part, lines)| Step::Refund(part, lines)),
        1 => (0usize..9).prop_map(Step::RefundAgain),
        4 => (0usize..2).prop_map(Step::Release),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0..USERS, 1i64..300, any::<bool>()).prop_map(|(user, amount, euro)| Move::Credit { user, amount, euro }),
        2 => (0..USERS, 1i64..200).prop_map(|(user, amount)| Move::Debit { user, amount }),
        2 => (0..USERS).prop_map(|user| Move::Empty { user }),
        1 => (0..USERS).prop_map(|user| Move::Fill { user }),
        8 => proptest::collection::vec((0..ORDERS, steps()), 1..8).prop_map(Move::Commands),
        1 => (0u64..90).prop_map(Move::Wait),
        2 => Just(Move::Earnings),
    ];
    proptest::collection::vec(one, 1..50)
}

/// What an order sells, always the same: its parts' sellers and lines.
fn parts(order: usize, users: &[UserId]) -> [(UserId, Vec<Money>); 2] {
    let amount = 20 + i64::try_from(order).unwrap() * 37;
    let seller = |by: usize| users[(order + by) % USERS];
    [
        (seller(1), vec![usd(amount), usd(13)]),
        (seller(2), vec![usd(7)]),
    ]
}

/// The lines of a part, numbered over the whole order.
const LINES: [&[u128]; 2] = [&[0, 1], &[2]];

/// A ledger and what the test knows of it.
struct History {
    world: World,
    users: Vec<UserId>,
    orders: Vec<OrderId>,
    now: Timestamp,
    /// What came in less what went out, by currency.
    put_in: BTreeMap<&'static str, i64>,
    /// All refunds that were asked for: order and lines.
    asked: Vec<(RefundId, usize, Action)>,
    /// What the buyer got back of each line, by order and line: as the replies say.
    refunded: BTreeMap<(usize, u128), i64>,
    made: BTreeSet<RefundId>,
    /// The messages about each order that say what became of the whole payment.
    fates: BTreeSet<(usize, String)>,
}

impl History {
    fn new(world: World) -> Self {
        Self {
            users: (0..USERS).map(|_| world.user()).collect(),
            orders: (0..ORDERS).map(|_| world.order()).collect(),
            world,
            now: NOW,
            put_in: BTreeMap::from([("USD", 0), ("EUR", 0)]),
            asked: Vec::new(),
            refunded: BTreeMap::new(),
            made: BTreeSet::new(),
            fates: BTreeSet::new(),
        }
    }

    fn buyer(&self, order: usize) -> UserId {
        self.users[order % USERS]
    }

    async fn credit(&mut self, user: usize, money: Money) {
        let code = if money.currency == usd(1).currency {
            "USD"
        } else {
            "EUR"
        };
        let before = if code == "USD" {
            self.world.balance(self.users[user]).await.0
        } else {
            0
        };
        let credit = self
            .world
            .move_money(Direction::Credit, self.users[user], money, self.now);
        let outcome = credit.await;
        assert_eq!(outcome.is_ok(), before + money.amount <= Money::MAX_AMOUNT);
        if outcome.is_ok() {
            *self.put_in.get_mut(code).unwrap() += money.amount;
        }
    }

    async fn debit(&mut self, user: usize, amount: i64) {
        let before = self.world.balance(self.users[user]).await.0;
        let debit =
            self.world
                .move_money(Direction::Debit, self.users[user], usd(amount), self.now);
        assert_eq!(debit.await.is_ok(), before >= amount);
        if before >= amount {
            *self.put_in.get_mut("USD").unwrap() -= amount;
        }
    }

    async fn empty(&mut self, user: usize) {
        let held = self.world.balance(self.users[user]).await.0;
        if held > 0 {
            self.debit(user, held).await;
        }
    }

    fn action(&mut self, order: usize, step: Step) -> Option<Action> {
        let buyer = self.buyer(order);
        Some(match step {
            Step::Debit => {
                let parts = parts(order, &self.users);
                let parts = parts
                    .each_ref()
                    .map(|(seller, lines)| (*seller, &lines[..]));
                sale(buyer, &parts)
            }
            Step::Cancel => Action::Cancel { buyer },
            Step::Release(part) => release(u128::try_from(part).unwrap()),
            Step::RefundAgain(ago) => {
                let mut asked = self.asked.iter().rev().filter(|(_, of, _)| *of == order);
                asked.nth(ago)?.2.clone()
            }
            Step::Refund(part, lines) => {
                let id = RefundId::new(&self.world.ids);
                let known = LINES[part];
                let lines = lines.into_iter().filter_map(|(line, amount)| {
                    let line = known.get(line)?;
                    Some((*line, amount))
                });
                let lines: Vec<(u128, i64)> = lines.collect();
                if lines.iter().all(|(_, amount)| *amount == 0) {
                    return None;
                }
                let action = refund(id, u128::try_from(part).unwrap(), &lines);
                self.asked.push((id, order, action.clone()));
                action
            }
        })
    }

    async fn command(&mut self, batch: Vec<(usize, Step)>) {
        let mut commands = Vec::new();
        for (order, step) in batch {
            if let Some(action) = self.action(order, step) {
                commands.push(self.world.command(self.orders[order], action));
            }
        }
        for said in self.world.settle(commands, self.now).await {
            self.hear(&said);
        }
    }

    fn hear(&mut self, said: &Envelope) {
        let mut orders = self.orders.iter();
        let order = orders.position(|order| order.as_uuid() == said.subject);
        let order = order.unwrap();
        let name = said.name.rsplit('.').next().unwrap();
        if ["OrderDebited", "OrderDebitDeclined"].contains(&name) {
            self.fates.insert((order, name.to_owned()));
        }
        let Ok(refunded) = said.open::<PartRefunded>() else {
            return;
        };
        let id = refund_id(&refunded.refund_id).unwrap();
        if !self.made.insert(id) {
            return;
        }
        let (_, of, action) = self.asked.iter().find(|(asked, ..)| *asked == id).unwrap();
        assert_eq!(*of, order);
        let Action::Refund { lines, .. } = action else {
            panic!("{action:?} is no refund")
        };
        for line in lines {
            let line_of = (0..3).find(|place| super::harness::line_id(*place) == line.line);
            *self.refunded.entry((order, line_of.unwrap())).or_default() += line.amount;
        }
    }

    async fn step(&mut self, step: Move) {
        match step {
            Move::Credit { user, amount, euro } => {
                let money = if euro { eur(amount) } else { usd(amount) };
                self.credit(user, money).await;
            }
            Move::Fill { user } => {
                let room = Money::MAX_AMOUNT - self.world.balance(self.users[user]).await.0;
                if room > 0 {
                    self.credit(user, usd(room)).await;
                }
            }
            Move::Debit { user, amount } => self.debit(user, amount).await,
            Move::Empty { user } => self.empty(user).await,
            Move::Commands(batch) => self.command(batch).await,
            Move::Wait(seconds) => self.now = self.now.plus(Duration::from_secs(seconds)),
            Move::Earnings => drop(self.world.earnings(self.now).await),
        }
    }

    async fn check(&self) {
        self.world.assert_clean().await;
        for user in &self.users {
            let ((available, pending), debt) = (
                self.world.balance(*user).await,
                self.world.debt(*user).await,
            );
            assert!(available.max(pending) <= Money::MAX_AMOUNT && debt >= 0);
            assert!(debt == 0 || available == 0, "{debt} beside {available}");
        }
        for ((order, line), refunded) in &self.refunded {
            let [one, other] = parts(*order, &self.users);
            let lines: Vec<Money> = one.1.into_iter().chain(other.1).collect();
            let total = lines[usize::try_from(*line).unwrap()].amount;
            assert!(*refunded <= total, "order {order}, line {line}: {refunded}");
        }
        for order in 0..ORDERS {
            let words = self.fates.iter().filter(|(of, _)| *of == order);
            assert!(words.count() <= 1, "{:?}", self.fates);
        }
        self.conserved().await;
    }

    /// What users, escrow and fees hold is what came in less what went out.
    async fn conserved(&self) {
        for (currency, expected) in &self.put_in {
            let held = self.world.past_the_store().held(currency).await;
            assert_eq!(held, *expected, "{currency}");
        }
    }

    /// Refunds what is left of every second order and releases the others, so that nothing is left in escrow or pending.
    async fn end(&mut self) {
        // Room for what comes back.
        for user in 0..USERS {
            self.empty(user).await;
        }
        for order in 0..ORDERS {
            if order % 2 == 0 {
                for (part, lines) in LINES.iter().enumerate() {
                    for (place, line) in lines.iter().enumerate() {
                        let total = parts(order, &self.users)[part].1[place].amount;
                        let given = self.refunded.get(&(order, *line)).copied();
                        let left = total - given.unwrap_or(0);
                        if left > 0 {
                            let step = Step::Refund(part, vec![(place, left)]);
                            self.command(vec![(order, step)]).await;
                        }
                    }
                }
            } else {
                let releases = [0, 1].map(|part| (order, Step::Release(part)));
                self.command(releases.to_vec()).await;
            }
        }
        self.check().await;
        self.now = Timestamp::from_millis(i64::MAX / 2);
        self.world.earnings(self.now).await;
        self.check().await;
        for user in &self.users {
            assert_eq!(self.world.balance(*user).await.1, 0, "nothing is pending");
        }
    }
}

async fn run(world: World, history: Vec<Move>) {
    let mut known = History::new(world);
    for step in history {
        known.step(step).await;
    }
    known.check().await;
    known.end().await;
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
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 8))]
        #[test]
        fn any_history_conserves_money_and_accounts_for_every_unit(history in moves()) {
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
        fn any_history_conserves_money_and_accounts_for_every_unit(history in moves()) {
            on_a_runtime(async { run(World::mongo().await, history).await });
        }
    }
}
