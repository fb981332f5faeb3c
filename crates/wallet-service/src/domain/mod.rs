//! The ledger's rules, pure and synchronous: what may be posted, and what a command does. Nothing here reads a clock, generates
//! an id or knows where accounts are stored. `app` loads the accounts and saves the decision.

mod account;
mod error;
mod journal;
mod operation;
mod payment;
mod payout;
mod reference;
mod settle;
mod statement;
mod topups;
mod transfer;

pub(crate) use account::{Account, AccountKey, Accounts, Bucket, Line};
pub(crate) use error::LedgerError;
pub(crate) use journal::{Entry, Header, Kind, Posting, Recorded, RecordedEntry, SystemAccount};
pub(crate) use operation::OperationId;
pub use payment::PaymentStatus;
pub(crate) use payment::{Action, Debit, OrderCommand, Payment, PaymentState, Reply, Share, Terms};
pub(crate) use payout::{Payout, earn};
pub(crate) use reference::Reference;
pub(crate) use settle::{accounts_of, decide};
pub(crate) use statement::{Place, StatementFilter};
pub(crate) use topups::TopupRefusal;
pub use topups::Topups;
pub(crate) use transfer::{Direction, Movement, Transfer, TransferRefusal, transfer};
