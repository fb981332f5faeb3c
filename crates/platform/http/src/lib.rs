//! The HTTP layer that all services share: how requests are read, and the format of answers and refusals.
//!
//! There is one way to do each thing: [`Body`] reads JSON and reports every fault at once, [`Query`] does the same for the
//! query, [`Problem`] is every refusal, and [`Paths`] declares paths with their methods.

mod address;
mod body;
mod compression;
mod connection;
mod cors;
mod edge;
mod etag;
mod faults;
pub mod health;
mod idempotency;
mod json;
mod leaving;
mod openapi;
mod paths;
mod price;
mod problem;
mod query;
mod request;
mod server;
#[cfg(feature = "testing")]
pub mod testing;

pub use body::Body;
pub use cors::{Cors, Origin};
pub use edge::{Edge, Port, Readiness};
pub use etag::{IfMatch, conditional, etag, etag_of_view};
pub use faults::{Amount, Faults, by_rule};
pub use idempotency::{
    answer_repeat, json_answer, key_of_change, once_key, problem_answer, send_stored,
};
pub use leaving::to_the_end;
pub use openapi::{Fragment, complete};
pub use paths::{Paths, not_found};
pub use price::{Price, PriceMoney};
pub use problem::{
    BrokenRules, FieldError, Members, Problem, ProblemDocument, ProblemType, common,
};
pub use query::{Query, QueryParams, QueryReader, integer};
pub use request::{MAX_BODY, Prefer, prefer, request_id, with_request_id};
pub use server::{Routes, Server};
