//! `marketplace move`: from a data directory to MongoDB, and back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use auth::KeySet;
use blobs::{BlobStore, Directory, SharedBlobs, copy_all};
use host::output;
use host::service::{Deps, StoreConfig};
use host::settings::Settings;
use kernel::{Clock as _, SystemClock};
use store::{Codec, Store};

use super::audit::print;
use super::runtime;
use crate::audit::{Books, Databases, Files, Finding, check};
use crate::backup::staging::{beside, is_empty, put_in_place};
use crate::data_dir::{BLOBS, DataDir, SIGNING_KEY, sqlite};
use crate::transfer::{Tally, bring, finish, in_use, stores};

/// How often it is asked who uses the databases, and the interval.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Moves the shop in the data directory to the databases that the settings name, and its pictures to the place that they name.
pub(crate) fn to_mongo(settings: &Settings, pictures: Option<&str>) -> anyhow::Result<bool> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let own = dir.path().join(BLOBS);
    let pictures = pictures.map(open_pictures).transpose()?;
    let key = dir.path().join(SIGNING_KEY);
    // Held until the end, so that no process serves the directory meanwhile.
    let _lock = dir.lock()?;
    runtime()?.block_on(async {
        let sound = sound(&Files::open(&dir)?, "the data directory").await?;
        nobody_uses(settings).await?;
        let deps = Deps::new(Arc::new(SystemClock), settings.currency);
        let from = stores(|service| Ok(sqlite(dir.file(service))), &deps)?;
        let to = stores(|service| mongo(settings, service), &deps)?
            .map(|(service, store)| (service, store.for_import()));
        transfer(&from, &to, &name(&settings.data_dir)?).await?;
        compare(&sound, &Databases::open(&settings.mongo).await?).await?;
        if let Some(pictures) = &pictures {
            copy_pictures(&Directory::at(own.clone()), &**pictures).await?;
        }
        // If the settings kept it elsewhere before, it stays there.
        if let Some(file) = settings
            .auth
            .signing_key_file
            .as_ref()
            .filter(|_| key.exists())
        {
            KeySet::copy(&key, file)?;
        }
        complete(&to).await?;
        dir.mark_moved()
    })?;
    output::line(format_args!(
        "Moved. Keep the data directory as a backup: it is not served any more."
    ))?;
    if pictures.is_none() && own.exists() {
        output::line(format_args!(
            "Copy {} to where the product services share it, and name that place as catalogue.image_store: it holds the pictures.",
            own.display()
        ))?;
    }
    if settings.auth.signing_key_file.is_none() {
        output::line(format_args!(
            "Give the user service {} as auth.signing_key_file: with another key, everybody has to log in again.",
            key.display()
        ))?;
    }
    Ok(true)
}

/// Moves the shop in the databases that the settings name to a new directory `path`, and with it the pictures from the place that they name.
pub(crate) fn to_sqlite(
    settings: &Settings,
    pictures: Option<&str>,
    path: &Path,
) -> anyhow::Result<bool> {
    ensure!(
        !path.exists() || is_empty(path)?,
        "{} is not empty; name a new directory",
        path.display()
    );
    let unfinished = beside(path)?;
    let key = settings.auth.signing_key_file.as_deref().context(
        "auth.signing_key_file is not set: name the user service's file, or everybody has to log in again",
    )?;
    let pictures = pictures.map(open_pictures).transpose()?;
    let dir = DataDir::create(&unfinished)?;
    let _lock = dir.lock()?;
    runtime()?.block_on(async {
        nobody_uses(settings).await?;
        let sound = sound(&Databases::open(&settings.mongo).await?, "MongoDB").await?;
        let deps = Deps::new(Arc::new(SystemClock), settings.currency);
        let from = stores(|service| mongo(settings, service), &deps)?;
        let to = stores(|service| Ok(sqlite(dir.file(service))), &deps)?;
        transfer(&from, &to, &settings.mongo.database("*")).await?;
        compare(&sound, &Files::open(&dir)?).await?;
        if let Some(pictures) = &pictures {
            let own = Directory::at(dir.path().join(BLOBS));
            copy_pictures(&**pictures, &own).await?;
        }
        KeySet::copy(key, &dir.path().join(SIGNING_KEY))?;
        complete(&to).await
        // The stores are closed here, which leaves everything in the files themselves.
    })?;
    put_in_place(&unfinished, path)
        .with_context(|| format!("{} cannot get its name", path.display()))?;
    output::line(format_args!(
        "Moved. Drop the databases once {} is served.",
        path.display()
    ))?;
    Ok(true)
}

/// The pictures at the place that the settings name.
pub(super) fn open_pictures(place: &str) -> anyhow::Result<SharedBlobs> {
    blobs::open(place)
        .map_err(anyhow::Error::msg)
        .context("catalogue.image_store")
}

async fn copy_pictures(from: &dyn BlobStore, to: &dyn BlobStore) -> anyhow::Result<()> {
    let begun = Instant::now();
    let count = copy_all(from, to, SystemClock.now()).await?;
    output::line(format_args!("{count} pictures in {:.1?}", begun.elapsed()))?;
    Ok(())
}

pub(super) fn mongo(settings: &Settings, service: &str) -> anyhow::Result<StoreConfig> {
    settings.mongo.store(service).map_err(anyhow::Error::msg)
}

/// The full path of a directory: it names the source of an import.
fn name(path: &Path) -> anyhow::Result<String> {
    let path = path
        .canonicalize()
        .with_context(|| format!("{} has no full path", path.display()))?;
    Ok(path.display().to_string())
}

/// Refuses databases that a process uses. The server may take a moment to notice that one has ended.
pub(super) async fn nobody_uses(settings: &Settings) -> anyhow::Result<()> {
    for look in 1.. {
        let used = in_use(&settings.mongo).await?;
        if used.is_empty() {
            break;
        }
        ensure!(
            look < LOOKS,
            "the databases are in use ({}); stop the services first",
            used.join(", ")
        );
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// The findings of an audit of the source, if it found no violation.
async fn sound(books: &dyn Books, source: &str) -> anyhow::Result<Vec<Finding>> {
    let findings = check(books).await?;
    if !print(&findings)? {
        bail!("the audit of {source} finds violations: nothing was moved");
    }
    Ok(findings)
}

/// The audit of the target must say the same as that of the source.
async fn compare(source: &[Finding], target: &dyn Books) -> anyhow::Result<()> {
    let findings = check(target).await?;
    let same = findings.iter().zip(source);
    let same = same.filter(|(after, before)| after.checked == before.checked);
    let all_there = same.count() == source.len();
    ensure!(
        print(&findings)? && all_there,
        "the audit of the target does not say what that of the source says"
    );
    Ok(())
}

type Stores = [(&'static str, Store)];

/// Brings the records of all services, and prints what there is.
async fn transfer(from: &Stores, to: &Stores, source: &str) -> anyhow::Result<()> {
    let mut finished = 0;
    for ((service, from), (_, to)) in from.iter().zip(to) {
        let begun = Instant::now();
        let codec = codec_of(from, to)?;
        let brought = bring(from, to, source, &*codec)
            .await
            .with_context(|| format!("the target of {service}"))?;
        match brought {
            Some(tallies) => output::line(format_args!(
                "{service}: {} in {:.1?}",
                list(&tallies),
                begun.elapsed()
            ))?,
            None => finished += 1,
        }
    }
    ensure!(finished < to.len(), "everything was moved there before");
    Ok(())
}

/// One of the two engines keeps records in one piece.
fn codec_of(from: &Store, to: &Store) -> anyhow::Result<Arc<dyn Codec>> {
    let codec = from.codec().or_else(|| to.codec());
    codec.context("neither side can say what a record's contents are")
}

pub(super) fn list(tallies: &[Tally]) -> String {
    let parts: Vec<String> = tallies
        .iter()
        .map(|tally| format!("{} × {}", tally.records, tally.kind.name))
        .collect();
    parts.join(", ")
}

pub(super) async fn complete(to: &Stores) -> anyhow::Result<()> {
    for (_, store) in to {
        finish(store, SystemClock.now()).await?;
    }
    Ok(())
}
