//! What the use cases promise about products that are not, or no longer, in the catalogue.

use contracts::reservations::Refusal;

use super::{LATER, Subject, change, draft, order, stock_of, user};
use crate::app;
use crate::domain::{
    Filter, ListQuery, NewStatus, Product, ProductRefusal, ProductStatus, SearchText, Sort, Viewer,
    Why,
};

/// How many products are listed, and found by a word.
async fn listed(subject: &Subject) -> (usize, usize) {
    let count = async |text: &str| {
        let filter = Filter {
            text: SearchText::parse(text).unwrap(),
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
    (count("").await, count("lamp").await)
}

async fn publish(subject: &Subject, product: &Product) -> Result<Product, ProductRefusal> {
    let change = change(product, ());
    app::publish_product(&subject.at(LATER), change)
        .await
        .unwrap()
}

async fn unpublish(subject: &Subject, product: &Product) -> Result<Product, ProductRefusal> {
    let change = change(product, ());
    app::unpublish_product(&subject.at(LATER), change)
        .await
        .unwrap()
}

pub(crate) async fn a_draft_is_neither_listed_nor_found_nor_sold_until_it_is_published(
    subject: Subject,
) {
    let mut new = draft("Lamp", 100, 5);
    new.status = NewStatus::Draft;
    let hidden = subject.list(new).await;
    assert_eq!(hidden.status, ProductStatus::Draft);
    assert_eq!(listed(&subject).await, (0, 0));
    let refused = Err(Refusal::UnknownProducts(vec![hidden.id]));
    assert_eq!(subject.reserve(order(), &[(hidden.id, 1)]).await, refused);
    let edited = subject.edit(&hidden, stock_of(7)).await;
    assert_eq!(edited.status, ProductStatus::Draft);
    assert_eq!(listed(&subject).await, (0, 0));
    for _ in 0..2 {
        let published = publish(&subject, &hidden).await.unwrap();
        assert_eq!(
            (published.status, published.version),
            (ProductStatus::Active, 3)
        );
        assert_eq!(subject.get(hidden.id).await, published);
        assert_eq!(listed(&subject).await, (1, 1));
    }
    let held = order();
    subject.reserve(held, &[(hidden.id, 1)]).await.unwrap();
    for _ in 0..2 {
        let back = unpublish(&subject, &hidden).await.unwrap();
        assert_eq!(back.status, ProductStatus::Draft);
        assert_eq!(listed(&subject).await, (0, 0));
    }
    assert_eq!(subject.reserve(order(), &[(hidden.id, 1)]).await, refused);
    subject.confirm(held).await;
    subject.assert_confirmed(held).await;
    publish(&subject, &hidden).await.unwrap();
    assert_eq!(listed(&subject).await, (1, 1));
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn what_an_operator_removed_is_gone_for_good(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let operator = user();
    let take_down = async |reason: &str| {
        let reason = Why::parse(reason).unwrap();
        let app = subject.at(LATER);
        app::take_down(&app, product.id, operator, reason)
            .await
            .unwrap()
    };
    let gone = take_down("Unsafe").await.unwrap();
    assert_eq!(take_down("Ugly").await.as_ref(), Ok(&gone), "once");
    assert_eq!(subject.get(product.id).await, gone);
    let moderation = gone.moderation.unwrap();
    assert_eq!(
        (moderation.reason.as_str(), moderation.by),
        ("Unsafe", operator)
    );
    assert_eq!(listed(&subject).await, (0, 0));
    let refused = Err(ProductRefusal::NotFound);
    assert_eq!(publish(&subject, &product).await, refused);
    assert_eq!(
        subject.update(change(&product, stock_of(1)), LATER).await,
        refused
    );
    subject.remove(change(&product, ()), LATER).await.unwrap();
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn what_an_operator_puts_back_is_a_draft_that_can_be_published(subject: Subject) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let (operator, why) = (user(), Why::parse("Unsafe").unwrap());
    let app = subject.at(LATER);
    let gone = app::take_down(&app, product.id, operator, why).await;
    gone.unwrap().unwrap();
    let put_back = async || app::put_back(&app, product.id, operator).await.unwrap();
    let back = put_back().await.unwrap();
    assert_eq!(
        (back.status, &back.moderation),
        (ProductStatus::Draft, &None)
    );
    assert_eq!(put_back().await, Ok(back.clone()), "once");
    assert_eq!(subject.get(product.id).await, back);
    assert_eq!(listed(&subject).await, (0, 0));
    publish(&subject, &product).await.unwrap();
    assert_eq!(listed(&subject).await, (1, 1));
    let unknown = app::put_back(
        &app,
        kernel::ProductId::new(&kernel::SystemIds::default()),
        operator,
    );
    assert_eq!(unknown.await.unwrap(), Err(ProductRefusal::NotFound));
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn what_is_not_listed_is_seen_by_its_seller_its_buyers_and_operators(
    subject: Subject,
) {
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let buyer = user();
    let sold = order();
    let wanted = super::request(sold, buyer, &[(product.id, 1)]);
    subject
        .reserve_until(wanted, super::LEASE_END, LATER)
        .await
        .unwrap();
    subject.confirm(sold).await;
    let sees = async |viewer| {
        let seen = app::product(&subject.app, product.id, viewer)
            .await
            .unwrap();
        seen.is_some()
    };
    let everyone = [Viewer::Anyone, Viewer::User(user())];
    let some = [
        Viewer::User(buyer),
        Viewer::User(product.seller),
        Viewer::Operator,
    ];
    for viewer in everyone.into_iter().chain(some) {
        assert!(sees(viewer).await, "{viewer:?}");
    }
    for step in ["draft", "removed"] {
        if step == "draft" {
            unpublish(&subject, &product).await.unwrap();
        } else {
            subject.remove(change(&product, ()), LATER).await.unwrap();
        }
        for viewer in some {
            assert!(sees(viewer).await, "{step}: {viewer:?}");
        }
        for viewer in everyone {
            assert!(!sees(viewer).await, "{step}: {viewer:?}");
        }
    }
}
