//! GET /internal/users/{id}/dealings: the user service asks what a user has still to settle. Only on the internal port, whose callers are
//! trusted.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use contracts::dealings::PATH;
use kernel::UserId;
use platform_http::{Paths, Problem, Routes};

use crate::app::{self, App};

/// Declares the routes of the internal port.
pub(crate) fn internal_routes(app: Arc<App>) -> Routes {
    let app = web::Data::from(app);
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone());
        Paths::default().get(PATH, dealings).declare(config);
    })
}

async fn dealings(app: web::Data<App>, user: web::Path<UserId>) -> Result<HttpResponse, Problem> {
    let dealings = app::dealings(&app, user.into_inner()).await?;
    Ok(HttpResponse::Ok().json(dealings))
}
