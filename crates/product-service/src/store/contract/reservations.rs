//! What the use cases promise about reservations.

use std::sync::Arc;

use contracts::reservations::{
    Agreed, CurrentPrice, Delivery, PriceChanged, Refusal, ReserveRequest, Shortage,
};
use kernel::{Currency, Money, ProductId, SystemIds, Timestamp};

use super::{LATER, LEASE_END, NOW, Subject, change, draft, order, request, stock_of, user};
use crate::domain::{PriceEdit, Product, ProductEdit, ProductName, Reservation, ReservationState};

pub(crate) async fn all_lines_are_held_or_none(subject: Subject) {
    let a = subject.list(draft("A", 100, 5)).await;
    let b = subject.list(draft("B", 7, 2)).await;
    let held = subject
        .reserve(order(), &[(b.id, 1), (a.id, 2), (b.id, 1)])
        .await
        .unwrap();
    let lines: Vec<_> = held
        .iter()
        .map(|line| {
            (
                line.product,
                line.seller,
                line.name.as_str(),
                line.unit_price.amount,
                line.quantity.get(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (b.id, b.seller, "B", 7, 1),
            (a.id, a.seller, "A", 100, 2),
            (b.id, b.seller, "B", 7, 1)
        ]
    );
    assert_eq!(
        (subject.available(a.id).await, subject.available(b.id).await),
        (3, 0)
    );
    let short = Shortage {
        product: b.id,
        variant: None,
        requested: 1,
        available: 0,
    };
    assert_eq!(
        subject.reserve(order(), &[(a.id, 1), (b.id, 1)]).await,
        Err(Refusal::OutOfStock(vec![short]))
    );
    assert_eq!(subject.available(a.id).await, 3);
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn a_refusal_names_the_products_and_holds_nothing(subject: Subject) {
    let a = subject.list(draft("A", 100, 5)).await;
    let mut in_euros = draft("E", 100, 5);
    in_euros.price = Money::new(100, "EUR".parse().unwrap());
    let euros = subject.list(in_euros).await;
    let dear = subject.list(draft("D", Money::MAX_AMOUNT, 5)).await;
    let nobody = ProductId::new(&SystemIds::default());
    let cases = [
        (
            user(),
            vec![(a.id, 1), (nobody, 1)],
            Refusal::UnknownProducts(vec![nobody]),
        ),
        (a.seller, vec![(a.id, 1)], Refusal::OwnProducts(vec![a.id])),
        (
            user(),
            vec![(a.id, 1), (euros.id, 1)],
            Refusal::MixedCurrencies,
        ),
        (user(), vec![(dear.id, 2)], Refusal::TotalTooLarge),
    ];
    for (buyer, lines, refusal) in cases {
        let refused = request(order(), buyer, &lines);
        assert_eq!(
            subject.reserve_until(refused, LEASE_END, NOW).await,
            Err(refusal)
        );
    }
    for product in [a, euros, dear] {
        assert_eq!(
            subject.get(product.id).await,
            product,
            "untouched, version and all"
        );
    }
    subject.assert_book_is_right(3).await;
}

/// A request for one of each of `products`, on the terms that `agreed` returns for its place.
fn on_terms(products: &[&Product], agreed: impl Fn(usize) -> Agreed) -> ReserveRequest {
    let lines: Vec<_> = products.iter().map(|product| (product.id, 1)).collect();
    let mut request = request(order(), user(), &lines);
    for (at, line) in request.lines.iter_mut().enumerate() {
        line.agreed = agreed(at);
    }
    request
}

fn now(product: &Product) -> CurrentPrice {
    CurrentPrice {
        product: product.id,
        variant: None,
        unit_price: product.price,
        version: product.version,
    }
}

pub(crate) async fn another_price_than_was_agreed_holds_nothing(subject: Subject) {
    let a = subject.list(draft("A", 100, 5)).await;
    let b = subject.list(draft("B", 7, 5)).await;
    let raised = ProductEdit {
        price: Some(PriceEdit {
            amount: 101,
            currency: None,
        }),
        ..ProductEdit::default()
    };
    let old = a.clone();
    let a = subject.edit(&a, raised).await;
    let usd = |amount| Money::new(amount, Currency::USD);
    let price = |unit_price| Agreed {
        unit_price: Some(unit_price),
        version: None,
    };
    let version = |version| Agreed {
        unit_price: None,
        version: Some(version),
    };
    let anything = Agreed::default();
    let euros = Money::new(500, "EUR".parse().unwrap());
    let cases = [
        ([price(usd(100)), price(usd(7))], None, vec![now(&a)]),
        ([price(euros), anything], None, vec![now(&a)]),
        (
            [version(old.version), version(b.version)],
            None,
            vec![now(&a)],
        ),
        ([version(a.version), version(9)], None, vec![now(&b)]),
        (
            [price(usd(1)), price(usd(1))],
            Some(usd(108)),
            vec![now(&a), now(&b)],
        ),
        ([anything, anything], Some(usd(107)), vec![now(&a), now(&b)]),
        ([anything, anything], Some(usd(109)), vec![now(&a), now(&b)]),
    ];
    for (agreed, expected_total, lines) in cases {
        let request = ReserveRequest {
            expected_total,
            ..on_terms(&[&a, &b], |at| agreed[at])
        };
        let id = request.order;
        let total = Some(usd(108));
        let refused = Refusal::PriceChanged(PriceChanged { lines, total });
        let answer = subject.reserve_until(request, LEASE_END, LATER).await;
        assert_eq!(answer, Err(refused));
        let none = subject.app.store.get::<Reservation>(&id).await.unwrap();
        assert_eq!(none, None, "no reservation");
    }
    for product in [&a, &b] {
        assert_eq!(subject.get(product.id).await, *product, "untouched");
    }
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn the_agreed_price_or_a_lower_one_is_held_and_the_same_order_again_too(
    subject: Subject,
) {
    let a = subject.list(draft("A", 100, 5)).await;
    let b = subject.list(draft("B", 7, 5)).await;
    let usd = |amount| Money::new(amount, Currency::USD);
    let request = ReserveRequest {
        expected_total: Some(usd(107)),
        ..on_terms(&[&a, &b], |at| Agreed {
            unit_price: Some(usd([150, 7][at])),
            version: Some(1),
        })
    };
    let held = subject.reserve_until(request.clone(), LEASE_END, NOW).await;
    let prices: Vec<_> = held
        .as_ref()
        .unwrap()
        .iter()
        .map(|one| one.unit_price)
        .collect();
    assert_eq!(
        prices,
        [usd(100), usd(7)],
        "what it costs, not what was agreed"
    );
    // The stock has changed the version, and the price rises: the first answer stays.
    let raised = ProductEdit {
        price: Some(PriceEdit {
            amount: 999,
            currency: None,
        }),
        ..ProductEdit::default()
    };
    subject.edit(&a, raised).await;
    assert_eq!(subject.reserve_until(request, LEASE_END, LATER).await, held);
    assert_eq!(subject.available(a.id).await, 4);
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn the_same_order_again_gets_the_first_answer(subject: Subject) {
    let product = subject.list(draft("A", 100, 3)).await;
    let (id, lines) = (order(), [(product.id, 2), (product.id, 1)]);
    let first = subject.reserve(id, &lines).await.unwrap();
    // Out of stock now, so the repeat could not be held anew.
    assert_eq!(subject.reserve(id, &lines).await.as_ref(), Ok(&first));
    let edit = ProductEdit {
        name: ProductName::parse("Z").ok(),
        price: Some(PriceEdit {
            amount: 999,
            currency: None,
        }),
        ..stock_of(50)
    };
    let edited = subject.edit(&product, edit).await;
    assert_eq!(
        subject.reserve(id, &lines).await.as_ref(),
        Ok(&first),
        "at the first price"
    );
    assert_eq!(subject.available(product.id).await, 50);
    subject.remove(change(&edited, ()), LATER).await.unwrap();
    subject.confirm(id).await;
    assert_eq!(
        subject.reserve(id, &lines).await.as_ref(),
        Ok(&first),
        "sold, and removed since"
    );
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_reservation_that_is_over_is_not_made_again(subject: Subject) {
    let product = subject.list(draft("A", 100, 9)).await;
    let (released, expired) = (order(), order());
    for id in [released, expired] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    subject.release(released).await;
    assert_eq!(subject.expire().await, 1);
    for (id, state) in [
        (released, ReservationState::Released),
        (expired, ReservationState::Expired),
    ] {
        assert_eq!(
            subject.reserve(id, &[(product.id, 1)]).await,
            Err(Refusal::Over)
        );
        let kept = subject.app.store.get::<Reservation>(&id).await.unwrap();
        assert_eq!(kept.unwrap().state, state);
    }
    assert_eq!(subject.available(product.id).await, 9);
}

pub(crate) async fn the_same_order_again_renews_the_lease_of_what_is_held(subject: Subject) {
    let product = subject.list(draft("A", 100, 1)).await;
    let (id, buyer) = (order(), user());
    for end in [LATER, LEASE_END, NOW] {
        let again = request(id, buyer, &[(product.id, 1)]);
        subject.reserve_until(again, end, NOW).await.unwrap();
    }
    let before_the_end = Timestamp::from_millis(LEASE_END.as_millis() - 1);
    assert_eq!(subject.expire_at(before_the_end, 100).await, 0);
    assert_eq!(subject.expire().await, 1);
    assert_eq!(subject.available(product.id).await, 1);
}

pub(crate) async fn every_change_of_stock_raises_the_version(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (kept, given_back) = (order(), order());
    let mut last = product.version;
    subject.reserve(kept, &[(product.id, 1)]).await.unwrap();
    for step in ["held", "held again", "released", "edited"] {
        match step {
            "held" => {}
            "held again" => drop(
                subject
                    .reserve(given_back, &[(product.id, 1)])
                    .await
                    .unwrap(),
            ),
            "released" => subject.release(given_back).await,
            _ => drop(subject.edit(&product, stock_of(40)).await),
        }
        let now = subject.get(product.id).await;
        assert!(now.version > last, "{step}");
        assert_eq!(now.updated_at, LATER, "{step}");
        last = now.version;
    }
    subject.confirm(kept).await;
    assert_eq!(
        subject.get(product.id).await.version,
        last,
        "a sale of held stock changes nothing that is shown"
    );
}

pub(crate) async fn a_line_says_how_it_is_delivered_and_in_which_category_it_was(subject: Subject) {
    let mut new = draft("A", 100, 5);
    new.delivery = Delivery::Shipped;
    let shipped = subject.list(new).await;
    let download = subject.list(draft("B", 100, 5)).await;
    let (id, lines) = (order(), [(shipped.id, 1), (download.id, 1)]);
    let held = subject.reserve(id, &lines).await.unwrap();
    let said: Vec<_> = held
        .iter()
        .map(|line| (line.delivery, line.category.as_str()))
        .collect();
    let expected = [(Delivery::Shipped, "Things"), (Delivery::None, "Things")];
    assert_eq!(said, expected);
    let edit = ProductEdit {
        delivery: Some(Delivery::None),
        ..ProductEdit::default()
    };
    let edited = subject.edit_in(&shipped, "Lamps", edit).await;
    assert_eq!((edited.delivery, edited.version), (Delivery::None, 3));
    assert_eq!(subject.get(shipped.id).await, edited);
    assert_eq!(
        subject.reserve(id, &lines).await.unwrap(),
        held,
        "the same order again gets the first answer"
    );
}

pub(crate) async fn one_unit_goes_to_one_of_200_buyers(subject: Subject) {
    let product = subject.list(draft("The last one", 100, 1)).await;
    let subject = Arc::new(subject);
    let tries: Vec<_> = (0..200)
        .map(|_| {
            let (subject, id) = (subject.clone(), product.id);
            tokio::spawn(async move { subject.reserve(order(), &[(id, 1)]).await })
        })
        .collect();
    let mut held = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => held += 1,
            Err(Refusal::OutOfStock(short)) => assert_eq!(
                short,
                [Shortage {
                    product: product.id,
                    variant: None,
                    requested: 1,
                    available: 0
                }]
            ),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((held, subject.available(product.id).await), (1, 0));
    subject.assert_book_is_right(1).await;
}
