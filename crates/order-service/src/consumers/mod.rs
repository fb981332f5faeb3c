//! Messages that come in.

mod saga_replies;

pub(crate) use saga_replies::SagaReplies;
