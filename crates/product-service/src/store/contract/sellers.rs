//! What the use cases and queries promise about sellers.

use std::sync::Arc;

use contracts::product::SellerStarted;
use contracts::reservations::{Refusal, ReturnPolicy};
use contracts::sellers::{SellerStatus, SellersMode};
use kernel::{ProductId, UserId};

use super::lists::{names, page, query};
use super::{LATER, NOW, Subject, change, draft, order, stock_of, user};
use crate::app::{Sellers, keep_sellers, product, seller_page};
use crate::domain::{Filter, Product, Said, SaidOfSeller, SearchText, Seller, Sort, Viewer};

fn name(user: UserId, version: i64, name: &str) -> (UserId, Said) {
    let name = name.to_owned();
    (user, Said::Name { name, version })
}

pub(super) fn status(user: UserId, version: i64, status: SellerStatus) -> (UserId, Said) {
    let said = SaidOfSeller {
        status,
        since: NOW,
        display_name: None,
        description: None,
        returns: ReturnPolicy::default(),
        version,
    };
    (user, Said::Seller(said))
}

pub(super) async fn keep(subject: &Subject, said: Vec<(UserId, Said)>) {
    for kept in keep_sellers(&subject.at(LATER), said).await.unwrap() {
        kept.unwrap();
    }
}

async fn called(subject: &Subject, user: UserId) -> Option<String> {
    let found = subject.app.store.get::<Seller>(&user).await.unwrap();
    found.and_then(|seller| seller.called().map(str::to_owned))
}

/// The products of a list, as a reader sees it.
async fn listed(subject: &Subject, filter: Filter, sort: Sort) -> Vec<Product> {
    page(subject, query(filter, sort, 100)).await.items
}

async fn shown(subject: &Subject, id: ProductId, viewer: Option<UserId>) -> bool {
    let viewer = viewer.map_or(Viewer::Anyone, Viewer::User);
    product(&subject.app, id, viewer).await.unwrap().is_some()
}

pub(crate) async fn a_seller_is_called_as_the_latest_version_says(subject: Subject) {
    let (ada, eve) = (user(), user());
    assert_eq!(called(&subject, ada).await, None);
    let batch = vec![
        name(ada, 2, "Ada King"),
        name(eve, 1, "Eve"),
        name(ada, 1, "Ada"),
        name(ada, 2, "Ada King"),
    ];
    keep(&subject, batch).await;
    assert_eq!(called(&subject, ada).await.as_deref(), Some("Ada King"));
    keep(&subject, vec![name(ada, 1, "Ada"), name(eve, 3, "Evelyn")]).await;
    assert_eq!(called(&subject, ada).await.as_deref(), Some("Ada King"));
    keep(&subject, vec![name(eve, 2, "Eva")]).await;
    assert_eq!(called(&subject, eve).await.as_deref(), Some("Evelyn"));
    let (_, Said::Seller(shop)) = status(eve, 1, SellerStatus::Active) else {
        panic!("it is about a seller");
    };
    let shop = SaidOfSeller {
        display_name: Some("Eve's lamps".to_owned()),
        ..shop
    };
    keep(&subject, vec![(eve, Said::Seller(shop))]).await;
    assert_eq!(called(&subject, eve).await.as_deref(), Some("Eve's lamps"));
    keep(&subject, vec![status(eve, 2, SellerStatus::Active)]).await;
    assert_eq!(called(&subject, eve).await.as_deref(), Some("Evelyn"));
}

pub(crate) async fn a_reservation_names_its_sellers_as_they_are_called_now(subject: Subject) {
    let a = subject.list(draft("A", 100, 9)).await;
    let b = subject.list(draft("B", 100, 9)).await;
    let reserve = async |id| -> Vec<Option<String>> {
        let lines = [(a.id, 1), (b.id, 1), (a.id, 1)];
        let held = subject.reserve(id, &lines).await.unwrap();
        held.into_iter().map(|line| line.seller_name).collect()
    };
    let names = |names: [Option<&str>; 3]| names.map(|name| name.map(str::to_owned));
    let id = order();
    assert_eq!(reserve(id).await, names([None, None, None]));
    keep(&subject, vec![name(a.seller, 1, "Ada")]).await;
    let known = names([Some("Ada"), None, Some("Ada")]);
    assert_eq!(reserve(order()).await, known);
    assert_eq!(reserve(order()).await, known, "remembered");
    keep(
        &subject,
        vec![name(a.seller, 2, "Ada King"), name(b.seller, 1, "Bob")],
    )
    .await;
    let changed = names([Some("Ada King"), Some("Bob"), Some("Ada King")]);
    assert_eq!(reserve(order()).await, changed);
    assert_eq!(reserve(id).await, changed, "the same order again, too");
}

pub(crate) async fn a_first_product_makes_a_seller_and_is_told_once(subject: Subject) {
    let first = subject.list(draft("A", 100, 9)).await;
    let seller = first.seller;
    let again = || {
        let mut new = draft("B", 100, 9);
        new.seller = seller;
        new
    };
    subject.list(again()).await;
    let started = subject.started().await;
    let [only] = &started[..] else {
        panic!("{started:?}");
    };
    let message: SellerStarted = only.open().unwrap();
    assert_eq!(contracts::user_id(&message.seller_id), Ok(seller));
    assert_eq!(message.at, NOW.as_millis());
    let found = subject.app.store.get::<Seller>(&seller).await.unwrap();
    let found = found.unwrap();
    assert_eq!((found.since, found.version), (Some(NOW), 0));
    // Whom the user service knows as a seller needs no telling.
    let known = user();
    keep(&subject, vec![status(known, 1, SellerStatus::Active)]).await;
    let mut new = draft("C", 100, 9);
    new.seller = known;
    subject.list(new).await;
    assert_eq!(subject.started().await, []);
}

pub(crate) async fn of_many_first_products_at_once_one_is_told(subject: Subject) {
    let seller = user();
    keep(&subject, vec![name(seller, 1, "Ada")]).await;
    let subject = Arc::new(subject);
    let lists = (0..20).map(|number| {
        let mut new = draft(&format!("Lamp {number}"), 100, 1);
        new.seller = seller;
        let subject = subject.clone();
        tokio::spawn(async move { subject.list(new).await })
    });
    for list in lists.collect::<Vec<_>>() {
        list.await.unwrap();
    }
    assert_eq!(subject.started().await.len(), 1);
    assert_eq!(called(&subject, seller).await.as_deref(), Some("Ada"));
}

pub(crate) async fn a_reservation_says_what_its_sellers_take_back(subject: Subject) {
    let a = subject.list(draft("A", 100, 9)).await;
    let reserve = async || {
        let held = subject.reserve(order(), &[(a.id, 1)]).await.unwrap();
        held[0].returns
    };
    assert_eq!(reserve().await, ReturnPolicy::default());
    let nothing = ReturnPolicy {
        accepted: false,
        window_days: Some(30),
    };
    let (_, Said::Seller(said)) = status(a.seller, 1, SellerStatus::Active) else {
        panic!("it is about a seller");
    };
    let said = Said::Seller(SaidOfSeller {
        returns: nothing,
        ..said
    });
    keep(&subject, vec![(a.seller, said)]).await;
    assert_eq!(reserve().await, nothing);
}

pub(crate) async fn a_suspended_seller_sells_nothing_and_no_product_changes(subject: Subject) {
    use SellerStatus::{Active, Suspended};
    let gone = subject.list(draft("Gone", 100, 9)).await;
    let seller = gone.seller;
    subject.remove(change(&gone, ()), LATER).await.unwrap();
    let mut lamp = draft("Lamp", 100, 9);
    lamp.seller = seller;
    let lamp = subject.list(lamp).await;
    let pen = subject.list(draft("Pen", 100, 9)).await;
    let sold = order();
    subject.reserve(sold, &[(lamp.id, 1)]).await.unwrap();
    subject.confirm(sold).await;
    let rows = async || [subject.get(gone.id).await, subject.get(lamp.id).await];
    let before = rows().await;

    keep(&subject, vec![status(seller, 2, Suspended)]).await;
    let refused = Refusal::SellerSuspended(vec![lamp.id]);
    let both = [(pen.id, 1), (lamp.id, 1), (lamp.id, 1)];
    assert_eq!(subject.reserve(order(), &both).await, Err(refused));
    assert_eq!(subject.available(pen.id).await, 9, "nothing is held");
    assert!(subject.reserve(sold, &[(lamp.id, 1)]).await.is_ok());
    assert!(!shown(&subject, lamp.id, None).await);
    assert!(!shown(&subject, lamp.id, Some(pen.seller)).await);
    assert!(shown(&subject, lamp.id, Some(seller)).await);
    assert!(shown(&subject, pen.id, None).await);
    assert_eq!(rows().await, before);
    // What came late changes nothing.
    keep(&subject, vec![status(seller, 1, Active)]).await;
    assert!(!shown(&subject, lamp.id, None).await);

    keep(&subject, vec![status(seller, 3, Active)]).await;
    keep(&subject, vec![status(seller, 2, Suspended)]).await;
    assert_eq!(rows().await, before);
    assert!(shown(&subject, lamp.id, None).await);
    subject.reserve(order(), &[(lamp.id, 1)]).await.unwrap();
    subject.assert_book_is_right(3).await;
}

pub(crate) async fn no_list_and_no_search_has_products_of_those_who_sell_nothing(subject: Subject) {
    let mut sellers = Vec::new();
    for number in 0..40_i64 {
        let new = draft("Lamp", 100 + number % 3, number % 2);
        sellers.push(subject.list(new).await.seller);
    }
    let suspended: Vec<UserId> = sellers.iter().copied().step_by(3).collect();
    let said = suspended
        .iter()
        .map(|seller| status(*seller, 1, SellerStatus::Suspended));
    keep(&subject, said.collect()).await;
    let text = SearchText::parse("lamp").unwrap();
    for (text, sorts) in [
        (None, &[Sort::Newest, Sort::PriceUp, Sort::PriceDown][..]),
        (text, &Sort::ALL[..]),
    ] {
        for sort in sorts {
            for only_in_stock in [false, true] {
                let filter = Filter {
                    text: text.clone(),
                    only_in_stock,
                    ..Filter::default()
                };
                let found = listed(&subject, filter, *sort).await;
                let mut found: Vec<UserId> = found.iter().map(|product| product.seller).collect();
                found.sort_unstable();
                let open = (0..40).filter(|number| number % 3 != 0);
                let open = open.filter(|number| !only_in_stock || number % 2 == 1);
                let mut expected: Vec<UserId> = open.map(|number| sellers[number]).collect();
                expected.sort_unstable();
                assert_eq!(found, expected, "{sort:?} {text:?} {only_in_stock}");
            }
        }
    }
    for (seller, count) in [(sellers[0], 0), (sellers[1], 1)] {
        let filter = Filter {
            sellers: [seller].into(),
            ..Filter::default()
        };
        let found = listed(&subject, filter, Sort::Newest).await;
        assert_eq!(found.len(), count);
    }
}

pub(crate) async fn who_waits_for_approval_sells_nothing_where_it_is_needed(mut subject: Subject) {
    subject.app.sellers = Sellers::new(SellersMode::Review, 14);
    // So that a stale answer would show.
    assert_eq!(listed(&subject, Filter::default(), Sort::Newest).await, []);
    let lamp = subject.list(draft("Lamp", 100, 9)).await;
    assert_eq!(listed(&subject, Filter::default(), Sort::Newest).await, []);
    let unknown = Refusal::UnknownProducts(vec![lamp.id]);
    assert_eq!(
        subject.reserve(order(), &[(lamp.id, 1)]).await,
        Err(unknown)
    );
    assert!(
        seller_page(&subject.app, lamp.seller)
            .await
            .unwrap()
            .is_none()
    );
    assert!(shown(&subject, lamp.id, Some(lamp.seller)).await);
    keep(
        &subject,
        vec![status(lamp.seller, 1, SellerStatus::Pending)],
    )
    .await;
    assert!(!shown(&subject, lamp.id, None).await);
    keep(&subject, vec![status(lamp.seller, 2, SellerStatus::Active)]).await;
    let found = listed(&subject, Filter::default(), Sort::Newest).await;
    assert_eq!(names(&found), ["Lamp"]);
    subject.reserve(order(), &[(lamp.id, 1)]).await.unwrap();
    // Without the need, who waits sells.
    keep(
        &subject,
        vec![status(lamp.seller, 3, SellerStatus::Pending)],
    )
    .await;
    subject.app.sellers = Sellers::new(SellersMode::Open, 14);
    assert!(shown(&subject, lamp.id, None).await);
}

pub(crate) async fn a_seller_has_as_many_products_as_they_sell_now(subject: Subject) {
    let nobody = seller_page(&subject.app, user()).await.unwrap();
    assert!(nobody.is_none());
    let reader = user();
    keep(&subject, vec![name(reader, 1, "Eve")]).await;
    assert!(seller_page(&subject.app, reader).await.unwrap().is_none());
    let first = subject.list(draft("A", 100, 9)).await;
    let seller = first.seller;
    for name in ["B", "C"] {
        let mut new = draft(name, 100, 9);
        new.seller = seller;
        subject.list(new).await;
    }
    subject.list(draft("Another's", 100, 9)).await;
    let products = async || {
        let page = seller_page(&subject.app, seller).await.unwrap();
        page.unwrap().products
    };
    assert_eq!(products().await, 3);
    subject.edit(&first, stock_of(0)).await;
    assert_eq!(products().await, 3, "sold out is not gone");
    let first = subject.get(first.id).await;
    subject.remove(change(&first, ()), LATER).await.unwrap();
    assert_eq!(products().await, 2);
    keep(&subject, vec![status(seller, 1, SellerStatus::Suspended)]).await;
    assert_eq!(products().await, 0);
    let found = subject.app.store.get::<Seller>(&seller).await.unwrap();
    assert_eq!(found.map(Arc::unwrap_or_clone).unwrap().since, Some(NOW));
}
