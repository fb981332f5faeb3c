//! The pages of sellers.

mod attributes;
pub(super) mod images;
pub(super) mod money;
pub(super) mod order;
pub(super) mod product;
pub(super) mod profile;
pub(super) mod returns;
pub(super) mod stock;
pub(super) mod todo;
pub(super) mod variants;
