//! What becomes of an order, by its number, and what that costs and brings back.

/// How many of the first product an order has.
pub(super) const QUANTITY: i64 = 3;

/// What happens to an order besides shipment and delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing more.
    Kept,
    /// Some or all of it comes back.
    Returned(Returned),
    /// A return is asked for, and nothing comes back.
    AskedBack(AskedBack),
    /// An operator decides.
    Disputed(Disputed),
    /// The buyer cancels one item before it is shipped.
    CancelsOne,
    /// The seller refunds something for a scratch.
    Scratched,
    /// The seller never ships it.
    NeverShipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Returned {
    /// All of it, at once.
    Whole,
    /// Two items, one after the other.
    InParts,
    /// All of it; one item cannot be sold again.
    OneBroken,
    /// One of two items; the other never arrives.
    Half,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskedBack {
    /// The buyer keeps it after all.
    Withdrawn,
    /// The seller does not take it back.
    Denied,
    /// The buyer never sends it.
    NeverSent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disputed {
    /// The buyer gets everything back and keeps the goods.
    Refunded,
    /// The buyer gets some money back.
    Partly,
    /// The seller is paid.
    Released,
    /// The buyer gives in.
    Withdrawn,
    /// The seller denied a return, and the operator decides for the buyer.
    AfterDenial,
    /// The buyer does not wait for an answer to a return: the operator gives some money back.
    InsteadOfReturn,
}

/// What a dispute gives back if not everything.
pub(super) const PARTLY: i64 = 200;
/// What a scratch is worth.
pub(super) const SCRATCH: i64 = 300;

impl Fate {
    /// The fate of the order `number`.
    pub(super) fn of(number: usize) -> Self {
        let of_ten = number / 10;
        if number % 10 == 3 {
            let all = [
                Returned::Whole,
                Returned::InParts,
                Returned::OneBroken,
                Returned::Half,
            ];
            Self::Returned(all[of_ten % all.len()])
        } else if number % 100 == 57 {
            let all = [
                Disputed::Refunded,
                Disputed::Partly,
                Disputed::AfterDenial,
                Disputed::InsteadOfReturn,
                Disputed::Released,
                Disputed::Withdrawn,
            ];
            Self::Disputed(all[number / 100 % all.len()])
        } else if number % 20 == 8 {
            let all = [
                AskedBack::Withdrawn,
                AskedBack::Denied,
                AskedBack::NeverSent,
            ];
            Self::AskedBack(all[number / 20 % all.len()])
        } else if number % 50 == 29 {
            Self::NeverShipped
        } else {
            match number % 20 {
                5 => Self::CancelsOne,
                15 => Self::Scratched,
                _ => Self::Kept,
            }
        }
    }

    /// How many items come back into stock, and how many are written off.
    pub(super) const fn back(self) -> (i64, i64) {
        match self {
            Self::Returned(Returned::Whole) | Self::NeverShipped => (QUANTITY, 0),
            Self::Returned(Returned::InParts) => (2, 0),
            Self::Returned(Returned::OneBroken) => (2, 1),
            Self::Returned(Returned::Half) | Self::CancelsOne => (1, 0),
            Self::Kept | Self::AskedBack(_) | Self::Disputed(_) | Self::Scratched => (0, 0),
        }
    }

    /// What the buyer gets back of a part whose items cost `price` each.
    pub(super) const fn refund(self, price: i64) -> i64 {
        match self {
            Self::Returned(_) | Self::NeverShipped | Self::CancelsOne => {
                let (restocked, written_off) = self.back();
                price * (restocked + written_off)
            }
            Self::Disputed(Disputed::Refunded | Disputed::AfterDenial) => price * QUANTITY,
            Self::Disputed(Disputed::Partly | Disputed::InsteadOfReturn) => PARTLY,
            Self::Scratched => SCRATCH,
            Self::Kept
            | Self::AskedBack(_)
            | Self::Disputed(Disputed::Released | Disputed::Withdrawn) => 0,
        }
    }

    /// How its return and its dispute end.
    pub(super) const fn cases(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Returned(_) => (Some("received"), None),
            Self::AskedBack(AskedBack::Withdrawn) => (Some("withdrawn"), None),
            Self::AskedBack(AskedBack::Denied) => (Some("denied"), None),
            Self::AskedBack(AskedBack::NeverSent) => (Some("expired"), None),
            Self::Disputed(Disputed::Withdrawn) => (None, Some("withdrawn")),
            Self::Disputed(Disputed::Refunded | Disputed::Partly | Disputed::Released) => {
                (None, Some("resolved"))
            }
            Self::Disputed(Disputed::AfterDenial) => (Some("denied"), Some("resolved")),
            Self::Disputed(Disputed::InsteadOfReturn) => (Some("superseded"), Some("resolved")),
            Self::Kept | Self::CancelsOne | Self::Scratched | Self::NeverShipped => (None, None),
        }
    }
}
