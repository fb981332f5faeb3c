//! GET and PATCH /api/categories/{id}; POST /api/categories/{id}/move, /retire and /reinstate.

use actix_web::http::header::{ETag, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use auth::{Caller, operators_only};
use deserr::Deserr;
use kernel::CategoryId;
use platform_http::{Body, Faults, IfMatch, Problem, Query, etag};
use utoipa::ToSchema;

use super::category_json::{
    CategoryJson, DefineAttribute, Definitions, InLanguage, VARIES, languages,
};
use super::error::category_not_found;
use crate::app::{App, InTree, categories, edit_category};
use crate::domain::{CategoryEdit, CategoryNode, Names, Slug};

/// Show a category
///
/// With all attributes that its products have, inherited ones first. Needs no token.
#[utoipa::path(get, path = "/api/categories/{id}", tag = "categories", operation_id = "showCategory", security(()),
    params(
        ("id" = String, Path, description = "Its id or its slug", example = "books"),
        ("lang" = Option<String>, Query, description = "A language tag, such as `de` or `pt-BR`", pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", example = "de"),
        ("Accept-Language" = Option<String>, Header, description = "Languages, as browsers send them"),
    ),
    responses(
        (status = 200, description = "The category", body = CategoryJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "`category_not_found`"),
    ))]
pub(crate) async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<InLanguage>,
) -> Result<HttpResponse, Problem> {
    let tree = categories(&app).await?;
    let node = tree.addressed(&id).ok_or_else(category_not_found)?;
    let json = CategoryJson::shown(&tree, node, &languages(&request, query.0.0));
    Ok(answer(HttpResponse::Ok(), node, &json))
}

/// New values for a category. Fields that are absent or null stay unchanged.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct EditCategory {
    /// All its names, by language.
    #[deserr(default)]
    names: Option<Names>,
    /// Another name in addresses.
    #[deserr(default)]
    slug: Option<Slug>,
    /// All attributes that it defines; at most 30. Products keep what they say of attributes that are gone.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<DefineAttribute>>, max_items = 30)]
    attributes: Option<Definitions>,
}

/// Edit a category
///
/// Role `admin`. Renaming changes no product: products refer to the category by its id.
#[utoipa::path(patch, path = "/api/categories/{id}", tag = "categories", operation_id = "editCategory", security(("bearer" = [])),
    params(
        ("id" = CategoryId, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the category was read, or `*`", example = "*"),
    ),
    request_body(content = EditCategory, example = json!({"names": {"en": "Books", "de": "Bücher"}})),
    responses(
        (status = 200, description = "The category", body = CategoryJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`category_not_found`"),
        (status = 409, description = "`category_name_taken`: one beside it has the name; `slug_taken`; `attribute_taken`: one above or below it defines the attribute"),
    ))]
pub(crate) async fn edit(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<EditCategory>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let edit = CategoryEdit {
        names: body.names,
        slug: body.slug,
        attributes: body.attributes.map(Definitions::into_inner),
        ..CategoryEdit::default()
    };
    change(&app, &caller, &request, &id, edit).await
}

/// Where to move a category.
#[derive(Deserr, ToSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
pub(crate) struct MoveCategory {
    /// The category to put it under. Absent or null for the root.
    #[deserr(default)]
    parent_id: Option<CategoryId>,
}

/// Move a category
///
/// With all below it. Role `admin`. No product changes.
#[utoipa::path(post, path = "/api/categories/{id}/move", tag = "categories", operation_id = "moveCategory", security(("bearer" = [])),
    params(
        ("id" = CategoryId, Path, description = "The category"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the category was read, or `*`", example = "*"),
    ),
    request_body(content = MoveCategory, example = json!({"parentId": null})),
    responses(
        (status = 200, description = "The category", body = CategoryJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`category_not_found`"),
        (status = 409, description = "`category_circle`: it would be part of itself; `category_too_deep`: at most 8 levels; `category_name_taken`: one that would be beside it has the name; `attribute_taken`: it would inherit an attribute that it or one below it defines"),
    ))]
pub(crate) async fn shift(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<MoveCategory>,
) -> Result<HttpResponse, Problem> {
    let edit = CategoryEdit {
        place: Some(body.into_inner().parent_id.into()),
        ..CategoryEdit::default()
    };
    change(&app, &caller, &request, &id, edit).await
}

/// Retire a category
///
/// Neither it nor those below it take products any more. Those that are in them stay, can be found and bought. Role `admin`.
#[utoipa::path(post, path = "/api/categories/{id}/retire", tag = "categories", operation_id = "retireCategory", security(("bearer" = [])),
    params(("id" = CategoryId, Path, description = "The category")),
    responses(
        (status = 200, description = "The category", body = CategoryJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`category_not_found`"),
    ))]
pub(crate) async fn retire(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    change(&app, &caller, &request, &id, retired(true)).await
}

/// Reinstate a category
///
/// It takes products again, unless one above it is retired. Role `admin`.
#[utoipa::path(post, path = "/api/categories/{id}/reinstate", tag = "categories", operation_id = "reinstateCategory", security(("bearer" = [])),
    params(("id" = CategoryId, Path, description = "The category")),
    responses(
        (status = 200, description = "The category", body = CategoryJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`category_not_found`"),
    ))]
pub(crate) async fn reinstate(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    change(&app, &caller, &request, &id, retired(false)).await
}

fn retired(retired: bool) -> CategoryEdit {
    CategoryEdit {
        retired: Some(retired),
        ..CategoryEdit::default()
    }
}

async fn change(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    id: &str,
    edit: CategoryEdit,
) -> Result<HttpResponse, Problem> {
    operators_only(caller)?;
    let id: CategoryId = id.parse().map_err(|_| category_not_found())?;
    let if_match = IfMatch::of(request)?;
    let guard = Box::new(move |version| if_match.allows(version));
    let changed = edit_category(app, id, guard, edit).await??;
    answer_with(HttpResponse::Ok(), request, &changed)
}

/// The category as it is now.
pub(super) fn answer_with(
    answer_as: HttpResponseBuilder,
    request: &HttpRequest,
    (tree, id): &InTree,
) -> Result<HttpResponse, Problem> {
    let node = tree.get(*id).ok_or_else(category_not_found)?;
    let json = CategoryJson::shown(tree, node, &languages(request, None));
    Ok(answer(answer_as, node, &json))
}

fn answer(
    mut answer: HttpResponseBuilder,
    node: &CategoryNode,
    json: &CategoryJson<'_>,
) -> HttpResponse {
    answer
        .insert_header(ETag(etag(node.version)))
        .append_header((VARY, VARIES))
        .json(json)
}
