//! The paths of a service with their methods. An undeclared method gets 405 with `Allow`, an unknown path 404, both as a problem.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::ServiceConfig;
use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route, guard, web,
};

use super::problem::{Problem, common};

/// Paths under construction: add them, then declare them. The methods of one path follow each other.
#[derive(Default)]
pub struct Paths(Vec<Path>);

struct Path {
    pattern: String,
    resource: Resource,
    allowed: Vec<&'static str>,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $allowed:tt by $route:expr;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<F, Args>(self, path: impl Into<String>, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.with(path.into(), &$allowed, $route.to(handler))
        }
    )+};
}

impl Paths {
    methods! {
        /// Answers GET, and HEAD without the body, with `handler`.
        get ["GET", "HEAD"] by web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
        /// Answers POST with `handler`.
        post ["POST"] by web::post();
        /// Answers PUT with `handler`.
        put ["PUT"] by web::put();
        /// Answers PATCH with `handler`.
        patch ["PATCH"] by web::patch();
        /// Answers DELETE with `handler`.
        delete ["DELETE"] by web::delete();
    }

    fn with(mut self, path: String, methods: &[&'static str], route: Route) -> Self {
        let declared = self.0.pop_if(|last| last.pattern == path);
        let mut declared = declared.unwrap_or_else(|| Path {
            resource: web::resource(path.as_str()),
            pattern: path,
            allowed: Vec::new(),
        });
        declared.resource = declared.resource.route(route);
        declared.allowed.extend(methods);
        self.0.push(declared);
        self
    }

    /// Declares the paths in `config`.
    pub fn declare(self, config: &mut ServiceConfig) {
        for Path {
            resource, allowed, ..
        } in self.0
        {
            let allow = allowed.join(", ");
            let refuse = move |request: HttpRequest| {
                let refused = method_not_allowed(&request, &allow);
                async move { refused }
            };
            config.service(resource.default_service(web::route().to(refuse)));
        }
    }
}

fn method_not_allowed(request: &HttpRequest, allow: &str) -> Result<HttpResponse, Problem> {
    let (path, method) = (request.path(), request.method());
    let detail = format!("{path} takes {allow}, not {method}.");
    match HeaderValue::from_str(allow) {
        Ok(value) => {
            Err(Problem::new(&common::METHOD_NOT_ALLOWED, detail).header(header::ALLOW, value))
        }
        Err(error) => Err(Problem::internal(error)),
    }
}

/// Answers a path that is not declared.
pub async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::new(
        &common::NOT_FOUND,
        format!("{} is no path of this API; see /api/docs.", request.path()),
    ))
}
