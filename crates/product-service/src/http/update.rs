//! PUT /api/products/update.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::{Currency, ProductId};
use platform_http::{
    Body, ETag, Faults, IfMatch, Problem, ProblemDocument, ReadProblems, WriteProblems,
};
use utoipa::ToSchema;

use super::price::Price;
use super::product_json::ProductJson;
use crate::app::{App, update_product};
use crate::domain::{Category, Change, Description, ProductEdit, ProductName, Stock};

/// Which product, and the fields to change. What is left out stays.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct UpdateProduct {
    /// The product.
    id: ProductId,
    /// A new name.
    #[deserr(default, from(ProductName) = Some)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    name: Option<ProductName>,
    /// A new description.
    #[deserr(default, from(Description) = Some)]
    #[schema(value_type = String, required = false, max_length = 10_000)]
    description: Option<Description>,
    /// A new price. Orders that were placed keep theirs.
    #[deserr(default, from(Price) = Some)]
    #[schema(value_type = Price, required = false)]
    price: Option<Price>,
    /// How many can be ordered from now on.
    #[deserr(default, from(Stock) = Some)]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 1_000_000_000)]
    stock: Option<Stock>,
    /// A new shelf.
    #[deserr(default, from(Category) = Some)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 64)]
    category: Option<Category>,
}

impl UpdateProduct {
    fn edit(self, currency: Currency) -> ProductEdit {
        ProductEdit {
            name: self.name,
            description: self.description,
            price: self.price.map(|price| price.in_currency(currency)),
            stock: self.stock,
            category: self.category,
        }
    }
}

/// Edit a product
///
/// For its seller. Send the fields to change; the others stay. With `If-Match` the edit is made only if nobody, and no order,
/// changed the product since it was read.
#[utoipa::path(put, path = "/api/products/update", tag = "products", operation_id = "updateProduct", security(("bearer" = [])),
    params(("If-Match" = Option<String>, Header, description = "The ETag that the product was read with", example = "\"3\"")),
    request_body(content = UpdateProduct, example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "price": 1199, "stock": 25})),
    responses(
        (status = 200, description = "The product as it is now", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = 404, description = "`product_not_found`: it is not there, or was removed", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = 412, description = "`precondition_failed`: it changed since it was read", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        ReadProblems,
        WriteProblems,
    ))]
pub(crate) async fn update(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<UpdateProduct>,
) -> Result<HttpResponse, Problem> {
    let if_match = IfMatch::of(&request)?;
    let body = body.into_inner();
    let change = Change {
        product: body.id,
        editor: caller.user,
        guard: Box::new(move |version| if_match.allows(version)),
        to: body.edit(app.currency),
    };
    let product = update_product(&app, change).await??;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ETAG, ETag::of(product.version).value()?));
    Ok(answer.json(ProductJson::from(product)))
}
