//! A caller who administrates the marketplace.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use auth::{Caller, operators_only};
use platform_http::Problem;

/// A request's caller, who has the role `admin`; otherwise the answer is 403. Declare it before the body, so that other callers cannot learn
/// which bodies are valid.
pub(super) struct Operator(pub(super) Caller);

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| {
            operators_only(&caller)?;
            Ok(Self(caller))
        }))
    }
}
