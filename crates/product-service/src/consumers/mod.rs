//! Messages to the product service, one file for each of its queues.

mod commands;
mod sellers;
mod user_erased;

pub use commands::QUEUE;
pub(crate) use commands::commands;
pub use sellers::SELLERS_QUEUE;
pub(crate) use sellers::sellers;
pub use user_erased::ERASURES_QUEUE;
pub(crate) use user_erased::erasures;

use contracts::Contract;

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

fn name<M: Contract>() -> String {
    M::full_name()
}
