//! Lists as MongoDB walks them: which orders, in which order, through which index. The server would find an index by trial runs.

use kernel::{OrderId, Timestamp, UserId};
use store_mongo::bson::{Document, doc};
use store_mongo::bson_of;

use crate::domain::FulfilmentStatus;
use crate::records::OrderFactId;
use crate::store::{Listed, SalePlace, Span};

/// A walk of an index.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) filter: Document,
    pub(super) sort: Document,
    pub(super) index: &'static str,
    /// What is read of each order. None for all.
    pub(super) fields: Option<Document>,
}

impl Listing {
    /// A list, the newest first, after `after`.
    pub(super) fn of(listed: Listed, after: Option<OrderId>) -> Self {
        let mut filter = match listed {
            Listed::OfBuyer(buyer, _) => doc! { "buyer": bson_of(&buyer) },
            Listed::ToReview => doc! { "needs_review": true },
            Listed::Disputed => doc! { "disputed": true },
            Listed::All | Listed::InState(_) => Document::new(),
        };
        if let Some(state) = listed.state() {
            filter.insert("state", state.as_str());
        }
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": bson_of(&after) });
        }
        Self {
            filter,
            sort: doc! { "_id": -1 },
            index: listed.index().unwrap_or("_id_"),
            fields: None,
        }
    }

    /// The ids of those that have to act by themselves, from `from` on, the most overdue first.
    pub(super) fn due(from: Option<Timestamp>, now: Timestamp) -> Self {
        let earliest = from.map_or(i64::MIN, Timestamp::as_millis);
        Self {
            filter: doc! { "due_at": { "$gte": earliest, "$lte": now.as_millis() } },
            sort: doc! { "due_at": 1 },
            index: "due",
            fields: Some(doc! { "_id": 1, "due_at": 1 }),
        }
    }

    /// Those that an operator has to look at, the oldest first, after `after`.
    pub(super) fn to_review(after: Option<OrderId>) -> Self {
        let mut filter = doc! { "needs_review": true };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": bson_of(&after) });
        }
        Self {
            filter,
            sort: doc! { "_id": 1 },
            index: "to_review",
            fields: None,
        }
    }

    /// The places of a seller's sales in `status`, the newest payment first, after `after`.
    pub(super) fn sales(
        seller: UserId,
        status: FulfilmentStatus,
        span: Span,
        after: Option<SalePlace>,
    ) -> Self {
        let (from, to) = span.bounds();
        let to = after.map_or(to, |place| place.paid_at.as_millis().min(to));
        let part = doc! { "seller": bson_of(&seller), "status": status.as_str() };
        let mut filter = doc! {
            "confirmed": true,
            "fulfilments": { "$elemMatch": part },
            "paid_at": { "$gte": from, "$lte": to },
        };
        if let Some(SalePlace { paid_at, order }) = after {
            let seen = doc! { "paid_at": paid_at.as_millis(), "_id": { "$gte": bson_of(&order) } };
            filter.insert("$nor", vec![seen]);
        }
        Self {
            filter,
            sort: doc! { "paid_at": -1, "_id": -1 },
            index: "sales",
            fields: Some(doc! { "_id": 1, "paid_at": 1 }),
        }
    }

    /// The sales in `span` of a seller, or of all if it is None, in no order.
    pub(super) fn sold(seller: Option<UserId>, span: Span) -> Self {
        let (from, to) = span.bounds();
        let mut filter = doc! {
            "confirmed": true,
            "paid_at": { "$gte": from, "$lte": to },
        };
        if let Some(seller) = seller {
            let part = doc! { "seller": bson_of(&seller) };
            filter.insert("fulfilments", doc! { "$elemMatch": part });
        }
        Self {
            filter,
            sort: Document::new(),
            index: seller.map_or("sales_by_day", |_| "sales"),
            fields: None,
        }
    }
}

/// The recorded facts of an order from the number `from` on: filter and sort of a walk of `_id`.
pub(super) fn facts(order: OrderId, from: u32) -> (Document, Document) {
    let place = |number| {
        bson_of(&OrderFactId {
            order_id: order,
            number,
        })
    };
    let filter = doc! { "_id": { "$gte": place(i64::from(from)), "$lte": place(i64::MAX) } };
    (filter, doc! { "_id": 1 })
}
