//! `marketplace messages list|replay`: dead-lettered messages.

use std::path::PathBuf;
use std::process::ExitCode;

use kernel::MessageId;
use store::DeadLetter;
use store::StoreError;
use store_sqlite::{Sqlite, dead_letters, open_read_only, replay_dead_letters};
use telemetry::metrics::StoreMetrics;

use super::{Shape, runtime};
use crate::data_dir::DataDir;
use host::settings::Settings;

fn senders(dir: &DataDir) -> [(&'static str, PathBuf); 3] {
    [
        ("order-service", dir.orders()),
        ("wallet-service", dir.wallet()),
        ("product-service", dir.products()),
    ]
}

/// Prints one line per message.
pub(crate) fn list_messages(settings: &Settings, shape: Shape) -> anyhow::Result<ExitCode> {
    let letters = match shape {
        Shape::Embedded => letters_in_files(settings)?,
        Shape::Distributed => brokers_letters(settings)?,
    };
    for (place, letter) in &letters {
        println!(
            "{} {place} {} order={} attempts={} at={} {}",
            letter.envelope.id,
            letter.envelope.name,
            letter.envelope.order,
            letter.attempts,
            letter.died_at,
            letter.reason
        );
    }
    println!("{} messages were given up.", letters.len());
    Ok(ExitCode::SUCCESS)
}

/// Replays them; a running marketplace handles them within a second.
pub(crate) fn replay_messages(
    settings: &Settings,
    shape: Shape,
    id: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let id: Option<MessageId> = id
        .map(|raw| {
            raw.parse()
                .map_err(|error: kernel::Invalid| anyhow::anyhow!("--id {raw:?} {error}"))
        })
        .transpose()?;
    let replayed = match shape {
        Shape::Embedded => replay_from_files(settings, id)?,
        Shape::Distributed => replay_from_broker(settings, id)?,
    };
    println!("{replayed} messages will be sent again.");
    Ok(if id.is_some() && replayed == 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn letters_in_files(settings: &Settings) -> anyhow::Result<Vec<(&'static str, DeadLetter)>> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let mut all = Vec::new();
    for (service, path) in senders(&dir) {
        let letters = dead_letters(&open_read_only(&path)?)?;
        all.extend(letters.into_iter().map(|letter| (service, letter)));
    }
    Ok(all)
}

/// Moves them back to the outboxes that they came from.
fn replay_from_files(settings: &Settings, id: Option<MessageId>) -> anyhow::Result<usize> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let replayed = runtime()?.block_on(async {
        let mut replayed = 0;
        for (_, path) in senders(&dir) {
            let store = Sqlite::open_existing(&path, &StoreMetrics::default())?;
            replayed += store.write(move |tx| replay_dead_letters(tx, id)).await?;
        }
        Ok::<usize, StoreError>(replayed)
    })?;
    Ok(replayed)
}

#[cfg(not(feature = "distributed"))]
fn brokers_letters(_settings: &Settings) -> anyhow::Result<Vec<(&'static str, DeadLetter)>> {
    Err(super::not_distributed())
}

#[cfg(not(feature = "distributed"))]
fn replay_from_broker(_settings: &Settings, _id: Option<MessageId>) -> anyhow::Result<usize> {
    Err(super::not_distributed())
}

#[cfg(feature = "distributed")]
fn queues() -> [&'static str; 3] {
    [
        order_service::QUEUE,
        product_service::QUEUE,
        wallet_service::QUEUE,
    ]
}

/// The contents of the broker's dead-letter queues.
#[cfg(feature = "distributed")]
fn brokers_letters(settings: &Settings) -> anyhow::Result<Vec<(&'static str, DeadLetter)>> {
    let broker = settings.amqp.broker().map_err(anyhow::Error::msg)?;
    runtime()?.block_on(async {
        let mut all = Vec::new();
        for queue in queues() {
            let letters = bus_amqp::list_dead_letters(&broker, queue).await?;
            all.extend(letters.into_iter().map(|letter| (queue, letter)));
        }
        Ok(all)
    })
}

/// Moves them back to the queues in which they were dead-lettered.
#[cfg(feature = "distributed")]
fn replay_from_broker(settings: &Settings, id: Option<MessageId>) -> anyhow::Result<usize> {
    let broker = settings.amqp.broker().map_err(anyhow::Error::msg)?;
    runtime()?.block_on(async {
        let mut replayed = 0;
        for queue in queues() {
            replayed += bus_amqp::replay_dead_letters(&broker, queue, id).await?;
        }
        Ok(replayed)
    })
}
