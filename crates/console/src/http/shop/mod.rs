//! The storefront.

pub(super) mod access;
pub(super) mod account;
pub(super) mod addresses;
pub(super) mod browse;
pub(super) mod cart;
pub(super) mod cases;
pub(super) mod checkout;
pub(super) mod data;
mod facets;
pub(super) mod home;
pub(super) mod language;
pub(super) mod login;
pub(super) mod mails;
pub(super) mod order;
pub(super) mod product;
pub(super) mod second_factor;
pub(super) mod seller;
pub(super) mod sessions;
mod sought;
mod summary;
pub(super) mod wallet;
