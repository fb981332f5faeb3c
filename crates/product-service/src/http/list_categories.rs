//! GET /api/categories.

use actix_web::http::header::{EntityTag, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use platform_http::{Problem, Query, conditional};

use super::category_json::{CategoryJson, CategoryTree, InLanguage, VARIES, languages};
use crate::app::{App, categories};
use crate::domain::Language;

/// List all categories
///
/// The whole tree, each category before those below it. Needs no token. `name` is in the language `lang`, else in the best of
/// `Accept-Language`, else in English if there is such a name.
#[utoipa::path(get, path = "/api/categories", tag = "categories", operation_id = "listCategories", security(()),
    params(
        ("lang" = Option<String>, Query, description = "A language tag, such as `de` or `pt-BR`", pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", example = "de"),
        ("Accept-Language" = Option<String>, Header, description = "Languages, as browsers send them"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the tree that the client has; 304 if it has not changed"),
    ),
    responses(
        (status = 200, description = "The tree", body = CategoryTree<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already", headers(("ETag" = String, description = "Its version"))),
    ))]
pub(crate) async fn list(
    app: web::Data<App>,
    request: HttpRequest,
    query: Query<InLanguage>,
) -> Result<HttpResponse, Problem> {
    let tree = categories(&app).await?;
    let languages = languages(&request, query.0.0);
    let walk = tree.walk().into_iter();
    let items = walk.map(|node| CategoryJson::listed(&tree, node, &languages));
    let body = CategoryTree {
        items: items.collect(),
    };
    let tags = languages.iter().map(Language::as_str);
    let tags: Vec<&str> = std::iter::once("").chain(tags).collect();
    let tag = EntityTag::new_strong(format!("{}{}", tree.version(), tags.join(".")));
    let mut answer = conditional(&request, tag, &body)?;
    answer.headers_mut().append(VARY, VARIES);
    Ok(answer)
}
