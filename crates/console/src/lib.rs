//! The pages that people see: a storefront, and pages for sellers and operators. Server-rendered HTML; each page works as plain links and
//! forms, and htmx improves some.
//!
//! The console is a client of the public API and of nothing else: it does nothing that the API cannot. Where the services run in its
//! process it calls their routes, elsewhere it asks their gateway ([`HttpApi`]). It keeps no state: what it knows of a
//! browser is in cookies, sealed under a key that replicas share. A page is a template, a handler and entries of the message files.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod assets;
mod cart;
mod config;
mod cookies;
mod failure;
mod fields;
mod files;
mod format;
mod http;
mod lang;
mod login;
mod pages;
mod qr;
mod service;
mod templates;
mod vault;
mod visit;

#[cfg(feature = "http-client")]
pub use api::HttpApi;
pub use config::Config;
pub use service::Console;
