//! What the store promises about lists: what they contain, in which order, page by page.

use kernel::{Limit, Page, ProductId, UserId};
use uuid::Uuid;

use super::{Subject, draft, user};
use crate::app::{self, Asked};
use crate::domain::{
    Category, Description, Filter, ListQuery, Place, Product, Rank, SearchText, Sort,
};

pub(super) fn query(filter: Filter, sort: Sort, limit: i64) -> Asked {
    Asked {
        filter,
        sort,
        after: None,
        limit: Limit::new(limit).unwrap(),
        facets: None,
    }
}

/// A page of a list, which must be one that can be asked for.
pub(super) async fn page(subject: &Subject, query: Asked) -> Page<Product> {
    let listed = app::list_products(&subject.app, query).await;
    listed.unwrap().unwrap().page
}

/// Reads a page's cursor back, as the edge does.
pub(super) fn next(query: &Asked, page: &Page<Product>) -> Option<Place> {
    let cursor = page.next_cursor.as_ref()?.as_str();
    let scope = ListQuery::scope(&query.filter, query.sort);
    Some(scope.read(cursor).unwrap())
}

/// All pages of a list, one after the other.
pub(super) async fn walk(subject: &Subject, mut query: Asked) -> Vec<Product> {
    let mut all = Vec::new();
    loop {
        let page = page(subject, query.clone()).await;
        assert!(page.items.len() <= query.limit.get());
        let next = next(&query, &page);
        assert!(next.is_none() || page.items.len() == query.limit.get());
        all.extend(page.items);
        if next.is_none() {
            return all;
        }
        query.after = next;
    }
}

pub(super) fn names(products: &[Product]) -> Vec<&str> {
    products
        .iter()
        .map(|product| product.name.as_str())
        .collect()
}

fn sorted(mut products: Vec<Product>) -> Vec<Product> {
    products.sort_by_key(|product| product.id);
    products
}

/// 250 products with many equal prices and equal texts, so that ties are everywhere.
async fn shop(subject: &Subject) -> Vec<Product> {
    let sellers: Vec<UserId> = (0..3).map(|_| user()).collect();
    let mut all = Vec::new();
    for number in 0..250_i64 {
        let mut new = draft("lamp", 1 + number % 7 * 100, number % 3);
        new.seller = sellers[usize::try_from(number % 3).unwrap()];
        new.category = Category::parse(["Home", "Garden"][usize::try_from(number % 2).unwrap()])
            .unwrap()
            .into();
        new.description =
            Description::parse(&"light ".repeat(usize::try_from(number % 4).unwrap())).unwrap();
        all.push(subject.list(new).await);
    }
    all
}

fn text(raw: &str) -> Option<SearchText> {
    SearchText::parse(raw).unwrap()
}

/// All products that a search finds.
pub(super) fn matching(raw: &str) -> Filter {
    Filter {
        text: text(raw),
        ..Filter::default()
    }
}

pub(crate) async fn every_order_pages_without_gap_or_repeat(subject: Subject) {
    let all = shop(&subject).await;
    for raw in ["", "lam"] {
        for sort in Sort::ALL {
            if raw.is_empty() && sort == Sort::Relevance {
                continue;
            }
            let found = walk(&subject, query(matching(raw), sort, 17)).await;
            let what = format!("{raw:?} by {sort:?}");
            let in_order = match sort {
                Sort::Newest => found.iter().rev().eq(all.iter()),
                Sort::PriceUp => found.is_sorted_by_key(|product| product.price.amount),
                Sort::PriceDown => found.is_sorted_by_key(|product| -product.price.amount),
                Sort::Relevance | Sort::BestSelling => true,
            };
            assert!(in_order, "{what}");
            assert_eq!(sorted(found), all, "{what}");
        }
    }
}

pub(crate) async fn a_cursor_outside_of_the_prices_asked_for_leads_to_none_of_them(
    subject: Subject,
) {
    for amount in [1, 5, 9] {
        subject.list(draft("lamp", amount, 1)).await;
    }
    let filter = Filter {
        min_price: Some(4),
        max_price: Some(6),
        ..Filter::default()
    };
    for (sort, price, expected) in [
        (Sort::PriceUp, 0, vec![5]),
        (Sort::PriceUp, 10, vec![]),
        (Sort::PriceDown, 10, vec![5]),
        (Sort::PriceDown, 0, vec![]),
    ] {
        let after = Place {
            price,
            rank: Rank::default(),
            sold: 0,
            product: ProductId::from_uuid(Uuid::nil()),
        };
        let query = Asked {
            after: Some(after),
            ..query(filter.clone(), sort, 20)
        };
        let page = page(&subject, query).await;
        let found: Vec<_> = page.items.iter().map(|one| one.price.amount).collect();
        assert_eq!(found, expected, "{sort:?} {price}");
    }
}

pub(crate) async fn every_filter_narrows_and_pages(subject: Subject) {
    let all = shop(&subject).await;
    let seller = all[0].seller;
    let filters = [
        Filter {
            categories: vec![Category::parse("hOME").unwrap()],
            ..Filter::default()
        },
        Filter {
            sellers: [seller].into(),
            ..Filter::default()
        },
        Filter {
            min_price: Some(201),
            ..Filter::default()
        },
        Filter {
            max_price: Some(401),
            ..Filter::default()
        },
        Filter {
            min_price: Some(201),
            max_price: Some(401),
            ..Filter::default()
        },
        Filter {
            only_in_stock: true,
            ..Filter::default()
        },
        Filter {
            categories: vec![Category::parse("Garden").unwrap()],
            min_price: Some(201),
            max_price: Some(500),
            ..Filter::default()
        },
        Filter {
            categories: vec![Category::parse("garden").unwrap()],
            sellers: [seller].into(),
            min_price: Some(101),
            max_price: Some(601),
            ..Filter::default()
        },
        Filter {
            categories: vec![Category::parse("Hom").unwrap()],
            ..Filter::default()
        },
    ];
    for narrow in filters {
        for raw in ["", "lamp"] {
            let filter = Filter {
                text: text(raw),
                ..narrow.clone()
            };
            let expected: Vec<Product> = all
                .iter()
                .filter(|product| {
                    let category = filter.categories.first().is_none_or(|category| {
                        category
                            .as_str()
                            .eq_ignore_ascii_case(product.category.as_str())
                    });
                    category
                        && filter
                            .seller()
                            .is_none_or(|seller| seller == product.seller)
                        && filter
                            .min_price
                            .is_none_or(|min| product.price.amount >= min)
                        && filter
                            .max_price
                            .is_none_or(|max| product.price.amount <= max)
                        && (!filter.only_in_stock || product.stock.get() > 0)
                })
                .cloned()
                .collect();
            for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
                let found = walk(&subject, query(filter.clone(), sort, 10)).await;
                assert_eq!(sorted(found), expected, "{filter:?} by {sort:?}");
            }
        }
    }
}

pub(crate) async fn a_category_is_compared_without_regard_to_case_and_space(subject: Subject) {
    for (written, asked) in [
        ("Große Möbel", "GROSSE  MÖBEL"),
        ("ÉLECTRONIQUE", " électronique "),
        ("ΟΔΟΣ", "οδος"),
        ("İçecek", "içecek"),
        ("ДОМ и Сад", "дом\u{a0}И сад"),
        ("Ｈｏｍｅ", "home"),
    ] {
        let mut new = draft("Lamp", 1, 1);
        new.category = Category::parse(written).unwrap().into();
        let product = subject.list(new).await;
        for sort in [Sort::Newest, Sort::PriceUp] {
            for text in [None, text("lamp")] {
                let filter = Filter {
                    categories: vec![Category::parse(asked).unwrap()],
                    text,
                    ..Filter::default()
                };
                let found = walk(&subject, query(filter, sort, 100)).await;
                assert_eq!(
                    found,
                    std::slice::from_ref(&product),
                    "{asked} for {written}"
                );
            }
        }
    }
    let other = Filter {
        categories: vec![Category::parse("Grose Mobel").unwrap()],
        ..Filter::default()
    };
    assert_eq!(walk(&subject, query(other, Sort::Newest, 100)).await, []);
}
