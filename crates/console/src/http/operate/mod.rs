//! The pages of operators.

pub(super) mod audit;
pub(super) mod categories;
pub(super) mod category_form;
pub(super) mod dashboard;
pub(super) mod disputes;
pub(super) mod letters;
pub(super) mod listings;
pub(super) mod log;
pub(super) mod orders;
pub(super) mod sellers;
pub(super) mod users;
