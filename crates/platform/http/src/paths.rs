//! The paths of a service with their methods. An undeclared method gets 405 with `Allow`, an unknown path 404, both as a problem.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::ServiceConfig;
use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route, Scope, guard, web,
};

use super::problem::{Problem, common};

/// Paths under construction: add them, then declare them. The methods of one path follow each other.
#[derive(Default)]
pub struct Paths {
    all: Vec<Path>,
    owned: Vec<String>,
}

struct Path {
    pattern: String,
    routes: Vec<Route>,
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
    /// Declares here every path that begins with these segments. Requests for others then skip all of them at once: the router tries one
    /// pattern after another, and a pattern with a parameter is a regular expression.
    #[must_use]
    pub fn owns(mut self, prefix: impl Into<String>) -> Self {
        self.owned.push(prefix.into());
        self
    }

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
        let declared = self.all.pop_if(|last| last.pattern == path);
        let mut declared = declared.unwrap_or_else(|| Path {
            pattern: path,
            routes: Vec::new(),
            allowed: Vec::new(),
        });
        declared.routes.push(route);
        declared.allowed.extend(methods);
        self.all.push(declared);
        self
    }

    /// Declares the paths in `config`.
    pub fn declare(self, config: &mut ServiceConfig) {
        let mut others = self.all;
        for prefix in self.owned {
            let inside = others.extract_if(.., |path| path.below(&prefix).is_some());
            let inside: Vec<Resource> = inside.map(|path| path.resource(&prefix)).collect();
            let scope = inside.into_iter().fold(web::scope(&prefix), Scope::service);
            config.service(scope);
        }
        for path in others {
            config.service(path.resource(""));
        }
    }
}

impl Path {
    /// What of its pattern follows `prefix`, if it begins with these segments.
    fn below(&self, prefix: &str) -> Option<&str> {
        let rest = self.pattern.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// It within the scope of `prefix`.
    fn resource(self, prefix: &str) -> Resource {
        let resource = web::resource(self.below(prefix).unwrap_or(&self.pattern));
        let resource = self.routes.into_iter().fold(resource, Resource::route);
        let allow = self.allowed.join(", ");
        let refuse = move |request: HttpRequest| {
            let refused = method_not_allowed(&request, &allow);
            async move { refused }
        };
        resource.default_service(web::route().to(refuse))
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
