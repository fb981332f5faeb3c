//! Messages to the product service, one file for each of its queues.

mod commands;
mod names;

pub use commands::QUEUE;
pub(crate) use commands::commands;
pub use names::NAMES_QUEUE;
pub(crate) use names::names;

use contracts::Contract;

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

fn name<M: Contract>() -> String {
    M::full_name()
}
