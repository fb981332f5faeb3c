//! The language that a request prefers, for the mails that it causes.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::domain::Language;

/// The language of ours that the request's `Accept-Language` likes best.
pub(super) fn preferred(request: &HttpRequest) -> Option<Language> {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE)?;
    Language::preferred(accepted.to_str().ok()?)
}
