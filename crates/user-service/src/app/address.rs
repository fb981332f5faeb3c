//! Keeps the caller's addresses. Only their owner sees them.

use std::sync::Arc;

use kernel::{AddressId, PostalAddress, UserId};
use store::idempotency::{Answered, Repeatable};
use store::{Store, StoreResult, Tx};

use super::{App, UserError, profile};
use crate::domain::{AddressBook, AddressRefusal, Kept, Wish};

/// An address to keep.
pub(crate) struct NewAddress {
    /// Whose it is.
    pub(crate) user: UserId,
    /// The address.
    pub(crate) address: PostalAddress,
    /// Whether it shall be the default.
    pub(crate) wish: Wish,
}

/// The addresses of `user`. None if they keep none.
pub(crate) async fn addresses(app: &App, user: UserId) -> StoreResult<Option<AddressBook>> {
    let found = app.store.get::<AddressBook>(&user).await?;
    Ok(found.map(Arc::unwrap_or_clone))
}

/// The addresses of `user`, among which is `id`.
pub(crate) async fn address(
    app: &App,
    user: UserId,
    id: AddressId,
) -> Result<AddressBook, UserError> {
    let book = addresses(app, user).await?;
    let book = book.ok_or(AddressRefusal::NotFound)?;
    book.find(id)?;
    Ok(book)
}

/// Keeps one more address. Returns the addresses and its id.
pub(crate) async fn add_address(
    app: &App,
    new: NewAddress,
) -> Result<(AddressBook, AddressId), UserError> {
    profile(app, new.user).await?;
    let id = AddressId::new(&*app.ids);
    let added = app
        .store
        .write(move |tx| insert_address(tx, &new, id))
        .await?;
    Ok((added?, id))
}

/// Keeps one more address, once for a key. A refusal is not kept under the key: with an address less, the same request may be repeated.
pub(crate) async fn add_address_once(
    app: &App,
    new: NewAddress,
    Repeatable { key, render }: Repeatable<(AddressBook, AddressId)>,
) -> Result<Answered<(AddressBook, AddressId)>, UserError> {
    profile(app, new.user).await?;
    let (id, now) = (AddressId::new(&*app.ids), app.clock.now());
    let added = app
        .store
        .write(move |tx| {
            if let Some(earlier) = tx.earlier(&key, now)? {
                return Ok(Ok(Answered::Before(earlier)));
            }
            let added = match insert_address(tx, &new, id)? {
                Ok(book) => (book, id),
                Err(refusal) => return Ok(Err(refusal)),
            };
            tx.answer(&key, id.as_uuid(), render(&added)?, now)?;
            Ok(Ok(Answered::First(added)))
        })
        .await?;
    Ok(added?)
}

/// Puts another address in the place of `id`. Returns the addresses.
pub(crate) async fn change_address(
    app: &App,
    id: AddressId,
    NewAddress {
        user,
        address,
        wish,
    }: NewAddress,
) -> Result<AddressBook, UserError> {
    let changed = change_book(&app.store, user, move |book| {
        book.changed(id, address.clone(), wish).map(Some)
    });
    changed
        .await??
        .ok_or_else(|| AddressRefusal::NotFound.into())
}

/// Removes an address.
pub(crate) async fn remove_address(
    app: &App,
    user: UserId,
    id: AddressId,
) -> Result<(), UserError> {
    let removed = change_book(&app.store, user, move |book| book.without(id));
    removed.await??;
    Ok(())
}

/// Adds an address to those of its user, who exists.
pub(crate) fn insert_address(
    tx: &mut Tx<'_>,
    new: &NewAddress,
    id: AddressId,
) -> StoreResult<Result<AddressBook, AddressRefusal>> {
    let kept = Kept {
        id,
        address: new.address.clone(),
    };
    let book = match tx.get::<AddressBook>(&new.user)? {
        Some(book) => match book.with(kept, new.wish) {
            Ok(book) => book,
            Err(refusal) => return Ok(Err(refusal)),
        },
        None => AddressBook::first(new.user, kept),
    };
    tx.put(book.clone())?;
    Ok(Ok(book))
}

/// Changes the addresses of `user` as `change` decides; None deletes them all. Returns what is left.
pub(crate) async fn change_book(
    store: &Store,
    user: UserId,
    change: impl Fn(&AddressBook) -> Result<Option<AddressBook>, AddressRefusal> + Send + 'static,
) -> StoreResult<Result<Option<AddressBook>, AddressRefusal>> {
    store
        .write(move |tx| {
            let Some(book) = tx.get::<AddressBook>(&user)? else {
                return Ok(Err(AddressRefusal::NotFound));
            };
            let changed = match change(&book) {
                Ok(changed) => changed,
                Err(refusal) => return Ok(Err(refusal)),
            };
            match &changed {
                Some(changed) => tx.put(changed.clone())?,
                None => tx.delete::<AddressBook>(&user)?,
            }
            Ok(Ok(changed))
        })
        .await
}
