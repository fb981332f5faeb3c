//! Query parameters, each read by its own rule, with all faults at once. Unknown parameters are faults, and so are repeated ones, unless
//! they are read as several values: ignoring a misspelt filter would answer with the wrong list.
//!
//! `deserr` does not fit here. Which cursors are valid depends on the other filters. A wrong cursor must be reported even if an unrelated
//! parameter is wrong, too.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::num::{IntErrorKind, ParseIntError};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use kernel::{CursorKey, CursorScope, Invalid, Limit};

use super::problem::{FieldError, Problem, common};

/// A query that can be read from its parameters.
pub trait QueryReader: Sized {
    /// Reads the parameters. `None` means that at least one fault was noted.
    fn read(params: &mut QueryParams) -> Option<Self>;
}

/// The parameters of a query, read one by one.
#[derive(Default)]
pub struct QueryParams {
    given: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl QueryParams {
    /// Reads `name` by the rule `parse`: `Some(None)` if it is absent, `None` if it is present and invalid.
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        let given = self.given.remove(name).unwrap_or_default();
        match given.as_slice() {
            [] => Some(None),
            [raw] => self.check(name, parse(raw)).map(Some),
            _ => {
                self.refuse(name, Invalid::new("repeated", "was given more than once"));
                None
            }
        }
    }

    /// Reads each value of `name`, which may be given up to `most` times, by the rule `parse`. `None` if one is invalid.
    pub fn values<T>(
        &mut self,
        name: &str,
        most: usize,
        mut parse: impl FnMut(&str) -> Result<T, Invalid>,
    ) -> Option<Vec<T>> {
        let given = self.given.remove(name).unwrap_or_default();
        if given.len() > most {
            let detail = format!("may be given at most {most} times");
            self.refuse(name, Invalid::new("too_many", detail));
            return None;
        }
        let read: Vec<Option<T>> = given
            .iter()
            .map(|raw| self.check(name, parse(raw)))
            .collect();
        read.into_iter().collect()
    }

    /// The names that were given and begin so.
    #[must_use]
    pub fn names(&self, beginning: &str) -> Vec<String> {
        let names = self.given.keys();
        names
            .filter(|name| name.starts_with(beginning))
            .cloned()
            .collect()
    }

    /// Reads one of `all`; `word` gives the text of each.
    pub fn one_of<T: Copy, const N: usize>(
        &mut self,
        name: &str,
        all: [T; N],
        word: fn(T) -> &'static str,
    ) -> Option<Option<T>> {
        self.optional(name, |raw| {
            all.into_iter()
                .find(|one| word(*one) == raw)
                .ok_or_else(|| {
                    let words = all.map(word).join(", ");
                    Invalid::new("unknown_value", format!("must be one of {words}"))
                })
        })
    }

    /// Reads `limit`.
    pub fn limit(&mut self) -> Option<Limit> {
        let limit = self.optional("limit", |raw| integer(raw).and_then(Limit::new))?;
        Some(limit.unwrap_or_default())
    }

    /// Reads `cursor` as the position after a page of the list `scope`.
    pub fn cursor<K: CursorKey>(&mut self, scope: CursorScope) -> Option<Option<K>> {
        self.optional("cursor", |raw| {
            scope
                .read(raw)
                .map_err(|error| Invalid::new("invalid_cursor", error.to_string()))
        })
    }

    /// Notes a fault of the parameter `name`.
    pub fn refuse(&mut self, name: &str, invalid: Invalid) {
        self.errors
            .push(FieldError::new(format!("?{name}"), invalid));
    }

    fn check<T>(&mut self, name: &str, value: Result<T, Invalid>) -> Option<T> {
        value.map_err(|invalid| self.refuse(name, invalid)).ok()
    }

    fn from_query(query: &str) -> Result<Self, Problem> {
        // actix substitutes this character for bytes that are not UTF-8.
        let garbled = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
            .map(web::Query::into_inner)
            .ok()
            .filter(|pairs| {
                !pairs
                    .iter()
                    .any(|(name, value)| garbled(name) || garbled(value))
            })
            .ok_or_else(|| {
                Problem::new(
                    &common::INVALID_QUERY,
                    "The query has to be name=value pairs of percent-encoded UTF-8.",
                )
            })?;
        let mut params = Self::default();
        for (name, value) in pairs {
            params.given.entry(name).or_default().push(value);
        }
        Ok(params)
    }
}

/// Parses an integer. One beyond 64 bits becomes the nearest of 64 bits: no parameter's range reaches there.
///
/// # Errors
/// `invalid_type`.
pub fn integer(raw: &str) -> Result<i64, Invalid> {
    raw.parse().or_else(|error: ParseIntError| {
        let kind = error.kind();
        if *kind == IntErrorKind::PosOverflow {
            Ok(i64::MAX)
        } else if *kind == IntErrorKind::NegOverflow {
            Ok(i64::MIN)
        } else {
            Err(Invalid::new("invalid_type", "must be an integer"))
        }
    })
}

/// A query read as `T`.
pub struct Query<T>(pub T);

impl<T: QueryReader> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(QueryParams::from_query(request.query_string()).and_then(read))
    }
}

fn read<T: QueryReader>(mut params: QueryParams) -> Result<Query<T>, Problem> {
    let value = T::read(&mut params);
    for name in std::mem::take(&mut params.given).into_keys() {
        let name: String = name.chars().take(100).collect();
        params.refuse(
            &name,
            Invalid::new("unknown_parameter", "is not a parameter of this list"),
        );
    }
    match value {
        Some(value) if params.errors.is_empty() => Ok(Query(value)),
        Some(_) | None => Err(Problem::validation(params.errors)),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use rstest::rstest;

    use super::*;

    #[derive(Debug)]
    struct Filter(Option<String>);

    impl QueryReader for Filter {
        fn read(params: &mut QueryParams) -> Option<Self> {
            params
                .optional("name", |raw| Ok(raw.to_owned()))
                .map(Filter)
        }
    }

    #[test]
    fn what_takes_several_values_has_all_of_them_or_faults() {
        let read = |query: &str| {
            let mut params = QueryParams::from_query(query).unwrap();
            let numbers = params.values("n", 3, integer);
            let codes: Vec<_> = params.errors.iter().map(|error| error.code).collect();
            (numbers, codes, params.names("attr."))
        };
        assert_eq!(read(""), (Some(vec![]), vec![], vec![]));
        assert_eq!(read("n=1&n=3&n=2").0, Some(vec![1, 3, 2]));
        assert_eq!(read("n=a&n=3&n=b").1, ["invalid_type"; 2]);
        assert_eq!(read("n=1&n=1&n=1&n=1").1, ["too_many"]);
        assert_eq!(read("attr.b=1&attr=2&attr.a=1").2, ["attr.a", "attr.b"]);
    }

    async fn read(query: &str) -> Result<Option<String>, &'static str> {
        let request = TestRequest::with_uri(&format!("/things?{query}")).to_http_request();
        Query::<Filter>::extract(&request)
            .await
            .map(|Query(Filter(name))| name)
            .map_err(|refused| refused.kind().code)
    }

    #[rstest]
    #[case("", Ok(None))]
    #[case("name=", Ok(Some("")))]
    #[case("name=a+b%20c%26", Ok(Some("a b c&")))]
    #[case("name=%C3%A9", Ok(Some("\u{e9}")))]
    #[case("name=100%", Ok(Some("100%")))]
    #[case("&&name=a&", Ok(Some("a")))]
    #[case("name=a&name=b", Err("validation_failed"))]
    #[case("nmae=a", Err("validation_failed"))]
    #[case("name", Ok(Some("")))]
    #[case("name=%FF", Err("invalid_query"))]
    #[case("name=a&%C3=b", Err("invalid_query"))]
    #[tokio::test]
    async fn a_query_is_read_whole_or_refused(
        #[case] query: &str,
        #[case] expected: Result<Option<&str>, &str>,
    ) {
        let found = read(query).await;
        assert_eq!(
            found.as_ref().map(Option::as_deref),
            expected.as_ref().map(|name| *name)
        );
    }
}
