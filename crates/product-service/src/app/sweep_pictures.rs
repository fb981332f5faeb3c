//! Deletes the pictures that no image has: those of images that were removed, and those of uploads that broke off.

use std::time::Duration;

use store::StoreResult;

use super::App;

/// How long a picture lives that no image has. An upload that stores pictures names them long before.
const GRACE: Duration = Duration::from_hours(1);
/// Pictures looked at at a time.
const BATCH: usize = 500;

/// Returns how many were deleted. A picture that is being uploaded again meanwhile stays: it counts as new.
pub(crate) async fn sweep_pictures(app: &App) -> StoreResult<usize> {
    let Some(blobs) = &app.pictures.blobs else {
        return Ok(0);
    };
    let before = app.clock.now().minus(GRACE);
    blobs.tidy(before).await?;
    let (mut swept, mut after) = (0, None);
    loop {
        let batch = blobs.list(after.as_ref(), BATCH).await?;
        after = batch.last().map(|stored| stored.name.clone());
        let is_last = batch.len() < BATCH;
        let old = batch.into_iter().filter(|stored| stored.at < before);
        let old: Vec<_> = old.map(|stored| stored.name).collect();
        if !old.is_empty() {
            let named = app.queries.named_blobs(old.clone()).await?;
            for name in old.into_iter().filter(|name| !named.contains(name)) {
                swept += usize::from(blobs.delete(&name, before).await?);
            }
        }
        if is_last {
            return Ok(swept);
        }
    }
}
