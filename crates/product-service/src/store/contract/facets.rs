//! What the use cases promise about facets, and about lists that are made in memory.

use std::collections::{BTreeMap, BTreeSet};

use contracts::reservations::Refusal;
use contracts::sellers::SellerStatus;
use kernel::{CategoryId, Money, UserId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::categories::{add, attribute, new, text_attribute};
use super::lists::{names, page, query, walk};
use super::sellers::{keep, status};
use super::{Subject, change, draft, order, return_of, stock_of, user};
use crate::app::{self, Asked, Counted};
use crate::domain::{
    AttributeKey, AttributeKind, AttributeValue, Category, Chosen, Facets, Filter, InCategory,
    NewCategory, NewVariant, Offer, Options, PriceEdit, Product, ProductEdit, SearchText, Sort,
    Stock, Tally, Thousandths, Traits,
};

fn key(raw: &str) -> AttributeKey {
    AttributeKey::parse(raw).unwrap()
}

fn number(raw: f64) -> AttributeValue {
    AttributeValue::Number(Thousandths::parse(raw).unwrap())
}

fn text(raw: &str) -> AttributeValue {
    AttributeValue::text(raw).unwrap()
}

/// `Home` with `Lamps` with `Desk lamps`, and `Garden`.
struct Tree {
    home: CategoryId,
    lamps: CategoryId,
    desk: CategoryId,
    garden: CategoryId,
}

impl Tree {
    async fn plant(subject: &Subject) -> Self {
        let app = &subject.app;
        let home = NewCategory {
            attributes: vec![text_attribute("colour")],
            ..new("Home", None)
        };
        let home = add(app, home).await.id;
        let power = attribute("power", AttributeKind::Number { unit: None });
        let lamps = NewCategory {
            attributes: vec![power],
            ..new("Lamps", Some(home))
        };
        let lamps = add(app, lamps).await.id;
        let desk = add(app, new("Desk lamps", Some(lamps))).await.id;
        let garden = add(app, new("Garden", None)).await.id;
        Self {
            home,
            lamps,
            desk,
            garden,
        }
    }

    const fn all(&self) -> [CategoryId; 4] {
        [self.home, self.lamps, self.desk, self.garden]
    }

    /// The category and all above it.
    fn path(&self, id: CategoryId) -> Vec<CategoryId> {
        let whole = [self.home, self.lamps, self.desk];
        match whole.iter().position(|one| *one == id) {
            Some(place) => whole[..=place].to_vec(),
            None => vec![id],
        }
    }
}

/// Something that happens to products.
#[derive(Debug, Clone)]
enum Deed {
    List {
        seller: usize,
        category: usize,
        price: i64,
        stock: i64,
        colour: Option<usize>,
        power: Option<i64>,
        /// Sizes with their stock.
        variants: Vec<(usize, i64)>,
    },
    Remove(usize),
    Unpublish(usize),
    Reprice(usize, i64),
    Restock(usize, i64),
    Order(usize, i64),
    Move(usize, usize),
}

const COLOURS: [&str; 3] = ["red", "blue", "Blue"];
const SIZES: [&str; 3] = ["S", "M", "42"];

fn deed() -> impl Strategy<Value = Deed> {
    let list = (
        0_usize..3,
        0_usize..4,
        prop_oneof![1_i64..30, 90_i64..3000],
        0_i64..3,
        prop::option::of(0_usize..3),
        prop::option::of(1_i64..20),
        prop::collection::vec((0_usize..3, 0_i64..2), 0..3),
    );
    let list = list.prop_map(
        |(seller, category, price, stock, colour, power, variants)| Deed::List {
            seller,
            category,
            price,
            stock,
            colour,
            power,
            variants,
        },
    );
    prop_oneof![
        6 => list,
        1 => any::<usize>().prop_map(Deed::Remove),
        1 => any::<usize>().prop_map(Deed::Unpublish),
        1 => (any::<usize>(), 1_i64..3000).prop_map(|(product, price)| Deed::Reprice(product, price)),
        1 => (any::<usize>(), 0_i64..3).prop_map(|(product, stock)| Deed::Restock(product, stock)),
        2 => (any::<usize>(), 1_i64..3).prop_map(|(product, units)| Deed::Order(product, units)),
        1 => (any::<usize>(), 0_usize..4).prop_map(|(product, to)| Deed::Move(product, to)),
    ]
}

/// What is asked for, by places in the lists of what there is.
#[derive(Debug, Clone)]
struct Wish {
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

fn wish() -> impl Strategy<Value = Wish> {
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

/// What happened so far.
struct Shop {
    subject: Subject,
    tree: Tree,
    sellers: Vec<UserId>,
    products: Vec<Product>,
}

impl Shop {
    async fn open(subject: Subject) -> Self {
        Self {
            tree: Tree::plant(&subject).await,
            subject,
            sellers: (0..3).map(|_| user()).collect(),
            products: Vec::new(),
        }
    }

    /// The product that a number leads to, as it is now, if its seller may still change it.
    async fn chosen(&self, number: usize) -> Option<Product> {
        let place = number.checked_rem(self.products.len())?;
        let product = self.subject.get(self.products[place].id).await;
        product.is_listed().then_some(product)
    }

    async fn make(&mut self, deed: Deed) {
        let subject = &self.subject;
        match deed {
            Deed::List {
                seller,
                category,
                price,
                stock,
                colour,
                power,
                variants,
            } => {
                let is_lamp = category == 1 || category == 2;
                let mut new = draft(if is_lamp { "A lamp" } else { "A thing" }, price, stock);
                new.seller = self.sellers[seller];
                new.category = InCategory::Id(self.tree.all()[category]);
                let colour = colour
                    .filter(|_| category < 3)
                    .map(|one| text(COLOURS[one]));
                new.attributes
                    .extend(colour.map(|colour| (key("colour"), colour)));
                let power = power.filter(|_| is_lamp);
                let power = power.map(|power| {
                    (
                        key("power"),
                        number(f64::from(i32::try_from(power).unwrap()) / 2.0),
                    )
                });
                new.attributes.extend(power);
                let mut sizes = BTreeMap::new();
                sizes.extend(variants);
                new.variants = sizes
                    .into_iter()
                    .map(|(size, stock)| variant(size, stock))
                    .collect();
                let listed = subject.list(new).await;
                self.products.push(listed);
            }
            Deed::Remove(number) => {
                if let Some(product) = self.chosen(number).await {
                    subject
                        .remove(change(&product, ()), super::LATER)
                        .await
                        .unwrap();
                }
            }
            Deed::Unpublish(number) => {
                if let Some(product) = self.chosen(number).await {
                    let unpublished = app::unpublish_product(&subject.app, change(&product, ()));
                    unpublished.await.unwrap().unwrap();
                }
            }
            Deed::Reprice(number, amount) => {
                if let Some(product) = self.chosen(number).await {
                    let price = PriceEdit {
                        amount,
                        currency: None,
                    };
                    let edit = ProductEdit {
                        price: Some(price),
                        ..ProductEdit::default()
                    };
                    subject.edit(&product, edit).await;
                }
            }
            Deed::Restock(number, stock) => {
                if let Some(product) = self.chosen(number).await {
                    subject.edit(&product, stock_of(stock)).await;
                }
            }
            Deed::Order(number, units) => {
                if let Some(product) = self.chosen(number).await {
                    let held = subject.reserve(order(), &[(product.id, units)]).await;
                    assert!(
                        matches!(held, Ok(_) | Err(Refusal::OutOfStock(_))),
                        "{held:?}"
                    );
                }
            }
            Deed::Move(number, to) => {
                if let Some(product) = self.chosen(number).await {
                    let to = InCategory::Id(self.tree.all()[to]);
                    let edit = ProductEdit {
                        attributes: Some(BTreeMap::new()),
                        ..ProductEdit::default()
                    };
                    let moved = app::update_product(&subject.app, change(&product, edit), Some(to));
                    moved.await.unwrap().unwrap();
                }
            }
        }
    }

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
    async fn check(&self, wish: &Wish) {
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

fn variant(size: usize, stock: i64) -> NewVariant {
    let options = [("Size".to_owned(), SIZES[size].to_owned())];
    NewVariant {
        traits: Traits {
            options: Options::parse(options.into()).unwrap(),
            ..Traits::default()
        },
        price: None,
        stock: Stock::parse(stock).unwrap(),
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

async fn count(subject: &Subject, filter: Filter) -> Counted {
    let facets = Facets::parse("category,price,seller,attr.*").unwrap();
    let asked = Asked {
        facets: Some(facets),
        ..query(filter, Sort::Newest, 1)
    };
    let listed = app::list_products(&subject.app, asked).await;
    listed.unwrap().unwrap().facets.unwrap()
}

pub(crate) fn facets_count_what_one_by_one_would_count(make: fn() -> Subject) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let shop = runtime.block_on(async { Shop::open(make()).await });
    let shop = std::cell::RefCell::new(shop);
    let mut runner = TestRunner::new(Config::with_cases(Config::default().cases / 12));
    let case = (
        prop::collection::vec(deed(), 1..12),
        prop::collection::vec(wish(), 4),
    );
    runner
        .run(&case, |(deeds, wishes)| {
            let shop = &mut *shop.borrow_mut();
            runtime.block_on(async {
                for deed in deeds {
                    shop.make(deed).await;
                }
                for wish in &wishes {
                    shop.check(wish).await;
                }
            });
            Ok(())
        })
        .unwrap();
}

pub(crate) async fn what_was_sold_counts_until_it_comes_back(subject: Subject) {
    let mut all = Vec::new();
    for name in ["Few", "Many", "None"] {
        all.push(subject.list(draft(name, 100, 9)).await);
    }
    let (few, many) = (order(), order());
    subject.reserve(few, &[(all[0].id, 2)]).await.unwrap();
    subject.reserve(many, &[(all[1].id, 5)]).await.unwrap();
    let best = async || {
        let listed = walk(&subject, query(Filter::default(), Sort::BestSelling, 2)).await;
        let sold: Vec<i64> = listed.iter().map(|one| one.sold).collect();
        (names(&listed).join(" "), sold)
    };
    assert_eq!(best().await, ("Many Few None".to_owned(), vec![5, 2, 0]));
    subject.confirm(many).await;
    let back = return_of(many, Uuid::new_v4(), &[(all[1].id, 4, 1)]);
    subject.settle(vec![back], super::LATER).await;
    assert_eq!(best().await, ("Few Many None".to_owned(), vec![2, 1, 0]));
    subject.release(few).await;
    assert_eq!(best().await, ("Many None Few".to_owned(), vec![1, 0, 0]));
    // What the seller does to the stock sells nothing.
    subject.edit(&all[0], stock_of(1)).await;
    assert_eq!(subject.get(all[0].id).await.sold, 0);
}

pub(crate) async fn of_a_suspended_seller_nothing_is_counted_or_listed(subject: Subject) {
    let (one, other) = (user(), user());
    for seller in [one, other] {
        let mut new = draft("Lamp", 100, 1);
        new.seller = seller;
        subject.list(new).await;
    }
    let found = async || {
        let counted = count(&subject, Filter::default()).await.counts;
        let sellers = counted
            .seller
            .unwrap()
            .into_iter()
            .map(|(seller, _)| seller);
        let listed = walk(&subject, query(Filter::default(), Sort::BestSelling, 9)).await;
        let listed: BTreeSet<UserId> = listed.iter().map(|product| product.seller).collect();
        assert_eq!(sellers.collect::<BTreeSet<_>>(), listed);
        listed
    };
    assert_eq!(found().await, [one, other].into());
    keep(&subject, vec![status(one, 1, SellerStatus::Suspended)]).await;
    assert_eq!(found().await, [other].into());
    keep(&subject, vec![status(one, 2, SellerStatus::Active)]).await;
    assert_eq!(found().await, [one, other].into());
}

pub(crate) async fn a_list_in_memory_is_that_of_the_store(subject: Subject) {
    let sellers: Vec<UserId> = (0..2).map(|_| user()).collect();
    for number in 0..60_i64 {
        let place = usize::try_from(number).unwrap();
        let mut new = draft(["Red lamp", "Lamp", "Sofa, red"][place % 3], 1, number % 2);
        new.price = Money::new(1 + number % 5, new.price.currency);
        new.seller = sellers[place % 2];
        subject.list(new).await;
    }
    for raw in ["", "red lamp", "lamp"] {
        for sort in Sort::ALL {
            if sort == Sort::BestSelling || (raw.is_empty() && sort == Sort::Relevance) {
                continue;
            }
            for only_in_stock in [false, true] {
                let filter = Filter {
                    text: SearchText::parse(raw).unwrap(),
                    min_price: Some(2),
                    only_in_stock,
                    ..Filter::default()
                };
                let stored = walk(&subject, query(filter.clone(), sort, 7)).await;
                let both = Filter {
                    sellers: sellers.iter().copied().collect(),
                    ..filter
                };
                let found = walk(&subject, query(both, sort, 7)).await;
                assert_eq!(found, stored, "{raw:?} by {sort:?}");
            }
        }
    }
}

pub(crate) async fn a_list_with_what_is_below_a_category_follows_the_tree(subject: Subject) {
    let tree = Tree::plant(&subject).await;
    let mut desk = draft("Desk lamp", 1, 1);
    desk.category = InCategory::Id(tree.desk);
    subject.list(desk).await;
    let mut spade = draft("Spade", 1, 1);
    spade.category = InCategory::Id(tree.garden);
    subject.list(spade).await;
    let found = async |raw: &str| {
        let filter = Filter {
            categories: vec![Category::parse(raw).unwrap()],
            ..Filter::default()
        };
        let page = page(&subject, query(filter, Sort::Newest, 9)).await;
        names(&page.items).join(" ")
    };
    assert_eq!(found("home").await, "Desk lamp");
    assert_eq!(found("garden").await, "Spade");
    let edit = crate::domain::CategoryEdit {
        place: Some(Some(tree.garden).into()),
        ..Default::default()
    };
    let moved = app::edit_category(&subject.app, tree.lamps, Box::new(|_| true), edit).await;
    moved.unwrap().unwrap();
    assert_eq!(found("home").await, "");
    assert_eq!(found("garden").await, "Spade Desk lamp");
    assert_eq!(found("Lamps").await, "Desk lamp");
    assert_eq!(found(&tree.desk.to_string()).await, "Desk lamp");
    assert_eq!(found("nowhere").await, "");
}
