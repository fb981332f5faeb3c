//! Use cases. Each asks the injected clock and ids for what the domain must not fetch itself, loads records through the transaction
//! port, lets the domain decide, and saves and sends what was decided.

mod balance;
mod dealings;
mod erase;
mod history;
mod keep_sellers;
mod ledger;
mod release_earnings;
mod settle;
mod transfer;

use std::sync::Arc;

use kernel::{Clock, Currency, IdSource};
use store::Store;

pub(crate) use balance::balance;
pub(crate) use dealings::dealings;
pub(crate) use erase::erase_users;
pub(crate) use history::history;
pub(crate) use keep_sellers::keep_sellers;
pub(crate) use release_earnings::{Swept, release_earnings};
pub(crate) use settle::settle;
pub(crate) use transfer::{TransferOutcome, transfer};

use crate::domain::{Terms, Topups};
use crate::store::WalletStore;

/// What the use cases work with.
#[derive(Clone)]
pub(crate) struct App {
    /// Runs transactions.
    pub(crate) store: Store,
    /// Answers the queries that a record's key cannot.
    pub(crate) ledger: Arc<dyn WalletStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// The currency of amounts that name none.
    pub(crate) currency: Currency,
    pub(crate) topups: Topups,
    pub(crate) terms: Terms,
}
