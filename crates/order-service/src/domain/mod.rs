//! What an order is and how it changes. Pure: no clock, no I/O, no ids made here.

mod answers;
mod case;
mod case_words;
mod change;
mod command;
mod comment;
mod draft;
mod erase;
mod fact;
mod fulfilment;
mod line;
mod moves;
mod open_case;
mod order;
mod part;
mod saga;
mod state;
mod summary;
mod telling;
mod timers;
mod timing;
mod undo;
mod usual;

#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
mod saga_properties;

pub use case::{CaseComment, Dispute, Return, ReturnItem};
pub use case_words::{DisputeReason, DisputeStatus, Outcome, ReturnReason, ReturnStatus};
pub use change::{Change, Moved};
pub use command::Command;
pub use comment::{CaseId, Said, comment};
pub use fact::{Actor, Details, Fact, FactItem, Happened, Role};
pub use fulfilment::{
    Completed, Fulfilment, Parcel, PartLine, RefundLine, SellerThen, Shipment, ShippedLine,
    fulfilments_of,
};
#[cfg(test)]
pub use fulfilment::{PendingRefund, PendingStockReturn, ReturnedLine};
pub use line::{OrderLine, Wanted, total_of};
pub use moves::{
    Items, Move, MoveName, MoveRefusal, Received, RefundOf, Resolution, TABLE, allowed, make_move,
    parts_to_cancel,
};
pub use order::{NewOrder, Order};
pub use saga::{Message, PartRefusal, ReviewAction, on};
pub use state::{Escrow, FulfilmentStatus, FulfilmentsStatus, OrderState, PaymentStatus, Reason};
pub use telling::{Told, told_of};
pub use timing::Timing;
