//! What is asked for, and what counting the products one by one gives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::lists::{query, walk};
use super::{COLOURS, SIZES, Shop, count, key, text};
use crate::domain::{
    AttributeValue, Category, Chosen, Filter, Offer, Product, SearchText, Sort, Tally,
};

/// What is asked for, by places in the lists of what there is.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    categories: BTreeSet<usize>,
    sellers: BTreeSet<usize>,
    min: Option<i64>,
    max: Option<i64>,
    in_stock: bool,
    colours: BTreeSet<usize>,
    sizes: BTreeSet<usize>,
    power: Option<(i64, i64)>,
    lamps_only: bool,
}

pub(super) fn wish() -> impl Strategy<Value = Wish> {
    let some = |most: usize| prop::collection::btree_set(0..most, 0..3);
    let often_none = |most: usize| prop_oneof![2 => Just(BTreeSet::new()), 1 => some(most)];
    (
        often_none(4),
        often_none(3),
        prop::option::weighted(0.3, 1_i64..100),
        prop::option::weighted(0.3, 100_i64..3000),
        any::<bool>(),
        often_none(3),
        often_none(3),
        prop::option::weighted(0.3, (0_i64..10, 5_i64..20)),
        prop::bool::weighted(0.3),
    )
        .prop_map(
            |(categories, sellers, min, max, in_stock, colours, sizes, power, lamps_only)| Wish {
                categories,
                sellers,
                min,
                max,
                in_stock,
                colours,
                sizes,
                power,
                lamps_only,
            },
        )
}

impl Shop {
    fn filter(&self, wish: &Wish) -> Filter {
        let slugs = ["home", "lamps", "desk-lamps", "garden"];
        let named = |all: &[&str], chosen: &BTreeSet<usize>| -> BTreeSet<Chosen> {
            chosen
                .iter()
                .map(|one| Chosen::parse(all[*one]).unwrap())
                .collect()
        };
        let mut attributes = BTreeMap::new();
        if !wish.colours.is_empty() {
            attributes.insert(key("colour"), named(&COLOURS, &wish.colours));
        }
        if !wish.sizes.is_empty() {
            attributes.insert(key("size"), named(&SIZES, &wish.sizes));
        }
        if let Some((from, to)) = wish.power {
            let range = Chosen::parse(&format!("{from}..{to}")).unwrap();
            attributes.insert(key("power"), [range].into());
        }
        let categories = wish.categories.iter();
        Filter {
            text: SearchText::parse(if wish.lamps_only { "lamp" } else { "" }).unwrap(),
            categories: categories
                .map(|one| Category::parse(slugs[*one]).unwrap())
                .collect(),
            sellers: wish.sellers.iter().map(|one| self.sellers[*one]).collect(),
            attributes,
            min_price: wish.min,
            max_price: wish.max,
            only_in_stock: wish.in_stock,
            ..Filter::default()
        }
    }

    /// Whether the product as a whole is one of those asked for.
    fn fits(&self, wish: &Wish, product: &Product) -> bool {
        let path = self.tree.path(product.category_id);
        let mut categories = wish.categories.iter().map(|one| self.tree.all()[*one]);
        let mut sellers = wish.sellers.iter().map(|one| self.sellers[*one]);
        let is_lamp = product.name.as_str().contains("lamp");
        let price = product.price.amount;
        product.is_listed()
            && (is_lamp || !wish.lamps_only)
            && (wish.categories.is_empty() || categories.any(|one| path.contains(&one)))
            && (wish.sellers.is_empty() || sellers.any(|one| one == product.seller))
            && wish.min.is_none_or(|min| price >= min)
            && wish.max.is_none_or(|max| price <= max)
    }

    /// The variants of the product that are asked for; none if the product as a whole is not.
    fn fitting<'a>(&self, wish: &Wish, product: &'a Product) -> Vec<Offer<'a>> {
        let is_one = |chosen: &BTreeSet<usize>, all: &[&str], value: Option<AttributeValue>| {
            let value = value.map(|value| value.to_string());
            chosen.is_empty() || chosen.iter().any(|one| value.as_deref() == Some(all[*one]))
        };
        let fits = |offer: &Offer<'_>| {
            let within = |(from, to): (i64, i64)| match value_of(offer, "power") {
                Some(AttributeValue::Number(power)) => {
                    let bound = |raw: i64| f64::from(i32::try_from(raw).unwrap());
                    (bound(from)..=bound(to)).contains(&power.get())
                }
                _ => false,
            };
            (offer.stock.get() > 0 || !wish.in_stock)
                && is_one(&wish.colours, &COLOURS, value_of(offer, "colour"))
                && is_one(&wish.sizes, &SIZES, value_of(offer, "size"))
                && wish.power.is_none_or(within)
        };
        let offers = product.offers().filter(|_| self.fits(wish, product));
        offers.filter(fits).collect()
    }

    /// Compares what is counted and listed with what one by one gives.
    pub(super) async fn check(&self, wish: &Wish) {
        let mut products = Vec::new();
        for product in &self.products {
            products.push(self.subject.get(product.id).await);
        }
        let listed = |wish: &Wish| -> Vec<&Product> {
            let fit = products
                .iter()
                .filter(|one| !self.fitting(wish, one).is_empty());
            fit.collect()
        };
        let counted = count(&self.subject, self.filter(wish)).await;
        let any_category = Wish {
            categories: BTreeSet::new(),
            ..wish.clone()
        };
        let of_category = listed(&any_category).into_iter();
        let of_category = of_category.flat_map(|one| self.tree.path(one.category_id));
        assert_eq!(
            sorted(counted.categories.unwrap()),
            tally(of_category),
            "{wish:?}"
        );
        let any_seller = Wish {
            sellers: BTreeSet::new(),
            ..wish.clone()
        };
        let of_seller = listed(&any_seller).into_iter().map(|one| one.seller);
        assert_eq!(
            sorted(counted.counts.seller.unwrap()),
            tally(of_seller),
            "{wish:?}"
        );
        let any_price = Wish {
            min: None,
            max: None,
            ..wish.clone()
        };
        let prices = listed(&any_price).into_iter().map(|one| one.price.amount);
        let of_price = tally(prices.map(first_of_range));
        let found = counted.counts.price.unwrap();
        let found = found.into_iter().map(|(range, count)| (range.from, count));
        assert_eq!(found.collect::<Vec<_>>(), of_price, "{wish:?}");
        let values = |name: &str, wish: &Wish| {
            let all = products.iter().flat_map(|product| {
                let fitting = self.fitting(wish, product).into_iter();
                fitting
                    .filter_map(|offer| value_of(&offer, name))
                    .collect::<BTreeSet<_>>()
            });
            tally(all)
        };
        let any_colour = Wish {
            colours: BTreeSet::new(),
            ..wish.clone()
        };
        let any_size = Wish {
            sizes: BTreeSet::new(),
            ..wish.clone()
        };
        let any_power = Wish {
            power: None,
            ..wish.clone()
        };
        let expected = [
            (key("colour"), values("colour", &any_colour)),
            (key("power"), values("power", &any_power)),
            (key("size"), values("size", &any_size)),
        ];
        let expected = expected.into_iter().filter(|(_, tally)| !tally.is_empty());
        let found = counted.counts.attributes.into_iter();
        let found = found.map(|(key, tally)| (key, sorted(tally)));
        assert_eq!(
            found.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{wish:?}"
        );
        let mut expected: Vec<_> = listed(wish).into_iter().map(|one| one.id).collect();
        expected.sort_by(|one, other| other.cmp(one));
        let newest = walk(&self.subject, query(self.filter(wish), Sort::Newest, 7)).await;
        let newest: Vec<_> = newest.into_iter().map(|one| one.id).collect();
        assert_eq!(newest, expected, "{wish:?}");
    }
}

fn value_of(offer: &Offer<'_>, name: &str) -> Option<AttributeValue> {
    let options = offer.traits.options.values();
    let option = options.iter().find(|(one, _)| one.to_lowercase() == name);
    match option {
        Some((_, value)) => Some(text(value)),
        None => offer.product.attributes.get(&key(name)).cloned(),
    }
}

fn first_of_range(price: i64) -> i64 {
    let mut from = 1;
    loop {
        for step in [from, from * 2, from * 5] {
            let next = if step == from * 2 { from * 5 } else { step * 2 };
            if (step..next).contains(&price) {
                return step;
            }
        }
        from *= 10;
    }
}

fn tally<T: Ord>(all: impl Iterator<Item = T>) -> Tally<T> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn sorted<T: Ord>(mut tally: Tally<T>) -> Tally<T> {
    let counts: Vec<u64> = tally.iter().map(|(_, count)| *count).collect();
    assert!(
        counts.is_sorted_by(|one, next| one >= next),
        "the most first"
    );
    tally.sort();
    tally
}
