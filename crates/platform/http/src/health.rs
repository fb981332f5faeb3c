//! Liveness, readiness and metrics.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::edge::Edge;
use super::problem::Problem;

/// State of one dependency.
#[derive(Debug, Serialize, ToSchema)]
pub struct DependencyState {
    /// Its name.
    #[schema(example = "order store")]
    name: String,
    /// `up` or `down`.
    #[schema(example = "up")]
    state: &'static str,
    /// What is missing, if it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessReport {
    /// `ready` or `not ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Every dependency.
    dependencies: Vec<DependencyState>,
}

/// The answer of `/healthz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LivenessReport {
    /// Always `alive`.
    #[schema(example = "alive")]
    status: &'static str,
}

/// Reports that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "checkLiveness", security(()),
    responses((status = 200, description = "The process runs", body = LivenessReport)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(LivenessReport { status: "alive" })
}

/// Reports whether requests can be answered, and what is missing if not.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "checkReadiness", security(()),
    responses((status = 200, description = "Every dependency is up", body = ReadinessReport),
              (status = 503, description = "A dependency is down", body = ReadinessReport, headers(("Retry-After" = u32, description = "Seconds")))))]
pub async fn ready(edge: web::Data<Edge>) -> HttpResponse {
    let mut dependencies = Vec::with_capacity(edge.readiness.len());
    for check in &edge.readiness {
        let detail = check.check().await.err();
        dependencies.push(DependencyState {
            name: check.name().to_owned(),
            state: if detail.is_none() { "up" } else { "down" },
            detail,
        });
    }
    let up = dependencies.iter().all(|one| one.detail.is_none());
    let (mut answer, status) = if up {
        (HttpResponse::Ok(), "ready")
    } else {
        (HttpResponse::ServiceUnavailable(), "not ready")
    };
    if !up {
        answer.insert_header(("retry-after", "1"));
    }
    answer.json(ReadinessReport {
        status,
        dependencies,
    })
}

/// The metrics in Prometheus text format.
pub async fn metrics(edge: web::Data<Edge>) -> Result<HttpResponse, Problem> {
    let text = edge.metrics.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
