//! `marketplace keys generate`, `rotate` and `list`: the keys that sign access tokens. They are in a file that the serving processes read
//! again when it changes, so nothing is restarted.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use auth::{KeyRefusal, KeySet, SigningKey, TokenPolicy};
use host::output;
use kernel::{Clock as _, SystemClock};

/// How long it takes at most until everybody who verifies tokens knows a new key: the user service reads the file every 2 s, and the other
/// services fetch its keys every minute.
const SPREAD: Duration = Duration::from_secs(90);

/// How to rotate.
pub(crate) struct Rotation {
    /// How long the next key must have been published.
    spread: Duration,
    /// How long earlier keys stay published.
    keep: Duration,
}

impl Rotation {
    /// At once, or when the next key is known everywhere; with or without the earlier keys, whose tokens follow `policy`.
    pub(crate) fn of(at_once: bool, drop_earlier: bool, policy: &TokenPolicy) -> Self {
        let spread = if at_once { Duration::ZERO } else { SPREAD };
        let keep = if drop_earlier {
            Duration::ZERO
        } else {
            policy.lifetime + policy.leeway + SPREAD
        };
        Self { spread, keep }
    }
}

/// Adds the next key to the file.
pub(crate) fn generate(file: &Path) -> anyhow::Result<bool> {
    let mut keys = KeySet::load(file)?;
    let now = SystemClock.now();
    keys.announce(SigningKey::generate()?, now)?;
    keys.save(file)?;
    print(&keys)?;
    output::line(format_args!(
        "From {} on it can sign: `marketplace keys rotate`.",
        now.plus(SPREAD)
    ))?;
    Ok(true)
}

/// Signs with the next key from now on, and drops earlier ones whose tokens have all expired.
pub(crate) fn rotate(file: &Path, rotation: &Rotation) -> anyhow::Result<bool> {
    let mut keys = KeySet::load(file)?;
    let now = SystemClock.now();
    let rotated = keys.rotate(rotation.spread, now);
    if let Err(KeyRefusal::TooEarly(_)) = rotated {
        return rotated
            .context("nothing was changed; --now rotates all the same")
            .map(|()| false);
    }
    rotated?;
    keys.forget(rotation.keep, now);
    keys.save(file)?;
    print(&keys)?;
    Ok(true)
}

/// Prints the keys.
pub(crate) fn list(file: &Path) -> anyhow::Result<bool> {
    print(&KeySet::load(file)?)?;
    Ok(true)
}

fn print(keys: &KeySet) -> anyhow::Result<()> {
    for key in keys.listed() {
        let since = key.since.map(|since| format!(" since {since}"));
        let (kid, state) = (key.kid, key.state);
        output::line(format_args!("{kid} {state}{}", since.unwrap_or_default()))?;
    }
    Ok(())
}
