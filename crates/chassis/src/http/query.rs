//! Query parameters, read like a body: by the rule of each, with all faults at once. Unknown or repeated ones are faults:
//! a misspelt filter that is ignored answers with the wrong list.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use kernel::{CursorKey, CursorScope, Invalid, Limit};

use super::fields::Reader;
use super::problem::Problem;

/// A query that reads itself from its parameters.
pub trait QueryReader: Sized {
    /// Reads the parameters. None means that at least one fault was noted.
    fn read(params: &mut QueryParams) -> Option<Self>;
}

/// The parameters of a query, read one by one.
pub struct QueryParams {
    given: BTreeMap<String, String>,
    reader: Reader,
}

impl QueryParams {
    /// Reads `name` by the rule `parse`: `Some(None)` if it was not given, None if it was given and wrong.
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        match self.given.remove(name) {
            Some(raw) => self
                .reader
                .check(&format!("?{name}"), parse(&raw))
                .map(Some),
            None => Some(None),
        }
    }

    /// Reads an integer.
    pub fn integer(&mut self, name: &str) -> Option<Option<i64>> {
        self.optional(name, |raw| {
            raw.parse()
                .map_err(|_| Invalid::new("invalid_type", "must be an integer"))
        })
    }

    /// Reads `limit`.
    pub fn limit(&mut self) -> Option<Limit> {
        let count = self.integer("limit")?;
        match count {
            Some(count) => self.reader.check("?limit", Limit::new(count)),
            None => Some(Limit::default()),
        }
    }

    /// Reads `cursor` as the place after a page of the list `scope`.
    pub fn cursor<K: CursorKey>(&mut self, scope: CursorScope) -> Option<Option<K>> {
        self.optional("cursor", |raw| {
            scope
                .read(raw)
                .map_err(|error| Invalid::new("invalid_cursor", error.to_string()))
        })
    }

    /// Notes a fault of the parameter `name`.
    pub fn refuse(&mut self, name: &str, invalid: Invalid) {
        self.reader.refuse(&format!("?{name}"), invalid);
    }

    fn from_query(query: &str) -> Self {
        let mut reader = Reader::default();
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
            .map(web::Query::into_inner)
            .unwrap_or_default();
        let mut given = BTreeMap::new();
        for (name, value) in pairs {
            if given.insert(name.clone(), value).is_some() {
                reader.refuse(
                    &format!("?{name}"),
                    Invalid::new("repeated", "was given more than once"),
                );
            }
        }
        Self { given, reader }
    }
}

/// A query read as `T`.
pub struct Query<T>(pub T);

impl<T: QueryReader> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut params = QueryParams::from_query(request.query_string());
        let value = T::read(&mut params);
        for name in std::mem::take(&mut params.given).into_keys() {
            let name: String = name.chars().take(100).collect();
            params.refuse(
                &name,
                Invalid::new("unknown_parameter", "is not a parameter of this list"),
            );
        }
        let errors = params.reader.into_errors();
        ready(match value {
            Some(value) if errors.is_empty() => Ok(Self(value)),
            Some(_) | None => Err(Problem::validation(errors)),
        })
    }
}
