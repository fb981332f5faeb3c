//! Who reads the catalogue: a user, or anyone where the catalogue is public.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use auth::Caller;
use kernel::UserId;
use platform_http::Problem;

use crate::app::App;

/// The reader of a page, if they said who they are. 401 without a token, unless the catalogue is public.
pub(crate) struct CatalogueReader(pub(super) Option<UserId>);

impl FromRequest for CatalogueReader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let public = request
            .app_data::<web::Data<App>>()
            .is_some_and(|app| app.public);
        let caller = if public {
            Caller::of(request)
        } else {
            Caller::from_request(request, payload)
                .into_inner()
                .map(Some)
        };
        ready(caller.map(|caller| Self(caller.map(|caller| caller.user))))
    }
}
