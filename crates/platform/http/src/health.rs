//! Liveness, readiness and metrics.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use telemetry::metrics::Metrics;

/// A dependency that a service needs in order to answer.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Its name in the answer of `/readyz`.
    fn name(&self) -> &str;
    /// Checks whether it is available.
    ///
    /// # Errors
    /// What is missing, in a few words. `/readyz` is public, so the text must contain no addresses and no secrets.
    async fn check(&self) -> Result<(), String>;
}

/// State of one dependency.
#[derive(Debug, Serialize, ToSchema)]
pub struct DependencyState {
    /// What it is called.
    #[schema(example = "order store")]
    name: String,
    /// `up` or `down`.
    #[schema(example = "up")]
    state: &'static str,
    /// What is missing, when it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessReport {
    /// `ready` or `not ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Each thing that is needed.
    dependencies: Vec<DependencyState>,
}

/// The answer of `/healthz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LivenessReport {
    /// Always `alive`.
    #[schema(example = "alive")]
    status: &'static str,
}

/// Says that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "checkLiveness", security(()),
    responses((status = 200, description = "The process runs", body = LivenessReport)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(LivenessReport { status: "alive" })
}

/// Says whether requests can be answered, and what is missing if not.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "checkReadiness", security(()),
    responses((status = 200, description = "Every dependency is up", body = ReadinessReport),
              (status = 503, description = "A dependency is down", body = ReadinessReport, headers(("Retry-After" = u32, description = "Seconds")))))]
pub async fn ready(checks: web::Data<Vec<Arc<dyn Readiness>>>) -> HttpResponse {
    let mut dependencies = Vec::with_capacity(checks.len());
    for check in checks.iter() {
        let detail = check.check().await.err();
        dependencies.push(DependencyState {
            name: check.name().to_owned(),
            state: if detail.is_none() { "up" } else { "down" },
            detail,
        });
    }
    if dependencies
        .iter()
        .all(|dependency| dependency.detail.is_none())
    {
        HttpResponse::Ok().json(ReadinessReport {
            status: "ready",
            dependencies,
        })
    } else {
        HttpResponse::ServiceUnavailable()
            .insert_header(("retry-after", "1"))
            .json(ReadinessReport {
                status: "not ready",
                dependencies,
            })
    }
}

/// The metrics in Prometheus text format.
pub async fn metrics(metrics: web::Data<Metrics>) -> Result<HttpResponse, Problem> {
    let text = metrics.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
