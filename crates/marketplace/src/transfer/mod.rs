//! Brings all records of the services from one place to another: from SQLite to MongoDB and back, or from a backup. Nothing here knows
//! what a service keeps: the stores list their kinds of records.

mod copy;
mod files;
mod pictures;
mod places;
mod tally;
#[cfg(test)]
mod tests;

pub(crate) use copy::{bring, finish};
pub(crate) use files::{Backup, write};
pub(crate) use pictures::pictures_back;
pub(crate) use places::{in_use, stores};
pub(crate) use tally::Tally;
