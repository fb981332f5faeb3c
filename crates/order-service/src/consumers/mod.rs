//! Messages that come in.

mod saga_replies;
mod user_erased;
mod user_named;

pub(crate) use saga_replies::SagaReplies;
pub use user_erased::ERASURES_QUEUE;
pub(crate) use user_erased::erasures;
pub(crate) use user_named::{UserNames, user_named};
