//! The product service's refusals.

use platform_http::{Problem, common};

use crate::domain::ProductRefusal;

platform_http::problems! {
    pub PROBLEMS:
    NOT_OWNER "not_owner" 403 "Only its seller may change a product"
    PRODUCT_NOT_FOUND "product_not_found" 404 "There is no such product"
}

/// 404 for a product that is not there, or was removed.
pub(super) fn product_not_found() -> Problem {
    Problem::new(
        &PRODUCT_NOT_FOUND,
        "There is no product with this id, or it was removed.",
    )
}

impl From<ProductRefusal> for Problem {
    fn from(refusal: ProductRefusal) -> Self {
        match refusal {
            ProductRefusal::NotFound => product_not_found(),
            ProductRefusal::NotOwner => Self::new(&NOT_OWNER, "Someone else sells this product."),
            ProductRefusal::Changed { version } => Self::new(
                &common::PRECONDITION_FAILED,
                format!("The product is at version {version} now. Read it again and decide anew."),
            ),
        }
    }
}
