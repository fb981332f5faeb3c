//! What a product, a stock and a reservation are, and the rules they keep. Pure and synchronous: decides, never does.

mod edit;
mod fields;
mod listing;
mod product;
mod reservation;
mod search;

pub use edit::{ProductEdit, Removed, VersionGuard};
pub use fields::{Category, Description, ProductName, Stock};
pub use listing::{Filter, ListQuery, Number, Place, Sort};
pub use product::{NewProduct, Product, ProductRefusal, ProductStatus};
pub use reservation::{
    Confirmation, LineRequest, Offer, Release, Reservation, ReservationState, ReserveRefusal,
    ReserveRequest, ReservedLine, Shortage, price,
};
pub use search::SearchText;
#[cfg(feature = "mongo")]
pub(crate) use search::words_of;
