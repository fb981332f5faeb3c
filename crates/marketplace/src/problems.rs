//! Explains the kinds of problem: serves the documents that the `type` of a problem document points to.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};
use platform_http::{Paths, Problem, ProblemType, Routes, common};
use serde::Serialize;
use utoipa::ToSchema;

/// A kind of refusal.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// Its URI.
    #[schema(example = "/problems/out_of_stock")]
    r#type: String,
    /// Its stable code.
    #[schema(example = "out_of_stock")]
    pub(crate) code: &'static str,
    /// Its HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// Its meaning.
    #[schema(example = "There is not enough stock")]
    title: &'static str,
}

/// Explain a kind of problem
#[utoipa::path(get, path = "/problems/{code}", tag = "operations", operation_id = "explainProblem", security(()),
    params(("code" = String, Path, description = "The `code` of a problem document", example = "out_of_stock")),
    responses(
        (status = 200, description = "Its meaning", body = Explanation),
        (status = 404, description = "`not_found`"),
    ))]
pub(crate) async fn explain(
    known: web::Data<Vec<Explanation>>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    known
        .iter()
        .find(|known| known.code == *code)
        .map(|known| HttpResponse::Ok().json(known))
        .ok_or_else(|| Problem::new(&common::NOT_FOUND, "There is no such kind of problem."))
}

impl Explanation {
    pub(crate) fn of(kind: &ProblemType) -> Self {
        Self {
            r#type: format!("/problems/{}", kind.code),
            code: kind.code,
            status: kind.status,
            title: kind.title,
        }
    }
}

/// The explanations of the common kinds and those of the services.
pub(crate) fn explanations() -> Vec<Explanation> {
    let kinds = [
        common::ALL,
        user_service::PROBLEMS,
        product_service::PROBLEMS,
        order_service::PROBLEMS,
        wallet_service::PROBLEMS,
    ];
    let kinds = kinds.into_iter().flatten();
    kinds.map(|kind| Explanation::of(kind)).collect()
}

/// Registers the route.
pub(crate) fn routes() -> Routes {
    let known = web::Data::new(explanations());
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(known.clone());
        Paths::default()
            .get("/problems/{code}", explain)
            .declare(config);
    })
}
