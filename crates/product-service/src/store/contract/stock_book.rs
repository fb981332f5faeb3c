//! What the use cases promise about the stock book: stock + held + sold - restocked = what was put in, whatever happens in whatever order.

mod model;

use std::collections::{HashMap, HashSet};

use contracts::reservations::{Article, Refusal};
use kernel::{MessageId, OrderId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::{
    NOW, Subject, change, confirmation, draft, order, release, request, return_of, stock_of, user,
    with_variant,
};
use crate::app;
use crate::domain::{Product, ProductRefusal, ReservationState, Stock, VariantEdit};

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

/// Something that happens. Orders and articles are numbered within a case.
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
    /// Something that the seller does.
    Deed(Deed),
    /// A return under one of a few ids, so that many are repeats. Of articles, how many are restocked and written off.
    Return {
        order: usize,
        id: usize,
        lines: Vec<(usize, i64, i64)>,
    },
}

/// What a seller does.
#[derive(Debug, Clone)]
enum Deed {
    SetStock {
        article: usize,
        count: i64,
    },
    /// Adds to the stock, or takes away from it.
    Adjust {
        article: usize,
        delta: i64,
    },
    /// Removes the first product.
    Remove,
    /// Removes the second variant of the second product.
    RemoveVariant,
}

/// Two products of two variants each: article 0 is the default variant of the first product, article 1 its other variant, and so on.
const ARTICLES: usize = 4;
/// The article whose variant may be removed.
const REMOVABLE: usize = 3;
const ORDERS: usize = 6;
const RETURNS: usize = 4;

fn happening() -> impl Strategy<Value = Happening> {
    let lines = prop::collection::vec((0..ARTICLES, 1i64..5), 1..4);
    let counts =
        prop_oneof![4 => (1i64..3, Just(0)), 2 => (Just(0), 1i64..3), 1 => (1i64..3, 1i64..3)];
    let back =
        (0..ARTICLES, counts).prop_map(|(article, (restocked, lost))| (article, restocked, lost));
    let back = prop::collection::vec(back, 1..3);
    prop_oneof![
        4 => (0..ORDERS, lines, 1i64..30).prop_map(|(order, lines, lease)| Happening::Reserve { order, lines, lease }),
        3 => (0..ORDERS).prop_map(|order| Happening::Confirm { order }),
        2 => (0..ORDERS).prop_map(|order| Happening::Release { order }),
        2 => (0i64..15, 1usize..4).prop_map(|(after, limit)| Happening::Expire { after, limit }),
        1 => (0..ARTICLES, 0i64..12).prop_map(|(article, count)| Happening::Deed(Deed::SetStock { article, count })),
        2 => (0..ARTICLES, -6i64..7).prop_map(|(article, delta)| Happening::Deed(Deed::Adjust { article, delta })),
        1 => Just(Happening::Deed(Deed::Remove)),
        1 => Just(Happening::Deed(Deed::RemoveVariant)),
        4 => (0..ORDERS, 0..RETURNS, back).prop_map(|(order, id, lines)| Happening::Return { order, id, lines }),
    ]
}

/// A reservation: its state, its lines, the end of its lease.
type Made = (ReservationState, Vec<(usize, i64)>, i64);

/// What came back of an order, by article: restocked and written off.
type Back = [(i64, i64); ARTICLES];

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
    /// Which articles were removed.
    removed: [bool; ARTICLES],
    now: i64,
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
    let mut articles: Vec<(Product, Article)> = Vec::new();
    for _ in 0..ARTICLES / 2 {
        let product = subject.list(with_variant(draft("A", 100, 6), "M", 6)).await;
        let variant = Some(product.variants[0].id);
        articles.push((product.clone(), product.id.into()));
        articles.push((product.clone(), Article::new(product.id, variant)));
    }
    let ids: Vec<OrderId> = (0..ORDERS).map(|_| order()).collect();
    let mut model = Model {
        available: vec![6; ARTICLES],
        put_in: vec![6; ARTICLES],
        orders: HashMap::new(),
        confirmed: HashSet::new(),
        released: HashSet::new(),
        returns: HashSet::new(),
        back: HashMap::new(),
        removed: [false; ARTICLES],
        now: NOW.as_millis(),
    };
    for happening in happenings {
        happen(subject, &articles, &ids, &mut model, happening).await;
        model.check();
        for ((_, article), expected) in articles.iter().zip(&model.available) {
            assert_eq!(subject.available_of(*article).await, *expected);
        }
    }
    subject.assert_book_is_right(2).await;
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
    articles: &[(Product, Article)],
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
                .map(|&(article, quantity)| (articles[article].1, quantity))
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
        Happening::Deed(deed) => act(subject, articles, model, deed, now).await,
        Happening::Return { order, id, lines } => {
            let asked: Vec<_> = lines
                .iter()
                .map(|&(article, restocked, lost)| (articles[article].1, restocked, lost))
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
    }
}

/// Does what the seller does.
async fn act(
    subject: &Subject,
    articles: &[(Product, Article)],
    model: &mut Model,
    deed: Deed,
    now: Timestamp,
) {
    match deed {
        Deed::SetStock { article, .. } | Deed::Adjust { article, .. } if model.removed[article] => {
        }
        Deed::SetStock { article, count } => {
            let (product, of) = &articles[article];
            let edit = VariantEdit {
                stock: Stock::parse(count).ok(),
                ..VariantEdit::default()
            };
            let change = change(product, (of.variant_id(), edit));
            let edited = app::edit_variant(&subject.at(now), change).await;
            edited.unwrap().unwrap();
            model.put_in[article] += count - model.available[article];
            model.available[article] = count;
        }
        Deed::Adjust { article, delta } => {
            let (product, of) = &articles[article];
            let adjusted = subject.adjust(product, *of, delta).await;
            let available = model.available[article];
            if available + delta < 0 {
                let refusal = ProductRefusal::NotEnough { available };
                assert_eq!(adjusted.unwrap_err(), refusal);
            } else {
                adjusted.unwrap();
                model.put_in[article] += delta;
                model.available[article] += delta;
            }
        }
        Deed::Remove => {
            let removal = change(&articles[0].0, ());
            subject.remove(removal, now).await.unwrap();
            (model.removed[0], model.removed[1]) = (true, true);
        }
        Deed::RemoveVariant => {
            let (product, of) = &articles[REMOVABLE];
            let removal = change(product, of.variant_id());
            let removed = app::remove_variant(&subject.at(now), removal)
                .await
                .unwrap();
            removed.unwrap();
            model.removed[REMOVABLE] = true;
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
