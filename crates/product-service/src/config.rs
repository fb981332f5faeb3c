//! Settings of the product service, section `catalogue`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Section `catalogue`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether products may be read without a token.
    pub public: bool,
    /// How long stock is held for an order that is not paid yet. Well above the order service's payment deadline.
    #[serde(deserialize_with = "at_least_one")]
    pub lease_seconds: u64,
    /// Time between two sweeps for leases that have run out.
    #[serde(deserialize_with = "at_least_one")]
    pub sweep_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public: false,
            lease_seconds: 900,
            sweep_seconds: 5,
        }
    }
}

impl Config {
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(crate) fn sweep(&self) -> Duration {
        Duration::from_secs(self.sweep_seconds.max(1))
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(D::Error::custom("must be at least 1")),
        seconds => Ok(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_or_a_sweep_of_no_time_is_refused() {
        for wrong in [
            r#"{"lease_seconds": 0}"#,
            r#"{"sweep_seconds": 0}"#,
            r#"{"lease": 1}"#,
        ] {
            assert!(serde_json::from_str::<Config>(wrong).is_err(), "{wrong}");
        }
        let config: Config = serde_json::from_str(r#"{"lease_seconds": 60}"#).unwrap();
        assert_eq!((config.lease_seconds, config.public), (60, false));
    }
}
