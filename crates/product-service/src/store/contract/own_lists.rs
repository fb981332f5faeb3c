//! What the store promises about the lists that only sellers or only operators see, and about who has bought what.

use contracts::reservations::Article;
use kernel::{CursorKey, Limit, Page, UserId};

use super::{
    LATER, LEASE_END, NOW, Subject, change, draft, order, request, stock_of, user, with_variant,
};
use crate::app;
use crate::domain::{
    HistoryQuery, NewProduct, NewStatus, OwnFilter, OwnQuery, Product, ProductStatus, StockChange,
    TakenDownQuery, Why,
};

/// Reads a page's cursor back, as the edge does.
fn next<T, K: CursorKey>(page: &Page<T>, scope: kernel::CursorScope) -> Option<K> {
    let cursor = page.next_cursor.as_ref()?;
    Some(scope.read(cursor.as_str()).unwrap())
}

/// All pages of a seller's list, one after the other.
async fn own(subject: &Subject, seller: UserId, filter: OwnFilter) -> Vec<Product> {
    let mut query = OwnQuery {
        seller,
        filter,
        after: None,
        limit: Limit::new(2).unwrap(),
    };
    let mut all = Vec::new();
    loop {
        let page = app::own_products(&subject.app, query.clone())
            .await
            .unwrap();
        let next: Option<uuid::Uuid> = next(&page, OwnQuery::scope(filter));
        all.extend(page.items);
        match next {
            Some(last) => query.after = Some(last.into()),
            None => return all,
        }
    }
}

async fn history(subject: &Subject, of: Article, whole: bool) -> Vec<StockChange> {
    let variant = (!whole).then_some(of.variant_id());
    let mut query = HistoryQuery {
        product: of.product,
        variant,
        after: None,
        limit: Limit::new(2).unwrap(),
    };
    let mut all = Vec::new();
    loop {
        let page = subject
            .app
            .queries
            .stock_history(query.clone())
            .await
            .unwrap();
        query.after = next(&page, HistoryQuery::scope(variant));
        all.extend(page.items);
        if query.after.is_none() {
            return all;
        }
    }
}

pub(crate) async fn a_seller_lists_all_of_their_products_the_newest_first(subject: Subject) {
    let seller = user();
    let by = |new: NewProduct| NewProduct { seller, ..new };
    let mut hidden = by(draft("Draft", 1, 3));
    hidden.status = NewStatus::Draft;
    let first = subject.list(by(draft("First", 1, 10))).await;
    let hidden = subject.list(hidden).await;
    let varied = subject
        .list(by(with_variant(draft("Varied", 1, 10), "L", 2)))
        .await;
    subject.list(draft("Another seller's", 1, 0)).await;
    let gone = subject.list(by(draft("Gone", 1, 0))).await;
    let gone = subject.remove(change(&gone, ()), LATER).await.unwrap();
    let every = [&gone, &varied, &hidden, &first];
    let expect = async |filter: OwnFilter, expected: &[&Product]| {
        let found = own(&subject, seller, filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    };
    expect(OwnFilter::default(), &every).await;
    let with = |status| OwnFilter {
        status: Some(status),
        low_stock: None,
    };
    expect(with(ProductStatus::Draft), &[&hidden]).await;
    expect(with(ProductStatus::Active), &[&varied, &first]).await;
    expect(with(ProductStatus::Removed), &[&gone]).await;
    let low = |most| OwnFilter {
        status: None,
        low_stock: Some(most),
    };
    expect(low(0), &[&gone]).await;
    expect(low(2), &[&gone, &varied]).await;
    expect(low(3), &[&gone, &varied, &hidden]).await;
    expect(low(10), &every).await;
    let low_active = OwnFilter {
        status: Some(ProductStatus::Active),
        low_stock: Some(5),
    };
    expect(low_active, &[&varied]).await;
    assert_eq!(own(&subject, user(), OwnFilter::default()).await, []);
}

pub(crate) async fn operators_list_what_they_took_down_until_it_is_put_back(subject: Subject) {
    let app = subject.at(LATER);
    let operator = user();
    let listed = async || {
        let limit = Limit::new(2).unwrap();
        let mut query = TakenDownQuery { after: None, limit };
        let mut all = Vec::new();
        loop {
            let page = app::taken_down(&app, query.clone()).await.unwrap();
            let next: Option<uuid::Uuid> = next(&page, TakenDownQuery::scope());
            all.extend(page.items);
            match next {
                Some(last) => query.after = Some(last.into()),
                None => return all,
            }
        }
    };
    let mut gone = Vec::new();
    for name in ["A", "B", "C", "D"] {
        let product = subject.list(draft(name, 100, 5)).await;
        if name == "B" {
            // What its seller removed, no operator took down.
            subject.remove(change(&product, ()), LATER).await.unwrap();
            continue;
        }
        let why = Why::parse("Unsafe").unwrap();
        let taken = app::take_down(&app, product.id, operator, why).await;
        gone.insert(0, taken.unwrap().unwrap());
    }
    subject.list(draft("E", 100, 5)).await;
    assert_eq!(listed().await, gone);
    let back = gone.remove(1);
    let back = app::put_back(&app, back.id, operator).await.unwrap();
    assert_eq!(back.unwrap().status, ProductStatus::Draft);
    assert_eq!(listed().await, gone);
}

pub(crate) async fn the_history_of_a_stock_says_who_and_why(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 3)).await;
    let default = Article::from(product.id);
    let large = Article::new(product.id, Some(product.variants[0].id));
    subject.adjust(&product, large, -2).await.unwrap();
    subject.edit(&product, stock_of(9)).await;
    // What an order takes is not the seller's doing.
    subject.reserve(order(), &[(large, 1)]).await.unwrap();
    subject.adjust(&product, default, 1).await.unwrap();
    let entry = |version, article: Article, delta, reason: Option<&str>, at| StockChange {
        version,
        variant: article.variant_id(),
        delta,
        actor: product.seller,
        reason: reason.map(str::to_owned),
        at,
    };
    let of_default = [
        entry(5, default, 1, Some("counted"), LATER),
        entry(3, default, 4, None, LATER),
        entry(1, default, 5, None, NOW),
    ];
    let of_large = [
        entry(2, large, -2, Some("counted"), LATER),
        entry(1, large, 3, None, NOW),
    ];
    assert_eq!(history(&subject, default, false).await, of_default);
    assert_eq!(history(&subject, large, false).await, of_large);
    let whole = history(&subject, default, true).await;
    let versions: Vec<_> = whole.iter().map(|change| change.version).collect();
    assert_eq!(versions, [5, 3, 2, 1, 1]);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn what_somebody_has_bought_is_known_once_it_is_sold(subject: Subject) {
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 3)).await;
    let other = subject.list(draft("B", 100, 5)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let (buyer, waiting) = (user(), user());
    let (sold, held) = (order(), order());
    for (id, buyer) in [(sold, buyer), (held, waiting)] {
        let lines = [(Article::from(other.id), 1), (large, 1)];
        let request = request(id, buyer, &lines);
        subject
            .reserve_until(request, LEASE_END, NOW)
            .await
            .unwrap();
    }
    let queries = &subject.app.queries;
    assert_eq!(queries.has_bought(buyer, product.id).await, Ok(false));
    subject.confirm(sold).await;
    let third = subject.list(draft("C", 100, 5)).await;
    for (user, product, expected) in [
        (buyer, product.id, true),
        (buyer, other.id, true),
        (buyer, third.id, false),
        (waiting, product.id, false),
        (user(), product.id, false),
    ] {
        assert_eq!(queries.has_bought(user, product).await, Ok(expected));
    }
}
