//! The product service: the catalogue, its search, the stock and the reservations of orders.
//!
//! It alone knows how many of a product are left. Sellers write products over HTTP; the order service holds stock through
//! [`ProductService::reserve`] and ends what it held with the messages `ConfirmReservation` and `ReleaseReservation`, and takes
//! back what was sold with `ReturnStock`.

mod app;
mod audit;
mod config;
mod consumers;
mod domain;
mod events;
mod http;
mod records;
mod service;
mod store;

#[cfg(feature = "sqlite")]
pub use audit::sqlite::{audit, audited_reservations, named_blobs};
pub use audit::{AuditedReservation, StockAudit, StockFigures};
pub use config::Config;
pub use consumers::{ERASURES_QUEUE, QUEUE, SELLERS_QUEUE};
pub use contracts::reservations::Delivery;
pub use domain::{
    AltText, Attribute, AttributeKey, AttributeKind, AttributeValue, Attributes, Barcode, Category,
    Description, InCategory, Language, Names, NewCategory, NewProduct, NewStatus, NewVariant,
    Options, PriceEdit, Product, ProductName, ProductStatus, ReservationState, Sku, Slug, Stock,
    Thousandths, Traits, Variant,
};
pub use http::{PROBLEMS, openapi};
pub use service::ProductService;
/// The product service's MongoDB database, for the audit of the whole marketplace.
#[cfg(feature = "mongo")]
pub mod mongo {
    pub use crate::audit::mongo::{audit, audited_reservations};
    pub use crate::store::mongo::collections;
}
