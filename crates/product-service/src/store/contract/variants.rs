//! What the use cases promise about variants, their SKUs and their stock.

use std::sync::Arc;

use contracts::reservations::{Article, Refusal, Shortage};
use kernel::{Metadata, Money, SystemIds, VariantId};

use super::{
    LATER, Subject, change, draft, options, order, return_of, stock_of, variant, with_variant,
};
use crate::app::{self, Added};
use crate::domain::{
    Barcode, Filter, ListQuery, NewProduct, PriceEdit, Product, ProductEdit, ProductRefusal, Sku,
    Sort, VariantEdit,
};
use crate::records::{SkuKey, SkuOwner};

fn sku(raw: &str) -> Sku {
    Sku::parse(raw).unwrap()
}

/// A product with a SKU.
fn numbered(number: &str) -> NewProduct {
    let mut new = draft("Lamp", 100, 5);
    new.traits.sku = Some(sku(number));
    new
}

async fn add(subject: &Subject, product: &Product, size: &str) -> Result<Product, ProductRefusal> {
    let id = VariantId::new(&SystemIds::default());
    let new = variant(size, 2);
    let added = change(product, Added { id, new });
    let answered = app::add_variant(&subject.at(LATER), added, None).await;
    answered.unwrap().map(|answered| match answered {
        store::idempotency::Answered::First(product) => product,
        store::idempotency::Answered::Before(_) => panic!("it came without a key"),
    })
}

async fn edit(
    subject: &Subject,
    product: &Product,
    id: VariantId,
    edit: VariantEdit,
) -> Result<Product, ProductRefusal> {
    let change = change(product, (id, edit));
    app::edit_variant(&subject.at(LATER), change).await.unwrap()
}

async fn remove(
    subject: &Subject,
    product: &Product,
    id: VariantId,
) -> Result<Product, ProductRefusal> {
    let change = change(product, id);
    app::remove_variant(&subject.at(LATER), change)
        .await
        .unwrap()
}

async fn owner(subject: &Subject, product: &Product, number: &str) -> Option<VariantId> {
    let key = SkuKey {
        seller: product.seller,
        sku: number.to_owned(),
    };
    let found = subject.app.store.get::<SkuOwner>(&key).await.unwrap();
    found.map(|owner| owner.variant)
}

pub(crate) async fn a_product_with_variants_is_found_as_it_was_listed(subject: Subject) {
    let mut new = numbered("L-1");
    new.traits.barcode = Barcode::parse("4006381333931").ok();
    new.traits.options = options("Size", "S");
    new.metadata = Metadata::new(r#"{"a":{"$b.c":1}}"#.to_owned()).ok();
    let mut large = variant("L", 3);
    large.traits.sku = Some(sku("L-3"));
    large.price = Some(PriceEdit {
        amount: 250,
        currency: None,
    });
    new.variants = vec![variant("M", 0), large];
    let product = subject.list(new).await;
    assert_eq!(subject.get(product.id).await, product);
    let prices: Vec<_> = product
        .offers()
        .map(|offer| (offer.price.amount, offer.stock.get()))
        .collect();
    assert_eq!(prices, [(100, 5), (100, 0), (250, 3)]);
    subject.assert_book_is_right(1).await;
    let figures = subject.store.audit().await.unwrap().figures;
    assert_eq!(figures.available, 8);
    let plain = subject.list(draft("Pen", 1, 1)).await;
    assert_eq!(subject.get(plain.id).await, plain);
}

pub(crate) async fn variants_are_added_edited_and_removed(subject: Subject) {
    let old = subject.list(draft("Lamp", 100, 5)).await;
    let product = add(&subject, &old, "M").await.unwrap();
    assert_eq!(subject.get(old.id).await, product);
    let [ref medium] = product.variants[..] else {
        panic!("{product:?}");
    };
    let medium = medium.id;
    let to = VariantEdit {
        price: Some(PriceEdit {
            amount: 120,
            currency: Some("EUR".parse().unwrap()),
        }),
        stock: crate::domain::Stock::parse(9).ok(),
        sku: Some(sku("M")),
        ..VariantEdit::default()
    };
    let edited = edit(&subject, &product, medium, to).await.unwrap();
    assert_eq!(subject.get(old.id).await, edited);
    let offer = edited.offer(Some(medium)).unwrap();
    assert_eq!(offer.price, Money::new(120, "EUR".parse().unwrap()));
    assert_eq!((edited.price, edited.stock), (old.price, old.stock));
    subject.assert_book_is_right(1).await;
    assert_eq!(
        add(&subject, &product, "m").await,
        Err(ProductRefusal::Clash(crate::domain::Clash::Options))
    );
    let removed = remove(&subject, &product, medium).await.unwrap();
    assert_eq!(subject.get(old.id).await, removed);
    assert_eq!(removed.offers().count(), 1);
    assert_eq!(owner(&subject, &old, "M").await, None);
    let again = remove(&subject, &product, medium).await;
    assert_eq!(again, Ok(removed), "a repeat changes nothing");
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_sku_is_one_variants_of_a_seller(subject: Subject) {
    let first = subject.list(numbered("A")).await;
    let of_another_seller = subject.list(numbered("A")).await;
    assert_ne!(first.seller, of_another_seller.seller);
    let listed = async |new: NewProduct| {
        let new = NewProduct {
            seller: first.seller,
            ..new
        };
        app::create_product(&subject.at(LATER), new).await.unwrap()
    };
    let taken = Err(ProductRefusal::SkuTaken(sku("A")));
    assert_eq!(listed(numbered("A")).await, taken);
    let mut inside = with_variant(draft("Pen", 1, 1), "M", 1);
    inside.variants[0].traits.sku = Some(sku("A"));
    assert_eq!(listed(inside).await, taken);
    let second = listed(numbered("B")).await.unwrap();
    let to = |number: &str| VariantEdit {
        sku: Some(sku(number)),
        ..VariantEdit::default()
    };
    let default = VariantId::default_of(second.id);
    assert_eq!(edit(&subject, &second, default, to("A")).await, taken);
    assert_eq!(subject.get(second.id).await, second, "untouched");
    // Two variants of one product swap: what the product has itself is not taken.
    let with_m = add(&subject, &second, "M").await.unwrap();
    let medium = with_m.variants[0].id;
    edit(&subject, &with_m, default, to("C")).await.unwrap();
    edit(&subject, &with_m, medium, to("B")).await.unwrap();
    assert_eq!(owner(&subject, &second, "B").await, Some(medium));
    assert_eq!(owner(&subject, &second, "C").await, Some(default));
    subject.remove(change(&first, ()), LATER).await.unwrap();
    edit(&subject, &with_m, default, to("A")).await.unwrap();
    assert_eq!(owner(&subject, &first, "A").await, Some(default));
    assert_eq!(owner(&subject, &first, "C").await, None);
}

pub(crate) async fn of_many_listings_at_once_one_gets_the_sku(subject: Subject) {
    let seller = super::user();
    let subject = Arc::new(subject);
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let subject = subject.clone();
            tokio::spawn(async move {
                let new = NewProduct {
                    seller,
                    ..numbered("A")
                };
                app::create_product(&subject.at(LATER), new).await.unwrap()
            })
        })
        .collect();
    let mut listed = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => listed += 1,
            Err(refusal) => assert_eq!(refusal, ProductRefusal::SkuTaken(sku("A"))),
        }
    }
    assert_eq!(listed, 1);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn each_variant_is_sold_and_comes_back_by_itself(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 3)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let default = Article::from(product.id);
    let sold = order();
    let lines = [(large, 2), (default, 1)];
    let held = subject.reserve(sold, &lines).await.unwrap();
    assert_eq!(held[0].article(), large);
    assert_eq!(held[0].options["Size"], "L");
    assert_eq!(held[1].article(), default);
    let short = Shortage {
        product: product.id,
        variant: large.variant,
        requested: 2,
        available: 1,
    };
    assert_eq!(
        subject.reserve(order(), &[(large, 2)]).await,
        Err(Refusal::OutOfStock(vec![short]))
    );
    subject.confirm(sold).await;
    let back = order().as_uuid();
    // More of the variant than was sold of it, though not more than was sold of the product.
    let too_much = return_of(sold, back, &[(large, 3, 0)]);
    subject.settle(vec![too_much], LATER).await;
    assert_eq!(subject.available_of(large).await, 1);
    let fits = return_of(sold, back, &[(large, 1, 1), (default, 1, 0)]);
    subject.settle(vec![fits], LATER).await;
    assert_eq!(subject.available_of(large).await, 2);
    assert_eq!(subject.available_of(default).await, 5);
    subject.assert_book_is_right(1).await;
    let unknown = Article::new(product.id, Some(VariantId::new(&SystemIds::default())));
    assert_eq!(
        subject.reserve(order(), &[(unknown, 1)]).await,
        Err(Refusal::UnknownVariants(vec![unknown]))
    );
}

pub(crate) async fn stock_that_is_held_of_a_removed_variant_still_comes_back(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 3)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let held = order();
    subject.reserve(held, &[(large, 2)]).await.unwrap();
    remove(&subject, &product, large.variant_id())
        .await
        .unwrap();
    assert_eq!(
        subject.reserve(order(), &[(large, 1)]).await,
        Err(Refusal::UnknownVariants(vec![large]))
    );
    subject.release(held).await;
    assert_eq!(subject.available_of(large).await, 3);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_product_is_in_stock_while_any_of_its_variants_is(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 0), "L", 1)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let in_stock = async |text: Option<&str>| {
        let filter = Filter {
            only_in_stock: true,
            text: text.and_then(|text| crate::domain::SearchText::parse(text).unwrap()),
            ..Filter::default()
        };
        let query = ListQuery {
            category: None,
            filter,
            sort: Sort::Newest,
            after: None,
            limit: kernel::Limit::default(),
        };
        let page = subject.app.queries.list(query).await.unwrap();
        page.items.len()
    };
    for text in [None, Some("A")] {
        assert_eq!(in_stock(text).await, 1);
    }
    let last = order();
    subject.reserve(last, &[(large, 1)]).await.unwrap();
    for text in [None, Some("A")] {
        assert_eq!(in_stock(text).await, 0);
    }
    subject.release(last).await;
    // What cannot be ordered is not in stock.
    remove(&subject, &product, large.variant_id())
        .await
        .unwrap();
    for text in [None, Some("A")] {
        assert_eq!(in_stock(text).await, 0);
    }
    subject.edit(&product, stock_of(1)).await;
    assert_eq!(in_stock(None).await, 1);
}

pub(crate) async fn no_adjustment_is_lost_and_none_leaves_less_than_nothing(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 0)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let subject = Arc::new(subject);
    let mut tries = Vec::new();
    for number in 0..40 {
        let (adjusting, of) = (subject.clone(), product.clone());
        tries.push(tokio::spawn(async move {
            let delta = if number % 2 == 0 { 2 } else { -1 };
            let adjusted = adjusting.adjust(&of, large, delta).await;
            adjusted.map_or(0, |_| delta)
        }));
        let (ordering, default) = (subject.clone(), Article::from(product.id));
        tries.push(tokio::spawn(async move {
            drop(ordering.reserve(order(), &[(default, 1)]).await);
            0
        }));
    }
    let mut expected = 0;
    for attempt in tries {
        expected += attempt.await.unwrap();
    }
    assert_eq!(subject.available_of(large).await, expected);
    assert_eq!(subject.available(product.id).await, 0, "sold out");
    subject.assert_book_is_right(1).await;
    let refused = subject.adjust(&product, large, -expected - 1).await;
    let available = expected;
    assert_eq!(refused, Err(ProductRefusal::NotEnough { available }));
    subject.adjust(&product, large, -expected).await.unwrap();
    assert_eq!(subject.available_of(large).await, 0);
}

pub(crate) async fn an_edit_leaves_variants_and_metadata_as_they_are(subject: Subject) {
    let mut new = with_variant(numbered("A"), "L", 3);
    new.metadata = Metadata::new(r#"{"a":1}"#.to_owned()).ok();
    let product = subject.list(new).await;
    let edited = subject.edit(&product, stock_of(1)).await;
    assert_eq!(edited.variants, product.variants);
    assert_eq!(
        (&edited.traits, &edited.metadata),
        (&product.traits, &product.metadata)
    );
    let other = Metadata::new(r#"{"b":[]}"#.to_owned()).unwrap();
    let edit = ProductEdit {
        sku: Some(sku("B")),
        metadata: Some(other.clone()),
        ..ProductEdit::default()
    };
    let edited = subject.edit(&product, edit).await;
    assert_eq!(subject.get(product.id).await, edited);
    assert_eq!(edited.metadata, Some(other));
    assert_eq!(owner(&subject, &product, "A").await, None);
    assert!(owner(&subject, &product, "B").await.is_some());
}
