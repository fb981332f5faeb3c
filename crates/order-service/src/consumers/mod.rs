//! Messages that come in.

mod saga_replies;
mod user_named;

pub(crate) use saga_replies::SagaReplies;
pub(crate) use user_named::{UserNames, user_named};
