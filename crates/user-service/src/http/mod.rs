//! The user routes, one endpoint a file.

mod address;
mod address_json;
mod addresses;
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
use platform_http::{Fragment, Paths, Routes};
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
        addresses::list,
        addresses::add,
        address::show,
        address::replace,
        address::remove,
        jwks::jwks
    ),
    tags((name = "users", description = "People: registering, logging in, their profiles and addresses"))
)]
struct Document;

/// The OpenAPI fragment of these routes.
#[must_use]
pub fn openapi() -> Fragment {
    Fragment {
        operations: Document::openapi(),
        problems: PROBLEMS,
    }
}

/// Declares the routes.
pub(crate) fn routes(app: Arc<App>, verifier: Verifier) -> Routes {
    let app = web::Data::from(app);
    let verifier = web::Data::new(verifier);
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(app.clone()).app_data(verifier.clone());
        Paths::default()
            .post("/api/users/register", register::register)
            .post("/api/users/login", login::login)
            .post("/api/users/refresh", refresh::refresh)
            .post("/api/users/logout", logout::logout)
            .get("/api/users/me", me::show)
            .patch("/api/users/me", me::change)
            .post("/api/users/me/password", password::change)
            .get("/api/users/me/addresses", addresses::list)
            .post("/api/users/me/addresses", addresses::add)
            .get("/api/users/me/addresses/{id}", address::show)
            .put("/api/users/me/addresses/{id}", address::replace)
            .delete("/api/users/me/addresses/{id}", address::remove)
            .get("/.well-known/jwks.json", jwks::jwks)
            .declare(config);
    })
}
