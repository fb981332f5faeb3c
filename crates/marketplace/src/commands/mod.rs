//! What the command line does, one command a file.

mod audit;
mod grant;
mod messages;
mod print;
mod serve;

pub(crate) use audit::audit;
pub(crate) use grant::grant;
pub(crate) use messages::{list_messages, replay_messages};
pub(crate) use print::{config, openapi};
pub(crate) use serve::serve;
