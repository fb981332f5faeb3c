//! What the use cases promise about the stock book: stock + held + sold = what was put in, whatever happens in whatever order.

use std::collections::{HashMap, HashSet};

use contracts::reservations::Refusal;
use kernel::{MessageId, OrderId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{NOW, Subject, confirmation, draft, order, release, request, stock_of, user};
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
}

const PRODUCTS: usize = 3;
const ORDERS: usize = 6;

fn happening() -> impl Strategy<Value = Happening> {
    let lines = prop::collection::vec((0..PRODUCTS, 1i64..5), 1..4);
    prop_oneof![
        4 => (0..ORDERS, lines, 1i64..30).prop_map(|(order, lines, lease)| Happening::Reserve { order, lines, lease }),
        3 => (0..ORDERS).prop_map(|order| Happening::Confirm { order }),
        2 => (0..ORDERS).prop_map(|order| Happening::Release { order }),
        2 => (0i64..15, 1usize..4).prop_map(|(after, limit)| Happening::Expire { after, limit }),
        1 => (0..PRODUCTS, 0i64..12).prop_map(|(product, count)| Happening::SetStock { product, count }),
    ]
}

/// A reservation: its state, its lines, the end of its lease.
type Made = (ReservationState, Vec<(usize, i64)>, i64);

/// What should be so, kept in the simplest way.
struct Model {
    available: Vec<i64>,
    put_in: Vec<i64>,
    orders: HashMap<usize, Made>,
    /// Commands that were handled: the same message again changes nothing.
    confirmed: HashSet<usize>,
    released: HashSet<usize>,
    now: i64,
}

impl Model {
    fn give_back(&mut self, order: usize, end: ReservationState) {
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
            assert!(self.available[product] >= 0);
            assert_eq!(self.available[product] + taken, self.put_in[product]);
        }
    }
}

async fn play(subject: &Subject, happenings: Vec<Happening>) {
    // What an earlier case left held must not expire in this one.
    subject
        .expire_at(Timestamp::from_millis(i64::MAX), 1000)
        .await;
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
            match model.orders.get_mut(&order) {
                Some((ReservationState::Held | ReservationState::Sold, first, until)) => {
                    assert_eq!(answer.unwrap().len(), first.len());
                    *until = end.max(*until);
                }
                Some(_) => assert_eq!(answer, Err(Refusal::Over)),
                None => {
                    let mut left = model.available.clone();
                    for (product, quantity) in &lines {
                        left[*product] -= quantity;
                    }
                    assert_eq!(answer.is_ok(), left.iter().all(|count| *count >= 0));
                    if answer.is_ok() {
                        model.available = left;
                        model
                            .orders
                            .insert(order, (ReservationState::Held, lines, end));
                    }
                }
            }
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
            let sent = subject.sent().await;
            let step = if sold {
                "reservation-confirmed"
            } else {
                "reservation-expired"
            };
            let replies: Vec<_> = sent.iter().map(|reply| reply.id).collect();
            assert_eq!(replies, [MessageId::of_step(ids[order], step)]);
        }
        Happening::Release { order } => {
            subject.settle(vec![release(ids[order])], now).await;
            if model.released.insert(order) {
                model.give_back(order, ReservationState::Released);
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
                model.give_back(order, ReservationState::Expired);
            }
        }
        Happening::SetStock { product, count } => {
            subject.edit(&products[product], stock_of(count)).await;
            model.put_in[product] += count - model.available[product];
            model.available[product] = count;
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
