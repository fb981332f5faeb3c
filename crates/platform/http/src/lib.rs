//! The HTTP layer that all services share: how requests are read, and the format of answers and refusals.
//!
//! There is one way to do each thing: [`Body`] reads JSON and reports every fault at once, [`Query`] does the same for the
//! query, [`Problem`] is every refusal, and [`endpoint()`] declares a path with its methods.

mod body;
mod endpoint;
mod etag;
mod faults;
pub mod health;
mod idempotency;
mod json;
mod openapi;
mod problem;
mod query;
mod request;
mod server;
#[cfg(feature = "testing")]
pub mod testing;

pub use body::Body;
pub use endpoint::{endpoint, not_found};
pub use etag::{ETag, IfMatch, conditional};
pub use faults::{Amount, Faults, by_rule};
pub use health::Readiness;
pub use idempotency::{answer_repeat, idempotency_key, json_answer, problem_answer, send_stored};
pub use openapi::{PaymentProblems, ReadProblems, WriteProblems, complete};
pub use problem::{FieldError, Problem, ProblemDocument, ProblemType, common};
pub use query::{Query, QueryParams, QueryReader};
pub use request::{MAX_BODY, Prefer, prefer, request_id, with_request_id};
pub use server::{Edge, Routes, Server};
