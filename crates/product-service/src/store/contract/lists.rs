//! What the store promises about lists and search.

use kernel::{Limit, Page, ProductId, UserId};
use uuid::Uuid;

use super::{Subject, draft, user};
use crate::domain::{
    Category, Description, Filter, ListQuery, Place, Product, ProductEdit, ProductName, SearchText,
    Sort,
};

fn query(filter: Filter, sort: Sort, limit: i64) -> ListQuery {
    ListQuery {
        filter,
        sort,
        after: None,
        limit: Limit::new(limit).unwrap(),
    }
}

/// Reads a page's cursor back, as the edge does.
fn next(query: &ListQuery, page: &Page<Product>) -> Option<Place> {
    let cursor = page.next_cursor.as_ref()?.as_str();
    let scope = ListQuery::scope(&query.filter, query.sort);
    Some(scope.read(cursor).unwrap())
}

/// All pages of a list, one after the other.
async fn walk(subject: &Subject, mut query: ListQuery) -> Vec<Product> {
    let mut all = Vec::new();
    loop {
        let page = subject.app.queries.list(query.clone()).await.unwrap();
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

fn names(products: &[Product]) -> Vec<&str> {
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
        new.category =
            Category::parse(["Home", "Garden"][usize::try_from(number % 2).unwrap()]).unwrap();
        new.description =
            Description::parse(&"light ".repeat(usize::try_from(number % 4).unwrap())).unwrap();
        all.push(subject.list(new).await);
    }
    all
}

fn text(raw: &str) -> Option<SearchText> {
    SearchText::parse(raw).unwrap()
}

pub(crate) async fn every_order_pages_without_gap_or_repeat(subject: Subject) {
    let all = shop(&subject).await;
    for raw in ["", "lam"] {
        for sort in Sort::ALL {
            if raw.is_empty() && sort == Sort::Relevance {
                continue;
            }
            let filter = Filter {
                text: text(raw),
                ..Filter::default()
            };
            let found = walk(&subject, query(filter, sort, 17)).await;
            let what = format!("{raw:?} by {sort:?}");
            let in_order = match sort {
                Sort::Newest => found.iter().rev().eq(all.iter()),
                Sort::PriceUp => found.is_sorted_by_key(|product| product.price.amount),
                Sort::PriceDown => found.is_sorted_by_key(|product| -product.price.amount),
                Sort::Relevance => true,
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
            score: 0.0,
            product: ProductId::from_uuid(Uuid::nil()),
        };
        let query = ListQuery {
            after: Some(after),
            ..query(filter.clone(), sort, 20)
        };
        let page = subject.app.queries.list(query).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|one| one.price.amount).collect();
        assert_eq!(found, expected, "{sort:?} {price}");
    }
}

pub(crate) async fn every_filter_narrows_and_pages(subject: Subject) {
    let all = shop(&subject).await;
    let seller = all[0].seller;
    let filters = [
        Filter {
            category: Category::parse("hOME").ok(),
            ..Filter::default()
        },
        Filter {
            seller: Some(seller),
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
            category: Category::parse("Garden").ok(),
            min_price: Some(201),
            max_price: Some(500),
            ..Filter::default()
        },
        Filter {
            category: Category::parse("garden").ok(),
            seller: Some(seller),
            min_price: Some(101),
            max_price: Some(601),
            only_in_stock: false,
            text: None,
        },
        Filter {
            category: Category::parse("Hom").ok(),
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
                    let category = filter.category.as_ref().is_none_or(|category| {
                        category
                            .as_str()
                            .eq_ignore_ascii_case(product.category.as_str())
                    });
                    category
                        && filter.seller.is_none_or(|seller| seller == product.seller)
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

async fn search(subject: &Subject, raw: &str) -> Vec<Product> {
    let filter = Filter {
        text: text(raw),
        ..Filter::default()
    };
    assert!(filter.text.is_some());
    walk(subject, query(filter, Sort::Relevance, 100)).await
}

pub(crate) async fn a_search_finds_all_words_in_name_or_description_the_last_as_a_prefix(
    subject: Subject,
) {
    let mut lamp = draft("Desk lamp", 1, 1);
    lamp.description = Description::parse("Warm light for a café table").unwrap();
    subject.list(lamp).await;
    subject.list(draft("Desk chair", 1, 1)).await;
    for (raw, expected) in [
        ("desk", vec!["Desk chair", "Desk lamp"]),
        ("DESK lamp", vec!["Desk lamp"]),
        ("light desk", vec!["Desk lamp"]),
        ("desk li", vec!["Desk lamp"]),
        ("li desk", vec![]),
        ("cafe", vec!["Desk lamp"]),
        ("cafe\u{301}", vec!["Desk lamp"]),
        ("sofa", vec![]),
    ] {
        let mut found: Vec<Product> = search(&subject, raw).await;
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        assert_eq!(names(&found), expected, "{raw}");
    }
}

pub(crate) async fn a_search_follows_edits(subject: Subject) {
    let lamp = subject.list(draft("Lamp", 1, 1)).await;
    let edit = ProductEdit {
        name: ProductName::parse("Lantern").ok(),
        description: Description::parse("Bright").ok(),
        ..ProductEdit::default()
    };
    subject.edit(&lamp, edit).await;
    assert_eq!(names(&search(&subject, "lamp").await), Vec::<&str>::new());
    assert_eq!(
        names(&search(&subject, "lantern bright").await),
        ["Lantern"]
    );
    let price_only = ProductEdit {
        price: Some(kernel::Money::new(5, kernel::Currency::USD)),
        ..ProductEdit::default()
    };
    subject.edit(&lamp, price_only).await;
    assert_eq!(names(&search(&subject, "lantern").await), ["Lantern"]);
}

pub(crate) async fn words_are_found_without_case_and_accents_in_any_script(subject: Subject) {
    let names = ["Ångström Façade", "ΣΊΣΥΦΟΣ", "ⓐ circled", "naïve-ly"];
    for name in names {
        subject.list(draft(name, 1, 1)).await;
    }
    for (raw, expected) in [
        ("angstrom facade", Some("Ångström Façade")),
        ("FACADE\u{327} a\u{30a}ngstro", Some("Ångström Façade")),
        ("σισυφ", Some("ΣΊΣΥΦΟΣ")),
        ("ⓐ", Some("ⓐ circled")),
        ("naive ly", Some("naïve-ly")),
        ("naively", None),
        ("\u{301}", None),
    ] {
        let found = search(&subject, raw).await;
        let found: Vec<&str> = found.iter().map(|product| product.name.as_str()).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{raw}");
    }
}

pub(crate) async fn no_sign_in_a_search_is_an_operator(subject: Subject) {
    subject.list(draft("Red lamp NEAR the OR-gate", 1, 1)).await;
    subject.list(draft("Blue chair", 1, 1)).await;
    // Each would be an error, or find the chair too, if it were read as syntax.
    for raw in [
        "\"lamp",
        "lamp\"",
        "lamp*",
        "*lamp",
        "(lamp",
        "lamp)",
        "lamp:",
        "^lamp",
        "-lamp",
        "lamp OR",
        "lamp NEAR",
        "NEAR(lamp)",
        "+lamp",
        "name : lamp",
        "{lamp}",
        "lamp'",
        "lamp;--",
        "lamp\\",
        "lamp , the",
        "lamp OR gate",
    ] {
        let found = search(&subject, raw).await;
        let expected: &[&str] = if raw.starts_with("name") {
            &[]
        } else {
            &["Red lamp NEAR the OR-gate"]
        };
        assert_eq!(names(&found), expected, "{raw}");
    }
    for raw in [
        "\"",
        "*",
        "()",
        ":",
        "^",
        "-",
        "\" * ( ) : ^ -",
        "***",
        "''",
    ] {
        assert_eq!(
            names(&search(&subject, raw).await),
            Vec::<&str>::new(),
            "{raw}"
        );
    }
    for raw in [
        "lamp OR chair",
        "lamp AND chair",
        "lamp NOT chair",
        "red -lamp chair",
    ] {
        assert_eq!(
            names(&search(&subject, raw).await),
            Vec::<&str>::new(),
            "{raw}"
        );
    }
}

pub(crate) async fn the_best_match_comes_first(subject: Subject) {
    let mut mentions = draft("Table", 1, 1);
    mentions.description = Description::parse("A table for the lamp that you have").unwrap();
    subject.list(draft("Lamp", 1, 1)).await;
    subject.list(mentions).await;
    subject.list(draft("Chair", 1, 1)).await;
    assert_eq!(names(&search(&subject, "lamp").await), ["Lamp", "Table"]);
}
