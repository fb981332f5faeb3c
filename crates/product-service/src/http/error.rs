//! The product service's refusals.

use kernel::Invalid;
use platform_http::{FieldError, Problem, common};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    CategoryRefusal, Clash, ImageRefusal, Options, ProductImages, ProductRefusal, Stock, Tree,
};

platform_http::problems! {
    pub PROBLEMS:
    NOT_OWNER "not_owner" 403 "Only its seller may change a product"
    PRODUCT_NOT_FOUND "product_not_found" 404 "There is no such product"
    SELLER_NOT_FOUND "seller_not_found" 404 "There is no such seller"
    VARIANT_NOT_FOUND "variant_not_found" 404 "The product has no such variant"
    SKU_TAKEN "sku_taken" 409 "Another of your variants has this SKU" (TakenSku)
    TOO_MANY_VARIANTS "too_many_variants" 409 "The product can have no more variants"
    DEFAULT_VARIANT "default_variant" 409 "The default variant goes only with its product"
    INSUFFICIENT_STOCK "insufficient_stock" 409 "There are fewer than that" (StockLeft)
    IMAGE_NOT_FOUND "image_not_found" 404 "The product has no such image"
    PICTURE_NOT_FOUND "picture_not_found" 404 "There is no such picture"
    TOO_MANY_IMAGES "too_many_images" 409 "The product has as many images as it may have"
    OTHER_IMAGES "other_images" 409 "The product has other images"
    IMAGES_NOT_KEPT "images_not_kept" 501 "This marketplace keeps no images"
    CATEGORY_NOT_FOUND "category_not_found" 404 "There is no such category"
    CATEGORY_NAME_TAKEN "category_name_taken" 409 "A category beside it has the name"
    SLUG_TAKEN "slug_taken" 409 "Another category has the slug"
    ATTRIBUTE_TAKEN "attribute_taken" 409 "The attribute is defined already"
    CATEGORY_CIRCLE "category_circle" 409 "A category cannot be part of itself"
    CATEGORY_TOO_DEEP "category_too_deep" 409 "The tree would have too many levels"
    TOO_MANY_CATEGORIES "too_many_categories" 409 "There can be no more categories"
}

/// The SKU that is taken.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"sku": "LAMP-1"}))]
struct TakenSku {
    /// It.
    sku: String,
}

/// How many there are.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"available": 3}))]
struct StockLeft {
    /// The quantity that can be ordered now.
    #[schema(minimum = 0)]
    available: i64,
}

/// 404 for a variant that is not there, or was removed.
pub(super) fn variant_not_found() -> Problem {
    Problem::new(
        &VARIANT_NOT_FOUND,
        "The product has no variant with this id, or it was removed.",
    )
}

/// The field of a variant that clashes with others, and what is wrong with it.
pub(super) fn clash_fault(clash: Clash) -> (&'static str, Invalid) {
    match clash {
        Clash::Options => {
            let detail = "another variant of the product has the same options";
            ("options", Invalid::new("duplicate", detail))
        }
        Clash::Names => {
            let max = Options::MAX_NAMES;
            let detail = format!("the variants of a product have at most {max} names of options");
            ("options", Invalid::new("too_long", detail))
        }
        Clash::Sku => {
            let detail = "another variant of the product has the same SKU";
            ("sku", Invalid::new("duplicate", detail))
        }
    }
}

/// 404 for a category that is not there.
pub(super) fn category_not_found() -> Problem {
    Problem::new(
        &CATEGORY_NOT_FOUND,
        "There is no category with this id or slug.",
    )
}

impl From<CategoryRefusal> for Problem {
    fn from(refusal: CategoryRefusal) -> Self {
        let (kind, detail) = match refusal {
            CategoryRefusal::NotFound => return category_not_found(),
            CategoryRefusal::NoParent => {
                let unknown = Invalid::new("unknown_category", "is no category's id");
                return Self::validation(vec![FieldError::new("/parentId", unknown)]);
            }
            CategoryRefusal::Retired => {
                let detail = "is retired and takes no products";
                let retired = Invalid::new("category_retired", detail);
                return Self::validation(vec![FieldError::new("/category", retired)]);
            }
            CategoryRefusal::NameTaken => {
                let detail = "A category beside it has one of its names, in some language.";
                (&CATEGORY_NAME_TAKEN, detail.to_owned())
            }
            CategoryRefusal::SlugTaken => {
                (&SLUG_TAKEN, "Another category has this slug.".to_owned())
            }
            CategoryRefusal::AttributeTaken(key) => {
                let detail =
                    format!("The attribute {key} is defined by it already, or above or below it.");
                (&ATTRIBUTE_TAKEN, detail)
            }
            CategoryRefusal::Circle => {
                let detail = "It would be part of itself: move it elsewhere.";
                (&CATEGORY_CIRCLE, detail.to_owned())
            }
            CategoryRefusal::TooDeep => {
                let detail = format!("The tree has at most {} levels.", Tree::MAX_DEPTH);
                (&CATEGORY_TOO_DEEP, detail)
            }
            CategoryRefusal::TooMany => {
                let detail = format!("There are at most {} categories.", Tree::MOST);
                (&TOO_MANY_CATEGORIES, detail)
            }
            CategoryRefusal::Changed { version } => {
                let detail = format!(
                    "The category is at version {version} now. Read it again and decide anew."
                );
                (&common::PRECONDITION_FAILED, detail)
            }
        };
        Self::new(kind, detail)
    }
}

/// 404 for a product that is not there, or was removed.
pub(super) fn product_not_found() -> Problem {
    Problem::new(
        &PRODUCT_NOT_FOUND,
        "There is no product with this id, or it was removed.",
    )
}

/// 404 for a user who is no seller.
pub(super) fn seller_not_found() -> Problem {
    Problem::new(&SELLER_NOT_FOUND, "No user with this id sells anything.")
}

/// 404 for an image that the product does not have.
pub(super) fn image_not_found() -> Problem {
    Problem::new(&IMAGE_NOT_FOUND, "The product has no image with this id.")
}

/// 404 for a picture that is not there.
pub(super) fn picture_not_found() -> Problem {
    Problem::new(
        &PICTURE_NOT_FOUND,
        "There is no picture of this name, or its image was removed.",
    )
}

impl From<ImageRefusal> for Problem {
    fn from(refusal: ImageRefusal) -> Self {
        match refusal {
            ImageRefusal::Product(refusal) => refusal.into(),
            ImageRefusal::TooMany => {
                let detail = format!(
                    "A product has at most {} images: remove one first.",
                    ProductImages::MAX
                );
                Self::new(&TOO_MANY_IMAGES, detail)
            }
            ImageRefusal::NotFound => image_not_found(),
            ImageRefusal::Others => Self::new(
                &OTHER_IMAGES,
                "The list has to name each image of the product once, and nothing else. Read the product again.",
            ),
        }
    }
}

impl From<ProductRefusal> for Problem {
    fn from(refusal: ProductRefusal) -> Self {
        match refusal {
            ProductRefusal::NotFound => product_not_found(),
            ProductRefusal::NoVariant => variant_not_found(),
            ProductRefusal::SkuTaken(sku) => {
                let sku = sku.into_string();
                Self::new(&SKU_TAKEN, "Use another, or remove it there first.")
                    .with(&TakenSku { sku })
            }
            ProductRefusal::TooManyVariants => {
                Self::new(&TOO_MANY_VARIANTS, "Remove one, or list another product.")
            }
            ProductRefusal::DefaultVariant => Self::new(
                &DEFAULT_VARIANT,
                "Remove the product, or set the variant's stock to 0.",
            ),
            ProductRefusal::Clash(clash) => {
                let (field, invalid) = clash_fault(clash);
                Self::validation(vec![FieldError::new(format!("/{field}"), invalid)])
            }
            ProductRefusal::NotEnough { available } => {
                Self::new(&INSUFFICIENT_STOCK, "Take away less.").with(&StockLeft { available })
            }
            ProductRefusal::Category(CategoryRefusal::NotFound) => {
                let unknown = Invalid::new("unknown_category", "is no category's id");
                Self::validation(vec![FieldError::new("/category/id", unknown)])
            }
            ProductRefusal::Category(refusal) => refusal.into(),
            ProductRefusal::Attributes(faults) => {
                let faults = faults
                    .into_iter()
                    .map(|(key, invalid)| FieldError::new(format!("/attributes/{key}"), invalid));
                Self::validation(faults.collect())
            }
            ProductRefusal::TooMuch => {
                let max = Stock::MAX;
                let detail = format!("would make the stock more than {max}");
                let invalid = Invalid::new("out_of_range", detail);
                Self::validation(vec![FieldError::new("/delta", invalid)])
            }
            ProductRefusal::NotOwner => Self::new(&NOT_OWNER, "Someone else sells this product."),
            ProductRefusal::Changed { version } => Self::new(
                &common::PRECONDITION_FAILED,
                format!("The product is at version {version} now. Read it again and decide anew."),
            ),
        }
    }
}
