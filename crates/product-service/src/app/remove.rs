//! Takes a product out of the catalogue for its seller.

use super::App;
use crate::store::{Change, ChangeError};

pub(crate) async fn remove_product(app: &App, change: Change<()>) -> Result<(), ChangeError> {
    app.store.remove(change, app.clock.now()).await
}
