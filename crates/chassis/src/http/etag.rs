//! Entity tags: conditional reads (`If-None-Match`) and guarded writes (`If-Match`), RFC 9110 section 13.

use std::fmt;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::problem::{Problem, common};

/// A strong entity tag made of a version number, for what has one representation per version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of `version`.
    #[must_use]
    pub fn of(version: i64) -> Self {
        Self(format!("\"{version}\""))
    }

    /// The tag of what one audience sees of `version`.
    #[must_use]
    pub fn of_view(version: i64, audience: &str) -> Self {
        Self(format!("\"{version}-{audience}\""))
    }

    /// The header value, checked.
    ///
    /// # Errors
    /// A 500 problem if it holds what a header cannot.
    pub fn value(&self) -> Result<HeaderValue, Problem> {
        HeaderValue::from_str(&self.0).map_err(Problem::internal)
    }

    fn listed_in(&self, list: &str) -> bool {
        list.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag == self.0)
    }
}

fn header_text<'a>(
    request: &'a HttpRequest,
    name: &HeaderName,
) -> Result<Option<&'a str>, Problem> {
    request
        .headers()
        .get(name)
        .map(|value| {
            value.to_str().map_err(|_| {
                Problem::new(
                    &common::INVALID_HEADER,
                    format!("{name} is not readable text."),
                )
            })
        })
        .transpose()
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 200 with `body` and its tag, or 304 if the client has it already.
///
/// # Errors
/// 400 for an unreadable `If-None-Match`.
pub fn conditional(
    request: &HttpRequest,
    tag: &ETag,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let value = tag.value()?;
    let known =
        header_text(request, &header::IF_NONE_MATCH)?.is_some_and(|list| tag.listed_in(list));
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer.insert_header((header::ETAG, value));
    Ok(if known {
        answer.finish()
    } else {
        answer.json(body)
    })
}

/// What `If-Match` asks of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Reads the header of `request`.
    ///
    /// # Errors
    /// 400 if it is unreadable.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self(
            header_text(request, &header::IF_MATCH)?.map(str::to_owned),
        ))
    }

    /// Whether a write may go on that finds `version`.
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        self.0
            .as_deref()
            .is_none_or(|list| ETag::of(version).listed_in(list))
    }
}
