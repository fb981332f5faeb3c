//! Lists any orders, for operators. One of the filters names a list that an index has; the others are checked row by row, so that a
//! request looks at a bounded number of orders.

use kernel::{CursorScope, Limit, OrderId, Page, Timestamp, UserId};
use store::StoreResult;
use uuid::Uuid;

use super::App;
use super::bounded::{CHUNK, Filled, Filling};
use crate::domain::{Order, OrderState};
use crate::store::{Listed, SalePlace, SalesQuery, Span};

/// Which orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AllFilter {
    /// In which state.
    pub(crate) state: Option<OrderState>,
    /// Who sells something in them.
    pub(crate) seller: Option<UserId>,
    /// Who bought them.
    pub(crate) buyer: Option<UserId>,
    /// Whether an operator has to look at them.
    pub(crate) needs_review: Option<bool>,
    /// Whether a dispute in them is open.
    pub(crate) disputed: Option<bool>,
}

/// A place in the list: the time of the payment where that is what the list goes by, else 0, and the order.
pub(crate) type AllPlace = (i64, Uuid);

/// The list that is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walked {
    /// By the order's id.
    Orders(Listed),
    /// A seller's sales.
    Sales(UserId),
}

impl AllFilter {
    /// The shortest list that has the orders meant. Those of a seller are their sales, unless a state is named that few orders are in.
    fn walked(&self) -> Walked {
        if self.disputed == Some(true) {
            return Walked::Orders(Listed::Disputed);
        }
        match (self.needs_review, self.buyer, self.state, self.seller) {
            (Some(true), ..) => Walked::Orders(Listed::ToReview),
            (_, Some(buyer), state, _) => Walked::Orders(Listed::OfBuyer(buyer, state)),
            (_, None, Some(state), _) if state != OrderState::Paid => {
                Walked::Orders(Listed::InState(state))
            }
            (_, None, _, Some(seller)) => Walked::Sales(seller),
            (_, None, Some(state), None) => Walked::Orders(Listed::InState(state)),
            (_, None, None, None) => Walked::Orders(Listed::All),
        }
    }

    fn fits(&self, order: &Order) -> bool {
        self.state.is_none_or(|state| order.state == state)
            && self.seller.is_none_or(|seller| order.has_seller(seller))
            && self.buyer.is_none_or(|buyer| order.buyer == buyer)
            && self
                .needs_review
                .is_none_or(|needed| order.needs_review == needed)
            && self
                .disputed
                .is_none_or(|disputed| order.disputed == disputed)
    }
}

/// A page of the orders that `filter` means, the newest first: by their payment where the list is that of a seller's sales, else by
/// their placing. It may hold fewer than were asked for although the list goes on.
pub(crate) async fn list_all(
    app: &App,
    filter: AllFilter,
    after: Option<AllPlace>,
    limit: Limit,
    scope: CursorScope,
) -> StoreResult<Page<Order>> {
    let walked = filter.walked();
    let mut filling = Filling::new(limit);
    // Most filters are the list itself. The first chunk is the page then, and later ones are there for the others.
    let mut chunk = limit.get().saturating_add(1);
    let filled = loop {
        let place = filling.place().or(after);
        let most = i64::try_from(chunk).unwrap_or(i64::MAX);
        let rows = match walked {
            Walked::Orders(listed) => {
                let after = place.map(|(_, order)| OrderId::from_uuid(order));
                app.queries.list(listed, after, most).await?
            }
            Walked::Sales(seller) => {
                let query = SalesQuery {
                    seller,
                    status: None,
                    span: Span {
                        from: None,
                        to: None,
                    },
                };
                let after = place.map(|(paid_at, order)| SalePlace {
                    paid_at: Timestamp::from_millis(paid_at),
                    order: OrderId::from_uuid(order),
                });
                app.queries.sales(&query, after, most).await?
            }
        };
        let place = |order: &Order| {
            let by = match walked {
                Walked::Orders(_) => 0,
                Walked::Sales(_) => order.paid_at.map_or(0, Timestamp::as_millis),
            };
            (by, order.id.as_uuid())
        };
        match filling.take(rows, chunk, place, |order| filter.fits(order)) {
            Filled::GoOn => chunk = CHUNK,
            end @ (Filled::Enough | Filled::End) => break end,
        }
    };
    Ok(filling.page(filled, |place| scope.cursor(place)))
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::OrderState::{Declined, Paid};
    use super::*;

    #[test]
    fn the_shortest_list_is_walked() {
        let ids = SystemIds::default();
        let (seller, buyer) = (UserId::new(&ids), UserId::new(&ids));
        let walked = |state, seller, buyer, needs_review| {
            let filter = AllFilter {
                state,
                seller,
                buyer,
                needs_review,
                disputed: None,
            };
            filter.walked()
        };
        let orders = Walked::Orders;
        let disputed = AllFilter {
            disputed: Some(true),
            needs_review: Some(true),
            buyer: Some(buyer),
            ..AllFilter::default()
        };
        assert_eq!(disputed.walked(), orders(Listed::Disputed));
        assert_eq!(walked(None, None, None, None), orders(Listed::All));
        assert_eq!(walked(None, None, None, Some(false)), orders(Listed::All));
        assert_eq!(
            walked(Some(Paid), Some(seller), Some(buyer), Some(true)),
            orders(Listed::ToReview)
        );
        assert_eq!(
            walked(Some(Paid), Some(seller), Some(buyer), None),
            orders(Listed::OfBuyer(buyer, Some(Paid)))
        );
        assert_eq!(
            walked(Some(Declined), Some(seller), None, None),
            orders(Listed::InState(Declined))
        );
        assert_eq!(
            walked(Some(Paid), Some(seller), None, None),
            Walked::Sales(seller)
        );
        assert_eq!(
            walked(None, Some(seller), None, None),
            Walked::Sales(seller)
        );
        assert_eq!(
            walked(Some(Paid), None, None, None),
            orders(Listed::InState(Paid))
        );
    }
}
