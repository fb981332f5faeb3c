//! The user routes, one endpoint a file.

mod error;
mod jwks;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod register;
mod user_json;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use auth::Verifier;
use platform_http::{Routes, endpoint};
use utoipa::OpenApi;

use crate::app::App;

pub use error::PROBLEMS;

#[derive(OpenApi)]
#[openapi(
    paths(
        register::register,
        login::login,
        refresh::refresh,
        logout::logout,
        me::show,
        me::change,
        password::change,
        jwks::jwks
    ),
    tags((name = "users", description = "People: registering, logging in, their profiles"))
)]
struct Document;

/// The OpenAPI fragment of these routes.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Declares the routes.
pub(crate) fn routes(app: Arc<App>, verifier: Verifier) -> Routes {
    let app = web::Data::from(app);
    let verifier = web::Data::new(verifier);
    Arc::new(move |config: &mut ServiceConfig| {
        config
            .app_data(app.clone())
            .app_data(verifier.clone())
            .service(
                endpoint("/api/users/register")
                    .post(register::register)
                    .done(),
            )
            .service(endpoint("/api/users/login").post(login::login).done())
            .service(endpoint("/api/users/refresh").post(refresh::refresh).done())
            .service(endpoint("/api/users/logout").post(logout::logout).done())
            .service(
                endpoint("/api/users/me")
                    .get(me::show)
                    .patch(me::change)
                    .done(),
            )
            .service(
                endpoint("/api/users/me/password")
                    .post(password::change)
                    .done(),
            )
            .service(endpoint("/.well-known/jwks.json").get(jwks::jwks).done());
    })
}
