//! When time moves an order: deadlines and windows.

use std::time::Duration;

/// Delays after which something happens without a message, and what an operator has allowed.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From creation to giving up on the payment.
    pub payment_deadline: Duration,
    /// To the first resend of an unanswered command; doubles each time.
    pub resend_after: Duration,
    /// From entering an unsettled state, or from sending a command, to asking for an operator.
    pub review_after: Duration,
    /// From payment to paying the seller of a part that nothing was shipped of.
    pub release_after: Duration,
    /// From payment to cancelling what is not shipped.
    pub ship_within: Duration,
    /// From shipping a package to taking it for delivered.
    pub deliver_after: Duration,
    /// From delivery of a part that was shipped to paying its seller. A seller who takes returns may give longer.
    pub return_window: Duration,
    /// From approving a return, or receiving a part of it, to its end if nothing more comes.
    pub return_expires: Duration,
    /// From denying a return to the earliest end of its part, so that the buyer can open a dispute.
    pub dispute_window: Duration,
    /// Whether buyers may cancel what is not shipped.
    pub buyer_may_cancel: bool,
}
