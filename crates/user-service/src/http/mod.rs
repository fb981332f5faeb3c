//! The user routes, one endpoint a file.

mod address;
mod address_json;
mod addresses;
mod audit_log;
mod device;
mod email;
mod erase;
mod error;
mod export;
mod forgot_password;
mod guesses;
mod internal;
mod jwks;
mod languages;
mod login;
mod logout;
mod me;
mod notifications;
mod operator;
mod password;
mod refresh;
mod register;
mod reset_password;
mod seller_json;
mod seller_me;
mod seller_moves;
mod sellers;
mod sessions;
mod setup;
mod standing;
mod totp;
mod user_json;
mod users;
mod verify_email;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use auth::Verifier;
use host::letters::describe;
use platform_http::{Fragment, Paths, Routes};
use utoipa::OpenApi;

use crate::app::App;

pub use error::PROBLEMS;
pub(crate) use internal::internal_routes;

#[derive(OpenApi)]
#[openapi(
    paths(
        register::register,
        setup::set_up,
        login::login,
        refresh::refresh,
        logout::logout,
        users::list,
        users::show,
        verify_email::verify,
        forgot_password::forgot,
        reset_password::reset,
        me::show,
        me::change,
        erase::erase,
        export::export,
        notifications::show,
        notifications::change,
        password::change,
        totp::show,
        totp::set_up,
        totp::confirm,
        totp::remove,
        sessions::list,
        sessions::end_others,
        sessions::end,
        email::change,
        addresses::list,
        addresses::add,
        address::show,
        address::replace,
        address::remove,
        standing::suspend,
        standing::reinstate,
        standing::grant,
        standing::revoke,
        audit_log::list,
        sellers::list,
        seller_me::show,
        seller_me::change,
        seller_moves::approve,
        seller_moves::suspend,
        seller_moves::reinstate,
        jwks::jwks
    ),
    tags(
        (name = "users", description = "People: registering, logging in, their profiles and addresses"),
        (name = "sellers", description = "Sellers: what they say of themselves, and what operators decide about them")
    )
)]
struct Document;

/// The OpenAPI fragment of these routes.
#[must_use]
pub fn openapi() -> Fragment {
    Fragment {
        operations: describe(Document::openapi(), "/api/users", "users"),
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
            .owns("/api/users")
            .post("/api/users/register", register::register)
            .post("/api/setup", setup::set_up)
            .post("/api/users/login", login::login)
            .post("/api/users/refresh", refresh::refresh)
            .post("/api/users/logout", logout::logout)
            .get("/api/users", users::list)
            .post("/api/users/verify-email", verify_email::verify)
            .post("/api/users/password/forgot", forgot_password::forgot)
            .post("/api/users/password/reset", reset_password::reset)
            .get("/api/users/me", me::show)
            .patch("/api/users/me", me::change)
            .delete("/api/users/me", erase::erase)
            .get("/api/users/me/export", export::export)
            .get("/api/users/me/notifications", notifications::show)
            .put("/api/users/me/notifications", notifications::change)
            .post("/api/users/me/password", password::change)
            .get("/api/users/me/totp", totp::show)
            .post("/api/users/me/totp", totp::set_up)
            .delete("/api/users/me/totp", totp::remove)
            .post("/api/users/me/totp/confirm", totp::confirm)
            .get("/api/users/me/sessions", sessions::list)
            .delete("/api/users/me/sessions", sessions::end_others)
            .delete("/api/users/me/sessions/{id}", sessions::end)
            .post("/api/users/me/email", email::change)
            .get("/api/users/me/addresses", addresses::list)
            .post("/api/users/me/addresses", addresses::add)
            .get("/api/users/me/addresses/{id}", address::show)
            .put("/api/users/me/addresses/{id}", address::replace)
            .delete("/api/users/me/addresses/{id}", address::remove)
            .post("/api/users/{id}/suspend", standing::suspend)
            .post("/api/users/{id}/reinstate", standing::reinstate)
            .put("/api/users/{id}/roles/{role}", standing::grant)
            .delete("/api/users/{id}/roles/{role}", standing::revoke)
            // After all fixed paths of its length.
            .get("/api/users/{id}", users::show)
            .get("/api/audit-log", audit_log::list)
            .get("/api/sellers", sellers::list)
            // The product service, which shares this server in the embedded mode, has `/api/sellers/{id}`.
            .get("/api/sellers/me", seller_me::show)
            .put("/api/sellers/me", seller_me::change)
            .post("/api/sellers/{id}/approve", seller_moves::approve)
            .post("/api/sellers/{id}/suspend", seller_moves::suspend)
            .post("/api/sellers/{id}/reinstate", seller_moves::reinstate)
            .get("/.well-known/jwks.json", jwks::jwks)
            .declare(config);
    })
}
