//! The section `orders` of the settings.

use std::time::Duration;

use kernel::{SecretUri, WrongSetting};
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
    /// From payment to paying the seller of a part with nothing to ship.
    pub release_after_seconds: u64,
    /// From payment to giving up on what the seller has not shipped: it is cancelled and refunded.
    pub ship_within_seconds: u64,
    /// From shipping to counting a package as delivered, unless it was reported earlier.
    pub deliver_after_seconds: u64,
    /// From delivery to completing a part and paying its seller. Sellers who take returns may give longer.
    pub return_window_seconds: u64,
    /// From approving a return, or receiving a part of it, to its end if nothing more comes.
    pub return_expires_seconds: u64,
    /// From denying a return to the earliest end of its part, so that the buyer can open a dispute.
    pub dispute_window_seconds: u64,
    /// Whether buyers may cancel what is not shipped yet. Sellers and operators always may.
    pub buyer_may_cancel: bool,
    /// How often the sweepers look for what is due, in milliseconds, 10 to 3600000.
    pub sweep_milliseconds: u64,
    /// Where the product service answers internal requests. Not used where both are one process.
    pub products_url: SecretUri,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            wait_seconds: 2,
            payment_deadline_seconds: 120,
            resend_after_seconds: 10,
            review_after_seconds: 900,
            release_after_seconds: 86_400,
            ship_within_seconds: Self::FORTNIGHT,
            deliver_after_seconds: Self::FORTNIGHT,
            return_window_seconds: Self::FORTNIGHT,
            return_expires_seconds: Self::FORTNIGHT,
            dispute_window_seconds: 3 * 24 * 60 * 60,
            buyer_may_cancel: true,
            sweep_milliseconds: 500,
            products_url: "http://127.0.0.1:9082".to_owned().into(),
        }
    }
}

impl Config {
    /// 100 years, so that no time overflows.
    const MAX_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;
    const FORTNIGHT: u64 = 14 * 24 * 60 * 60;

    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        for (key, value, allowed) in [
            ("orders.wait_seconds", self.wait_seconds, 0..=30),
            (
                "orders.payment_deadline_seconds",
                self.payment_deadline_seconds,
                1..=Self::MAX_SECONDS / 2,
            ),
            (
                "orders.resend_after_seconds",
                self.resend_after_seconds,
                1..=3600,
            ),
            (
                "orders.review_after_seconds",
                self.review_after_seconds,
                1..=Self::MAX_SECONDS,
            ),
            (
                "orders.release_after_seconds",
                self.release_after_seconds,
                0..=Self::MAX_SECONDS,
            ),
            (
                "orders.ship_within_seconds",
                self.ship_within_seconds,
                1..=Self::MAX_SECONDS,
            ),
            (
                "orders.deliver_after_seconds",
                self.deliver_after_seconds,
                1..=Self::MAX_SECONDS,
            ),
            (
                "orders.return_window_seconds",
                self.return_window_seconds,
                0..=Self::MAX_SECONDS,
            ),
            (
                "orders.return_expires_seconds",
                self.return_expires_seconds,
                1..=Self::MAX_SECONDS,
            ),
            (
                "orders.dispute_window_seconds",
                self.dispute_window_seconds,
                0..=Self::MAX_SECONDS,
            ),
            (
                "orders.sweep_milliseconds",
                self.sweep_milliseconds,
                10..=3_600_000,
            ),
        ] {
            WrongSetting::unless_within(key, value, allowed)?;
        }
        if self.products_url.scheme() != Some("http") {
            let reason = format!(
                "it is {}; it has to be the http:// URL of the product service's internal port",
                self.products_url
            );
            return Err(WrongSetting::new("orders.products_url", reason));
        }
        Ok(())
    }

    /// What the saga acts on.
    pub(crate) fn timing(&self) -> Timing {
        Timing {
            payment_deadline: Duration::from_secs(self.payment_deadline_seconds),
            resend_after: Duration::from_secs(self.resend_after_seconds),
            review_after: Duration::from_secs(self.review_after_seconds),
            release_after: Duration::from_secs(self.release_after_seconds),
            ship_within: Duration::from_secs(self.ship_within_seconds),
            deliver_after: Duration::from_secs(self.deliver_after_seconds),
            return_window: Duration::from_secs(self.return_window_seconds),
            return_expires: Duration::from_secs(self.return_expires_seconds),
            dispute_window: Duration::from_secs(self.dispute_window_seconds),
            buyer_may_cancel: self.buyer_may_cancel,
        }
    }
}
