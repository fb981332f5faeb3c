//! What users are told about an order: the values of `notice` in `TellOfOrder`, and of `SendMail` for a mail about an order.

/// What a user is told about an order that they placed or sell in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderNotice {
    /// To the buyer: the order is paid and its stock sold.
    OrderConfirmed,
    /// To the seller: their part of the order is sold.
    Sold,
    /// To the buyer: a package is on its way.
    Shipped,
    /// To the buyer or the seller: items are cancelled, or the whole part.
    Cancelled,
    /// To the buyer: a refund has arrived.
    Refunded,
    /// To the seller: the buyer asks to return items.
    ReturnRequested,
    /// To the buyer: the seller accepts the return; they can send the items.
    ReturnApproved,
    /// To the buyer: the seller does not accept the return.
    ReturnDenied,
    /// To both: a dispute waits for an operator's decision.
    DisputeOpened,
    /// To both: an operator has decided a dispute.
    DisputeResolved,
    /// To the seller: the earnings of their part are in their wallet.
    PaidOut,
}

kernel::words!(OrderNotice {
    OrderConfirmed = "order_confirmed", Sold = "sold", Shipped = "shipped",
    Cancelled = "cancelled", Refunded = "refunded", ReturnRequested = "return_requested",
    ReturnApproved = "return_approved", ReturnDenied = "return_denied",
    DisputeOpened = "dispute_opened", DisputeResolved = "dispute_resolved", PaidOut = "paid_out"
});
