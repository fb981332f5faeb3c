//! What the use cases promise about facets, and about lists that are made in memory.

mod deeds;
mod wishes;

use std::collections::BTreeSet;

use contracts::sellers::SellerStatus;
use kernel::{CategoryId, Money, UserId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::categories::{add, attribute, new, text_attribute};
use super::lists::{names, page, query, walk};
use super::sellers::{keep, status};
use super::{Subject, draft, order, return_of, stock_of, user};
use crate::app::{self, Asked, Counted};
use crate::domain::{
    AttributeKey, AttributeKind, AttributeValue, Category, Facets, Filter, InCategory, NewCategory,
    Product, SearchText, Sort,
};
use deeds::deed;
use wishes::wish;

const COLOURS: [&str; 3] = ["red", "blue", "Blue"];
const SIZES: [&str; 3] = ["S", "M", "42"];

fn key(raw: &str) -> AttributeKey {
    AttributeKey::parse(raw).unwrap()
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

/// What happened so far.
struct Shop {
    subject: Subject,
    tree: Tree,
    sellers: Vec<UserId>,
    products: Vec<Product>,
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
