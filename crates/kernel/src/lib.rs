//! The vocabulary that every crate shares: identifiers, money, time, quantities, addresses, cursors and pages, backoff.
//!
//! A value belongs here if it has rules of its own and needs no I/O, no async and no framework. The terms of a single
//! service (an order's states, a ledger's accounts) belong to that service's `domain`.

mod address;
mod backoff;
mod blob_name;
mod clock;
mod country;
mod cursor;
mod findings;
mod id;
mod invalid;
mod metadata;
mod money;
mod page;
mod quantity;
mod secret_uri;
mod setting;
mod text;
#[cfg(feature = "openapi")]
pub mod text_schema;
mod time;
mod words;
pub mod written;

pub use address::{AddressLine, City, Phone, PostalAddress, PostalCode, Recipient, Region};
pub use backoff::{Backoff, jitter};
pub use blob_name::BlobName;
pub use clock::{Clock, ManualClock, SteadyClock, SystemClock};
pub use country::Country;
pub use cursor::{Cursor, CursorError, CursorKey, CursorScope};
pub use findings::Findings;
pub use id::{
    AddressId, AuditId, CategoryId, DisputeId, FulfilmentId, IdSource, ImageId, LineId, MessageId,
    OrderId, ProductId, RefundId, ReturnId, SessionId, ShipmentId, SystemIds, TransactionId,
    UserId, VariantId,
};
pub use invalid::Invalid;
pub use metadata::Metadata;
pub use money::{Currency, Money, MoneyError};
pub use page::{Limit, Page};
pub use quantity::Quantity;
pub use secret_uri::SecretUri;
pub use setting::WrongSetting;
pub use text::{one_line, paragraphs};
pub use time::Timestamp;
