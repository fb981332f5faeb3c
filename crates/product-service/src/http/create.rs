//! POST /api/products/create.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Creating;
use deserr::Deserr;
use kernel::{Invalid, UserId};
use platform_http::{
    Body, Faults, FieldError, MetadataJson, Price, Problem, answer_repeat, etag_beside,
    json_answer, once_key, read_by_rule, send_stored,
};
use serde::Serialize;
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use utoipa::ToSchema;

use super::attributes_json::{AttributesJson, CategoryRef, category_meant};
use super::product_json::{DeliveryJson, ProductJson};
use super::variant_json::{NewVariantRequest, clashing, traits_meant, variant_meant};
use crate::app::{App, SellerCard, create_product, create_product_once};
use crate::domain::{
    AltText, Attributes, Barcode, Category, Description, NewProduct, NewStatus, NewVariant,
    Options, Product, ProductName, Sku, Stock, Traits,
};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/products/create";

read_by_rule! {
    ProductName: String => |raw| Self::parse(&raw);
    Description: String => |raw| Self::parse(&raw);
    Category: String => |raw| Self::parse(&raw);
    AltText: String => |raw| Self::parse(&raw);
    Stock: i64 => Self::parse;
}

/// A product to list.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct CreateProduct {
    /// Its name.
    name: ProductName,
    /// Its description; may be empty.
    description: Description,
    /// Unit price.
    price: Price,
    /// Quantity in stock.
    stock: Stock,
    /// Its category: a name, case-insensitive, or an id. A name that does not exist yet creates a category.
    category: CategoryRef,
    /// What it says of itself: values of attributes of its category, by key.
    #[deserr(default)]
    attributes: Option<AttributesJson>,
    /// How its buyers get it. Defaults to the marketplace's setting, usually `none`.
    #[deserr(default)]
    delivery: Option<DeliveryJson>,
    /// `draft`, to publish it later, or `active`, the default.
    #[deserr(default)]
    status: Option<NewStatusJson>,
    /// Your own number for it, unique among what you list.
    #[deserr(default)]
    sku: Option<Sku>,
    /// The number of the kind of thing, as its maker prints it.
    #[deserr(default)]
    barcode: Option<Barcode>,
    /// Its options, if it has variants.
    #[deserr(default)]
    options: Option<Options>,
    /// Its further variants: the product itself is the first.
    #[deserr(default)]
    #[schema(max_items = 99)]
    variants: Option<Vec<NewVariantRequest>>,
    /// For your own use; everyone who sees the product sees it.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

/// Whether a new product is published at once.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = Faults, rename_all = lowercase)]
#[schema(as = NewStatus, rename_all = "lowercase")]
enum NewStatusJson {
    /// It is published later.
    Draft,
    /// It is published at once.
    Active,
}

impl From<NewStatusJson> for NewStatus {
    fn from(status: NewStatusJson) -> Self {
        match status {
            NewStatusJson::Draft => Self::Draft,
            NewStatusJson::Active => Self::Active,
        }
    }
}

impl CreateProduct {
    fn by(self, seller: UserId, app: &App) -> Result<NewProduct, Problem> {
        let price = self.price.in_currency(app.currency);
        let variants = self.variants.unwrap_or_default();
        let most = Product::MAX_VARIANTS - 1;
        if variants.len() > most {
            let invalid = Invalid::new("too_long", format!("must have at most {most} entries"));
            return Err(Problem::validation(vec![FieldError::new(
                "/variants",
                invalid,
            )]));
        }
        let traits = Traits {
            sku: self.sku,
            barcode: self.barcode,
            options: self.options.unwrap_or_default(),
        };
        let variants: Vec<NewVariant> = variants.into_iter().map(NewVariantRequest::read).collect();
        let clashing = clashing(&traits, &variants);
        if !clashing.is_empty() {
            return Err(Problem::validation(clashing));
        }
        Ok(NewProduct {
            seller,
            name: self.name,
            description: self.description,
            price,
            stock: self.stock,
            category: self.category.into(),
            attributes: self.attributes.map_or_else(Attributes::new, Into::into),
            delivery: self.delivery.map_or(app.delivery, Into::into),
            status: self.status.map_or(NewStatus::Active, Into::into),
            traits,
            variants,
            metadata: self.metadata.map(MetadataJson::into_inner),
        })
    }
}

/// List a product
///
/// The caller becomes its seller. It can be found and bought at once, unless it is a `draft`. Its price, stock, SKU, barcode and options are
/// those of its default variant, whose id is the product's; further ones are in `variants`. Send an `Idempotency-Key` so that a repeated
/// request lists it once.
#[utoipa::path(post, path = "/api/products/create", tag = "products", operation_id = "createProduct", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours")),
    request_body(content = CreateProduct, example = json!({"name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "delivery": "shipped"})),
    responses(
        (status = 201, description = "Listed", body = ProductJson, headers(("Location" = String, description = "The product"), ("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "sellerId": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a", "seller": {"id": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a", "name": "Grace Hopper"}, "name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "categoryId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "delivery": "shipped", "returns": {"accepted": true, "windowDays": 14}, "status": "active", "images": [], "version": 1, "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z"})),
        (status = 409, description = "`sku_taken`: another of the caller's variants has it; `too_many_categories`: there can be no new one"),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    body: Body<CreateProduct>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner().by(caller.user, &app)?;
    let key = once_key(&request, caller.user, ROUTE, &meaning(&new))?;
    let seller = app.sellers.card(&app.store, new.seller).await?;
    let render = move |product: &Product| render(product, &seller);
    let Some(key) = key else {
        let product = create_product(&app, new).await??;
        return Ok(send_stored(render(&product)?));
    };
    let render = Arc::new(render);
    let repeatable = Repeatable {
        key,
        render: render.clone(),
    };
    match create_product_once(&app, new, repeatable).await?? {
        Answered::First(product) => Ok(send_stored(render(&product)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn meaning(new: &NewProduct) -> impl Serialize {
    (
        new.name.as_str(),
        new.description.as_str(),
        new.price,
        new.stock.get(),
        category_meant(&new.category),
        new.delivery,
        new.status,
        traits_meant(&new.traits),
        new.variants.iter().map(variant_meant).collect::<Vec<_>>(),
        (new.metadata.as_ref(), &new.attributes),
    )
}

fn render(product: &Product, seller: &SellerCard) -> StoreResult<StoredAnswer> {
    Ok(StoredAnswer {
        location: Some(format!("/api/products/{}", product.id)),
        etag: Some(etag_beside(product.version, seller.revision).to_string()),
        ..json_answer(201, &ProductJson::own(product.clone(), seller))?
    })
}
