//! What the use cases promise about products.

use contracts::reservations::{Delivery, Refusal};
use kernel::{CategoryId, Money, ProductId, SystemIds};

use super::{LATER, NOW, Subject, change, draft, order, request, stock_of, user};
use crate::domain::{
    Category, Change, Description, Filter, ListQuery, PlacedIn, PriceEdit, Product, ProductEdit,
    ProductName, ProductRefusal, ProductStatus, SearchText, Sort, Stock,
};

pub(crate) async fn a_product_is_found_as_it_was_listed(subject: Subject) {
    let mut new = draft("Lampe für den Tisch 🪔", 1299, 7);
    new.description = Description::parse(&"ä".repeat(10_000)).unwrap();
    new.price = Money::new(Money::MAX_AMOUNT, "JPY".parse().unwrap());
    new.stock = Stock::parse(Stock::MAX).unwrap();
    let product = subject.list(new).await;
    assert_eq!(subject.get(product.id).await, product);
    assert_eq!((product.version, product.created_at), (1, NOW));
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn an_edit_is_written_and_read_back(subject: Subject) {
    let old = subject.list(draft("Lamp", 100, 5)).await;
    let edit = ProductEdit {
        name: ProductName::parse("Lantern").ok(),
        description: Description::parse("Bright.").ok(),
        price: Some(PriceEdit {
            amount: 250,
            currency: Some("EUR".parse().unwrap()),
        }),
        stock: Stock::parse(2).ok(),
        delivery: Some(Delivery::Shipped),
        ..ProductEdit::default()
    };
    let new = subject.edit_in(&old, "Garden", edit).await;
    assert_eq!(subject.get(old.id).await, new);
    assert_eq!(new.category.as_str(), "Garden");
    assert_ne!(new.category_id, old.category_id);
    assert_eq!(
        (new.version, new.created_at, new.updated_at),
        (2, NOW, LATER)
    );
    assert_eq!((new.stock.get(), new.price.amount), (2, 250));
    let same = subject.edit(&new, stock_of(2)).await;
    assert_eq!(same, new, "an edit to what is there changes nothing");
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_refused_change_writes_nothing(subject: Subject) {
    let old = subject.list(draft("Lamp", 100, 5)).await;
    let changes = [
        (user(), 1, ProductRefusal::NotOwner),
        (old.seller, 7, ProductRefusal::Changed { version: 1 }),
    ];
    for (editor, version, refusal) in changes {
        let change = Change {
            editor,
            guard: Box::new(move |found| found == version),
            ..change(&old, stock_of(9))
        };
        assert_eq!(subject.update(change, LATER).await, Err(refusal));
    }
    let removal = Change {
        editor: user(),
        ..change(&old, ())
    };
    assert_eq!(
        subject.remove(removal, LATER).await,
        Err(ProductRefusal::NotOwner)
    );
    assert_eq!(subject.get(old.id).await, old);
}

pub(crate) async fn a_removed_product_leaves_lists_and_search_and_can_still_be_found(
    subject: Subject,
) {
    let stays = subject.list(draft("Red lamp", 100, 5)).await;
    let goes = subject.list(draft("Blue lamp", 100, 5)).await;
    for _ in 0..2 {
        // The second time it is removed already: the same answer, and nothing more is written.
        subject.remove(change(&goes, ()), LATER).await.unwrap();
    }
    for text in [None, SearchText::parse("lamp").unwrap()] {
        for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
            let filter = Filter {
                text: text.clone(),
                ..Filter::default()
            };
            let query = ListQuery {
                category: None,
                filter,
                sort,
                after: None,
                limit: kernel::Limit::default(),
            };
            let page = subject.app.queries.list(query).await.unwrap();
            assert_eq!(page.items, std::slice::from_ref(&stays));
        }
    }
    let gone = Product {
        status: ProductStatus::Removed,
        version: 2,
        updated_at: LATER,
        ..goes.clone()
    };
    assert_eq!(subject.get(goes.id).await, gone);
    assert_eq!(
        subject.update(change(&goes, stock_of(1)), LATER).await,
        Err(ProductRefusal::NotFound)
    );
    assert_eq!(
        subject.reserve(order(), &[(goes.id, 1)]).await,
        Err(Refusal::UnknownProducts(vec![goes.id]))
    );
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn a_product_that_is_not_there_is_none_and_cannot_be_changed(subject: Subject) {
    let id = ProductId::new(&SystemIds::default());
    assert_eq!(subject.app.store.get::<Product>(&id).await, Ok(None));
    let placed = PlacedIn {
        id: CategoryId::new(&SystemIds::default()),
        name: Category::parse("Things").unwrap(),
        new: None,
    };
    let nowhere = draft("Lamp", 1, 1).list(id, &placed, NOW, &[]);
    let refused = || ProductRefusal::NotFound;
    assert_eq!(
        subject.update(change(&nowhere, stock_of(1)), LATER).await,
        Err(refused())
    );
    assert_eq!(
        subject.remove(change(&nowhere, ()), LATER).await,
        Err(refused())
    );
}

pub(crate) async fn the_time_of_change_never_goes_back(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    subject.edit(&product, stock_of(7)).await; // At LATER.
    let change_to = change(&product, stock_of(8));
    let edited = subject.update(change_to, NOW).await.unwrap();
    assert_eq!(edited.updated_at, LATER);
    let (kept, over) = (order(), order());
    for id in [kept, over] {
        let one = request(id, user(), &[(product.id, 1)]);
        subject.reserve_until(one, NOW, NOW).await.unwrap();
        assert_eq!(subject.get(product.id).await.updated_at, LATER);
    }
    assert_eq!(subject.expire_orders(vec![over], NOW).await, Ok(1));
    assert_eq!(subject.get(product.id).await.updated_at, LATER);
    let removal = change(&product, ());
    subject.remove(removal, NOW).await.unwrap();
    assert_eq!(subject.get(product.id).await.updated_at, LATER);
}
