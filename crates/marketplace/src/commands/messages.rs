//! `marketplace messages list|replay`: dead-lettered messages.

use std::path::PathBuf;
use std::sync::Arc;

use host::output;
use kernel::MessageId;
use store::{DeadLetters as _, Store};
use store_sqlite::{Sqlite, dead_letters};
use telemetry::metrics::StoreMetrics;

use super::{Place, runtime};
use crate::data_dir::DataDir;

/// The queues in which the broker keeps dead letters.
#[cfg(feature = "distributed")]
const QUEUES: [&str; 12] = [
    order_service::QUEUE,
    order_service::NAMES_QUEUE,
    order_service::ERASURES_QUEUE,
    product_service::QUEUE,
    product_service::SELLERS_QUEUE,
    product_service::ERASURES_QUEUE,
    user_service::QUEUE,
    user_service::MAIL_QUEUE,
    user_service::NEWS_QUEUE,
    wallet_service::QUEUE,
    wallet_service::SELLERS_QUEUE,
    wallet_service::ERASURES_QUEUE,
];

/// The services that send messages; their files keep the dead letters.
fn senders(dir: &DataDir) -> [(&'static str, PathBuf); 4] {
    [
        ("order-service", dir.orders()),
        ("wallet-service", dir.wallet()),
        ("product-service", dir.products()),
        ("user-service", dir.users()),
    ]
}

/// Prints one line per message.
pub(crate) fn list(place: &Place) -> anyhow::Result<bool> {
    let mut letters = Vec::new();
    match place {
        Place::Files(dir) => {
            for (service, path) in senders(dir) {
                let found = dead_letters(&dir.read(&path)?)?;
                letters.extend(found.into_iter().map(|letter| (service, letter)));
            }
        }
        #[cfg(feature = "distributed")]
        Place::Servers(settings) => {
            let broker = settings.amqp.broker().map_err(anyhow::Error::msg)?;
            let runtime = runtime()?;
            for queue in QUEUES {
                let found = runtime.block_on(bus_amqp::list_dead_letters(&broker, queue))?;
                letters.extend(found.into_iter().map(|letter| (queue, letter)));
            }
        }
    }
    for (place, letter) in &letters {
        output::line(format_args!(
            "{} {place} {} about={} attempts={} at={} {}",
            letter.envelope.id,
            letter.envelope.name,
            letter.envelope.subject,
            letter.attempts,
            letter.died_at,
            letter.reason
        ))?;
    }
    output::line(format_args!("{} messages were given up.", letters.len()))?;
    Ok(true)
}

/// Moves them back to the outboxes or queues that they came from; a running marketplace handles them within a second. Returns whether the
/// given one was there.
pub(crate) fn replay(place: &Place, id: Option<&str>) -> anyhow::Result<bool> {
    let parse = |raw: &str| {
        raw.parse()
            .map_err(|error: kernel::Invalid| anyhow::anyhow!("--id {raw:?} {error}"))
    };
    let id: Option<MessageId> = id.map(parse).transpose()?;
    let runtime = runtime()?;
    let mut replayed = 0;
    match place {
        Place::Files(dir) => {
            for (_, path) in senders(dir) {
                let store = Sqlite::open_existing(&path, &StoreMetrics::default())?;
                let store = Store::new(Arc::new(store));
                replayed += runtime.block_on(store.replay(id))?;
            }
        }
        #[cfg(feature = "distributed")]
        Place::Servers(settings) => {
            let broker = settings.amqp.broker().map_err(anyhow::Error::msg)?;
            for queue in QUEUES {
                let replay = bus_amqp::replay_dead_letters(&broker, queue, id);
                replayed += runtime.block_on(replay)?;
            }
        }
    }
    output::line(format_args!("{replayed} messages will be sent again."))?;
    Ok(id.is_none() || replayed > 0)
}
