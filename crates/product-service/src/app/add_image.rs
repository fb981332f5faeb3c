//! Adds an image to a product for its seller.
//!
//! Three steps: whether it may be added at all, before anything is decoded or stored; the pictures, which nothing names yet; and the rows
//! that name them, with everything decided anew.

use blobs::SharedBlobs;
use images::Picture;
use kernel::ImageId;
use store::idempotency::{Answered, Earlier, OnceKey, Repeatable};
use store::{StoreResult, Tx};

use super::App;
use super::pictures::keep;
use super::show_anew::{Edit, load, save};
use crate::domain::{AltText, Change, Image, ImageRefusal, Product, ProductImages};
use crate::records::ImageFile;

/// An image that was added.
#[derive(Debug, Clone)]
pub(crate) struct AddedImage {
    pub(crate) product: Product,
    pub(crate) image: Image,
}

/// Whether the image may be added now. Returns the answer to the same request, if there was one before.
pub(crate) async fn may_add_image(
    app: &App,
    change: Change<()>,
    key: Option<OnceKey>,
) -> StoreResult<Result<Option<Earlier>, ImageRefusal>> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            if let Some(key) = &key
                && let Some(earlier) = tx.earlier(key, now)?
            {
                return Ok(Ok(Some(earlier)));
            }
            Ok(load(tx, &change, now)?.and_then(|edit| {
                let has_room = edit.images.images.len() < ProductImages::MAX;
                has_room.then_some(None).ok_or(ImageRefusal::TooMany)
            }))
        })
        .await
}

/// Adds the image that `pictures` show, with its text, once for a key.
pub(crate) async fn add_image(
    app: &App,
    blobs: &SharedBlobs,
    change: Change<(AltText, Vec<Picture>)>,
    once: Option<Repeatable<AddedImage>>,
) -> StoreResult<Result<Answered<AddedImage>, ImageRefusal>> {
    let now = app.clock.now();
    let Change {
        product,
        editor,
        guard,
        to: (alt, pictures),
    } = change;
    let image = Image {
        id: ImageId::new(&*app.ids),
        alt,
        pictures: keep(blobs, pictures, now).await?,
    };
    let change = Change {
        product,
        editor,
        guard,
        to: (),
    };
    app.store
        .write(move |tx| {
            if let Some(once) = &once
                && let Some(earlier) = tx.earlier(&once.key, now)?
            {
                return Ok(Ok(Answered::Before(earlier)));
            }
            let edit = match load(tx, &change, now)? {
                Ok(edit) => edit,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let added = match insert(tx, edit, &image)? {
                Ok(added) => added,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(Repeatable { key, render }) = &once {
                tx.answer(key, image.id.as_uuid(), render(&added)?, now)?;
            }
            Ok(Ok(Answered::First(added)))
        })
        .await
}

fn insert(
    tx: &mut Tx<'_>,
    edit: Edit,
    image: &Image,
) -> StoreResult<Result<AddedImage, ImageRefusal>> {
    let images = match edit.images.with(image.clone()) {
        Ok(images) => images,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for file in ImageFile::of(image) {
        tx.insert(file)?;
    }
    let product = save(tx, Edit { images, ..edit })?;
    let image = image.clone();
    Ok(Ok(AddedImage { product, image }))
}
