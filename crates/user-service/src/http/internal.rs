//! GET /internal/revocations: what other services need to refuse tokens that are revoked. Only on the internal port, whose callers are
//! trusted.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use auth::{REVOCATIONS_PATH, RevocationPlace};
use kernel::{Invalid, Timestamp};
use platform_http::{Paths, Problem, Query, QueryParams, QueryReader, Routes, integer};
use uuid::Uuid;

use crate::app::{App, list_revocations};

/// Declares the routes of the internal port.
pub(crate) fn internal_routes(app: Arc<App>) -> Routes {
    let app = web::Data::from(app);
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone());
        Paths::default().get(REVOCATIONS_PATH, list).declare(config);
    })
}

/// Where to go on.
struct After(RevocationPlace);

impl QueryReader for After {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let at = params.optional("at", |raw| integer(raw).map(Timestamp::from_millis));
        let id = params.optional("id", |raw| {
            Uuid::try_parse(raw).map_err(|_| Invalid::new("invalid_id", "must be a UUID"))
        });
        Some(Self(RevocationPlace {
            at: at?.unwrap_or_default(),
            id: id?.unwrap_or_default(),
        }))
    }
}

/// The revocations after a place.
async fn list(app: web::Data<App>, query: Query<After>) -> Result<HttpResponse, Problem> {
    let Query(After(after)) = query;
    Ok(HttpResponse::Ok().json(list_revocations(&app, after).await?))
}
