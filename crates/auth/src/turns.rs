//! Callers whose requests are counted: of those that read lists, and of those that create something.

use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use platform_http::{Problem, count_creation, wait_for_list};

use crate::Caller;

/// The caller of a list or a search, whose turn it is ([`wait_for_list`]). Declare it as a handler argument in place of [`Caller`].
#[derive(Debug, Clone)]
pub struct Listing(pub Caller);

impl FromRequest for Listing {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        let request = request.clone();
        Box::pin(async move {
            let caller = caller?;
            wait_for_list(&request, Some(caller.user)).await?;
            Ok(Self(caller))
        })
    }
}

/// The caller of a request that creates something, which was counted ([`count_creation`]). Declare it as a handler argument in place of
/// [`Caller`].
#[derive(Debug, Clone)]
pub struct Creating(pub Caller);

impl FromRequest for Creating {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| {
            count_creation(request, Some(caller.user))?;
            Ok(Self(caller))
        }))
    }
}
