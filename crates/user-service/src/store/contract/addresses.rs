//! Rules about addresses.

use std::sync::Arc;

use futures_util::future::join_all;
use kernel::{AddressId, PostalAddress, SystemIds, UserId};
use serde_json::json;
use store::StoreResult;

use super::{Open, someone};
use crate::app::NewAddress;
use crate::app::steps::{add_user, change_book, insert_address};
use crate::domain::{AddressBook, AddressRefusal, Kept, Wish};

/// An address with every field, in letters of several scripts.
fn full(city: &str) -> PostalAddress {
    let address = json!({
        "name": "Ада Лавлейс", "line1": "Straße 1", "line2": "3階", "city": city, "region": "Île-de-France",
        "postalCode": "75001", "country": "FR", "phone": "+33 1 23 45 67 89",
    });
    serde_json::from_value(address).unwrap()
}

fn short(city: &str) -> PostalAddress {
    let address = json!({"name": "Ada", "line1": "1 High Street", "city": city, "postalCode": "YO1", "country": "GB"});
    serde_json::from_value(address).unwrap()
}

async fn user(open: &Open, address: &str) -> UserId {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    user.id
}

async fn add(
    open: &Open,
    user: UserId,
    kept: &Kept,
) -> StoreResult<Result<AddressBook, AddressRefusal>> {
    let (new, id) = (
        NewAddress {
            user,
            address: kept.address.clone(),
            wish: Wish::Unsaid,
        },
        kept.id,
    );
    let written = open.store.write(move |tx| insert_address(tx, &new, id));
    written.await
}

async fn book(open: &Open, user: UserId) -> Option<AddressBook> {
    let found = open.store.get::<AddressBook>(&user).await.unwrap();
    found.map(Arc::unwrap_or_clone)
}

fn kept(ids: &SystemIds, address: PostalAddress) -> Kept {
    Kept {
        id: AddressId::new(ids),
        address,
    }
}

pub(super) async fn addresses_are_kept_as_they_were_given(open: Open) {
    let ids = SystemIds::default();
    let ada = user(&open, "ada@example.com").await;
    assert_eq!(book(&open, ada).await, None);
    let (one, two) = (kept(&ids, full("Paris")), kept(&ids, short("York")));
    add(&open, ada, &one).await.unwrap().unwrap();
    let added = add(&open, ada, &two).await.unwrap().unwrap();
    let found = book(&open, ada).await.unwrap();
    assert_eq!(found, added);
    let listed: Vec<&Kept> = found.newest_first().collect();
    assert_eq!(listed, [&two, &one]);
    assert!(found.is_default(one.id) && !found.is_default(two.id));
    let id = one.id;
    let changed = change_book(&open.store, ada, move |book| {
        book.changed(id, short("Leeds"), Wish::Unsaid).map(Some)
    });
    let changed = changed.await.unwrap().unwrap();
    assert_eq!(book(&open, ada).await, changed);
    let found = changed.unwrap();
    assert_eq!(found.find(one.id).unwrap().address, short("Leeds"));
    assert_eq!(found.find(two.id).unwrap(), &two);
}

pub(super) async fn the_last_address_leaves_no_trace_and_the_next_is_the_default(open: Open) {
    let ids = SystemIds::default();
    let ada = user(&open, "ada@example.com").await;
    for _ in 0..2 {
        let one = kept(&ids, full("Paris"));
        let added = add(&open, ada, &one).await.unwrap().unwrap();
        assert!(added.is_default(one.id));
        let removed = change_book(&open.store, ada, move |book| book.without(one.id)).await;
        assert_eq!(removed, Ok(Ok(None)));
        assert_eq!(book(&open, ada).await, None);
        let again = change_book(&open.store, ada, move |book| book.without(one.id)).await;
        assert_eq!(again, Ok(Err(AddressRefusal::NotFound)));
    }
}

pub(super) async fn of_many_addresses_at_once_only_so_many_are_kept(open: Open) {
    let ids = SystemIds::default();
    let ada = user(&open, "ada@example.com").await;
    let many: Vec<Kept> = (0..60).map(|_| kept(&ids, short("York"))).collect();
    let added = join_all(many.iter().map(|one| add(&open, ada, one))).await;
    let count = |wanted: fn(&Result<AddressBook, AddressRefusal>) -> bool| {
        let added = added.iter().map(|one| one.as_ref().unwrap());
        added.filter(|one| wanted(one)).count()
    };
    assert_eq!(count(Result::is_ok), AddressBook::MOST);
    assert_eq!(count(|one| *one == Err(AddressRefusal::Full)), 10);
    let found = book(&open, ada).await.unwrap();
    assert_eq!(found.newest_first().count(), AddressBook::MOST);
    let defaults = found.newest_first().filter(|one| found.is_default(one.id));
    assert_eq!(defaults.count(), 1);
}

pub(super) async fn nobody_changes_the_addresses_of_another(open: Open) {
    let ids = SystemIds::default();
    let ada = user(&open, "ada@example.com").await;
    let eve = user(&open, "eve@example.com").await;
    let (hers, theirs) = (kept(&ids, full("Paris")), kept(&ids, short("York")));
    add(&open, ada, &hers).await.unwrap().unwrap();
    add(&open, eve, &theirs).await.unwrap().unwrap();
    let before = book(&open, ada).await;
    let id = hers.id;
    let removed = change_book(&open.store, eve, move |book| book.without(id)).await;
    assert_eq!(removed, Ok(Err(AddressRefusal::NotFound)));
    assert_eq!(book(&open, ada).await, before);
}
