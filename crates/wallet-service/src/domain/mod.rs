//! The ledger's rules, pure and synchronous: what may be posted, and what a command does. Nothing here reads a clock, generates
//! an id or knows where accounts are stored. `app` loads the accounts and saves the decision.

mod account;
mod charge;
mod command;
mod debt;
mod earning;
mod error;
mod journal;
mod operation;
mod part;
mod payment;
mod reference;
mod refund;
mod seller;
mod settle;
mod statement;
mod topups;
mod transfer;

pub(crate) use account::{Account, AccountKey, Accounts, Bucket, Line};
pub(crate) use charge::{Charge, ChargedLine, ChargedPart};
pub(crate) use command::{
    Action, Change, Earned, Known, OrderCommand, Refusal, Refused, Reply, Terms,
};
pub(crate) use debt::Credited;
pub(crate) use earning::{Earning, earn};
pub(crate) use error::LedgerError;
pub(crate) use journal::{Entry, Header, Kind, Posting, Recorded, RecordedEntry, SystemAccount};
pub(crate) use operation::OperationId;
pub(crate) use part::{PartLine, PaymentPart, RefundLine, RefundedLine};
pub use payment::PaymentStatus;
pub(crate) use payment::{Debit, Payment, PaymentState};
pub(crate) use reference::Reference;
pub(crate) use refund::PartRefund;
pub(crate) use seller::Seller;
pub(crate) use settle::decide;
pub(crate) use statement::{Place, StatementFilter};
pub(crate) use topups::TopupRefusal;
pub use topups::Topups;
pub(crate) use transfer::{Direction, Movement, Transfer, TransferRefusal, transfer};
