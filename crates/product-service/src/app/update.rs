//! Edits a product for its seller.

use super::App;
use crate::domain::{Product, ProductEdit};
use crate::store::{Change, ChangeError};

pub(crate) async fn update_product(
    app: &App,
    change: Change<ProductEdit>,
) -> Result<Product, ChangeError> {
    app.store.update(change, app.clock.now()).await
}
