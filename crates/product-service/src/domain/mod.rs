//! Products, stock and reservations, and their rules. Pure and synchronous: it decides; `app/` acts.

mod edit;
mod fields;
mod fold;
mod listing;
mod product;
mod reservation;
mod reservation_state;
mod search;
mod stock_return;
mod words;

pub use edit::{Change, PriceEdit, ProductEdit};
pub use fields::{Category, Description, ProductName, Stock};
#[cfg(test)]
pub use listing::Place;
pub use listing::{Filter, ListQuery, Sort};
pub use product::{NewProduct, Product, ProductRefusal, ProductStatus};
pub use reservation::{Reservation, price};
pub use reservation_state::ReservationState;
pub use search::{Rank, SearchText, Term};
pub use stock_return::{ExceedsSold, Returned};
pub(crate) use words::words_of;
