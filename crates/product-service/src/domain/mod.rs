//! Products, stock and reservations, and their rules. Pure and synchronous: it decides; `app/` acts.

mod attribute;
mod category;
mod edit;
mod facets;
mod fields;
mod fold;
mod image;
mod listing;
mod names;
mod own_list;
mod product;
mod reservation;
mod reservation_state;
mod search;
mod seller;
mod shelf;
mod stock_return;
mod taken_down_list;
mod tree;
mod variant;
mod variant_edit;
mod words;

pub use attribute::{Attribute, AttributeKey, AttributeKind, AttributeValue, Thousandths};
pub use category::{CategoryNode, Slug};
pub use edit::{Change, PriceEdit, ProductEdit, VersionGuard};
pub use facets::{Chosen, Counts, Facet, Facets, Index, Narrowed, Tally};
pub use fields::{AltText, Barcode, Category, Description, ProductName, Sku, Stock, Why};
pub use image::{Image, ImageRefusal, Placed, ProductImages, StoredPicture};
pub use listing::{Filter, ListQuery, Place, Sort};
pub use names::{Language, Names};
pub use own_list::{HistoryQuery, OwnFilter, OwnQuery, StockChange};
pub use product::{
    Moderation, NewProduct, NewStatus, Offer, Product, ProductRefusal, ProductStatus,
};
pub use reservation::{Reservation, price};
pub use reservation_state::ReservationState;
pub use search::{Rank, SearchText, Term};
pub use seller::ClosedSellers;
pub(crate) use seller::{Said, SaidOfSeller, Seller};
pub use shelf::Viewer;
pub use stock_return::{ExceedsSold, Returned};
pub use taken_down_list::TakenDownQuery;
pub use tree::{
    Attributes, CategoryEdit, CategoryRefusal, InCategory, NewCategory, PlacedIn, Tree,
};
pub use variant::{Clash, NewVariant, Options, Traits, Variant, VariantStatus, clashes};
pub use variant_edit::{Adjustment, VariantEdit};
pub(crate) use words::words_of;
