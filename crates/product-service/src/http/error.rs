//! The product service's refusals.

use platform_http::{Problem, ProblemType, common};

use crate::domain::ProductRefusal;

/// 403.
pub(super) const NOT_OWNER: ProblemType = ProblemType {
    code: "not_owner",
    status: 403,
    title: "Only its seller may change a product",
};
/// 404.
pub(super) const PRODUCT_NOT_FOUND: ProblemType = ProblemType {
    code: "product_not_found",
    status: 404,
    title: "There is no such product",
};

/// This service's kinds of refusal, beside the common ones.
pub const PROBLEMS: &[&ProblemType] = &[&NOT_OWNER, &PRODUCT_NOT_FOUND];

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
