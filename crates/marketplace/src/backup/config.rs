//! The settings of scheduled backups.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kernel::WrongSetting;
use serde::{Deserialize, Serialize};

/// The section `backup`: backups that `serve` makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupConfig {
    /// The directory in which each backup becomes a directory. Without one, there are no backups.
    pub to: Option<PathBuf>,
    /// Time from one backup to the next.
    pub every: Every,
    /// How many are kept; older ones are deleted.
    pub keep: usize,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self {
            to: None,
            every: Every(Duration::from_hours(1)),
            keep: 24,
        }
    }
}

impl BackupConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("backup.keep", self.keep, 1..=100_000)
    }

    /// The directory, if one is set.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.to
            .as_deref()
            .filter(|path| !path.as_os_str().is_empty())
    }
}

/// A span of time as people write it: `90s`, `30m`, `1h`, `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Every(pub(super) Duration);

/// The units, and the seconds in each.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl FromStr for Every {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, String> {
        let wrong =
            || format!("{raw:?} has to be a number with a unit, such as 90s, 30m, 1h or 7d");
        let unit = raw.chars().last().ok_or_else(wrong)?;
        let (_, seconds) = UNITS
            .into_iter()
            .find(|(letter, _)| *letter == unit)
            .ok_or_else(wrong)?;
        let number = raw.strip_suffix(unit).unwrap_or_default();
        let number: u64 = number.parse().map_err(|_| wrong())?;
        // A year and more is a slip.
        match number.checked_mul(seconds) {
            Some(seconds @ 1..=31_536_000) => Ok(Self(Duration::from_secs(seconds))),
            Some(_) | None => Err(format!("{raw:?} has to be between 1s and 365d")),
        }
    }
}

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(raw: String) -> Result<Self, String> {
        raw.parse()
    }
}

impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.to_string()
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| seconds.is_multiple_of(*size))
            .unwrap_or(('s', 1));
        write!(f, "{}{unit}", seconds / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_a_unit() {
        for (raw, seconds) in [("90s", 90), ("30m", 1_800), ("1h", 3_600), ("7d", 604_800)] {
            let every: Every = raw.parse().unwrap();
            assert_eq!(every.0, Duration::from_secs(seconds));
            assert_eq!(every.to_string().parse(), Ok(every));
        }
        for raw in [
            "",
            "h",
            "1",
            "0s",
            "-1h",
            "1.5h",
            "1 h",
            "1w",
            "366d",
            "99999999999999999999d",
            "1é",
        ] {
            assert!(raw.parse::<Every>().is_err(), "{raw}");
        }
    }
}
