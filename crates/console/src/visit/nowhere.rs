//! A path that is not declared: a page for a browser, a problem document for a client of the API.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse};
use platform_http::{Problem, not_found};

use super::Visit;
use crate::failure::Failure;

/// Answers a path that is not declared.
pub(crate) async fn nowhere(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let is_api = request.path() == "/api" || request.path().starts_with("/api/");
    if is_api || !wants_a_page(request.headers()) {
        return not_found(request).await;
    }
    let visit = Visit::of(request)?;
    Ok(visit.finish(Err(Failure::NotFound)))
}

/// Whether `Accept` names HTML (RFC 9110 section 12.5.1), as browsers do where somebody opens a page.
fn wants_a_page(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(header::ACCEPT);
    let mut ranges = ranges.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_html = parts.next().unwrap_or_default();
        let refused = |weight: &str| weight.trim().parse() == Ok(0.0);
        is_html.eq_ignore_ascii_case("text/html")
            && !parts
                .filter_map(|parameter| parameter.split_once('='))
                .any(|(name, weight)| name.trim().eq_ignore_ascii_case("q") && refused(weight))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        true
    )]
    #[case("application/json, TEXT/HTML ; q=0.1", true)]
    #[case("text/html;q=0, application/json", false)]
    #[case("application/json", false)]
    #[case("*/*", false)]
    #[case("", false)]
    fn who_names_html_gets_a_page(#[case] accept: &'static str, #[case] expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        assert_eq!(wants_a_page(&headers), expected);
    }
}
