//! Adds to the stock of a variant, or takes away from it, for its seller. It is relative: no order that comes in between is lost.

use store::StoreResult;
use store::idempotency::{Answered, Repeatable};

use super::App;
use super::change::change_product_once;
use super::save::By;
use crate::domain::{Adjustment, Change, Product, ProductRefusal};

/// Makes the adjustment; with `once`, at most once for its key. Returns the product as it is then.
pub(crate) async fn adjust_stock(
    app: &App,
    change: Change<Adjustment>,
    once: Option<Repeatable<Product>>,
) -> StoreResult<Result<Answered<Product>, ProductRefusal>> {
    let by = By {
        actor: change.editor,
        reason: Some(change.to.reason.as_str().to_owned()),
    };
    let decide = |product: Product, change: &Change<Adjustment>, now| {
        let Adjustment { variant, delta, .. } = change.to;
        product.adjust_stock(change.editor, variant, delta, now)
    };
    change_product_once(app, change, decide, by, once).await
}
