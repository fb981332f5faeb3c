//! `marketplace backup` and `restore` of the distributed mode's databases.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use host::lifecycle::runtime;
use host::output;
use host::service::Deps;
use host::settings::Settings;
use kernel::{Clock as _, SystemClock, Timestamp};
use store::Store;

use super::audit::print;
use super::relocate::{complete, list, mongo, nobody_uses, open_pictures};
use crate::audit::{Databases, check};
use crate::backup::manifest::NAME;
use crate::backup::staging::{Staging, is_beside};
use crate::services::Services;
use crate::transfer::{Backup, bring, pictures_back, stores, write};

fn open(settings: &Settings) -> anyhow::Result<[(&'static str, Store); 4]> {
    let deps = Deps::new(Arc::new(SystemClock), settings.currency);
    stores(|service| mongo(settings, service), &deps)
}

/// Writes what the databases have at one moment to the new directory `to`, while they are used. With `keep`, `to` holds that many of such
/// directories, each with the time as its name, and the oldest ones make room. The pictures are in it if the settings say where they are.
pub(crate) fn backup(
    settings: &Settings,
    services: &Services,
    to: &Path,
    keep: Option<usize>,
) -> anyhow::Result<bool> {
    let (begun, now) = (Instant::now(), SystemClock.now());
    let place = match keep {
        Some(_) => to.join(directory_name(now)),
        None => to.to_owned(),
    };
    if keep.is_some() {
        fs::create_dir_all(to).with_context(|| format!("{}", to.display()))?;
    }
    let staging = Staging::begin(&place)?;
    let pictures = services.catalogue.image_store.as_deref();
    let manifest = runtime(2)?.block_on(async {
        let pictures = pictures.map(open_pictures).transpose()?;
        write(&open(settings)?, pictures.as_deref(), staging.path(), now).await
    })?;
    staging.finish()?;
    let records: u64 = manifest.files.iter().filter_map(|file| file.records).sum();
    output::line(format_args!(
        "{} holds {records} records, written in {:.1?}.",
        place.display(),
        begun.elapsed()
    ))?;
    if let Some(keep) = keep {
        forget_oldest(to, keep)?;
    }
    Ok(true)
}

/// Brings a backup into empty databases, and audits them. Returns whether the audit finds no violation.
pub(crate) fn restore(
    settings: &Settings,
    services: &Services,
    from: &Path,
) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let pictures = services.catalogue.image_store.as_deref();
    let backup = Backup::open(from)?;
    let taken = backup.manifest.taken_at;
    let sound = runtime(2)?.block_on(async {
        nobody_uses(settings).await?;
        let to = open(settings)?.map(|(service, store)| (service, store.for_import()));
        let mut finished = 0;
        for (service, store) in &to {
            let codec = store.codec().context("this engine has no such backup")?;
            let source = backup.of(service, store)?;
            let brought = bring(&source, store, &format!("the backup of {taken}"), &*codec)
                .await
                .with_context(|| format!("the database of {service}"))?;
            match brought {
                Some(tallies) => output::line(format_args!("{service}: {}", list(&tallies)))?,
                None => finished += 1,
            }
        }
        ensure!(finished < to.len(), "this backup was restored there before");
        let pictures = pictures.map(open_pictures).transpose()?;
        pictures_back(&backup, pictures.as_deref(), SystemClock.now()).await?;
        let findings = check(&Databases::open(&settings.mongo).await?).await?;
        complete(&to).await?;
        print(&findings)
    })?;
    output::line(format_args!(
        "Restored what there was at {taken}, in {:.1?}. Start with an empty message broker: its messages are of another time.",
        begun.elapsed()
    ))?;
    Ok(sound)
}

/// `2026-11-28T03:17:00.000Z` without what some file systems do not allow.
fn directory_name(at: Timestamp) -> String {
    at.to_string().replace(':', "")
}

/// Deletes the oldest backups in `dir` that are more than `keep`, and what backups that were killed have left. Nothing else is touched.
fn forget_oldest(dir: &Path, keep: usize) -> anyhow::Result<()> {
    let (mut backups, mut doomed) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(is_beside) {
            doomed.push(path);
        } else if path.join(NAME).is_file() {
            backups.push(path);
        }
    }
    backups.sort_unstable();
    backups.truncate(backups.len().saturating_sub(keep.max(1)));
    doomed.append(&mut backups);
    for path in doomed {
        fs::remove_dir_all(&path).with_context(|| format!("{}", path.display()))?;
        output::line(format_args!("{} is deleted.", path.display()))?;
    }
    Ok(())
}
