//! `marketplace messages list|replay`: messages that were given up.

use std::path::PathBuf;
use std::process::ExitCode;

use chassis::metrics::StoreMetrics;
use chassis::sqlite::{Sqlite, dead_letters, open_read_only, replay_dead_letters};
use chassis::store::StoreError;
use kernel::MessageId;

use crate::data_dir::DataDir;
use crate::settings::Settings;

fn senders(dir: &DataDir) -> [(&'static str, PathBuf); 3] {
    [
        ("order-service", dir.orders()),
        ("wallet-service", dir.wallet()),
        ("product-service", dir.products()),
    ]
}

/// Prints a line for each.
pub(crate) fn list_messages(settings: &Settings) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let mut count = 0;
    for (service, path) in senders(&dir) {
        for letter in dead_letters(&open_read_only(&path)?)? {
            count += 1;
            println!(
                "{} {service} {} order={} attempts={} at={} {}",
                letter.envelope.id,
                letter.envelope.name,
                letter.envelope.order,
                letter.attempts,
                letter.died_at,
                letter.reason
            );
        }
    }
    println!("{count} messages were given up.");
    Ok(ExitCode::SUCCESS)
}

/// Puts them back into the outboxes that they came from; a serving process sends them within a second.
pub(crate) fn replay_messages(settings: &Settings, id: Option<&str>) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let id: Option<MessageId> = id
        .map(|raw| {
            raw.parse()
                .map_err(|error: kernel::Invalid| anyhow::anyhow!("--id {raw:?} {error}"))
        })
        .transpose()?;
    let replayed = tokio::runtime::Builder::new_current_thread()
        .build()?
        .block_on(async {
            let mut replayed = 0;
            for (_, path) in senders(&dir) {
                let store = Sqlite::open_existing(&path, &StoreMetrics::default())?;
                replayed += store.write(move |tx| replay_dead_letters(tx, id)).await?;
            }
            Ok::<usize, StoreError>(replayed)
        })?;
    println!("{replayed} messages will be sent again.");
    Ok(if id.is_some() && replayed == 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
