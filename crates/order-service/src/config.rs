//! The section `orders` of the settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::Timing;

/// Settings of the order service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long POST /api/orders/create waits for the saga when the client does not say (0 to 30).
    pub wait_seconds: u64,
    /// From an order's creation to giving up on its payment. Has to lie well inside the reservation's lease.
    pub payment_deadline_seconds: u64,
    /// To the first resend of an unanswered command; doubles each time.
    pub resend_after_seconds: u64,
    /// From entering an unsettled state to asking for an operator.
    pub review_after_seconds: u64,
    /// From payment to paying the sellers out of escrow.
    pub release_after_seconds: u64,
    /// How often the sweepers look for what is due, in milliseconds.
    pub sweep_milliseconds: u64,
    /// Where the product service answers internal requests. Not used where both are one process.
    pub products_url: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            wait_seconds: 2,
            payment_deadline_seconds: 120,
            resend_after_seconds: 10,
            review_after_seconds: 900,
            release_after_seconds: 86_400,
            sweep_milliseconds: 500,
            products_url: "http://127.0.0.1:9082".to_owned(),
        }
    }
}

impl Config {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// A sentence that names the setting and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        if self.wait_seconds > 30 {
            return Err(format!(
                "orders.wait_seconds is {}; allowed: 0 to 30",
                self.wait_seconds
            ));
        }
        Ok(())
    }

    /// What the saga acts on.
    pub(crate) fn timing(&self) -> Timing {
        Timing {
            payment_deadline: Duration::from_secs(self.payment_deadline_seconds),
            resend_after: Duration::from_secs(self.resend_after_seconds.max(1)),
            review_after: Duration::from_secs(self.review_after_seconds),
            release_after: Duration::from_secs(self.release_after_seconds),
        }
    }
}
