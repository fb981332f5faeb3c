//! Settings of the product service, section `catalogue`.

use std::time::Duration;

use contracts::reservations::Delivery;
use kernel::WrongSetting;
use serde::{Deserialize, Serialize};

/// Section `catalogue`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether products may be read without a token.
    pub public: bool,
    /// The delivery of products that name none: `shipped` or `none`. With `shipped`, orders of such products need an address.
    pub default_delivery: Delivery,
    /// How long stock is held for an order that is not paid yet. Well above the order service's payment deadline.
    pub lease_seconds: u64,
    /// Time between two sweeps for leases that have run out.
    pub sweep_seconds: u64,
    /// Where the pictures of products are: a directory, which all replicas share, or `s3://BUCKET/PREFIX` in a build with S3. If not set,
    /// the embedded mode keeps them in its data directory, and the distributed mode keeps none.
    pub image_store: Option<String>,
    /// What the addresses of pictures begin with: a path, or a URL of what serves `/images` for this marketplace, such as a CDN.
    pub image_url: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public: true,
            default_delivery: Delivery::None,
            lease_seconds: 900,
            sweep_seconds: 5,
            image_store: None,
            image_url: "/images".to_owned(),
        }
    }
}

impl Config {
    /// 100 years, so that no time overflows.
    const MAX_LEASE: u64 = 100 * 365 * 24 * 60 * 60;

    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        let lease = 1..=Self::MAX_LEASE;
        WrongSetting::unless_within("catalogue.lease_seconds", self.lease_seconds, lease)?;
        WrongSetting::unless_within("catalogue.sweep_seconds", self.sweep_seconds, 1..=3600)?;
        if let Some(place) = &self.image_store {
            blobs::check(place)
                .map_err(|reason| WrongSetting::new("catalogue.image_store", reason))?;
        }
        let begins = ["/", "http://", "https://"];
        let fits = begins.iter().any(|begin| self.image_url.starts_with(begin))
            && !self.image_url.ends_with('/')
            && self.image_url.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            return Ok(());
        }
        let reason = format!(
            "it is {:?}; it has to be a path such as /images, or an http:// or https:// URL, without a slash at its end",
            self.image_url
        );
        Err(WrongSetting::new("catalogue.image_url", reason))
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(crate) fn sweep(&self) -> Duration {
        Duration::from_secs(self.sweep_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_or_a_sweep_of_no_time_is_refused() {
        for (wrong, key) in [
            (r#"{"lease_seconds": 0}"#, "catalogue.lease_seconds"),
            (r#"{"sweep_seconds": 0}"#, "catalogue.sweep_seconds"),
        ] {
            let config: Config = serde_json::from_str(wrong).unwrap();
            assert_eq!(config.validate().unwrap_err().keys, [key]);
        }
        let config: Config = serde_json::from_str(r#"{"lease_seconds": 60}"#).unwrap();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!((config.lease_seconds, config.public), (60, true));
    }

    #[test]
    fn pictures_are_in_a_place_and_at_an_address() {
        for (wrong, key) in [
            (r#"{"image_store": ""}"#, "catalogue.image_store"),
            (r#"{"image_store": "s3://"}"#, "catalogue.image_store"),
            (r#"{"image_url": ""}"#, "catalogue.image_url"),
            (r#"{"image_url": "cdn.example.com"}"#, "catalogue.image_url"),
            (r#"{"image_url": "/images/"}"#, "catalogue.image_url"),
            (
                r#"{"image_url": "https://cdn.example.com/a b"}"#,
                "catalogue.image_url",
            ),
        ] {
            let config: Config = serde_json::from_str(wrong).unwrap();
            assert_eq!(config.validate().unwrap_err().keys, [key], "{wrong}");
        }
        let right =
            r#"{"image_store": "/srv/blobs", "image_url": "https://cdn.example.com/images"}"#;
        let config: Config = serde_json::from_str(right).unwrap();
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn a_delivery_is_one_of_the_two_and_none_unless_said() {
        assert_eq!(Config::default().default_delivery, Delivery::None);
        let config: Config = serde_json::from_str(r#"{"default_delivery": "shipped"}"#).unwrap();
        assert_eq!(config.default_delivery, Delivery::Shipped);
        let refused = serde_json::from_str::<Config>(r#"{"default_delivery": "Shipped"}"#);
        let reason = refused.unwrap_err().to_string();
        assert!(reason.contains("`shipped` or `none`"), "{reason}");
    }
}
