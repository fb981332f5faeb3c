//! What the use cases promise about the stock book: stock + held + sold - restocked = what was put in, whatever happens in whatever order.

use std::collections::{HashMap, HashSet};

use contracts::reservations::Refusal;
use kernel::{MessageId, OrderId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use uuid::Uuid;

use super::{
    NOW, Subject, change, confirmation, draft, order, release, request, return_of, stock_of, user,
};
use crate::domain::{Product, ReservationState};

pub(crate) async fn stock_set_while_some_is_held_leaves_the_book_right(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (held, sold) = (order(), order());
    subject.reserve(held, &[(product.id, 2)]).await.unwrap();
    subject.reserve(sold, &[(product.id, 2)]).await.unwrap();
    subject.confirm(sold).await;
    subject.edit(&product, stock_of(0)).await;
    subject.assert_book_is_right(1).await;
    subject.edit(&product, stock_of(1_000_000_000)).await;
    subject.assert_book_is_right(1).await;
    subject.release(held).await;
    // What comes back adds to what the seller set.
    assert_eq!(subject.available(product.id).await, 1_000_000_002);
    subject.assert_book_is_right(1).await;
}

/// Something that happens. Orders and products are numbered within a case.
#[derive(Debug, Clone)]
enum Happening {
    Reserve {
        order: usize,
        lines: Vec<(usize, i64)>,
        lease: i64,
    },
    Confirm {
        order: usize,
    },
    Release {
        order: usize,
    },
    Expire {
        after: i64,
        limit: usize,
    },
    SetStock {
        product: usize,
        count: i64,
    },
    /// A return under one of a few ids, so that many are repeats. Of products, how many are restocked and written off.
    Return {
        order: usize,
        id: usize,
        lines: Vec<(usize, i64, i64)>,
    },
    /// Its seller removes the first product.
    Remove,
}

const PRODUCTS: usize = 3;
const ORDERS: usize = 6;
const RETURNS: usize = 4;

fn happening() -> impl Strategy<Value = Happening> {
    let lines = prop::collection::vec((0..PRODUCTS, 1i64..5), 1..4);
    let counts =
        prop_oneof![4 => (1i64..3, Just(0)), 2 => (Just(0), 1i64..3), 1 => (1i64..3, 1i64..3)];
    let back =
        (0..PRODUCTS, counts).prop_map(|(product, (restocked, lost))| (product, restocked, lost));
    let back = prop::collection::vec(back, 1..3);
    prop_oneof![
        4 => (0..ORDERS, lines, 1i64..30).prop_map(|(order, lines, lease)| Happening::Reserve { order, lines, lease }),
        3 => (0..ORDERS).prop_map(|order| Happening::Confirm { order }),
        2 => (0..ORDERS).prop_map(|order| Happening::Release { order }),
        2 => (0i64..15, 1usize..4).prop_map(|(after, limit)| Happening::Expire { after, limit }),
        1 => (0..PRODUCTS, 0i64..12).prop_map(|(product, count)| Happening::SetStock { product, count }),
        1 => Just(Happening::Remove),
        4 => (0..ORDERS, 0..RETURNS, back).prop_map(|(order, id, lines)| Happening::Return { order, id, lines }),
    ]
}

/// A reservation: its state, its lines, the end of its lease.
type Made = (ReservationState, Vec<(usize, i64)>, i64);

/// What came back of an order, by product: restocked and written off.
type Back = [(i64, i64); PRODUCTS];

/// What should be so, kept in the simplest way.
struct Model {
    available: Vec<i64>,
    put_in: Vec<i64>,
    orders: HashMap<usize, Made>,
    /// Commands that were handled: the same message again changes nothing.
    confirmed: HashSet<usize>,
    released: HashSet<usize>,
    /// Returns that were made, by order and number.
    returns: HashSet<(usize, usize)>,
    back: HashMap<usize, Back>,
    /// Whether the first product was removed.
    removed: bool,
    now: i64,
}

impl Model {
    /// The number of lines that a request for stock holds, now or before.
    fn reserve(&mut self, order: usize, lines: Vec<(usize, i64)>, end: i64) -> Option<usize> {
        match self.orders.get_mut(&order) {
            Some((ReservationState::Held | ReservationState::Sold, first, until)) => {
                *until = end.max(*until);
                Some(first.len())
            }
            Some(_) => None,
            None => {
                let mut left = self.available.clone();
                for (product, quantity) in &lines {
                    left[*product] -= quantity;
                }
                let unknown = self.removed && lines.iter().any(|(product, _)| *product == 0);
                if unknown || left.iter().any(|count| *count < 0) {
                    return None;
                }
                let count = lines.len();
                self.available = left;
                let made = (ReservationState::Held, lines, end);
                self.orders.insert(order, made);
                Some(count)
            }
        }
    }

    fn end(&mut self, order: usize, end: ReservationState) {
        if let Some((state, lines, _)) = self.orders.get_mut(&order)
            && *state == ReservationState::Held
        {
            *state = end;
            for (product, quantity) in lines {
                self.available[*product] += *quantity;
            }
        }
    }

    fn check(&self) {
        for product in 0..PRODUCTS {
            let taken: i64 = self
                .orders
                .values()
                .filter(|(state, ..)| {
                    matches!(state, ReservationState::Held | ReservationState::Sold)
                })
                .flat_map(|(_, lines, _)| lines)
                .filter(|(line, _)| *line == product)
                .map(|(_, quantity)| quantity)
                .sum();
            let restocked: i64 = self.back.values().map(|back| back[product].0).sum();
            assert!(self.available[product] >= 0);
            assert_eq!(
                self.available[product] + taken - restocked,
                self.put_in[product]
            );
        }
    }

    /// Whether the return is made, now or before.
    fn give_back(&mut self, order: usize, id: usize, lines: &[(usize, i64, i64)]) -> bool {
        if self.returns.contains(&(order, id)) {
            return true;
        }
        let Some((state, ordered, _)) = self.orders.get_mut(&order) else {
            return self.returns.insert((order, id));
        };
        if matches!(
            state,
            ReservationState::Released | ReservationState::Expired
        ) {
            return true;
        }
        let mut back: Back = self.back.get(&order).copied().unwrap_or_default();
        for &(product, restocked, lost) in lines {
            back[product].0 += restocked;
            back[product].1 += lost;
        }
        let fits = (0..PRODUCTS).all(|product| {
            let of_product = ordered.iter().filter(|(line, _)| *line == product);
            let sold: i64 = of_product.map(|(_, quantity)| quantity).sum();
            back[product].0 + back[product].1 <= sold
        });
        if fits {
            *state = ReservationState::Sold;
            for &(product, restocked, _) in lines {
                self.available[product] += restocked;
            }
            self.back.insert(order, back);
            self.returns.insert((order, id));
        }
        fits
    }
}

/// The id of a return of `order`.
fn return_id(order: OrderId, number: usize) -> Uuid {
    Uuid::new_v5(&order.as_uuid(), number.to_string().as_bytes())
}

async fn play(subject: &Subject, happenings: Vec<Happening>) {
    // What an earlier case left held must not expire in this one.
    subject
        .expire_at(Timestamp::from_millis(i64::MAX), 1000)
        .await;
    let before = subject.store.audit().await.unwrap().figures;
    let mut products: Vec<Product> = Vec::new();
    for _ in 0..PRODUCTS {
        products.push(subject.list(draft("A", 100, 6)).await);
    }
    let ids: Vec<OrderId> = (0..ORDERS).map(|_| order()).collect();
    let mut model = Model {
        available: vec![6; PRODUCTS],
        put_in: vec![6; PRODUCTS],
        orders: HashMap::new(),
        confirmed: HashSet::new(),
        released: HashSet::new(),
        returns: HashSet::new(),
        back: HashMap::new(),
        removed: false,
        now: NOW.as_millis(),
    };
    for happening in happenings {
        happen(subject, &products, &ids, &mut model, happening).await;
        model.check();
        for (product, expected) in products.iter().zip(&model.available) {
            assert_eq!(subject.available(product.id).await, *expected);
        }
    }
    subject.assert_book_is_right(3).await;
    let restocked = |back: &Back| -> i64 { back.iter().map(|(restocked, _)| restocked).sum() };
    let lost = |back: &Back| -> i64 { back.iter().map(|(_, lost)| lost).sum() };
    let after = subject.store.audit().await.unwrap().figures;
    let returned: i64 = model.back.values().map(restocked).sum();
    let written_off: i64 = model.back.values().map(lost).sum();
    assert_eq!(after.returned - before.returned, returned.into());
    assert_eq!(after.written_off - before.written_off, written_off.into());
}

/// Asserts that the one message sent is that of `step`.
async fn assert_answered(subject: &Subject, order: OrderId, step: &str) {
    let sent = subject.sent().await;
    let replies: Vec<_> = sent.iter().map(|reply| reply.id).collect();
    assert_eq!(replies, [MessageId::of_step(order, step)]);
}

async fn happen(
    subject: &Subject,
    products: &[Product],
    ids: &[OrderId],
    model: &mut Model,
    happening: Happening,
) {
    let now = Timestamp::from_millis(model.now);
    match happening {
        Happening::Reserve {
            order,
            lines,
            lease,
        } => {
            let wanted: Vec<_> = lines
                .iter()
                .map(|&(product, quantity)| (products[product].id, quantity))
                .collect();
            // No two leases end at the same moment, so which expires first is known.
            let end = model.now + lease * 8 + i64::try_from(order).unwrap();
            let answer = subject
                .reserve_until(
                    request(ids[order], user(), &wanted),
                    Timestamp::from_millis(end),
                    now,
                )
                .await;
            let is_over = matches!(
                model.orders.get(&order),
                Some((ReservationState::Released | ReservationState::Expired, ..))
            );
            assert_eq!(answer == Err(Refusal::Over), is_over);
            let held = answer.map(|lines| lines.len()).ok();
            assert_eq!(held, model.reserve(order, lines, end));
        }
        Happening::Confirm { order } => {
            subject.settle(vec![confirmation(ids[order])], now).await;
            let first = model.confirmed.insert(order);
            let sold = match model.orders.get_mut(&order) {
                Some((ReservationState::Sold, ..)) => true,
                Some((state @ ReservationState::Held, ..)) if first => {
                    *state = ReservationState::Sold;
                    true
                }
                Some(_) | None => false,
            };
            let step = if sold {
                "reservation-confirmed"
            } else {
                "reservation-expired"
            };
            assert_answered(subject, ids[order], step).await;
        }
        Happening::Release { order } => {
            subject.settle(vec![release(ids[order])], now).await;
            if model.released.insert(order) {
                model.end(order, ReservationState::Released);
            }
        }
        Happening::Expire { after, limit } => {
            model.now += after * 8;
            let now = Timestamp::from_millis(model.now);
            let mut due: Vec<(i64, usize)> = model
                .orders
                .iter()
                .filter(|(_, (state, _, end))| {
                    *state == ReservationState::Held && *end <= model.now
                })
                .map(|(order, (_, _, end))| (*end, *order))
                .collect();
            due.sort_unstable();
            due.truncate(limit);
            assert_eq!(subject.expire_at(now, limit).await, due.len());
            for (_, order) in due {
                model.end(order, ReservationState::Expired);
            }
        }
        Happening::SetStock { product: 0, .. } if model.removed => {}
        Happening::SetStock { product, count } => {
            subject.edit(&products[product], stock_of(count)).await;
            model.put_in[product] += count - model.available[product];
            model.available[product] = count;
        }
        Happening::Return { order, id, lines } => {
            let asked: Vec<_> = lines
                .iter()
                .map(|&(product, restocked, lost)| (products[product].id, restocked, lost))
                .collect();
            let made = model.give_back(order, id, &lines);
            let id = return_id(ids[order], id);
            let command = return_of(ids[order], id, &asked);
            subject.settle(vec![command], now).await;
            let step = if made {
                format!("stock-returned {id}")
            } else {
                format!("stock-return-refused {id}")
            };
            assert_answered(subject, ids[order], &step).await;
        }
        Happening::Remove => {
            let removal = change(&products[0], ());
            subject.remove(removal, now).await.unwrap();
            model.removed = true;
        }
    }
}

pub(crate) fn no_order_of_events_breaks_the_stock_book(make: fn() -> Subject) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let subject = runtime.block_on(async { make() });
    let mut runner = TestRunner::new(Config::with_cases(Config::default().cases / 6));
    runner
        .run(&prop::collection::vec(happening(), 1..30), |happenings| {
            runtime.block_on(play(&subject, happenings));
            Ok(())
        })
        .unwrap();
}
