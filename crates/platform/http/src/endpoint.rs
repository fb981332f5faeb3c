//! A path with its methods. An undeclared method gets 405 with `Allow`, an unknown path 404, both as a problem.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, guard, web};

use super::problem::{Problem, common};

/// A path under construction: add methods, then register it.
pub struct Endpoint {
    resource: Resource,
    allowed: Vec<&'static str>,
}

/// Declares `path`.
#[must_use]
pub fn endpoint(path: &str) -> Endpoint {
    Endpoint {
        resource: web::resource(path),
        allowed: Vec::new(),
    }
}

macro_rules! method {
    ($name:ident, $method:expr, $word:literal) => {
        #[doc = concat!("Answers ", $word, " with `handler`.")]
        #[must_use]
        pub fn $name<F, Args>(mut self, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.resource = self.resource.route(web::method($method).to(handler));
            self.allowed.push($word);
            self
        }
    };
}

impl Endpoint {
    /// Answers GET, and HEAD without the body, with `handler`.
    #[must_use]
    pub fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let either = guard::Any(guard::Get()).or(guard::Head());
        self.resource = self.resource.route(web::route().guard(either).to(handler));
        self.allowed.extend(["GET", "HEAD"]);
        self
    }

    method!(post, Method::POST, "POST");
    method!(put, Method::PUT, "PUT");
    method!(patch, Method::PATCH, "PATCH");

    /// The finished path, to register.
    pub fn done(self) -> impl HttpServiceFactory + 'static {
        let allow = self.allowed.join(", ");
        self.resource
            .default_service(web::route().to(move |request: HttpRequest| {
                let allow = allow.clone();
                async move { method_not_allowed(&request, &allow) }
            }))
    }
}

fn method_not_allowed(request: &HttpRequest, allow: &str) -> Result<HttpResponse, Problem> {
    let problem = Problem::new(
        &common::METHOD_NOT_ALLOWED,
        format!(
            "{} takes {allow}, not {}.",
            request.path(),
            request.method()
        ),
    );
    match HeaderValue::from_str(allow) {
        Ok(value) => Err(problem.header(header::ALLOW, value)),
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
