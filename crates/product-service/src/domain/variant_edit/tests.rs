//! Tests of what a seller may do to variants and their stock.

use std::collections::BTreeMap;

use kernel::SystemIds;
use proptest::prelude::{prop, prop_assert_eq, proptest};

use super::*;
use crate::domain::edit::tests::{NOW, any, never, product, stranger};
use crate::domain::{Clash, Traits};

fn size(size: &str) -> Options {
    Options::parse(BTreeMap::from([("Size".to_owned(), size.to_owned())])).unwrap()
}

fn new(options: Options, stock: i64) -> NewVariant {
    NewVariant {
        traits: Traits {
            options,
            ..Traits::default()
        },
        price: Some(PriceEdit {
            amount: 250,
            currency: None,
        }),
        stock: Stock::parse(stock).unwrap(),
    }
}

fn id() -> VariantId {
    VariantId::new(&SystemIds::default())
}

fn with(product: Product, options: Options) -> (Product, VariantId) {
    let (seller, id) = (product.seller, id());
    let added = product.add_variant(seller, &any(), new(options, 7), id, NOW);
    (added.unwrap(), id)
}

#[test]
fn a_variant_has_a_price_and_a_stock_of_its_own() {
    let old = product();
    let (product, large) = with(old.clone(), size("L"));
    assert_eq!(product.version, 2);
    assert_eq!(product.stock_since(Some(&old)), [(large, 7)]);
    let offer = product.offer(Some(large)).unwrap();
    assert_eq!((offer.price.amount, offer.stock.get()), (250, 7));
    let default = product.offer(None).unwrap();
    assert_eq!((default.price, default.stock), (old.price, old.stock));
    assert_eq!(product.offer(Some(default.id)), Some(default));
    assert_eq!(product.offer(Some(id())), None);
    let less = product.with_stock_changed(Some(large), -7, NOW).unwrap();
    assert_eq!(less.offer(Some(large)).unwrap().stock.get(), 0);
    assert_eq!(less.stock, old.stock);
    assert_eq!(less.with_stock_changed(Some(large), -1, NOW), None);
    assert_eq!(less.with_stock_changed(Some(id()), 1, NOW), None);
}

#[test]
fn a_product_has_at_most_a_hundred_variants() {
    let mut product = product();
    for number in 1..Product::MAX_VARIANTS {
        (product, _) = with(product, size(&number.to_string()));
    }
    let seller = product.seller;
    let more = new(size("one more"), 1);
    let refused = product
        .clone()
        .add_variant(seller, &any(), more.clone(), id(), NOW);
    assert_eq!(refused, Err(ProductRefusal::TooManyVariants));
    let last = product.variants.last().unwrap().id;
    let product = product.remove_variant(seller, &any(), last, NOW).unwrap();
    assert!(product.add_variant(seller, &any(), more, id(), NOW).is_ok());
}

#[test]
fn variants_with_the_same_options_are_refused() {
    let (product, large) = with(product(), size("L"));
    let seller = product.seller;
    for options in [Options::default(), size("l")] {
        let twice = product
            .clone()
            .add_variant(seller, &any(), new(options, 1), id(), NOW);
        assert_eq!(twice, Err(ProductRefusal::Clash(Clash::Options)));
    }
    let edit = VariantEdit {
        options: Some(Options::default()),
        ..VariantEdit::default()
    };
    let twice = product
        .clone()
        .edit_variant(seller, &any(), large, edit, NOW);
    assert_eq!(twice, Err(ProductRefusal::Clash(Clash::Options)));
    let removed = product.remove_variant(seller, &any(), large, NOW).unwrap();
    with(removed, size("L"));
}

#[test]
fn an_edit_of_a_variant_changes_what_it_names_and_nothing_else() {
    let (product, large) = with(product(), size("L"));
    let seller = product.seller;
    let edit = |id, edit| product.clone().edit_variant(seller, &any(), id, edit, NOW);
    assert_eq!(
        edit(large, VariantEdit::default()).as_ref(),
        Ok(&product),
        "nothing"
    );
    let sku = VariantEdit {
        sku: Sku::parse("L-1").ok(),
        stock: Stock::parse(9).ok(),
        ..VariantEdit::default()
    };
    let edited = edit(large, sku.clone()).unwrap();
    let offer = edited.offer(Some(large)).unwrap();
    assert_eq!(offer.traits.sku, Sku::parse("L-1").ok());
    assert_eq!(
        (offer.traits.options.clone(), offer.price.amount),
        (size("L"), 250)
    );
    assert_eq!(edited.stock_since(Some(&product)), [(large, 2)]);
    assert_eq!(edited.version, product.version + 1);
    let default = VariantId::default_of(product.id);
    let edited = edit(default, sku).unwrap();
    assert_eq!(
        (edited.traits.sku, edited.stock.get()),
        (Sku::parse("L-1").ok(), 9)
    );
    assert_eq!(edited.variants, product.variants);
    assert_eq!(
        edit(id(), VariantEdit::default()),
        Err(ProductRefusal::NoVariant)
    );
}

#[test]
fn a_removed_variant_cannot_be_ordered_and_what_is_held_of_it_comes_back() {
    let (product, large) = with(product(), size("L"));
    let seller = product.seller;
    let remove = |product: &Product, id| product.clone().remove_variant(seller, &any(), id, NOW);
    let removed = remove(&product, large).unwrap();
    assert_eq!(removed.offer(Some(large)), None);
    assert_eq!(removed.stock_since(Some(&product)), []);
    assert!(removed.with_stock_changed(Some(large), 2, NOW).is_some());
    let again = removed.clone().remove_variant(seller, &never(), large, NOW);
    assert_eq!(again.as_ref(), Ok(&removed), "a repeat");
    assert_eq!(remove(&removed, id()), Err(ProductRefusal::NoVariant));
    let default = VariantId::default_of(product.id);
    assert_eq!(
        remove(&product, default),
        Err(ProductRefusal::DefaultVariant)
    );
}

#[test]
fn only_its_seller_changes_a_products_variants_and_only_the_version_that_they_mean() {
    let (product, large) = with(product(), size("L"));
    let made = |by: UserId, guard: &VersionGuard| {
        let of = || product.clone();
        [
            of().add_variant(by, guard, new(size("M"), 1), id(), NOW),
            of().edit_variant(by, guard, large, VariantEdit::default(), NOW),
            of().remove_variant(by, guard, large, NOW),
        ]
    };
    for refused in made(stranger(), &any()) {
        assert_eq!(refused, Err(ProductRefusal::NotOwner));
    }
    let version = product.version;
    for refused in made(product.seller, &never()) {
        assert_eq!(refused, Err(ProductRefusal::Changed { version }));
    }
    let adjusted = product.clone().adjust_stock(stranger(), None, 1, NOW);
    assert_eq!(adjusted, Err(ProductRefusal::NotOwner));
}

proptest! {
    #[test]
    fn stock_is_added_and_taken_away_exactly_and_is_never_negative(
        deltas in prop::collection::vec((prop::bool::ANY, -20i64..20), 0..30),
    ) {
        let (mut product, large) = with(product(), size("L"));
        let mut expected = [product.stock.get(), 7];
        for (of_large, delta) in deltas {
            let variant = of_large.then_some(large);
            let place = usize::from(of_large);
            let adjusted = product.clone().adjust_stock(product.seller, variant, delta, NOW);
            let after = expected[place] + delta;
            if after < 0 {
                let available = expected[place];
                prop_assert_eq!(adjusted, Err(ProductRefusal::NotEnough { available }));
            } else {
                product = adjusted.unwrap();
                expected[place] = after;
            }
            let stocks: Vec<i64> = product.stocks().map(|(_, stock)| stock.get()).collect();
            prop_assert_eq!(&stocks, &expected);
        }
    }
}

#[test]
fn no_more_stock_is_added_than_there_may_be() {
    let product = product();
    let adjust = |delta| {
        let seller = product.seller;
        product.clone().adjust_stock(seller, None, delta, NOW)
    };
    assert!(adjust(Stock::MAX - 5).is_ok());
    for delta in [Stock::MAX - 4, i64::MAX] {
        assert_eq!(adjust(delta), Err(ProductRefusal::TooMuch));
    }
    let refused = Err(ProductRefusal::NotEnough { available: 5 });
    assert_eq!(adjust(i64::MIN), refused);
}
