//! Removes an image from a product for its seller. Its pictures stay for an hour: a page may still show them, and a backup may be under way.

use kernel::ImageId;
use store::StoreResult;

use super::App;
use super::show_anew::{Edit, load, save};
use crate::domain::{Change, ImageRefusal, Product, ProductImages};
use crate::records::ImageFile;

pub(crate) async fn remove_image(
    app: &App,
    change: Change<ImageId>,
) -> StoreResult<Result<Product, ImageRefusal>> {
    let now = app.clock.now();
    let id = change.to;
    // Before the rows go: from now on the sweep lets them live for an hour, whoever removes the image.
    if let Some(blobs) = &app.pictures.blobs
        && let Some(found) = app.store.get::<ProductImages>(&change.product).await?
    {
        let image = found.images.iter().find(|image| image.id == id);
        for picture in image.iter().flat_map(|image| &image.pictures) {
            blobs.touch(&picture.blob, now).await?;
        }
    }
    let change = change.with(());
    app.store
        .write(move |tx| {
            let edit = match load(tx, &change, now)? {
                Ok(edit) => edit,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let (images, removed) = match edit.images.without(id) {
                Ok(parted) => parted,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for file in ImageFile::of(&removed) {
                tx.delete::<ImageFile>(&file.id)?;
            }
            save(tx, Edit { images, ..edit }).map(Ok)
        })
        .await
}
