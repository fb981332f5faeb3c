//! Settings of traces: where spans go, and what share of requests is traced.

use kernel::{SecretUri, WrongSetting};
use serde::{Deserialize, Serialize};

/// Settings of traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Base URL of an OTLP/HTTP receiver, such as `http://127.0.0.1:4318`; spans go to `/v1/traces` there.
    /// Traces are off if it is unset or empty.
    pub otlp_endpoint: Option<SecretUri>,
    /// The share of requests that begin a trace, 0 to 1. Work caused by a traced request is always traced.
    pub sample_ratio: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_ratio: 1.0,
        }
    }
}

impl TelemetryConfig {
    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, its value and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("telemetry.sample_ratio", self.sample_ratio, 0.0..=1.0)?;
        match self.traces_url()? {
            Some(_) if !cfg!(feature = "otlp") => Err(WrongSetting::new(
                ENDPOINT,
                "this build cannot send traces: it was compiled without the feature `otlp` (build it with `cargo build -p marketplace \
                 --features otlp`, or leave the setting out)",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// The URL that spans are posted to, if any.
    ///
    /// # Errors
    /// If the setting is not a usable URL.
    pub(super) fn traces_url(&self) -> Result<Option<SecretUri>, WrongSetting> {
        // Some environments can only set a variable to the empty string, not leave it out.
        let Some(endpoint) = self
            .otlp_endpoint
            .as_ref()
            .filter(|url| !url.expose().is_empty())
        else {
            return Ok(None);
        };
        let url = format!("{}/v1/traces", endpoint.expose().trim_end_matches('/'));
        let is_one = url.parse::<http::Uri>().is_ok_and(|url| {
            url.scheme_str() == Some("http")
                && url.host().is_some_and(|host| !host.is_empty())
                && url.query().is_none()
        });
        if is_one {
            return Ok(Some(url.into()));
        }
        Err(WrongSetting::new(
            ENDPOINT,
            format!(
                "it is \"{endpoint}\"; it has to be the http:// base URL of an OTLP/HTTP receiver, such as http://127.0.0.1:4318 (a \
                 receiver that wants TLS is reached through a collector beside this process)"
            ),
        ))
    }
}

/// The setting that says where spans go.
const ENDPOINT: &str = "telemetry.otlp_endpoint";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(endpoint: &str) -> TelemetryConfig {
        TelemetryConfig {
            otlp_endpoint: Some(endpoint.to_owned().into()),
            ..TelemetryConfig::default()
        }
    }

    #[test]
    fn spans_go_to_the_traces_path_below_the_endpoint() {
        for endpoint in ["http://collector:4318", "http://collector:4318/"] {
            assert_eq!(
                at(endpoint).traces_url().unwrap().unwrap().expose(),
                "http://collector:4318/v1/traces"
            );
        }
        assert_eq!(TelemetryConfig::default().traces_url(), Ok(None));
        assert_eq!(at("").traces_url(), Ok(None));
    }

    #[test]
    fn an_endpoint_that_spans_cannot_be_posted_to_is_refused_with_what_is_allowed() {
        for endpoint in [
            "collector:4318",
            "https://collector:4318",
            "http://",
            "grpc://c:4317",
            "http://c/?a=b",
        ] {
            let error = at(endpoint).validate().unwrap_err();
            assert_eq!(error.keys, ["telemetry.otlp_endpoint"]);
            assert!(error.reason.contains("http://"), "{error}");
        }
    }

    #[test]
    fn a_share_that_is_none_is_refused_with_what_is_allowed() {
        for (sample_ratio, fine) in [
            (0.0, true),
            (0.25, true),
            (1.0, true),
            (-0.1, false),
            (1.5, false),
            (f64::NAN, false),
        ] {
            let config = TelemetryConfig {
                sample_ratio,
                ..TelemetryConfig::default()
            };
            let refused = config.validate().err().map(|error| error.to_string());
            let sentence = format!("telemetry.sample_ratio: it is {sample_ratio}; allowed: 0 to 1");
            assert_eq!(refused, (!fine).then_some(sentence));
        }
    }
}
