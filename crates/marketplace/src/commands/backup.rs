//! `marketplace backup --to DEST` and `marketplace restore FROM`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use host::lifecycle::shutdown_signal;
use host::output;
use host::settings::Settings;

use super::{audit, runtime};
use crate::backup::{Audit, Manifest, Source, take};
use crate::data_dir::SIGNING_KEY;
use crate::services::Services;

/// Backs the data directory up, served or not. On SIGTERM, SIGINT or SIGHUP it stops, and leaves nothing behind. Returns whether the books
/// are in order.
pub(crate) fn backup(settings: &Settings, services: &Services, to: &Path) -> anyhow::Result<bool> {
    let source = Source::of(settings, services)?;
    let stopped = Arc::new(AtomicBool::new(false));
    let (to_write, asked) = (to.to_owned(), stopped.clone());
    let taken = runtime()?.block_on(async move {
        let mut work = tokio::task::spawn_blocking(move || {
            take(&source, &to_write, &|| !asked.load(Ordering::Relaxed))
        });
        tokio::select! {
            done = &mut work => done?,
            signal = shutdown_signal() => {
                signal?;
                stopped.store(true, Ordering::Relaxed);
                work.await?
            }
        }
    })?;
    output::line(format_args!(
        "{} is backed up to {}: {}, in {:.1} s; writers waited {:.1} ms.",
        settings.data_dir.display(),
        to.display(),
        contents(&taken.manifest),
        taken.took.as_secs_f64(),
        taken.pause.as_secs_f64() * 1_000.0
    ))?;
    if taken.missing > 0 {
        let missing = taken.missing;
        output::line(format_args!(
            "{missing} pictures of products are missing there, and so they are in the backup."
        ))?;
    }
    let clean = taken.manifest.audit == Some(Audit::Clean);
    if !clean {
        output::line("The books violate an invariant, and so do those in the backup:")?;
        audit::print(&taken.findings)?;
    }
    Ok(clean)
}

/// Restores a backup to the data directory, which must be new or empty.
pub(crate) fn restore(settings: &Settings, from: &Path) -> anyhow::Result<bool> {
    let manifest = crate::backup::restore(from, &settings.data_dir)?;
    output::line(format_args!(
        "{} holds the backup of {}: {}.",
        settings.data_dir.display(),
        manifest.taken_at,
        contents(&manifest)
    ))?;
    if manifest.audit == Some(Audit::Violated) {
        output::line("Its books violated an invariant when it was made: see `marketplace audit`.")?;
    }
    if let Some(key) = &settings.auth.signing_key_file {
        output::line(format_args!(
            "The settings keep the signing key in {}: if it is lost, put the restored {SIGNING_KEY} there.",
            key.display()
        ))?;
    }
    Ok(true)
}

/// The number of files and their size.
fn contents(manifest: &Manifest) -> String {
    let tenths = manifest.bytes() / 100_000;
    let files = manifest.files.len();
    format!("{files} files, {}.{} MB", tenths / 10, tenths % 10)
}
