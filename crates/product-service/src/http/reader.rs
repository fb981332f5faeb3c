//! Who reads the catalogue: a user, or anyone where the catalogue is public.

use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use auth::{Caller, Role};
use platform_http::{Problem, wait_for_list};

use crate::app::App;
use crate::domain::Viewer;

/// The reader of a page, if they said who they are. 401 without a token, unless the catalogue is public.
pub(crate) struct CatalogueReader(pub(super) Viewer);

/// The viewer that a caller is.
pub(super) fn viewer(caller: &Caller) -> Viewer {
    if caller.has(Role::Admin) {
        Viewer::Operator
    } else {
        Viewer::User(caller.user)
    }
}

/// The caller who reads the catalogue. None for an anonymous request to a public catalogue.
fn caller(request: &HttpRequest, payload: &mut Payload) -> Result<Option<Caller>, Problem> {
    let public = request
        .app_data::<web::Data<App>>()
        .is_some_and(|app| app.public);
    if public {
        Caller::of(request)
    } else {
        Caller::from_request(request, payload)
            .into_inner()
            .map(Some)
    }
}

fn viewed_by(caller: Option<&Caller>) -> Viewer {
    caller.map_or(Viewer::Anyone, viewer)
}

impl FromRequest for CatalogueReader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = caller(request, payload);
        ready(caller.map(|caller| Self(viewed_by(caller.as_ref()))))
    }
}

/// As [`CatalogueReader`], of a list or a search: it waits for its turn.
pub(crate) struct CatalogueLister(pub(super) Viewer);

impl FromRequest for CatalogueLister {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = caller(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let caller = caller?;
            wait_for_list(&request, caller.as_ref().map(|caller| caller.user)).await?;
            Ok(Self(viewed_by(caller.as_ref())))
        })
    }
}
