//! The HTTP layer that all services share: how requests are read, and the format of answers and refusals.
//!
//! There is one way to do each thing: [`Body`] reads JSON and reports every fault at once, [`Query`] does the same for the
//! query, [`Problem`] is every refusal, and [`Paths`] declares paths with their methods.

mod address;
mod body;
mod client;
mod compression;
mod connection;
mod connections;
mod cores;
mod cors;
mod edge;
mod etag;
mod faults;
mod headers;
pub mod health;
mod idempotency;
mod inside;
mod json;
mod leaving;
mod limits;
mod metadata;
mod network;
mod openapi;
mod paths;
mod price;
mod problem;
mod query;
mod quota;
mod request;
mod sending;
mod server;
mod shared;
#[cfg(feature = "testing")]
pub mod testing;
mod time_or_date;
mod upload;

pub use body::{Body, whole_body};
pub use client::Client;
pub use connections::most_connections;
pub use cores::{Cores, NotDone, Place};
pub use cors::{Cors, Origin};
pub use edge::{Edge, Port, Readiness};
pub use etag::{IfMatch, conditional, etag, etag_beside, etag_of_view, is_known};
pub use faults::{Amount, Faults, by_rule, merged};
pub use idempotency::{
    answer_repeat, json_answer, key_of_change, once_key, problem_answer, send_stored,
};
pub use inside::{Answered, Asked, Inside};
pub use leaving::to_the_end;
pub use limits::{Limits, Policy, Quotas, throttled};
pub use metadata::MetadataJson;
pub use network::{Network, Networks, Prefix};
pub use openapi::{Fragment, complete};
pub use paths::{Paths, not_found};
pub use price::{Price, PriceMoney};
pub use problem::{
    BrokenRules, FieldError, Members, Problem, ProblemDocument, ProblemType, common,
};
pub use query::{Query, QueryParams, QueryReader, integer};
pub use quota::{count_creation, wait_for_list};
pub use request::{MAX_BODY, Prefer, prefer, request_id, with_request_id};
pub use server::{Routes, Server};
pub use shared::Shared;
pub use time_or_date::TimeOrDate;
pub use upload::{Form, Upload};
