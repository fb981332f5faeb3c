//! The vocabulary that every crate shares: identifiers, money, time, quantities, addresses, cursors and pages, backoff.
//!
//! A value belongs here if it has rules of its own and needs no I/O, no async and no framework. The terms of a single
//! service (an order's states, a ledger's accounts) belong to that service's `domain`.

mod address;
mod backoff;
mod clock;
mod country;
mod cursor;
mod findings;
mod id;
mod invalid;
mod money;
mod page;
mod quantity;
mod secret_uri;
mod setting;
mod text;
#[cfg(feature = "openapi")]
pub mod text_schema;
mod time;

pub use address::{AddressLine, City, Phone, PostalAddress, PostalCode, Recipient, Region};
pub use backoff::{Backoff, jitter};
pub use clock::{Clock, ManualClock, SteadyClock, SystemClock};
pub use country::Country;
pub use cursor::{Cursor, CursorError, CursorKey, CursorScope};
pub use findings::Findings;
pub use id::{
    AddressId, FulfilmentId, IdSource, LineId, MessageId, OrderId, ProductId, RefundId, SessionId,
    ShipmentId, SystemIds, TransactionId, UserId,
};
pub use invalid::Invalid;
pub use money::{Currency, Money, MoneyError};
pub use page::{Limit, Page};
pub use quantity::Quantity;
pub use secret_uri::SecretUri;
pub use setting::WrongSetting;
pub use text::{one_line, paragraphs};
pub use time::Timestamp;
