//! Sends the answer of a page.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError as _};
use minijinja::context;
use platform_http::Problem;
use url::Url;

use super::{Outcome, Reply, Visit};
use crate::failure::{Failure, Refusal};
use crate::fields::target;

/// Pages load from here only, except for pictures that are kept elsewhere, run no script but ours, and are shown in no frame. `image_url` is
/// where pictures are: a path, or a URL.
pub(crate) fn policy(image_url: &str) -> String {
    let elsewhere = Url::parse(image_url).ok();
    let elsewhere = elsewhere.map(|url| format!(" {}", url.origin().ascii_serialization()));
    let elsewhere = elsewhere.unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{elsewhere}; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

impl Visit {
    /// Sends what a handler gives.
    pub(super) fn finish(mut self, outcome: Outcome) -> HttpResponse {
        // The next page renews the token, or finds that the login has ended: else the page to log in would lead back here.
        if let (Err(Failure::LogIn), Some(login)) = (&outcome, self.login.clone()) {
            self.set_login(Some(login.refused()));
        }
        let reply = outcome.unwrap_or_else(|failure| self.failed(failure));
        let mut response = match reply {
            Reply::See(path) => HttpResponse::SeeOther()
                .insert_header((header::LOCATION, path))
                .finish(),
            Reply::File(name, bytes) => HttpResponse::Ok()
                .content_type("application/json")
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}\""),
                ))
                .body(bytes),
            Reply::Page(status, template, context) => self.page(status, template, context),
            Reply::Secret(status, template, context) => {
                let mut page = self.page(status, template, context);
                let headers = page.headers_mut();
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                page
            }
        };
        if self.is_last {
            let head = response.head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        for cookie in &self.set {
            match HeaderValue::from_str(cookie) {
                Ok(cookie) => response.headers_mut().append(header::SET_COOKIE, cookie),
                Err(error) => tracing::error!(%error, "a cookie cannot be set"),
            }
        }
        response
    }

    fn page(&self, status: u16, template: &'static str, context: minijinja::Value) -> HttpResponse {
        match self.render(template, context) {
            Ok(html) => self.html(status, html),
            Err(failure) => self.broken(template, &failure),
        }
    }

    fn html(&self, status: u16, html: String) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponseBuilder::new(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, &*self.pages.shared.policy))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::REFERRER_POLICY, "same-origin"))
            .insert_header((
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ))
            .body(html)
    }

    fn render(&self, template: &str, page: minijinja::Value) -> Result<String, Failure> {
        let shared = &self.pages.shared;
        let templates = shared.templates.get(self.lang);
        let templates = templates.ok_or_else(|| Failure::Broken("no language".to_owned()))?;
        let done = self.query.get("done");
        let notice = self.lang().find(&format!("done.{done}"));
        let user = self.who().map(|login| {
            context! {
                id => login.id, name => login.name, operator => login.is_operator(),
                withheld => login.lacks_second_factor,
            }
        });
        let here = self.request.uri().path_and_query();
        let is_read = self.request.method() != Method::POST;
        let here = here.filter(|_| is_read).map_or("/", |here| here.as_str());
        let common = context! {
            user,
            csrf => self.csrf()?,
            cart_count => self.cart.count(),
            here,
            notice,
            currency => shared.currency.as_str(),
        };
        Ok(templates.render(template, context! { ..page, ..common })?)
    }

    /// The page for a failure.
    fn failed(&self, failure: Failure) -> Reply {
        let (status, refusal) = match failure {
            Failure::LogIn if self.request.method() == Method::POST => {
                let typed = self.typed();
                let next = if typed.is_none() {
                    self.request.path()
                } else {
                    "/"
                };
                let context = context! {
                    next, typed, email => "", faults => context! {
                        sentence => self.lang().find("problem.login_ended"), fields => context! {}
                    }
                };
                return Reply::Page(401, "shop/login.html", context);
            }
            Failure::LogIn => {
                let here = self.request.uri().path_and_query();
                let here = here.map_or("/", |here| here.as_str());
                return Reply::see(target("/login", &[("next", here)]));
            }
            Failure::NotFound => (404, Refusal::own(404, "not_found")),
            Failure::Refused(refusal) => (refusal.status, refusal),
            Failure::Away(cause) => {
                tracing::warn!(cause, "the API gives no answer to the console");
                (503, Refusal::own(503, "unavailable"))
            }
            Failure::Broken(cause) => {
                tracing::error!(cause, path = self.request.path(), "a page is broken");
                (500, Refusal::own(500, "internal_error"))
            }
        };
        let sentence = refusal.sentence(self.lang());
        Reply::Page(status, "error.html", context! { status, sentence })
    }

    /// A page that cannot be rendered: the page for that, or if it cannot either, a problem document.
    fn broken(&self, template: &str, failure: &Failure) -> HttpResponse {
        let cause = format!("{template}: {failure:?}");
        if template == "error.html" {
            return Problem::internal(cause).error_response();
        }
        let Reply::Page(status, template, context) = self.failed(Failure::Broken(cause)) else {
            return Problem::internal("no page for a broken page").error_response();
        };
        match self.render(template, context) {
            Ok(html) => self.html(status, html),
            Err(failure) => Problem::internal(format!("{failure:?}")).error_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn pictures_load_from_where_they_are_kept_and_from_here() {
        for (kept, allowed) in [
            ("/images", "img-src 'self' data:;"),
            (
                "https://cdn.example.com/shop/images",
                "img-src 'self' data: https://cdn.example.com;",
            ),
            (
                "http://localhost:9000/x",
                "img-src 'self' data: http://localhost:9000;",
            ),
        ] {
            assert!(policy(kept).contains(allowed), "{kept}");
        }
    }
}
