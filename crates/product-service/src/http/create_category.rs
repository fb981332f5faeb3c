//! POST /api/categories.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Caller, operators_only};
use deserr::Deserr;
use kernel::CategoryId;
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::category::answer_with;
use super::category_json::{CategoryJson, DefineAttribute, Definitions};
use crate::app::{self, App};
use crate::domain::{Names, NewCategory, Slug};

/// A category to create.
#[derive(Deserr, ToSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
pub(crate) struct CreateCategory {
    /// Its names, by language: 1 to 64 characters each, in 1 to 30 languages.
    names: Names,
    /// Its name in addresses. Left out, it is made of the name.
    #[deserr(default)]
    slug: Option<Slug>,
    /// The category to put it under. Left out, it is at the root.
    #[deserr(default)]
    parent_id: Option<CategoryId>,
    /// The attributes that it defines; at most 30.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<DefineAttribute>>, max_items = 30)]
    attributes: Option<Definitions>,
}

/// Create a category
///
/// Role `admin`. Its attributes are those of all products in it and below it. A repeated request is refused, as the name is taken then.
#[utoipa::path(post, path = "/api/categories", tag = "categories", operation_id = "createCategory", security(("bearer" = [])),
    request_body(content = CreateCategory, example = json!({"names": {"en": "Desk lamps", "de": "Schreibtischlampen"}, "slug": "desk-lamps",
        "attributes": [{"key": "power", "names": {"en": "Power"}, "type": "number", "unit": "W"}, {"key": "material", "names": {"en": "Material"}, "type": "one_of", "values": ["brass", "steel"]}]})),
    responses(
        (status = 201, description = "Created", body = CategoryJson<'static>, headers(("Location" = String, description = "The category"), ("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 409, description = "`category_name_taken`: one beside it has the name; `slug_taken`; `attribute_taken`: it inherits the attribute, or defines it twice; `category_too_deep`: at most 8 levels; `too_many_categories`: at most 10 000"),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<CreateCategory>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let body = body.into_inner();
    let new = NewCategory {
        parent: body.parent_id,
        slug: body.slug,
        names: body.names,
        attributes: body
            .attributes
            .map_or_else(Vec::new, Definitions::into_inner),
    };
    let created = app::create_category(&app, new).await??;
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, format!("/api/categories/{}", created.1)));
    answer_with(answer, &request, &created)
}
